/// How often the bytes occur that bound rows.
struct CSVByteCounts: Equatable {
  private(set) var lineFeeds = 0
  private(set) var quotes = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    if let base = bytes.baseAddress {
      while offset + 8 <= bytes.count {
        // Each byte of a sum counts to 255 before it has to be emptied.
        let end = min(bytes.count - 7, offset + 255 * 8)
        var (lineSums, quoteSums): (UInt64, UInt64) = (0, 0)
        while offset < end {
          let word = (base + offset).loadUnaligned(as: UInt64.self)
          lineSums &+= Self.flags(of: CSVByte.lineFeed, in: word)
          quoteSums &+= Self.flags(of: CSVByte.quote, in: word)
          offset &+= 8
        }
        lineFeeds += Self.total(lineSums)
        quotes += Self.total(quoteSums)
      }
    }
    for byte in bytes[offset...] {
      lineFeeds += byte == CSVByte.lineFeed ? 1 : 0
      quotes += byte == CSVByte.quote ? 1 : 0
    }
  }

  /// 1 in each byte of `word` that is `byte`, else 0.
  @inline(__always)
  private static func flags(of byte: UInt8, in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let difference = word ^ (ones &* UInt64(byte))
    // The highest bit of each byte that is not zero; adding carries into no other byte.
    let others = ((difference & (ones &* 0x7F)) &+ (ones &* 0x7F)) | difference
    return (~others &>> 7) & ones
  }

  /// The sum of the eight bytes.
  private static func total(_ sums: UInt64) -> Int {
    // Pairs first: eight times 255 needs more than a byte.
    let pairs = (sums & 0x00FF_00FF_00FF_00FF) &+ ((sums &>> 8) & 0x00FF_00FF_00FF_00FF)
    return Int((pairs &* 0x0001_0001_0001_0001) &>> 48)
  }
}
