/// The text of a CSV file, cut into fields on demand.
///
/// Offsets count from behind a byte order mark; blank lines at the end are left out.
struct CSVText: Sendable {
  let source: ByteSource
  let delimiter: UInt8

  /// How many bytes of `source` stand before and within the text.
  private let start: Int
  let count: Int

  init(_ source: ByteSource) {
    self.source = source
    delimiter = fileSuffix(source.contentName) == "tsv" ? CSVByte.tab : CSVByte.comma
    let bytes = source.bytes
    start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    count = Self.endWithoutBlankLines(bytes, from: start, delimiter: delimiter) - start
  }

  /// Where the last line with anything on it ends.
  private static func endWithoutBlankLines(
    _ bytes: UnsafeRawBufferPointer, from start: Int, delimiter: UInt8
  ) -> Int {
    var end = bytes.count
    var cursor = end
    while cursor > start {
      cursor -= 1
      switch bytes[cursor] {
      case CSVByte.lineFeed:
        // A carriage return is part of the line end only here; alone it is an error that must stay.
        if cursor > start, bytes[cursor - 1] == CSVByte.carriageReturn { cursor -= 1 }
        end = cursor
      case CSVByte.space: break
      case CSVByte.tab where delimiter != CSVByte.tab: break
      default: return end
      }
    }
    return end
  }

  /// The bytes offsets count in; valid while `source` lives.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: source.bytes[start..<start + count])
  }

  /// An error at `offset`. Lines are counted here, so that reading need not count them.
  func error(_ problem: FileError.Problem, at offset: Int) -> FileError {
    let before = bytes.prefix(offset)
    let line = 1 + before.count { $0 == CSVByte.lineFeed }
    let lineStart = before.lastIndex(of: CSVByte.lineFeed).map { $0 + 1 } ?? 0
    return FileError(source.path, at: .line(line, column: offset - lineStart + 1), problem)
  }

  /// The error for a field with a control character in it.
  func controlError(_ field: CSVField) -> FileError {
    let offset = max(field.control, field.start)
    let found = offset < count ? quotedForMessage(String(Unicode.Scalar(bytes[offset]))) : "nothing"
    return error(.notText(found: "the control character \(found)"), at: offset)
  }

  /// Whether a byte may stand around a number or a quoted field.
  @inline(__always)
  func isBlank(_ byte: UInt8) -> Bool {
    byte == CSVByte.space || (byte == CSVByte.tab && delimiter != CSVByte.tab)
  }

  /// Skips blanks from `offset` on.
  @inline(__always)
  func skippingBlanks(_ offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    var cursor = offset
    while cursor < bytes.count, isBlank(bytes[cursor]) { cursor += 1 }
    return cursor
  }

  /// Skips lines of nothing but blanks from the line start `offset` on.
  @inline(__always)
  func skippingBlankLines(_ offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    var lineStart = offset
    while lineStart < bytes.count, bytes[lineStart] <= CSVByte.space {
      let end = skippingBlanks(lineStart, in: bytes)
      guard let next = lineEnd(at: end, in: bytes) else { break }
      lineStart = next
    }
    return lineStart
  }

  /// The start of the line after the LF, CRLF or end of text at `offset`; nil where there is none.
  @inline(__always)
  func lineEnd(at offset: Int, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard offset < bytes.count else { return offset }
    if bytes[offset] == CSVByte.lineFeed { return offset + 1 }
    guard bytes[offset] == CSVByte.carriageReturn, offset + 1 < bytes.count,
      bytes[offset + 1] == CSVByte.lineFeed
    else { return nil }
    return offset + 2
  }

  /// The content of a field, with doubled quotes made single ones.
  ///
  /// - Parameter limit: how many bytes at most, for messages about fields of any length.
  func content(of field: CSVField, limit: Int = .max) -> String {
    var content: [UInt8] = []
    var isDoubled = false
    for byte in bytes[field.content].prefix(limit) {
      isDoubled = field.isQuoted && byte == CSVByte.quote && !isDoubled
      if !isDoubled { content.append(byte) }
    }
    return String(decoding: content, as: UTF8.self)
  }
}

/// A field's place in the text.
struct CSVField: Equatable {
  /// Where it begins: its first character that is not blank, or its opening quote.
  let start: Int
  /// What it holds, without blanks and quotes around it.
  let content: Range<Int>
  let isQuoted: Bool
  /// The delimiter or line end after it.
  let end: Int
  /// Where the first control character stands that text does not have; -1 where there is none. It is
  /// not an error yet, because within a number it has a better message.
  let control: Int
}

/// The characters CSV gives a meaning.
enum CSVByte {
  static let tab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let quote = UInt8(ascii: "\"")
  static let comma = UInt8(ascii: ",")

  /// Whether a byte is a control character other than those a text file has.
  @inline(__always)
  static func isControl(_ byte: UInt8) -> Bool {
    byte == 0x7F || (byte < space && byte != tab && byte != lineFeed && byte != carriageReturn)
  }
}
