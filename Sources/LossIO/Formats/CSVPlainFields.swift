import CFastFloat

/// Fields with nothing special about them, which are nearly all, eight bytes at a time.
///
/// A plain number is an optional minus sign, up to seven digits, and perhaps a decimal mark and more
/// digits, 19 together; plain text has no quotes or control characters. Whatever is not plain is left to
/// code that knows all there is, so that nothing here decides what is right and what is not.
struct CSVPlainFields {
  private let base: UnsafeRawPointer?
  /// Where a field may begin: behind it are enough bytes for all loads.
  private let limit: Int
  private let delimiter: UInt8
  private let mark: UInt8
  private let readsNumbers: Bool

  /// A sign, seven digits, a mark, and three words.
  private static let reach = 40

  init(_ text: CSVText) {
    let bytes = text.bytes
    base = bytes.baseAddress
    limit = bytes.count - Self.reach
    delimiter = text.delimiter
    mark = text.decimalMark
    readsNumbers = !text.hasMissingNumbers
  }

  /// The number at `offset`, exactly rounded, and the end of its field; nil where it is not plain.
  @inline(__always)
  func number(at offset: Int) -> (value: Double, end: Int)? {
    guard offset < limit, readsNumbers, let base else { return nil }
    var cursor = base + offset
    let isNegative = cursor.load(as: UInt8.self) == UInt8(ascii: "-")
    cursor += isNegative ? 1 : 0

    let whole = CSVWord(at: cursor)
    let wholeCount = whole.digitCount
    guard wholeCount < 8 else { return nil }
    var mantissa = whole.number(ofDigits: wholeCount)
    var fractionCount = 0
    cursor += wholeCount
    if cursor.load(as: UInt8.self) == mark {
      cursor += 1
      var count: Int
      repeat {
        let word = CSVWord(at: cursor)
        count = word.digitCount
        mantissa =
          mantissa &* lossctl_integer_power_of_ten(CUnsignedInt(truncatingIfNeeded: count))
          &+ word.number(ofDigits: count)
        fractionCount &+= count
        cursor += count
      } while count == 8 && fractionCount < 24
    }
    let digits = wholeCount &+ fractionCount
    let next = cursor.load(as: UInt8.self)
    guard digits > 0, digits <= 19, next == delimiter || next == CSVByte.lineFeed,
      let value = Self.scaled(mantissa, by: fractionCount)
    else { return nil }
    return (isNegative ? -value : value, cursor - base)
  }

  /// `mantissa` divided by ten to the power of `places`.
  @inline(__always)
  private static func scaled(_ mantissa: UInt64, by places: Int) -> Double? {
    // Both are exact in double up to here, so that one division rounds the true quotient (W. D. Clinger,
    // How to read floating point numbers accurately, 1990).
    if mantissa <= 1 << 53, places <= 22 {
      return Double(Int64(bitPattern: mantissa))
        / lossctl_power_of_ten(CUnsignedInt(truncatingIfNeeded: places))
    }
    var value = 0.0
    return lossctl_scaled_double(mantissa, -CInt(truncatingIfNeeded: places), &value) != 0
      ? value : nil
  }

  /// Where the field at `offset` ends; nil where it is not plain text.
  @inline(__always)
  func end(ofTextAt offset: Int) -> Int? {
    guard let base else { return nil }
    var cursor = offset
    while cursor < limit {
      let count = CSVWord(at: base + cursor).plainCount(before: delimiter)
      cursor &+= count
      guard count == 8 else {
        let byte = base.load(fromByteOffset: cursor, as: UInt8.self)
        return byte == delimiter || byte == CSVByte.lineFeed ? cursor : nil
      }
    }
    return nil
  }
}
