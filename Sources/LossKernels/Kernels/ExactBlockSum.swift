/// The sum of a block in pieces that are each exact.
@frozen
public struct ExactBlockSum: Sendable {
  /// The pieces; their sum, added without rounding, is the block's. Unused where ``isExact`` is false.
  public var pieces: InlineArray<32, Double>

  /// Whether nothing was rounded off. Where it is false, the block has to be added in another way.
  public var isExact: Bool

  @inlinable @inline(__always)
  init(pieces: InlineArray<32, Double>, isExact: Bool) {
    self.pieces = pieces
    self.isExact = isExact
  }
}

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
}

/// Adds a block of doubles.
@inlinable @inline(__always)
public func exactSum<ISA: InstructionSet>(
  _ values: UnsafePointer<Double>, count: Int, _ lanes: DoubleLanes<ISA>.Type
) -> ExactBlockSum {
  var state = ExactSumState<ISA>()
  var position = 0
  while position < count {
    state.add(DoubleLanes(loadingFrom: values + position), levels: 4)
    position += DoubleLanes<ISA>.count
  }
  return state.sum
}

/// Adds a block of floats: with the two levels that nearly always do, and where they do not, with all.
@inlinable @inline(__always)
public func exactSum<ISA: InstructionSet>(
  _ values: UnsafePointer<Float>, count: Int, _ lanes: FloatLanes<ISA>.Type
) -> ExactBlockSum {
  let sum = exactSum(values, count: count, lanes, levels: 2)
  return sum.isExact ? sum : exactSum(values, count: count, lanes, levels: 4)
}

@inlinable @inline(__always)
func exactSum<ISA: InstructionSet>(
  _ values: UnsafePointer<Float>, count: Int, _ lanes: FloatLanes<ISA>.Type, levels: Int
) -> ExactBlockSum {
  var state = ExactSumState<ISA>()
  var position = 0
  while position < count {
    let (first, second) = FloatLanes<ISA>(loadingFrom: values + position).widened
    state.add(first, levels: levels)
    state.add(second, levels: levels)
    position += FloatLanes<ISA>.count
  }
  return state.sum
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
  mutating func add(_ value: L, levels: Int) {
    isExact = isExact & (value.magnitude < L(512))
    var rest = Self.move(value, into: &level0)
    rest = Self.move(rest, into: &level1)
    if levels > 2 {
      rest = Self.move(rest, into: &level2)
      rest = Self.move(rest, into: &level3)
    }
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
    var pieces = InlineArray<32, Double>(repeating: 0)
    let levels = (
      level0 - L(ExactLevels.start(0)), level1 - L(ExactLevels.start(1)),
      level2 - L(ExactLevels.start(2)), level3 - L(ExactLevels.start(3))
    )
    for lane in 0..<8 {
      pieces[lane] = levels.0.vector[lane]
      pieces[lane + 8] = levels.1.vector[lane]
      pieces[lane + 16] = levels.2.vector[lane]
      pieces[lane + 24] = levels.3.vector[lane]
    }
    return ExactBlockSum(pieces: pieces, isExact: isExact.isAllTrue)
  }
}
