import Foundation

/// A manual page's source, without roff's escapes.
struct ManualPage {
  /// The file's name, `lossctl-bce.1`.
  let name: String

  private let lines: [String]

  /// The page of `command`, or of lossctl itself where nil.
  init(of command: String? = nil) throws {
    try self.init(named: ["lossctl", command].compactMap(\.self).joined(separator: "-") + ".1")
  }

  private init(named name: String) throws {
    self.name = name
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    lines = text.split(separator: "\n").map { Self.unescaped(String($0)) }
  }

  /// All pages there are.
  static var all: [ManualPage] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".1") }.sorted().map(ManualPage.init(named:))
    }
  }

  static let folder = packageRoot.appendingPathComponent("man")

  /// The page's file.
  var file: URL { Self.folder.appendingPathComponent(name) }

  /// The titles of its sections.
  var sections: [String] { lines.filter { $0.hasPrefix(".Sh ") }.map { String($0.dropFirst(4)) } }

  /// What an option's entry says: its line in the list, and its text in one.
  func entry(for spelling: String) -> (head: String, text: String)? {
    let flag = "Fl \(spelling.dropFirst())"
    let start = lines.firstIndex { line in
      guard line.hasPrefix(".It ") else { return false }
      let names = line.dropFirst(4).components(separatedBy: " , ")
      return names.contains { $0 == flag || $0.hasPrefix(flag + " ") }
    }
    guard let start else { return nil }
    let text = lines[(start + 1)...].prefix { !$0.hasPrefix(".It") && $0 != ".El" }
    let words = text.map { $0.hasPrefix(".") ? String($0.drop { $0 != " " }.dropFirst()) : $0 }
    return (lines[start], words.joined(separator: " "))
  }

  /// The examples: lines to be typed.
  var examples: [String] {
    let single = lines.filter { $0.hasPrefix(".Dl ") }.map { String($0.dropFirst(4)) }
    let commands = literalLines.joined(separator: "\n")
      .replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
    return single + commands.filter { $0.hasPrefix("lossctl ") }.map(String.init)
  }

  /// The lines of examples as they are shown.
  var exampleLines: [String] {
    lines.filter { $0.hasPrefix(".Dl ") }.map { String($0.dropFirst(4)) } + literalLines
  }

  private var literalLines: [String] {
    var isLiteral = false
    return lines.filter { line in
      if line.hasPrefix(".Bd -literal") { isLiteral = true }
      if line.hasPrefix(".Ed") { isLiteral = false }
      return isLiteral && !line.hasPrefix(".")
    }
  }

  private static func unescaped(_ line: String) -> String {
    [(#"\-"#, "-"), (#"\(aq"#, "'"), (#"\(dq"#, "\""), (#"\&"#, ""), (#"\e"#, #"\"#)]
      .reduce(line) { text, escape in text.replacingOccurrences(of: escape.0, with: escape.1) }
  }
}
