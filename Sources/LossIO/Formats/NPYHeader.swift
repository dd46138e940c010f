import LossTensor

/// What an NPY header says.
struct NPYHeader: Equatable {
  var descr: NPYDescr
  var isColumnMajor: Bool
  var shape: [Int]
}

/// A simple dtype as NumPy spells it: byte order, kind and bytes per element, such as `<f4`.
struct NPYDescr: Equatable {
  /// The spelling in the header.
  let text: String
  let isBigEndian: Bool
  /// The kind's letter; `?` becomes `b`.
  let kind: Character
  /// Bytes per element; 0 where the spelling gives none.
  let byteCount: Int

  init(_ text: String) {
    self.text = "'" + plain(text) + "'"
    var rest = Substring(text)
    isBigEndian = rest.first == ">"
    if let order = rest.first, "<>=|".contains(order) { rest.removeFirst() }
    let letter = rest.popFirst() ?? " "
    if letter == "?", rest.isEmpty {
      (kind, byteCount) = ("b", 1)
    } else {
      let isPlainNumber = !rest.isEmpty && rest.utf8.allSatisfy { (48...57).contains($0) }
      (kind, byteCount) = (letter, isPlainNumber ? Int(rest) ?? 0 : 0)
    }
  }

  /// The element type, or nil where there is none for it.
  var elementType: ElementType? {
    switch (kind, byteCount) {
    case ("b", 1): .bool
    case ("i", 1): .int8
    case ("u", 1): .uint8
    case ("i", 2): .int16
    case ("u", 2): .uint16
    case ("i", 4): .int32
    case ("u", 4): .uint32
    case ("i", 8): .int64
    case ("u", 8): .uint64
    case ("f", 2): .float16
    case ("f", 4): .float32
    case ("f", 8): .float64
    default: nil
    }
  }

  /// The kind in words, for a dtype that is not supported.
  var kindName: String {
    switch kind {
    case "O": "Python objects"
    case "U", "S", "a": "strings"
    case "M", "m": "dates or time spans"
    case "c": "complex numbers"
    case "V": "raw bytes"
    case "f" where byteCount > 8: "extended precision"
    default: "not a NumPy numeric type"
    }
  }
}

/// Reads the Python dictionary of an NPY header.
///
///     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
///
/// This is the grammar NumPy writes, with the freedoms other writers take: either quote, any order of
/// the keys, a `u` before strings, an `L` after integers, the last comma or none, any padding. There is
/// no recursion and no evaluation.
struct NPYHeaderParser {
  let bytes: UnsafeRawBufferPointer
  let path: String
  /// Where the header starts in the file, for messages.
  let fileOffset: Int
  private var position = 0

  init(bytes: UnsafeRawBufferPointer, path: String, fileOffset: Int) {
    self.bytes = bytes
    self.path = path
    self.fileOffset = fileOffset
  }

