/// Eight bytes of text, the first in the lowest bits, looked at together.
///
/// A word of flags has the highest bit of each byte set that it is about; below the first such byte the
/// flags are exact, which is all that is asked of them.
struct CSVWord {
  private let bits: UInt64

  /// The eight bytes at `address`, which must all be there.
  @inline(__always)
  init(at address: UnsafeRawPointer) {
    bits = UInt64(littleEndian: address.loadUnaligned(as: UInt64.self))
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080
  private static let zeroDigits: UInt64 = 0x3030_3030_3030_3030

  @inline(__always)
  private static func fill(_ byte: UInt8) -> UInt64 { ones &* UInt64(byte) }

  /// How many of the bytes are digits, up to the first that is none.
  @inline(__always)
  var digitCount: Int {
    let values = bits ^ Self.zeroDigits
    // Adding 0x76 carries from 10 on into the highest bit.
    let others = ((values & ~Self.highBits) &+ Self.fill(0x76)) | values
    return (others & Self.highBits).trailingZeroBitCount >> 3
  }

  /// The number that the first `count` bytes, all of them digits, spell; 0 where `count` is.
  ///
  /// Neighbours are joined in three steps: digits to numbers below 100, those to numbers below 10⁴, and
  /// those to the whole (D. Lemire, Number parsing at a gigabyte per second, 2021).
  @inline(__always)
  func number(ofDigits count: Int) -> UInt64 {
    // The digits move to the end, zeros before them. A shift by 64 is none, hence two.
    let shift = UInt64(truncatingIfNeeded: 32 &- 4 &* count)
    var number = ((bits ^ Self.zeroDigits) &<< shift) &<< shift
    number = (number &* 10) &+ (number &>> 8)
    let pairs: UInt64 = 0x0000_00FF_0000_00FF
    let low = (number & pairs) &* (100 + 1_000_000 << 32)
    let high = ((number &>> 16) & pairs) &* (1 + 10_000 << 32)
    return (low &+ high) &>> 32
  }

  /// How many bytes stand before the first that is `delimiter`, a quote or a control character.
  @inline(__always)
  func plainCount(before delimiter: UInt8) -> Int {
    let controls = (bits &- Self.fill(0x20)) & ~bits
    let others =
      Self.zeroBytes(bits ^ Self.fill(delimiter)) | Self.zeroBytes(bits ^ Self.fill(CSVByte.quote))
      | Self.zeroBytes(bits ^ Self.fill(0x7F))
    return ((controls | others) & Self.highBits).trailingZeroBitCount >> 3
  }

  /// Flags of the bytes that are zero, in their highest bits.
  @inline(__always)
  private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
}
