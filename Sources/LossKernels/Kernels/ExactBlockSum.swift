/// The sum of a block, exact, as multiples of the units of ``exactUnitExponents``.
@frozen
public struct ExactBlockSum: Sendable {
  /// How many of each unit. Unused where ``isExact`` is false.
  public var multiples: InlineArray<4, Int64>

  /// Whether nothing was rounded off. Where it is false, the block has to be added in another way.
  public var isExact: Bool

  @inlinable @inline(__always)
  init(multiples: InlineArray<4, Int64>, isExact: Bool) {
    self.multiples = multiples
    self.isExact = isExact
  }
}

/// The powers of two that are the units of an ``ExactBlockSum``.
public let exactUnitExponents: InlineArray<4, Int> = [-31, -72, -113, -154]

/// Sums that never round, for numbers below 2⁹ = 512 in blocks of at most 2¹¹ a lane.
///
/// Each level holds multiples of a unit, which is set by its starting value 1.5·2ᵏ: sums below 2ᵏ⁻¹ leave
/// the exponent as it is, so that an addition rounds to a multiple of 2ᵏ⁻⁵² and what it rounds off is the
/// next level's. The first level can take 2¹¹ numbers of 2⁹; what it rounds off is at most 2⁻³², so the
/// second can take 2¹¹ of those, and so on. What is left after the last level must be zero.
///
/// Source: the pre-rounding of Demmel and Nguyen, "Parallel reproducible summation", IEEE Transactions on
/// Computers 64 (2015), without its truncation.
@usableFromInline
enum ExactLevels {
  /// The starting values. The units are 2⁻³¹, 2⁻⁷², 2⁻¹¹³ and 2⁻¹⁵⁴; the last is below every float.
  @inlinable @inline(__always)
  static func start(_ level: Int) -> Double {
    switch level {
    case 0: 0x1.8p21
    case 1: 0x1.8p-20
    case 2: 0x1.8p-61
    default: 0x1.8p-102
    }
  }

  /// How many units a level holds: its exponent is still that of the start, so that one unit is one in the
  /// last place. Eight lanes of less than 2⁵¹ fit.
  @inlinable @inline(__always)
  static func multiple<ISA>(_ level: DoubleLanes<ISA>, _ index: Int) -> Int64 {
    let eight = level.bits &- start(index).bitPattern
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return Int64(bitPattern: two.x &+ two.y)
  }
}

/// Adds a block of doubles.
@inlinable @inline(__always)
public func exactSum<ISA: InstructionSet>(
  _ values: UnsafePointer<Double>, count: Int, _ lanes: DoubleLanes<ISA>.Type
) -> ExactBlockSum {
  var state = ExactSumState<ISA>()
  var position = 0
  while position < count {
    state.add(DoubleLanes(loadingFrom: values + position))
    position += DoubleLanes<ISA>.count
  }
  return state.sum
}

/// Adds a block of floats: with the two levels that nearly always do, and where they do not, with all.
@inlinable @inline(__always)
public func exactSum<ISA: InstructionSet>(
  _ values: UnsafePointer<Float>, count: Int, _ lanes: FloatLanes<ISA>.Type
) -> ExactBlockSum {
  let sum = coarseSum(values, count: count, lanes)
  guard !sum.isExact else { return sum }
  var state = ExactSumState<ISA>()
  var position = 0
  while position < count {
    let (first, second) = FloatLanes<ISA>(loadingFrom: values + position).widened
    state.add(first)
    state.add(second)
    position += FloatLanes<ISA>.count
  }
  return state.sum
}

/// Adds floats that are 0 or from 2⁻⁴⁹ to 2⁹, and so multiples of the second level's unit: what the first
/// level rounds off is added to the second without rounding. Each half of the lanes has levels of its own,
/// as an addition would wait for the last one otherwise.
@inlinable @inline(__always)
func coarseSum<ISA: InstructionSet>(
  _ values: UnsafePointer<Float>, count: Int, _ lanes: FloatLanes<ISA>.Type
) -> ExactBlockSum {
  typealias L = FloatLanes<ISA>
  var (left, right) = (ExactSumState<ISA>(), ExactSumState<ISA>())
  var (least, largest) = (L(1), L(0))
  var position = 0
  while position < count {
    let value = L(loadingFrom: values + position)
    let magnitude = value.magnitude
    let nonZero = magnitude.replaced(with: L(1), where: magnitude == L(0))
    largest = largest.replaced(with: magnitude, where: magnitude > largest)
    least = least.replaced(with: nonZero, where: nonZero < least)
    let (first, second) = value.widened
    left.level1 = left.level1 + ExactSumState.move(first, into: &left.level0)
    right.level1 = right.level1 + ExactSumState.move(second, into: &right.level0)
    position += L.count
  }
  let isInRange = (largest < L(512)) & (least >= L(0x1p-49))
  // A NaN is neither the least nor the largest, but leaves no number in the levels.
  let isNumber = (left.level0 == left.level0) & (right.level0 == right.level0)
  let multiples: InlineArray<4, Int64> = [
    ExactLevels.multiple(left.level0, 0) &+ ExactLevels.multiple(right.level0, 0),
    ExactLevels.multiple(left.level1, 1) &+ ExactLevels.multiple(right.level1, 1), 0, 0,
  ]
  return ExactBlockSum(
    multiples: multiples, isExact: isInRange.isAllTrue && isNumber.isAllTrue)
}

/// The levels of one block's sum.
@frozen @usableFromInline
struct ExactSumState<ISA: InstructionSet> {
  @usableFromInline typealias L = DoubleLanes<ISA>
  @usableFromInline var level0 = L(ExactLevels.start(0))
  @usableFromInline var level1 = L(ExactLevels.start(1))
  @usableFromInline var level2 = L(ExactLevels.start(2))
  @usableFromInline var level3 = L(ExactLevels.start(3))
  @usableFromInline var isExact = L.Mask.all

  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  mutating func add(_ value: L) {
    isExact = isExact & (value.magnitude < L(512))
    var rest = Self.move(value, into: &level0)
    rest = Self.move(rest, into: &level1)
    rest = Self.move(rest, into: &level2)
    rest = Self.move(rest, into: &level3)
    isExact = isExact & (rest == L(0))
  }

  /// Adds what `level` can hold of `value` and returns the rest.
  @inlinable @inline(__always)
  static func move(_ value: L, into level: inout L) -> L {
    let sum = level + value
    let rest = value - (sum - level)
    level = sum
    return rest
  }

  @inlinable @inline(__always)
  var sum: ExactBlockSum {
    ExactBlockSum(
      multiples: [
        ExactLevels.multiple(level0, 0), ExactLevels.multiple(level1, 1),
        ExactLevels.multiple(level2, 2), ExactLevels.multiple(level3, 3),
      ], isExact: isExact.isAllTrue)
  }
}