  mutating func parse() throws(FileError) -> NPYHeader {
    var descr: NPYDescr?
    var isColumnMajor: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let keyStart = position
      let key = try quoted("a quoted key or \"}\"")
      try expect(":")
      let isRepeated: Bool
      switch key {
      case "descr": (isRepeated, descr) = (descr != nil, try self.descr())
      case "fortran_order": (isRepeated, isColumnMajor) = (isColumnMajor != nil, try boolean())
      case "shape": (isRepeated, shape) = (shape != nil, try integers())
      default: throw error(.headerKeyUnknown(plain(key)), at: keyStart)
      }
      if isRepeated { throw error(.headerKeyDuplicate(key), at: keyStart) }
      if !accept(",") {
        try expect("}", or: "\",\"")
        break
      }
    }
    skipBlanks()
    guard position == bytes.count else { throw syntaxError(expected: "the end of the header") }
    guard let descr else { throw error(.headerKeyMissing("descr"), at: 0) }
    guard let isColumnMajor else { throw error(.headerKeyMissing("fortran_order"), at: 0) }
    guard let shape else { throw error(.headerKeyMissing("shape"), at: 0) }
    return NPYHeader(descr: descr, isColumnMajor: isColumnMajor, shape: shape)
  }

  /// The dtype; a structured one is refused with the names of its fields.
  private mutating func descr() throws(FileError) -> NPYDescr {
    skipBlanks()
    let start = position
    guard position < bytes.count, "[(".utf8.contains(bytes[position]) else {
      return NPYDescr(try quoted("a dtype such as '<f4'"))
    }
    let isList = bytes[position] == UInt8(ascii: "[")
    let fields = try fieldNames()
    let spelling = String(decoding: bytes[start..<min(position, start + 40)], as: UTF8.self)
    let kind =
      isList ? "structured, with fields \(plain(fields.joined(separator: ", ")))" : "a subarray"
    throw error(.unsupportedType(descr: plain(spelling), kind: kind), at: start)
  }

  /// Skips a nested list or tuple and returns the first string of each of its tuples.
  private mutating func fieldNames() throws(FileError) -> [String] {
    var names: [String] = []
    var depth = 0
    var isFirst = false
    repeat {
      skipBlanks()
      guard position < bytes.count else { throw syntaxError(expected: "\"]\"") }
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "("):
        depth += 1
        isFirst = depth == 2
        position += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"):
        depth -= 1
        position += 1
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        let text = try quoted("a string")
        if isFirst { names.append(text) }
        isFirst = false
      default:
        position += 1
      }
    } while depth > 0
    return names
  }

  private mutating func boolean() throws(FileError) -> Bool {
    skipBlanks()
    for (word, value) in [("True", true), ("False", false)] {
      if bytes[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return value
      }
    }
    throw syntaxError(expected: "True or False")
  }

  /// A tuple of sizes: `()`, `(3,)`, `(2, 3)`. `(3)` is a number in Python, not a tuple.
  private mutating func integers() throws(FileError) -> [Int] {
    var sizes: [Int] = []
    try expect("(", or: "a shape such as (2, 3)")
    while !accept(")") {
      sizes.append(try integer())
      if !accept(",") {
        guard sizes.count > 1 else { throw syntaxError(expected: "\",\", as in (3,)") }
        try expect(")", or: "\",\"")
        break
      }
    }
    guard sizes.count <= 64 else {
      throw error(
        .headerSyntax(expected: "at most 64 dimensions", found: "\(sizes.count)"), at: position)
    }
    return sizes
  }

  private mutating func integer() throws(FileError) -> Int {
    skipBlanks()
    let start = position
    while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
    let digits = String(decoding: bytes[start..<position], as: UTF8.self)
    // What open_memmap of NumPy 2 writes where its shape has NumPy's own integers.
    if digits.isEmpty, bytes[start...].starts(with: "np.".utf8) {
      throw syntaxError(
        expected: "a plain size such as 3 (open_memmap wants a shape of Python ints)")
    }
    guard !digits.isEmpty else { throw syntaxError(expected: "a size of at least 0") }
    if digits.count > 1, digits.first == "0" {
      position = start
      throw syntaxError(expected: "a size without leading zeros")
    }
    guard let size = Int(digits) else {
      throw error(.shapeOverflow(shape: "(…, \(digits.prefix(40)), …)"), at: start)
    }
    // Python 2 wrote long integers as 2L.
    if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return size
  }

  private mutating func quoted(_ expected: String) throws(FileError) -> String {
    skipBlanks()
    let start = position
    if position < bytes.count, bytes[position] == UInt8(ascii: "u") { position += 1 }
    guard position < bytes.count, "'\"".utf8.contains(bytes[position]) else {
      position = start
      throw syntaxError(expected: expected)
    }
    let quote = bytes[position]
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else {
      throw syntaxError(expected: "a closing quote")
    }
    let text = bytes[(position + 1)..<end]
    guard !text.contains(UInt8(ascii: "\\")) else {
      throw syntaxError(expected: "a string without escapes")
    }
    position = end + 1
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(
    _ character: Unicode.Scalar, or other: String? = nil
  ) throws(FileError) {
    guard accept(character) else {
      throw syntaxError(expected: "\"\(character)\"" + (other.map { " or \($0)" } ?? ""))
    }
  }

  /// Spaces and tabs; line breaks too, which some writers put between the pairs.
  private mutating func skipBlanks() {
    while position < bytes.count, " \t\r\n".utf8.contains(bytes[position]) { position += 1 }
  }

  private func syntaxError(expected: String) -> FileError {
    let rest = String(decoding: bytes[position...].prefix(24), as: UTF8.self)
    let found = rest.isEmpty ? "the end of the header" : quotedForMessage(rest)
    return error(.headerSyntax(expected: expected, found: found), at: position)
  }

  private func error(_ problem: FileError.Problem, at offset: Int) -> FileError {
    FileError(path, at: .byte(fileOffset + offset), problem)
  }
}
