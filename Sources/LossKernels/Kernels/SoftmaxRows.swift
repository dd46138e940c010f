/// What is known of each row of logits: its largest logit m and the exponentials of the others.
///
/// The exponentials are e^(x - c) · 2^(s - k): c is 0, or m where m is far from 0; k is the integer nearest
/// to (m - c) / ln 2; and s is ``Lanes/exponentScale``, which keeps the smallest that count above the
/// subnormals. Powers of two are exact, and so is x - c: with c = 0 trivially, and with c = m because logits
/// that count are then within a factor of two of it. So no rounded difference x - m stands in an exponent,
/// which for x = m - 20 would cost ten ulp.
///
/// All arrays have room for whole steps of ``padding`` rows.
@frozen
public struct SoftmaxRows {
  /// Arrays are to have room for a multiple of this many rows.
  @inlinable
  public static var padding: Int { 16 }

  /// m: the largest logit; NaN where a logit is.
  public var maxima: UnsafeMutablePointer<Double>
  /// c.
  public var centers: UnsafeMutablePointer<Double>
  /// k.
  public var exponents: UnsafeMutablePointer<Double>
  /// The sum of the exponentials of all logits below m.
  public var below: UnsafeMutablePointer<Double>
  /// How many logits equal m.
  public var ties: UnsafeMutablePointer<Double>
  /// The logit of the row's label.
  public var labels: UnsafeMutablePointer<Double>
  /// log Σ e^(x - m).
  public var logSums: UnsafeMutablePointer<Double>
  /// What turns exponentials into probabilities, but for the factor 2^-s.
  public var factors: UnsafeMutablePointer<Double>
  /// 1 - p of the row's label.
  public var complements: UnsafeMutablePointer<Double>

  /// How many arrays there are.
  public static var arrayCount: Int { 9 }

  /// The arrays, one after another in `memory`, which has room for ``arrayCount`` of them.
  public init(_ memory: UnsafeMutablePointer<Double>, capacity: Int) {
    maxima = memory
    centers = memory + capacity
    exponents = memory + 2 * capacity
    below = memory + 3 * capacity
    ties = memory + 4 * capacity
    labels = memory + 5 * capacity
    logSums = memory + 6 * capacity
    factors = memory + 7 * capacity
    complements = memory + 8 * capacity
  }

  /// The rows from `row` on.
  public func advanced(by row: Int) -> SoftmaxRows {
    var rows = self
    rows.maxima += row
    rows.centers += row
    rows.exponents += row
    rows.below += row
    rows.ties += row
    rows.labels += row
    rows.logSums += row
    rows.factors += row
    rows.complements += row
    return rows
  }

  /// Makes `count` rows, filled up to whole steps, rows without any logit yet.
  public func reset(_ count: Int) {
    for row in 0..<(count + Self.padding - 1) / Self.padding * Self.padding {
      maxima[row] = -.infinity
      (centers[row], exponents[row], below[row], ties[row]) = (0, 0, 0, 0)
      labels[row] = 0
    }
  }
}

/// Rows of logits, or a piece of each.
@frozen
public struct LogitRows<Scalar: BinaryFloatingPoint & Sendable> {
  /// How many rows there are.
  public var rowCount: Int
  /// How many logits of each.
  public var classCount: Int
  /// The logits, row after row.
  public var logits: UnsafePointer<Scalar>

  /// Rows of logits.
  @inlinable
  public init(rowCount: Int, classCount: Int, logits: UnsafePointer<Scalar>) {
    self.rowCount = rowCount
    self.classCount = classCount
    self.logits = logits
  }

  /// The logits of row `row` from `position` on, filled up with -∞ where the row has fewer.
  ///
  /// - Parameter spare: memory for one step, used where reading beyond the row would leave the block.
  @inlinable @inline(__always)
  func tail<L: Lanes>(
    _ row: Int, _ position: Int, _ spare: UnsafeMutablePointer<Scalar>, _ lanes: L.Type
  ) -> L where L.Scalar == Scalar {
    let rest = classCount &- position
    let start = logits + (row &* classCount &+ position)
    if (rowCount &- row) &* classCount &- position >= L.count {
      return L(loadingFrom: start)
        .replaced(with: L(-.infinity), where: L.indices >= L(Scalar(rest)))
    }
    L(-.infinity).store(to: spare)
    var index = 0
    while index < rest {
      spare[index] = start[index]
      index &+= 1
    }
    return L(loadingFrom: spare)
  }
}

/// Adds the logits of a piece of each row to what is known of the rows.
///
/// Logits are read twice: for their maximum, and for the sum of their exponentials, when they are in the
/// first cache if the piece is at most a few thousand long. Where a piece raises the maximum, what was
/// summed before is brought to the new one.
///
/// Source: Milakov and Gimelshein, "Online normalizer calculation for softmax", arXiv 1805.02867.
@inlinable @inline(__always)
public func softmaxSums<L: Lanes>(
  _ block: LogitRows<L.Scalar>, _ rows: SoftmaxRows, _ lanes: L.Type
) {
  let spare = RowSpare<L.Scalar>()
  defer { spare.deallocate() }
  let wholeEnd = block.classCount / L.count &* L.count
  let hasTail = wholeEnd < block.classCount
  var row = 0
  while row < block.rowCount {
    let logits = block.logits + row &* block.classCount
    let tail =
      hasTail ? block.tail(row, wholeEnd, spare.logits, lanes) : L(-.infinity)
    let maximum = largest(logits, wholeEnd, tail)
    if maximum > rows.maxima[row] || maximum.isNaN { raise(rows, row, to: maximum, lanes) }
    if rows.maxima[row].isFinite {
      var sums = ExponentialSums<L>(rows, row)
      var position = 0
      while position < wholeEnd {
        sums.add(L(loadingFrom: logits + position))
        position &+= L.count
      }
      if hasTail { sums.add(tail) }
      rows.below[row] += sums.below.total
      rows.ties[row] += sums.tieCount
    }
    row &+= 1
  }
}

