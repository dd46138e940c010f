/// Sums of hinges max(0, base + x)^p over rows of numbers.
struct Hinges {
  /// p, 1 or 2.
  let power: Int

  /// What each derivative is multiplied by.
  let factor: Double

  /// The sum so far, and what its additions rounded off.
  private(set) var sum = RowSum()

  /// The sum of all derivatives.
  private(set) var slope = 0.0

  init(power: Int = 1, factor: Double = 1) {
    self.power = power
    self.factor = factor
  }

  /// Adds the hinges of `count` numbers; one that is exactly 0 has no derivative, one of NaN is NaN.
  ///
  /// - Parameter derivatives: to which those of the hinges are added, times `factor`.
  mutating func add(
    base: Double, _ x: UnsafePointer<Double>, count: Int,
    derivatives: UnsafeMutablePointer<Double>?
  ) {
    let whole = count - count % 8
    if whole > 0 { addWhole(base, x, whole, derivatives) }
    for index in whole..<count {
      let z = base + x[index]
      // Not `z > 0`, which would leave out NaN.
      guard !(z <= 0) else { continue }
      sum.add(power == 1 ? z : z * z)
      let own = power == 1 ? factor : 2 * factor * z
      derivatives?[index] += own
      slope += own
    }
  }

  private mutating func addWhole(
    _ base: Double, _ x: UnsafePointer<Double>, _ count: Int,
    _ derivatives: UnsafeMutablePointer<Double>?
  ) {
    let zero = SIMD8<Double>(repeating: 0)
    let bases = SIMD8<Double>(repeating: base)
    var (total, rest, slopes) = (zero, zero, zero)
    for index in stride(from: 0, to: count, by: 8) {
      let z = bases + UnsafeRawPointer(x + index).loadUnaligned(as: SIMD8<Double>.self)
      let isOff = z .<= zero
      let hinge = (power == 1 ? z : z * z).replacing(with: zero, where: isOff)
      // The sum and what it rounds off, after Knuth.
      let next = total + hinge
      let part = next - total
      rest += (total - (next - part)) + (hinge - part)
      total = next
      guard let derivatives else { continue }
      let slope = power == 1 ? SIMD8(repeating: factor) : z * (2 * factor)
      let own = slope.replacing(with: zero, where: isOff)
      slopes += own
      let place = UnsafeMutableRawPointer(derivatives + index)
      place.storeBytes(
        of: place.loadUnaligned(as: SIMD8<Double>.self) + own, as: SIMD8<Double>.self)
    }
    for lane in 0..<8 {
      sum.add(total[lane])
      if rest[lane].isFinite { sum.add(rest[lane]) }
      slope += slopes[lane]
    }
  }
}

/// A sum of doubles with what each addition rounds off kept aside.
///
/// Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54 (1974).
struct RowSum {
  private var sum = 0.0
  private var rest = 0.0

  mutating func add(_ value: Double) {
    let next = sum + value
    rest += sum.magnitude >= value.magnitude ? (sum - next) + value : (value - next) + sum
    sum = next
  }

  /// The sum; infinite and NaN parts leave nothing to correct.
  var value: Double { sum.isFinite && rest.isFinite ? sum + rest : sum }
}
