/// A stopwatch over the phases of a run.
struct Timing {
  /// The phases, in the order they come.
  enum Phase: String, CaseIterable {
    /// Inputs and expected files opened and parsed, outputs prepared.
    case open
    /// The loss computed. A mapped file's bytes are read here.
    case compute
    /// Checks made, outputs written and named.
    case write
  }

  private let start: Double
  private var last: Double
  private var durations: [Phase: Double] = [:]

  /// Starts the stopwatch; `now` is in seconds.
  init(now: Double = monotonicSeconds()) { (start, last) = (now, now) }

  /// Ends `phase`, which began where the one before ended; `now` is in seconds.
  mutating func end(_ phase: Phase, now: Double = monotonicSeconds()) {
    durations[phase] = now - last
    last = now
  }

  /// The phases' durations, and the total up to the end of the last.
  var line: String {
    let phases =
      Phase.allCases.map { ($0.rawValue, durations[$0] ?? 0) } + [("total", last - start)]
    return phases.map { "\($0) \(plainDecimal($1)) s" }.joined(separator: ", ")
  }
}

/// Seconds with three significant digits and never an exponent, so that any program can read them. Below
/// 100 ns there are fewer digits, as the clock counts nanoseconds.
func plainDecimal(_ seconds: Double) -> String {
  let nanoseconds = Int((seconds * 1e9).rounded())
  var (unit, dropped) = (1, 0)
  while nanoseconds / unit >= 1000 { (unit, dropped) = (unit * 10, dropped + 1) }
  let rounded = (nanoseconds + unit / 2) / unit * unit
  // 999.6 has become 1000, which is one digit more.
  if rounded / unit == 1000 { dropped += 1 }
  let (whole, fraction) = rounded.quotientAndRemainder(dividingBy: 1_000_000_000)
  guard dropped < 9 else { return String(whole) }
  let digits = String(fraction)
  return "\(whole)." + (String(repeating: "0", count: 9 - digits.count) + digits).dropLast(dropped)
}
