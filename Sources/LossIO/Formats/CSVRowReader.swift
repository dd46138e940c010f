import LossTensor

/// Rows that were read.
struct CSVRows: Equatable {
  var count = 0
  /// Those with a missing value, counted from 0, where they are to be left out.
  var missing: [Int] = []
}

/// Reads rows of numbers out of a stretch of the text.
///
/// This is where the time goes. Selected fields are parsed where they stand, with nothing allocated, and
/// a field ends where its number does; only when something is wrong is the row cut into fields, to say
/// what. Plain fields go by `CSVPlainFields`, all others by the slow way, which knows everything. The
/// reader has no state: stretches may be read in any order.
struct CSVRowReader: Sendable {
  private let layout: CSVLayout
  private let type: CSVElement
  private let elementByteCount: Int

  /// For each column of the file its byte offset within a row of the result, or -1.
  private let targets: [Int]

  init(layout: CSVLayout, type: CSVElement) {
    self.layout = layout
    self.type = type
    elementByteCount = type.elementType.byteCount
    var targets = [Int](repeating: -1, count: layout.columnCount)
    for (position, column) in layout.selected.enumerated() {
      targets[column] = position * elementByteCount
    }
    self.targets = targets
  }

  /// In a single column an empty line may be a missing value.
  private var keepsBlankLines: Bool { layout.columnCount == 1 }

  /// Bytes of a row of the result.
  var rowByteCount: Int { layout.selected.count * elementByteCount }

