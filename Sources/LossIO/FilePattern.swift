#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The files that an argument stands for: one, those that match a pattern, or those of a list.
///
///     scores.npy             that file
///     'shards/*.npz:pred'    the files that match, and of each the member
///     @list.txt              the files the list names, one a line
///
/// A file that has the argument's name is that file, whatever characters are in it.
enum FilePattern {
  /// The files, each with its selection, in order.
  ///
  /// - Throws: `FileError` where nothing matches, or the list cannot be read or is empty.
  static func expand(_ argument: String) throws(FileError) -> [String] {
    guard !exists(argument) else { return [argument] }
    return argument.hasPrefix("@") ? try entries(ofList: argument) : try matches(of: argument)
  }

  private static func exists(_ argument: String) -> Bool {
    let path = FileSelection(argument).path
    return path == "-" || access(path, F_OK) == 0
  }

  /// The files of `@path`. Their names count from the working directory, as on the command line.
  private static func entries(ofList argument: String) throws(FileError) -> [String] {
    let path = String(argument.dropFirst())
    let source = try ByteSource(opening: path, limit: listLimit)
    var entries: [String] = []
    let lines = source.bytes.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard let text = String(validating: line, as: UTF8.self), !text.contains("\0") else {
        throw FileError(path, at: .line(index + 1, column: 1), .listNotText)
      }
      let name = text.hasSuffix("\r") ? String(text.dropLast()) : text
      let isComment = name.first { $0 != " " && $0 != "\t" }.map { $0 == "#" } ?? true
      if isComment { continue }
      entries += exists(name) ? [name] : try matches(of: name)
    }
    guard !entries.isEmpty else { throw FileError(path, .listEmpty) }
    return entries
  }

  /// The files that match a pattern in the shell's language, in natural order; where the argument has none
  /// of its characters, the argument.
  private static func matches(of argument: String) throws(FileError) -> [String] {
    let selection = FileSelection(argument)
    guard selection.path.contains(where: { "*?[".contains($0) }) else { return [argument] }
    var found = glob_t()
    defer { globfree(&found) }
    switch glob(selection.path, GLOB_NOSORT | GLOB_ERR, nil, &found) {
    case 0: break
    case GLOB_NOMATCH: throw FileError(argument, .noMatch)
    case GLOB_NOSPACE: throw FileError(argument, .notEnoughMemory(bytes: 0))
    default: throw FileError(argument, .cannotRead(errno: errno))
    }
    let paths = (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv[index].map { String(cString: $0) }
    }
    let suffix = selection.selector.map { ":" + $0 } ?? ""
    return paths.sorted(by: isBefore).map { $0 + suffix }
  }

  /// Natural order: numbers within names by their size, so that part-10 follows part-9.
  static func isBefore(_ first: String, _ second: String) -> Bool {
    let (a, b) = (pieces(of: first), pieces(of: second))
    for (x, y) in zip(a, b) where x != y {
      guard let m = x.number, let n = y.number, m != n else {
        return x.text.lexicographicallyPrecedes(y.text)
      }
      return m.count != n.count ? m.count < n.count : m.lexicographicallyPrecedes(n)
    }
    return a.count < b.count
  }

  private struct Piece: Equatable {
    let text: [UInt8]
    /// The digits without leading zeros, where it is a number.
    let number: [UInt8]?
  }

  /// A name cut where digits begin and end.
  private static func pieces(of name: String) -> [Piece] {
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    var rest = Array(name.utf8)[...]
    var pieces: [Piece] = []
    while let first = rest.first {
      let text = Array(rest.prefix { isDigit($0) == isDigit(first) })
      let number = isDigit(first) ? Array(text.drop { $0 == 0x30 }) : nil
      pieces.append(Piece(text: text, number: number))
      rest = rest.dropFirst(text.count)
    }
    return pieces
  }

  /// More than any list of file names; something else was named by mistake.
  private static var listLimit: Int { 1 << 28 }
}
