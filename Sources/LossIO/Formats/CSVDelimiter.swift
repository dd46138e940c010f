// Which character separates the fields of a file.

extension CSVText {
  /// The text of `source`, its fields separated as `dialect` says.
  ///
  /// - Throws: `sameMark` where two characters with a meaning are one; `ambiguousDelimiter` where the
  ///   first rows do not tell what separates fields.
  init(_ source: ByteSource, _ dialect: CSVDialect) throws(FileError) {
    let delimiter: UInt8
    switch dialect.delimiter {
    case .character(let byte): delimiter = byte
    case .bySuffix:
      delimiter = fileSuffix(source.contentName) == "tsv" ? CSVByte.tab : CSVByte.comma
    case .automatic:
      delimiter = try CSVDelimiterSearch(source, dialect).find()
    }
    let mark = dialect.decimalMark.byte
    let clash: (UInt8, String, String)? =
      if delimiter == mark {
        (delimiter, "--delimiter", "--decimal")
      } else if delimiter == dialect.comment {
        (delimiter, "--delimiter", "--comment")
      } else if mark == dialect.comment {
        (mark, "--decimal", "--comment")
      } else {
        nil
      }
    if let (byte, first, second) = clash {
      let name = quotedForMessage(String(Unicode.Scalar(byte)))
      throw FileError(source.path, .sameMark(name, first: first, second: second))
    }
    self.init(source, delimiter: delimiter, dialect: dialect)
  }
}

/// Finds what separates the fields of a file.
///
/// A delimiter cuts each of the first rows into the same number of fields, more than one. Where several do,
/// the one that leaves the most numbers is meant: `1,5;2,5` is two fields with a decimal comma.
private struct CSVDelimiterSearch {
  private let source: ByteSource
  private let dialect: CSVDialect

  /// How many rows are looked at.
  private static let rowCount = 20

  init(_ source: ByteSource, _ dialect: CSVDialect) {
    (self.source, self.dialect) = (source, dialect)
  }

  /// How a character cuts the first rows.
  private struct Candidate {
    let byte: UInt8
    let rows: [[CSVField]]
    let numberCount: Int

    var splitsFirst: Bool { rows.first.map { $0.count > 1 } ?? false }
    var isEven: Bool { splitsFirst && rows.allSatisfy { $0.count == rows[0].count } }
    /// The share of fields that are numbers, as a whole number: exact, so that equal is equal.
    var numbersInThousands: Int {
      numberCount * 1000 / max(1, rows.reduce(0) { $0 + $1.count })
    }
  }

  func find() throws(FileError) -> UInt8 {
    let bytes = [CSVByte.comma, CSVByte.tab, UInt8(ascii: ";"), UInt8(ascii: "|")]
    let candidates = bytes.filter { $0 != dialect.decimalMark.byte && $0 != dialect.comment }
      .map(candidate)
    let even = candidates.filter(\.isEven)
    // Rows that no character cuts evenly are ragged, and the reader says where.
    let fitting = even.isEmpty ? candidates.filter(\.splitsFirst) : even
    let most = fitting.map(\.numbersInThousands).max()
    let best = fitting.filter { $0.numbersInThousands == most }
    guard best.count <= 1 else {
      let found = best.map { quotedForMessage(String(Unicode.Scalar($0.byte))) }
      throw FileError(source.path, .ambiguousDelimiter(found: found))
    }
    // One column: any will do that is not the decimal mark.
    return best.first?.byte ?? candidates.first?.byte ?? CSVByte.tab
  }

  private func candidate(_ byte: UInt8) -> Candidate {
    let text = CSVText(source, delimiter: byte, dialect: dialect)
    let bytes = text.bytes
    var rows: [[CSVField]] = []
    var cursor = text.skippingEmptyLines(0, keepsBlankLines: false, in: bytes)
    while rows.count < Self.rowCount, cursor < bytes.count,
      let (fields, next) = try? text.record(at: cursor)
    {
      rows.append(fields)
      cursor = text.skippingEmptyLines(next, keepsBlankLines: false, in: bytes)
    }
    let numbers = rows.joined().filter {
      CSVNumber.isNumber(bytes, in: $0.content, mark: text.decimalMark) || text.isMissing($0)
    }
    return Candidate(byte: byte, rows: rows, numberCount: numbers.count)
  }
}
