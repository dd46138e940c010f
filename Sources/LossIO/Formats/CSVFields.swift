// RFC 4180, with blanks allowed around quotes and nothing else.

extension CSVText {
  /// All fields of the row that begins at `offset`, and where the next line begins.
  ///
  /// - Throws: `malformedQuotes` or `loneCarriageReturn` where it cannot be cut into fields.
  func record(at offset: Int) throws(FileError) -> (fields: [CSVField], next: Int) {
    let bytes = bytes
    var fields: [CSVField] = []
    var cursor = offset
    while true {
      let field = try self.field(at: cursor, in: bytes)
      fields.append(field)
      if let next = lineEnd(at: field.end, in: bytes) { return (fields, next) }
      cursor = field.end + 1
    }
  }

  /// The field that begins at `offset`. It ends at a delimiter, a line end or the end of the text.
  @inline(__always)
  func field(at offset: Int, in bytes: UnsafeRawBufferPointer) throws(FileError) -> CSVField {
    let start = skippingBlanks(offset, in: bytes)
    guard start < bytes.count, bytes[start] == CSVByte.quote else {
      return try unquotedField(from: start, in: bytes)
    }
    return try quotedField(from: start, in: bytes)
  }

  private func unquotedField(
    from start: Int, in bytes: UnsafeRawBufferPointer
  ) throws(FileError) -> CSVField {
    var cursor = start
    var control = -1
    while cursor < bytes.count {
      let byte = bytes[cursor]
      if byte == delimiter || byte == CSVByte.lineFeed { break }
      // All that ends a field or is an error, but for 0x7F, stands below the letters and digits.
      if byte <= CSVByte.comma || byte == 0x7F {
        if byte == CSVByte.carriageReturn {
          guard lineEnd(at: cursor, in: bytes) != nil else {
            throw error(.loneCarriageReturn, at: cursor)
          }
          break
        }
        if byte == CSVByte.quote { throw strayQuote(at: cursor, fieldStart: start) }
        if control < 0, CSVByte.isControl(byte) { control = cursor }
      }
      cursor += 1
    }
    var contentEnd = cursor
    while contentEnd > start, isBlank(bytes[contentEnd - 1]) { contentEnd -= 1 }
    return CSVField(
      start: start, content: start..<contentEnd, isQuoted: false, end: cursor, control: control)
  }

  private func quotedField(
    from start: Int, in bytes: UnsafeRawBufferPointer
  ) throws(FileError) -> CSVField {
    var cursor = start + 1
    var control = -1
    while true {
      guard cursor < bytes.count else {
        let text = "expected a closing quote, found the end of the file"
        throw error(.malformedQuotes(text), at: start)
      }
      let byte = bytes[cursor]
      if byte == CSVByte.quote {
        guard cursor + 1 < bytes.count, bytes[cursor + 1] == CSVByte.quote else { break }
        cursor += 1
      } else if control < 0, CSVByte.isControl(byte) {
        control = cursor
      }
      cursor += 1
    }
    let end = skippingBlanks(cursor + 1, in: bytes)
    if end < bytes.count, bytes[end] != delimiter, lineEnd(at: end, in: bytes) == nil {
      throw textAfterQuote(at: end)
    }
    var content = start + 1..<cursor
    while let first = content.first, CSVText.isBlankInQuotes(bytes[first]) {
      content = first + 1..<cursor
    }
    while let last = content.last, CSVText.isBlankInQuotes(bytes[last]) {
      content = content.lowerBound..<last
    }
    return CSVField(start: start, content: content, isQuoted: true, end: end, control: control)
  }

  /// Within quotes a tab is a blank even where it is the delimiter.
  @inline(__always)
  static func isBlankInQuotes(_ byte: UInt8) -> Bool {
    byte == CSVByte.space || byte == CSVByte.tab
  }

  private func strayQuote(at offset: Int, fieldStart: Int) -> FileError {
    let before = String(decoding: bytes[fieldStart..<offset].prefix(200), as: UTF8.self)
    let text = "expected quotes around the whole field, found one after \(quotedForMessage(before))"
    return error(.malformedQuotes(text), at: offset)
  }

  private func textAfterQuote(at offset: Int) -> FileError {
    guard bytes[offset] != CSVByte.carriageReturn else {
      return error(.loneCarriageReturn, at: offset)
    }
    let rest = bytes[offset...].prefix(200).prefix {
      $0 != delimiter && $0 != CSVByte.lineFeed && $0 != CSVByte.carriageReturn
    }
    let found = quotedForMessage(String(decoding: rest, as: UTF8.self))
    let text = "expected the end of the field after its closing quote, found \(found)"
    return error(.malformedQuotes(text), at: offset)
  }
}
