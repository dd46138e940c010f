import LossTensor

/// A JSON document whose objects keep the order of their keys, so that equal results are equal bytes.
public indirect enum JSON: Sendable {
  /// An object, keys in order.
  case object([(key: String, value: JSON)])
  /// An array.
  case array([JSON])
  /// A string.
  case string(String)
  /// A whole number.
  case integer(Int)
  /// A number that is printed without a point where it is whole.
  case number(Double)
  /// A floating-point number, always printed as one.
  case real(Double)
  /// True or false.
  case bool(Bool)
  /// Null.
  case null
  /// A tensor as nested arrays.
  case tensor(Tensor)

  /// Writes the document and a line break.
  ///
  /// - Parameter isIndented: over several lines, for people.
  /// - Throws: `FileError` where the file cannot be written.
  public func write(to file: OutputFile, isIndented: Bool = false) throws(FileError) {
    var writer = JSONWriter(text: TextBuffer(file), isIndented: isIndented)
    try writer.write(self)
    try writer.finish()
  }
}

/// Prints JSON as RFC 8259 has it, which knows no NaN and no infinities: those become the strings
/// "NaN", "Infinity" and "-Infinity".
private struct JSONWriter {
  var text: TextBuffer
  let isIndented: Bool
  private var depth = 0

  init(text: TextBuffer, isIndented: Bool) {
    self.text = text
    self.isIndented = isIndented
  }

  mutating func finish() throws(FileError) {
    try text.append("\n")
    try text.flush()
  }

  mutating func write(_ value: JSON) throws(FileError) {
    switch value {
    case .object(let members): try writeObject(members)
    case .array(let items): try writeArray(items)
    case .string(let string): try text.append(quoted(string))
    case .integer(let number): try text.append(String(number))
    case .number(let number): try text.append(compact(number))
    case .real(let number): try text.append(spelled(number.description))
    case .bool(let flag): try text.append(flag ? "true" : "false")
    case .null: try text.append("null")
    case .tensor(let tensor) where tensor.shape.elementCount == 0 && tensor.shape.rowCount > 1000:
      // Nothing to say, and a header of a few bytes could ask for any number of brackets.
      try text.append("[]")
    case .tensor(let tensor):
      var elements = ElementTexts(tensor)
      var offset = 0
      try writeTensor(tensor.shape.dimensions[...], &elements, &offset)
    }
  }

  private mutating func writeObject(
    _ members: [(key: String, value: JSON)]
  ) throws(FileError) {
    try text.append("{")
    depth += 1
    for (position, member) in members.enumerated() {
      try text.append(position == 0 ? "" : ",")
      try breakLine()
      try text.append(quoted(member.key) + (isIndented ? ": " : ":"))
      try write(member.value)
    }
    depth -= 1
    if !members.isEmpty { try breakLine() }
    try text.append("}")
  }

  private mutating func writeArray(_ items: [JSON]) throws(FileError) {
    try text.append("[")
    depth += 1
    for (position, item) in items.enumerated() {
      try text.append(position == 0 ? "" : ",")
      try breakLine()
      try write(item)
    }
    depth -= 1
    if !items.isEmpty { try breakLine() }
    try text.append("]")
  }

  /// Nested arrays; the innermost stand on one line. A tensor has at most 64 axes, which bounds the
  /// recursion.
  private mutating func writeTensor(
    _ dimensions: ArraySlice<Int>, _ elements: inout ElementTexts, _ offset: inout Int
  ) throws(FileError) {
    guard let size = dimensions.first else {
      try text.append(spelled(elements.text(at: offset)))
      offset += 1
      return
    }
    let isInnermost = dimensions.count == 1
    try text.append("[")
    depth += 1
    for position in 0..<size {
      try text.append(position == 0 ? "" : (isInnermost && isIndented ? ", " : ","))
      if !isInnermost { try breakLine() }
      try writeTensor(dimensions.dropFirst(), &elements, &offset)
    }
    depth -= 1
    if !isInnermost, size > 0 { try breakLine() }
    try text.append("]")
  }

  private mutating func breakLine() throws(FileError) {
    guard isIndented else { return }
    try text.append("\n" + String(repeating: "  ", count: depth))
  }

  private func compact(_ number: Double) -> String {
    if number.magnitude < 1e15, number != 0 || number.sign == .plus,
      let whole = Int(exactly: number)
    {
      return String(whole)
    }
    return spelled(number.description)
  }

  private func spelled(_ number: String) -> String {
    switch number {
    case "nan", "-nan": "\"NaN\""
    case "inf": "\"Infinity\""
    case "-inf": "\"-Infinity\""
    default: number
    }
  }

  private func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension JSON {
  /// The document on one line, with a line break.
  public var text: String {
    var writer = JSONWriter(text: TextBuffer(nil), isIndented: false)
    // Without a file there is nothing that could fail.
    try? writer.write(self)
    return writer.text.collected + "\n"
  }
}
