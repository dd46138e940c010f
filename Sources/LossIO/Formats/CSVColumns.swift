/// A selection of columns: items separated by commas.
///
///     score               by name
///     3   2-5   5-2   3-  by number from 1; a reversed range selects in reverse
///     a-c                 from one name to another, unless a column is named "a-c"
///     pred_*              all names that begin so, unless a column is named "pred_*"
///     !item               not these: from what the others select, or from all columns
///     "x,y"   "3"         a name in quotes is nothing but a name; quotes in it are doubled
///
/// The order is that of the items and, within an item, the file's. No column may be selected twice.
struct CSVSelection: Equatable {
  /// What an item stands for.
  enum Item: Equatable {
    /// A number from 1; the digits are kept for messages.
    case index(String)
    /// A range of numbers, open where one is nil.
    case indices(first: String?, last: String?)
    /// A name in quotes.
    case name(String)
    /// A name, or a range of two.
    case word(String)
    /// The beginning of names.
    case prefix(String)
  }

  /// The items in order.
  private(set) var included: [Item] = []

  /// The items after `!`.
  private(set) var excluded: [Item] = []

  private let text: String
  private let path: String

  /// Parses a selection.
  ///
  /// - Throws: `badColumnSelection` where the text is none.
  init(_ text: String, path: String) throws(FileError) {
    self.text = text
    self.path = path
    for part in try Self.parts(of: text, path: path) {
      if part.first == "!" {
        excluded.append(try Self.item(part.dropFirst().trimmingBlanks, path: path))
      } else {
        included.append(try Self.item(part, path: path))
      }
    }
  }

  /// Cuts at the commas outside quotes.
  private static func parts(of text: String, path: String) throws(FileError) -> [Substring] {
    var parts: [Substring] = []
    var isQuoted = false
    var start = text.startIndex
    for index in text.indices {
      if text[index] == "\"" { isQuoted.toggle() }
      if text[index] == ",", !isQuoted {
        parts.append(text[start..<index].trimmingBlanks)
        start = text.index(after: index)
      }
    }
    guard !isQuoted else {
      throw FileError(path, .badColumnSelection("\(quotedForMessage(text)), where a quote is open"))
    }
    return parts + [text[start...].trimmingBlanks]
  }

  private static func item(_ text: Substring, path: String) throws(FileError) -> Item {
    guard !text.isEmpty else {
      throw FileError(path, .badColumnSelection("an item that is empty"))
    }
    if text.first == "\"" {
      guard let name = unquoted(text) else { throw badItem(text, path: path) }
      return .name(name)
    }
    guard !text.contains("\""), text.first != "!" else { throw badItem(text, path: path) }
    if text.isDigits { return .index(String(text)) }
    if text == "*" { return .indices(first: nil, last: nil) }
    if text.last == "*" { return .prefix(String(text.dropLast())) }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    if ends.count == 2, ends.allSatisfy({ $0.isEmpty || $0.isDigits }), text.count > 1 {
      let numbers = ends.map { $0.isEmpty ? nil : String($0) }
      return .indices(first: numbers[0], last: numbers[1])
    }
    return .word(String(text))
  }

  private static func badItem(_ text: Substring, path: String) -> FileError {
    FileError(path, .badColumnSelection(quotedForMessage(text)))
  }

  /// The content of a text in quotes; nil where more follows the closing quote.
  private static func unquoted(_ text: Substring) -> String? {
    guard text.count >= 2, text.last == "\"" else { return nil }
    var rest = text.dropFirst().dropLast()
    var content = ""
    while let character = rest.popFirst() {
      if character == "\"" {
        guard rest.popFirst() == "\"" else { return nil }
      }
      content.append(character)
    }
    return content
  }

  /// The first item that needs a header, where one does.
  var firstName: String? {
    for item in included + excluded {
      switch item {
      case .index, .indices: continue
      case .name(let name), .word(let name): return name
      case .prefix(let prefix): return prefix + "*"
      }
    }
    return nil
  }

