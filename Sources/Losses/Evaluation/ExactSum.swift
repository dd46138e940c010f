import LossKernels
import LossTensor

/// A sum of doubles without rounding: the true sum, rounded once when it is asked for.
///
/// The sum is kept as a fixed-point number wide enough for every double, in 32-bit digits held in
/// 64-bit words, so that 2³⁰ numbers can be added before carries must move on. Addition is therefore
/// associative and commutative, and any split into threads, blocks or files gives the same bits.
///
/// Source: the small superaccumulator of Neal, "Fast exact summation using small and large
/// superaccumulators", arXiv 1505.05571.
public struct ExactSum: Sendable {
  /// Digit i counts units of 2^(32 i - 1074). 2098 bits hold every double, 64 more the carries of
  /// more numbers than can be added in a lifetime.
  private static let digitCount = 68

  private var digits = InlineArray<68, Int64>(repeating: 0)
  private var pendingAdditions = 0
  private var positiveInfinities = 0
  private var negativeInfinities = 0
  private var notNumbers = 0

  /// The sum of nothing: +0.
  public init() {}

  /// Adds one number.
  public mutating func add(_ value: Double) {
    let bits = value.bitPattern
    let exponent = Int(bits >> 52) & 0x7FF
    guard exponent != 0x7FF else { return addSpecial(value) }
    var significand = bits & 0x000F_FFFF_FFFF_FFFF
    if exponent != 0 { significand |= 1 << 52 }
    // value = ± significand · 2^(position - 1074)
    add(significand, isNegative: value.sign == .minus, position: max(exponent, 1) - 1)
  }

  /// Adds ± magnitude · 2^(position - 1074).
  private mutating func add(_ magnitude: UInt64, isNegative: Bool, position: Int) {
    let (digit, shift) = (position >> 5, UInt64(position & 31))
    let low = Int64((magnitude &<< shift) & 0xFFFF_FFFF)
    let middle = Int64((magnitude >> (32 - shift)) & 0xFFFF_FFFF)
    let high = Int64(magnitude >> (64 - shift))
    if isNegative {
      digits[digit] &-= low
      digits[digit + 1] &-= middle
      digits[digit + 2] &-= high
    } else {
      digits[digit] &+= low
      digits[digit + 1] &+= middle
      digits[digit + 2] &+= high
    }
    countAddition()
  }

  /// Adds a block of numbers: with a kernel where nothing is rounded off, which is nearly always, else
  /// one by one.
  mutating func add<Scalar: KernelScalar>(
    _ values: UnsafeBufferPointer<Scalar>, _ kernels: KernelTable
  ) -> Bool {
    let whole = values.count - values.count % Scalar.laneCount
    var isPlain = true
    if let start = values.baseAddress, whole > 0 {
      let block = Scalar.kernels(kernels).sum(start, whole)
      isPlain = block.isExact
      if isPlain {
        for level in 0..<4 where block.multiples[level] != 0 {
          let multiple = block.multiples[level]
          add(
            multiple.magnitude, isNegative: multiple < 0,
            position: exactUnitExponents[level] + 1074)
        }
      }
    }
    for position in (isPlain ? whole : 0)..<values.count {
      let value = values[position].asDouble
      isPlain = isPlain && value.isFinite
      add(value)
    }
    return isPlain
  }

  /// Adds another sum.
  public mutating func add(_ other: ExactSum) {
    var other = other
    other.carry()
    carry()
    for index in 0..<Self.digitCount { digits[index] &+= other.digits[index] }
    carry()
    positiveInfinities += other.positiveInfinities
    negativeInfinities += other.negativeInfinities
    notNumbers += other.notNumbers
  }

  /// The sum, rounded to nearest with ties to even. An exact zero is +0; a NaN, or infinities of both
  /// signs, give NaN.
  public var rounded: Double {
    if notNumbers > 0 || (positiveInfinities > 0 && negativeInfinities > 0) { return .nan }
    if positiveInfinities > 0 { return .infinity }
    if negativeInfinities > 0 { return -.infinity }
    var sum = self
    sum.carry()
    let isNegative = sum.digits[Self.digitCount - 1] < 0
    if isNegative { sum.negate() }
    let magnitude = sum.roundedMagnitude
    return isNegative ? -magnitude : magnitude
  }

  /// The rounded sum over `divisor`, finite where the quotient is, even if the sum is not.
  public func divided(by divisor: Double) -> Double {
    let whole = rounded
    let hasSpecial = positiveInfinities > 0 || negativeInfinities > 0 || notNumbers > 0
    guard whole.isInfinite, !hasSpecial else { return whole / divisor }
    // Two digits down is 2⁻⁶⁴ of the sum, which is a double again; what is lost is far below its ulp.
    var scaled = ExactSum()
    var carried = self
    carried.carry()
    for index in 2..<Self.digitCount { scaled.digits[index - 2] = carried.digits[index] }
    return scaled.rounded / divisor * 0x1p64
  }

  /// Moves everything beyond 32 bits of a digit into the next one; the last keeps the sign.
  private mutating func carry() {
    for index in 0..<(Self.digitCount - 1) {
      digits[index + 1] &+= digits[index] >> 32
      digits[index] &= 0xFFFF_FFFF
    }
    pendingAdditions = 0
  }

  private mutating func negate() {
    for index in 0..<Self.digitCount { digits[index] = 0 &- digits[index] }
    carry()
  }

  /// The value of carried, non-negative digits.
  private var roundedMagnitude: Double {
    guard let top = (0..<Self.digitCount).last(where: { digits[$0] != 0 }) else { return 0 }
    let highestBit = top * 32 + 63 - digits[top].leadingZeroBitCount
    // Below 2^-1021 the units of 2^-1074 are the bits of the double itself.
    guard highestBit > 52 else {
      return Double(bitPattern: UInt64(digits[1]) << 32 | UInt64(digits[0]))
    }
    let dropped = highestBit - 52
    var significand = (0..<53).reduce(UInt64(0)) { $0 | bit(dropped + $1) << UInt64($1) }
    let isOdd = significand & 1 == 1
    if bit(dropped - 1) == 1, isOdd || hasBits(below: dropped - 1) { significand += 1 }
    // Adding, not combining: a carry out of the significand moves into the exponent by itself.
    let pattern = UInt64(dropped) << 52 + significand
    return pattern >= Double.infinity.bitPattern ? .infinity : Double(bitPattern: pattern)
  }

  private func bit(_ position: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: digits[position >> 5] >> Int64(position & 31)) & 1
  }

  private func hasBits(below position: Int) -> Bool {
    let (digit, shift) = (position >> 5, Int64(position & 31))
    return digits[digit] & ((1 << shift) - 1) != 0 || (0..<digit).contains { digits[$0] != 0 }
  }

  private mutating func countAddition() {
    pendingAdditions += 1
    if pendingAdditions == 1 << 30 { carry() }
  }

  private mutating func addSpecial(_ value: Double) {
    if value.isNaN {
      notNumbers += 1
    } else if value > 0 {
      positiveInfinities += 1
    } else {
      negativeInfinities += 1
    }
  }
}