/// The largest logit, or NaN where one is.
@inlinable @inline(__always)
func largest<L: Lanes>(_ logits: UnsafePointer<L.Scalar>, _ count: Int, _ tail: L) -> Double {
  var best = tail
  var isNumber = tail == tail
  var position = 0
  while position < count {
    let x = L(loadingFrom: logits + position)
    isNumber = isNumber & (x == x)
    best = best.replaced(with: x, where: x > best)
    position &+= L.count
  }
  return isNumber.isAllTrue ? best.largest : .nan
}

/// The exponentials of one row's logits.
@frozen @usableFromInline
struct RowExponential<L: Lanes> {
  @usableFromInline let center: L
  @usableFromInline let shift: L
  @usableFromInline let lowest: L

  @inlinable @inline(__always)
  init(_ rows: SoftmaxRows, _ row: Int) {
    center = L(L.Scalar(rows.centers[row]))
    shift = L(L.Scalar(L.exponentScale - rows.exponents[row]))
    lowest = L(L.Scalar(rows.maxima[row] - rows.centers[row] - L.exponentReach))
  }

  /// The exponentials where `mask` is true and they are not too small to count, else 0.
  @inlinable @inline(__always)
  func callAsFunction(_ x: L, where mask: L.Mask) -> L {
    let difference = x - center
    return L(0).replaced(
      with: L.exponential(difference, exponentShift: shift),
      where: mask & (difference > lowest))
  }
}

/// The sums over one piece of a row.
@frozen @usableFromInline
struct ExponentialSums<L: Lanes> {
  @usableFromInline let exponential: RowExponential<L>
  @usableFromInline let maximum: L
  @usableFromInline var below = L.Sum()
  @usableFromInline var ties = L(0)

  @inlinable @inline(__always)
  init(_ rows: SoftmaxRows, _ row: Int) {
    exponential = RowExponential(rows, row)
    maximum = L(L.Scalar(rows.maxima[row]))
  }

  @inlinable @inline(__always)
  mutating func add(_ x: L) {
    below.add(exponential(x, where: x < maximum))
    ties = ties + L(0).replaced(with: L(1), where: x == maximum)
  }

  @inlinable @inline(__always)
  var tieCount: Double {
    var sum = L.Sum()
    sum.add(ties)
    return sum.total
  }
}

/// Brings a row to a new, larger maximum, or makes it NaN.
@inlinable @inline(__always)
func raise<L: Lanes>(_ rows: SoftmaxRows, _ row: Int, to maximum: Double, _ lanes: L.Type) {
  let old = rows.maxima[row]
  let hasOld = rows.ties[row] > 0
  let oldSum = hasOld ? rows.below[row] / rows.power(row, lanes) + rows.ties[row] : 0
  rows.maxima[row] = maximum
  guard maximum.isFinite else { return }
  rows.centers[row] = maximum.magnitude > L.largestUncentered ? maximum : 0
  // To an integer by way of 1.5·2⁵², as rounding functions are calls on some processors.
  let shifter = 6_755_399_441_055_744.0
  let quotient = (maximum - rows.centers[row]) * 1.442_695_040_888_963_4
  rows.exponents[row] = (quotient + shifter) - shifter
  rows.ties[row] = 0
  rows.below[row] = 0
  guard hasOld else { return }
  // old - maximum in two pieces: the second makes up for what the first rounds off.
  let difference = old - maximum
  let part = difference - old
  let rest = (old - (difference - part)) + (-maximum - part)
  let ratio = DoubleLanes<L.Set>.exponential(DoubleLanes(difference)).vector[0]
  let factor = rest.isFinite ? ratio + ratio * rest : ratio
  rows.below[row] = oldSum * factor * rows.power(row, lanes)
}

extension SoftmaxRows {
  /// e^(m - c) · 2^(s - k), the exponential of the largest logit.
  @inlinable @inline(__always)
  func power<L: Lanes>(_ row: Int, _ lanes: L.Type) -> Double {
    let rest = reduced(
      DoubleLanes<L.Set>(maxima[row] - centers[row]), DoubleLanes(exponents[row]))
    return DoubleLanes<L.Set>.exponential(rest).vector[0] * L.exponentScalePower
  }

  /// x - k·ln 2, in [-0.35, 0.35].
  @inlinable @inline(__always)
  func reduced<ISA: InstructionSet>(
    _ x: DoubleLanes<ISA>, _ k: DoubleLanes<ISA>
  ) -> DoubleLanes<ISA> {
    x.subtracting(k, times: DoubleLanes(0.693_147_180_369_123_8))
      .subtracting(k, times: DoubleLanes(1.908_214_929_270_587_7e-10))
  }
}
