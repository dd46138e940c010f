import Testing

@testable import LossTensor

@Suite("Half precision")
struct HalfPrecisionTests {
  @Test("reads all 65,536 binary16 numbers as they are")
  func allHalves() {
    for bits in UInt16.min...UInt16.max {
      let found = StoredHalf(storedBits: bits).asFloat
      let expected = Float(Float16(bitPattern: bits))
      #expect(found == expected || (found.isNaN && expected.isNaN))
      #expect(found.sign == expected.sign)
    }
  }

  @Test("rounds to binary16 to nearest, ties to even, on both sides of every midpoint")
  func roundingToHalf() {
    for bits in UInt16(0)..<0x7C00 {
      let low = Double(Float16(bitPattern: bits))
      // The neighbour of the largest number is where infinity would stand.
      let high = bits == 0x7BFF ? 65536 : Double(Float16(bitPattern: bits + 1))
      let middle = (low + high) / 2
      let even = bits & 1 == 0 ? bits : bits + 1
      #expect(StoredHalf(rounding: low).bits == bits)
      #expect(StoredHalf(rounding: middle).bits == even)
      #expect(StoredHalf(rounding: middle.nextDown).bits == bits)
      #expect(StoredHalf(rounding: -middle.nextUp).bits == bits + 1 | 0x8000)
    }
    #expect(StoredHalf(rounding: 1e300).bits == 0x7C00)
    #expect(StoredHalf(rounding: -.infinity).bits == 0xFC00)
    #expect(StoredHalf(rounding: .nan).asFloat.isNaN)
    #expect(StoredHalf(rounding: -0.0).bits == 0x8000)
    #expect(StoredHalf(rounding: .leastNonzeroMagnitude).bits == 0)
  }

  @Test("rounds to bfloat16 once, not through float")
  func roundingToBrainFloat() {
    for bits in stride(from: UInt16(0), to: 0x7F80, by: 1) {
      let low = Double(Float(bitPattern: UInt32(bits) << 16))
      let high = bits == 0x7F7F ? 0x1p128 : Double(Float(bitPattern: UInt32(bits + 1) << 16))
      let middle = (low + high) / 2
      #expect(StoredBrainFloat(rounding: middle).bits == (bits & 1 == 0 ? bits : bits + 1))
      // Float would round these to the middle first, and the middle to even.
      #expect(StoredBrainFloat(rounding: middle.nextDown).bits == bits)
      #expect(StoredBrainFloat(rounding: -middle.nextUp).bits == bits + 1 | 0x8000)
      #expect(StoredBrainFloat(storedBits: bits).asDouble == low)
    }
    #expect(StoredBrainFloat(rounding: .nan).asFloat.isNaN)
    #expect(StoredBrainFloat(rounding: -.infinity).bits == 0xFF80)
    #expect(StoredBrainFloat(rounding: 0x1p-1060).bits == 0)
  }
}
