import Testing

@testable import LossTensor

@Suite("Half precision")
struct HalfPrecisionTests {
  /// Non-negative finite patterns that have a next one, infinity included.
  private static let halfPatterns: Range<UInt16> = 0..<0x7C00
  private static let brainPatterns: Range<UInt16> = 0..<0x7F80
  private static let halfSign: UInt16 = 0x8000

  /// A pattern's value; infinity counts as the power of two at which rounding would go on.
  private static func halfValue(_ bits: UInt16) -> Double {
    bits == 0x7C00 ? 65536 : Double(Float16(bitPattern: bits))
  }

  private static func brainValue(_ bits: UInt16) -> Double {
    bits == 0x7F80 ? 0x1p128 : Double(Float(bitPattern: UInt32(bits) << 16))
  }

  /// Rounds to nearest, ties to even, by searching the whole table of patterns.
  private static func slowBrainFloat(_ value: Double) -> UInt16 {
    let magnitude = value.magnitude
    let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
    if magnitude >= 0x1p128 { return sign | 0x7F80 }
    var (low, high) = (UInt16(0), UInt16(0x7F80))
    while high - low > 1 {
      let middle = (low + high) / 2
      if brainValue(middle) <= magnitude { low = middle } else { high = middle }
    }
    // Patterns have 8 significant bits, so that the sum is exact.
    let tie = (brainValue(low) + brainValue(high)) / 2
    if magnitude == tie { return sign | (low % 2 == 0 ? low : high) }
    return sign | (magnitude < tie ? low : high)
  }

  @Test("every binary16 pattern has the value that Swift's Float16 has, bit for bit")
  func everyHalf() {
    for bits in UInt16.min...UInt16.max {
      let (ours, swift) = (StoredHalf(storedBits: bits).asFloat, Float(Float16(bitPattern: bits)))
      let isEqual =
        swift.isNaN
        ? ours.isNaN && ours.sign == swift.sign : ours.bitPattern == swift.bitPattern
      if !isEqual { Issue.record("\(String(bits, radix: 16)) is \(ours), not \(swift)") }
      let double = StoredHalf(storedBits: bits).asDouble
      if !isSame(double, Double(swift)) { Issue.record("\(bits) is \(double) as a double") }
    }
  }

  @Test(
    "known binary16 patterns have their values",
    arguments: [
      (0x3C00, 1), (0xC100, -2.5), (0x0001, 0x1p-24), (0x03FF, 1023 * 0x1p-24),
      (0x0400, 0x1p-14), (0x7BFF, 65504), (0xFC00, -.infinity), (0x3555, 0x1.554p-2),
    ] as [(UInt16, Double)])
  func knownHalves(bits: UInt16, value: Double) {
    #expect(StoredHalf(storedBits: bits).asDouble == value)
    #expect(StoredHalf(rounding: value).bits == bits)
  }

  @Test("every binary16 number rounds to itself")
  func halvesAreFixed() {
    for bits in UInt16.min...UInt16.max {
      let value = Double(Float16(bitPattern: bits))
      let rounded = StoredHalf(rounding: value).bits
      let expected = value.isNaN ? bits & 0x8000 | 0x7E00 : bits
      if rounded != expected { Issue.record("\(bits) rounds to \(rounded)") }
    }
  }

  @Test("half way between two binary16 numbers the even one is taken, beside it the nearer one")
  func halfMidpoints() {
    for low in Self.halfPatterns {
      let middle = (Self.halfValue(low) + Self.halfValue(low + 1)) / 2
      let even = low % 2 == 0 ? low : low + 1
      for (value, bits) in [(middle, even), (middle.nextUp, low + 1), (middle.nextDown, low)] {
        let (plus, minus) = (StoredHalf(rounding: value).bits, StoredHalf(rounding: -value).bits)
        if plus != bits || minus != Self.halfSign | bits {
          Issue.record("\(value) rounds to \(plus) and \(minus), not \(bits)")
        }
        if Float16(value).bitPattern != plus { Issue.record("Float16 of \(value) differs") }
      }
    }
  }

  @Test(
    "binary16 overflows from 65520 on and underflows up to half the smallest subnormal",
    arguments: [
      (65519.99999999999, 0x7BFF), (65520, 0x7C00), (65504, 0x7BFF), (1e300, 0x7C00),
      (.greatestFiniteMagnitude, 0x7C00), (.infinity, 0x7C00), (0x1p-25, 0x0000),
      (0x1.0000000000001p-25, 0x0001), (0x1.7ffffffffffffp-24, 0x0001), (0x1.8p-24, 0x0002),
      (.leastNonzeroMagnitude, 0x0000), (0, 0x0000), (0x1.ffcp-15, 0x0400), (0x1.ff8p-15, 0x03FF),
    ] as [(Double, UInt16)])
  func halfLimits(value: Double, bits: UInt16) {
    #expect(StoredHalf(rounding: value).bits == bits)
    #expect(StoredHalf(rounding: -value).bits == Self.halfSign | bits)
  }