  /// Writes the rows that begin in `range`, packed, and returns how many there are. Missing values that
  /// are no error are NaN.
  ///
  /// - Parameter range: from the start of a row; the last row is read to its end.
  /// - Throws: `FileError` at the first row that is ragged or has a selected field that is not a number.
  func read(
    _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> CSVRows {
    let bytes = layout.text.bytes
    let plain = CSVPlainFields(layout.text)
    var cursor = range.lowerBound
    var rows = CSVRows()
    var free = destination.count
    while true {
      cursor = layout.text.skippingEmptyLines(
        cursor, keepsBlankLines: keepsBlankLines, in: bytes)
      guard cursor < range.upperBound else { return rows }
      guard free >= rowByteCount, let base = destination.baseAddress else {
        throw layout.text.error(.notEnoughMemory(bytes: destination.count), at: cursor)
      }
      var isMissing = false
      cursor = try readRow(
        at: cursor, of: bytes, plain, into: base + (destination.count - free),
        isMissing: &isMissing)
      if isMissing, layout.text.dialect.missing == .skipRow { rows.missing.append(rows.count) }
      free -= rowByteCount
      rows.count += 1
    }
  }

  /// Reads one row and returns where the next line begins.
  ///
  /// - Parameter isMissing: becomes true where a value is missing.
  @inline(__always)
  private func readRow(
    at start: Int, of bytes: UnsafeRawBufferPointer, _ plain: CSVPlainFields,
    into target: UnsafeMutableRawPointer, isMissing: inout Bool
  ) throws(FileError) -> Int {
    var cursor = start
    for column in targets.indices {
      let offset = targets[column]
      if offset >= 0 {
        guard
          let number = plain.number(at: cursor) ?? number(at: cursor, of: bytes)
            ?? missingValue(at: cursor, of: bytes, isMissing: &isMissing)
        else { throw explanation(row: start, column: column) }
        store(number.value, at: target + offset)
        cursor = number.end
      } else if let end = plain.end(ofTextAt: cursor) {
        cursor = end
      } else {
        let field = try layout.text.field(at: cursor, in: bytes)
        guard field.control < 0 else { throw explanation(row: start, column: column) }
        cursor = field.end
      }
      if column < targets.count - 1 {
        guard cursor < bytes.count, bytes[cursor] == layout.text.delimiter else {
          throw explanation(row: start, column: column)
        }
        cursor += 1
      }
    }
    guard let next = layout.text.lineEnd(at: cursor, in: bytes) else {
      throw explanation(row: start, column: targets.count - 1)
    }
    return next
  }

  /// Numbers are rounded to double and then to float, like numpy.loadtxt and pandas do it. Rounding
  /// twice can differ in the last bit from rounding once, but what is checked against those tools must
  /// begin with their numbers.
  @inline(__always)
  private func store(_ value: Double, at target: UnsafeMutableRawPointer) {
    switch type {
    case .float32: target.storeBytes(of: Float(value), as: Float.self)
    case .float64: target.storeBytes(of: value, as: Double.self)
    }
  }

  /// The number in the field at `offset` and where the field should end; nil where something is wrong.
  @inline(__always)
  private func number(
    at offset: Int, of bytes: UnsafeRawBufferPointer
  ) -> (value: Double, end: Int)? {
    if layout.text.hasMissingNumbers, isMissing(offset, of: bytes) { return nil }
    let start = layout.text.skippingBlanks(offset, in: bytes)
    guard let (value, end) = CSVNumber.parse(bytes, at: start, mark: layout.text.decimalMark)
    else {
      return quotedNumber(at: start, of: bytes)
    }
    guard value.magnitude < type.exactLimit || isExact(bytes, start..<end, value) else {
      return nil
    }
    return (value, layout.text.skippingBlanks(end, in: bytes))
  }

  /// The same for a field in quotes.
  private func quotedNumber(
    at offset: Int, of bytes: UnsafeRawBufferPointer
  ) -> (value: Double, end: Int)? {
    guard offset < bytes.count, bytes[offset] == CSVByte.quote else { return nil }
    var start = offset + 1
    while start < bytes.count, CSVText.isBlankInQuotes(bytes[start]) { start += 1 }
    guard let (value, end) = CSVNumber.parse(bytes, at: start, mark: layout.text.decimalMark),
      isExact(bytes, start..<end, value)
    else { return nil }
    var close = end
    while close < bytes.count, CSVText.isBlankInQuotes(bytes[close]) { close += 1 }
    guard close < bytes.count, bytes[close] == CSVByte.quote else { return nil }
    return (value, layout.text.skippingBlanks(close + 1, in: bytes))
  }

  /// NaN where the field at `offset` stands for a missing value that is no error, and where it ends.
  private func missingValue(
    at offset: Int, of bytes: UnsafeRawBufferPointer, isMissing: inout Bool
  ) -> (value: Double, end: Int)? {
    guard layout.text.dialect.missing != .error,
      let field = try? layout.text.field(at: offset, in: bytes), layout.text.isMissing(field)
    else { return nil }
    isMissing = true
    return (.nan, field.end)
  }

  private func isMissing(_ offset: Int, of bytes: UnsafeRawBufferPointer) -> Bool {
    (try? layout.text.field(at: offset, in: bytes)).map(layout.text.isMissing) ?? false
  }

  /// Whether the number may be rounded: where a point or exponent shows that it is one of those that
  /// are, but not where it is an integer that would become another.
  private func isExact(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ value: Double
  ) -> Bool {
    guard value.magnitude >= type.exactLimit,
      let digits = CSVNumber.integerDigits(bytes, in: range)
    else { return true }
    return type.holds(integer: digits)
  }

  /// What is wrong with a row whose field in `column` could not be read, or that does not go on as it
  /// should behind it. Too few or too many fields say more than what that makes of a single one.
  private func explanation(row: Int, column: Int) -> FileError {
    let text = layout.text
    let fields: [CSVField]
    do throws(FileError) {
      fields = try text.record(at: row).fields
    } catch {
      return error
    }
    guard fields.count == layout.columnCount else {
      return text.error(.raggedRow(expected: layout.columnCount, found: fields.count), at: row)
    }
    let field = fields[column]
    return targets[column] < 0 ? text.controlError(field) : numberError(field, column: column)
  }

  private func numberError(_ field: CSVField, column: Int) -> FileError {
    let text = layout.text
    let name = layout.label(ofColumn: column)
    let isLine = layout.columnCount == 1 && !field.isQuoted
    let content = text.content(of: field, limit: 400)
    let nothing = isLine ? "an empty line" : "an empty field"
    let found = content.isEmpty ? nothing : quotedForMessage(content)
    if text.isMissing(field) {
      return text.error(.missingValue(column: name, found: found), at: field.start)
    }
    if let integer = CSVNumber.integerDigits(text.bytes, in: field.content),
      !type.holds(integer: integer)
    {
      let digits = content.count > 40 ? content.prefix(40) + "…" : content[...]
      return text.error(
        .inexactInteger(column: name, found: String(digits), type: type.elementType.rawValue),
        at: field.start)
    }
    return text.error(.notANumber(column: name, found: found), at: field.start)
  }
}