  /// The columns selected, counted from 0.
  ///
  /// - Parameter names: the header, which there must be where ``firstName`` is not nil.
  func columns(count: Int, names: [String]?) throws(FileError) -> [Int] {
    let table = CSVColumnTable(names: names, count: count, path: path)
    var isExcluded = [Bool](repeating: false, count: count)
    for item in excluded {
      for column in try table.columns(of: item) { isExcluded[column] = true }
    }
    var isSelected = [Bool](repeating: false, count: count)
    var columns: [Int] = []
    for item in included.isEmpty ? [.indices(first: nil, last: nil)] : included {
      for column in try table.columns(of: item) where !isExcluded[column] {
        guard !isSelected[column] else {
          let label = names.map { quotedForMessage($0[column]) } ?? "\(column + 1)"
          throw FileError(path, .badColumnSelection("column \(label) twice"))
        }
        isSelected[column] = true
        columns.append(column)
      }
    }
    guard !columns.isEmpty else {
      let found = "\(quotedForMessage(text)), which leaves no column"
      throw FileError(path, .badColumnSelection(found))
    }
    return columns
  }
}

/// The columns items are looked up among.
private struct CSVColumnTable {
  let names: [String]?
  let count: Int
  let path: String

  func columns(of item: CSVSelection.Item) throws(FileError) -> [Int] {
    switch item {
    case .index(let digits): return [try position(digits)]
    case .indices(let first, let last):
      let start = try first.map(position) ?? 0
      return range(start, try last.map(position) ?? max(start, count - 1))
    case .name(let name): return [try column(named: name)]
    case .word(let word): return try columns(ofWord: word)
    case .prefix(let prefix):
      let names = names ?? []
      if names.contains(prefix + "*") { return [try column(named: prefix + "*")] }
      let columns = names.indices.filter { names[$0].hasPrefix(prefix) }
      guard !columns.isEmpty else { throw unknown(prefix + "*", nearest: nil) }
      return columns
    }
  }

  /// A name, or two with a hyphen between; names may have hyphens of their own.
  private func columns(ofWord word: String) throws(FileError) -> [Int] {
    let names = names ?? []
    guard !names.contains(word) else { return [try column(named: word)] }
    var ranges: [(first: String, last: String)] = []
    for hyphen in word.indices where word[hyphen] == "-" {
      let first = String(word[..<hyphen].trimmingBlanks)
      let last = String(word[word.index(after: hyphen)...].trimmingBlanks)
      if names.contains(first), names.contains(last) { ranges.append((first, last)) }
    }
    guard let ends = ranges.first else {
      throw unknown(word, nearest: nearestName(to: word, in: names))
    }
    guard ranges.count == 1 else {
      let found = "\(quotedForMessage(word)), which can be cut in two ways"
      throw FileError(path, .badColumnSelection(found))
    }
    return range(try column(named: ends.first), try column(named: ends.last))
  }

  private func range(_ first: Int, _ last: Int) -> [Int] {
    first <= last ? Array(first...last) : (last...first).reversed()
  }

  private func position(_ digits: String) throws(FileError) -> Int {
    guard let number = Int(digits), 1...count ~= number else {
      throw FileError(path, .columnOutOfRange(column: digits, count: count))
    }
    return number - 1
  }

  private func column(named name: String) throws(FileError) -> Int {
    let names = names ?? []
    let columns = names.indices.filter { names[$0] == name }
    guard let first = columns.first else {
      throw unknown(name, nearest: nearestName(to: name, in: names))
    }
    guard columns.count == 1 else {
      let problem = FileError.Problem.duplicateColumn(
        name: name, first: first + 1, second: columns[1] + 1)
      throw FileError(path, problem)
    }
    return first
  }

  private func unknown(_ name: String, nearest: String?) -> FileError {
    FileError(path, .unknownColumn(name: name, nearest: nearest, known: names ?? []))
  }
}

extension Substring {
  /// Without spaces and tabs around it.
  fileprivate var trimmingBlanks: Substring {
    let start = drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return start }
    return start[...last]
  }

  /// Whether it is decimal digits, at least one.
  fileprivate var isDigits: Bool {
    !isEmpty && utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }
}