  @Test("random doubles round to binary16 as Swift's Float16 does")
  func randomHalves() {
    var random = SplitMix64(printing: 16_110)
    for _ in 0..<100_000 {
      let exponent = Int.random(in: -27...17, using: &random)
      let value = Double(
        sign: Bool.random(using: &random) ? .plus : .minus, exponent: exponent,
        significand: Double.random(in: 1..<2, using: &random))
      if StoredHalf(rounding: value).bits != Float16(value).bitPattern {
        Issue.record("\(value) rounds to \(StoredHalf(rounding: value).bits)")
      }
    }
  }

  @Test("NaN stays a quiet NaN with its sign")
  func notANumber() {
    for value in [Double.nan, .signalingNaN, Double(nan: 1, signaling: false)] {
      #expect(StoredHalf(rounding: value).bits == 0x7E00)
      #expect(StoredHalf(rounding: -value).bits == 0xFE00)
      #expect(StoredBrainFloat(rounding: value).bits == 0x7FC0)
      #expect(StoredBrainFloat(rounding: -value).bits == 0xFFC0)
    }
  }

  @Test("every bfloat16 pattern is the upper half of its float")
  func everyBrainFloat() {
    for bits in UInt16.min...UInt16.max {
      let stored = StoredBrainFloat(storedBits: bits)
      let float = Float(bitPattern: UInt32(bits) << 16)
      if stored.asFloat.bitPattern != float.bitPattern || !isSame(stored.asDouble, Double(float)) {
        Issue.record("\(bits) is \(stored.asFloat)")
      }
      let rounded = StoredBrainFloat(rounding: Double(float)).bits
      let expected = float.isNaN ? bits & 0x8000 | 0x7FC0 : bits
      if rounded != expected { Issue.record("\(bits) rounds to \(rounded)") }
    }
  }

  @Test("half way between two bfloat16 numbers the even one is taken, beside it the nearer one")
  func brainMidpoints() {
    for low in Self.brainPatterns {
      let middle = (Self.brainValue(low) + Self.brainValue(low + 1)) / 2
      let even = low % 2 == 0 ? low : low + 1
      for (value, bits) in [(middle, even), (middle.nextUp, low + 1), (middle.nextDown, low)] {
        let plus = StoredBrainFloat(rounding: value).bits
        let minus = StoredBrainFloat(rounding: -value).bits
        if plus != bits || minus != 0x8000 | bits {
          Issue.record("\(value) rounds to \(plus) and \(minus), not \(bits)")
        }
      }
    }
  }

  @Test(
    "bfloat16 is rounded once, where rounding to float first would give another number",
    arguments: [
      (1 + 0x1p-8 + 0x1p-40, 0x3F81), (1 + 0x1p-8, 0x3F80), (1 + 0x1p-8 - 0x1p-40, 0x3F80),
      (1 + 0x1.8p-7 - 0x1p-40, 0x3F81), (1 + 0x1.8p-7, 0x3F82), (0x1p-134, 0x0000),
      (0x1.0000000000001p-134, 0x0001), (0x1p-150, 0x0000), (1e-300, 0x0000),
      (0x1.fep127, 0x7F7F), (0x1.ffp127, 0x7F80), (0x1.fefffffffffffp127, 0x7F7F),
      (1e300, 0x7F80), (.infinity, 0x7F80), (0, 0x0000),
    ] as [(Double, UInt16)])
  func brainLimits(value: Double, bits: UInt16) {
    #expect(StoredBrainFloat(rounding: value).bits == bits)
    #expect(StoredBrainFloat(rounding: -value).bits == 0x8000 | bits)
    #expect(Self.slowBrainFloat(value) == bits)
  }

  @Test("random doubles round to bfloat16 as a search over all patterns does")
  func randomBrainFloats() {
    var random = SplitMix64(printing: 40_004)
    for _ in 0..<50_000 {
      let exponent = Int.random(in: -152...129, using: &random)
      // Few bits in a third of the cases, so that ties and their neighbours come up.
      let significand = Double(Int.random(in: 256..<512, using: &random)) / 256
      let nearTie = [significand, significand.nextUp, Double.random(in: 1..<2, using: &random)]
      let value = Double(
        sign: Bool.random(using: &random) ? .plus : .minus, exponent: exponent,
        significand: nearTie[Int.random(in: 0..<3, using: &random)])
      if StoredBrainFloat(rounding: value).bits != Self.slowBrainFloat(value) {
        Issue.record("\(value) rounds to \(StoredBrainFloat(rounding: value).bits)")
      }
    }
  }
}
