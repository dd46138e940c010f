/// The text of a CSV file, cut into fields on demand.
///
/// Offsets count from behind a byte order mark; blank lines at the end are left out.
struct CSVText: Sendable {
  let source: ByteSource
  let delimiter: UInt8
  let dialect: CSVDialect

  /// What stands between the whole and the rest of a number.
  let decimalMark: UInt8

  /// What comments begin with; -1 where there are none.
  private let comment: Int

  /// `CSVDialect.missingTexts`, as they stand in a file.
  private let missingTexts: [[UInt8]]

  /// Whether some of them are numbers, which must not be read as what they are.
  let hasMissingNumbers: Bool

  /// How many bytes of `source` stand before and within the text.
  private let start: Int
  let count: Int

  /// The text of `source`.
  ///
  /// - Parameter delimiter: what separates its fields, with which `dialect` has been reconciled.
  init(_ source: ByteSource, delimiter: UInt8, dialect: CSVDialect) {
    self.source = source
    self.delimiter = delimiter
    self.dialect = dialect
    let mark = dialect.decimalMark.byte
    decimalMark = mark
    comment = dialect.comment.map(Int.init) ?? -1
    missingTexts = dialect.missingTexts.map { Array($0.utf8) }
    hasMissingNumbers = missingTexts.contains { text in
      text.withUnsafeBytes { CSVNumber.isNumber($0, in: 0..<$0.count, mark: mark) }
    }
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
      case CSVByte.space where delimiter != CSVByte.space: break
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
    (byte == CSVByte.space || byte == CSVByte.tab) && byte != delimiter
  }

  /// Skips blanks from `offset` on.
  @inline(__always)
  func skippingBlanks(_ offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    var cursor = offset
    while cursor < bytes.count, isBlank(bytes[cursor]) { cursor += 1 }
    return cursor
  }

  /// Skips lines of nothing but blanks, and comments, from the line start `offset` on.
  ///
  /// - Parameter keepsBlankLines: whether only comments are skipped.
  @inline(__always)
  func skippingEmptyLines(
    _ offset: Int, keepsBlankLines: Bool, in bytes: UnsafeRawBufferPointer
  ) -> Int {
    var lineStart = offset
    while lineStart < bytes.count,
      bytes[lineStart] <= CSVByte.space || Int(bytes[lineStart]) == comment
    {
      let end = skippingBlanks(lineStart, in: bytes)
      if end < bytes.count, Int(bytes[end]) == comment {
        lineStart = endOfComment(from: end, in: bytes)
      } else if !keepsBlankLines, let next = lineEnd(at: end, in: bytes) {
        lineStart = next
      } else {
        break
      }
    }
    return lineStart
  }

  private func endOfComment(from offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    var cursor = offset
    while cursor < bytes.count, bytes[cursor] != CSVByte.lineFeed { cursor += 1 }
    return min(cursor + 1, bytes.count)
  }

  /// Whether a field stands for a missing value.
  func isMissing(_ field: CSVField) -> Bool {
    guard !field.content.isEmpty else { return true }
    let content = bytes[field.content]
    return missingTexts.contains { $0.elementsEqual(content) }
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
