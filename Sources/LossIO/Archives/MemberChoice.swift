import LossTensor

/// Finds the member of an archive that a selector names, of members that come one after the other.
///
/// A member goes by its name, with or without the `.npy` at its end, and without a `./` before it. What
/// follows a member's name and a colon selects a part of that member. Without a selector there has to be
/// one member only.
struct MemberChoice {
  /// How many members a message names.
  static let listedCount = 20

  private let source: ByteSource
  private let selector: String?
  private var names: [String] = []
  private var best: (match: Match, count: Int)?
  /// What can be said about members, for a message that lists them.
  private var descriptions: [String] = []

  /// How well a member fits: by its whole name, the name without `.npy`, or the start of the selector.
  private struct Match {
    let name: String
    let precedence: Int
    let rest: String?
  }

  init(in source: ByteSource, selector: String?) {
    self.source = source
    self.selector = selector.map(Self.withoutDot)
  }

  /// Whether the list of all members may be needed in a message.
  var needsDescriptions: Bool { selector == nil && descriptions.count < Self.listedCount }

  /// Looks at a member that is a file.
  ///
  /// - Returns: whether it fits better than all before it.
  mutating func consider(_ name: String) -> Bool {
    let name = Self.withoutDot(name)
    names.append(name)
    guard let match = match(name) else { return false }
    guard let (former, count) = best, former.precedence >= match.precedence else {
      best = (match, 1)
      return true
    }
    if former.precedence == match.precedence { best = (former, count + 1) }
    return false
  }

  /// Says what the member looked at last holds.
  mutating func describe(_ start: UnsafeRawBufferPointer, count: Int) {
    let name = Self.key(names.last ?? "")
    let content = NPYFormat.describe(start, count: count) ?? "(\(count) bytes, not NPY)"
    descriptions.append(plain(name) + " " + content)
  }

  /// What is left of the selector for the member chosen.
  ///
  /// - Throws: `FileError` where no member fits, or more than one.
  func finish() throws(FileError) -> String? {
    guard !names.isEmpty else { throw source.error(.noMembers) }
    guard let (match, count) = best else { throw unknownMember }
    guard selector != nil || names.count == 1 else {
      let more = names.count - descriptions.count
      throw source.error(
        .severalMembers(descriptions + (more > 0 ? ["\(more) more"] : [])))
    }
    guard count == 1 else {
      throw source.error(.duplicateMember(count: count), member: match.name)
    }
    return match.rest
  }

  private func match(_ name: String) -> Match? {
    guard let selector else { return Match(name: name, precedence: 0, rest: nil) }
    if name == selector { return Match(name: name, precedence: .max, rest: nil) }
    if name == selector + ".npy" { return Match(name: name, precedence: .max - 1, rest: nil) }
    guard selector.hasPrefix(name + ":") else { return nil }
    let rest = String(selector.dropFirst(name.count + 1))
    return Match(name: name, precedence: name.utf8.count, rest: rest)
  }

  private var unknownMember: FileError {
    let keys = names.map(Self.key)
    let wanted = selector ?? ""
    let known = keys.prefix(Self.listedCount).map { plain($0) }
    let more = keys.count - known.count
    return source.error(
      .unknownMember(
        name: wanted, nearest: nearestName(to: wanted, in: keys),
        known: known + (more > 0 ? ["\(more) more"] : [])))
  }

  /// The name a member goes by.
  static func withoutDot(_ name: String) -> String {
    name.hasPrefix("./") ? String(name.dropFirst(2)) : name
  }

  /// The short name of an array.
  static func key(_ name: String) -> String {
    name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
  }
}

extension ArchiveReader {
  /// The data of the current entry, in place where that is possible.
  ///
  /// - Parameters:
  ///   - count: how long they are, as the archive says.
  ///   - check: looks at their start before memory is taken for all of them.
  func content(
    _ count: Int, limit: Int, path: String,
    check: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) -> ByteStorage {
    var start: [UInt8] = []
    while start.count < min(count, NPYFormat.headerEnd) {
      guard let block = try nextBlock() else { break }
      if start.isEmpty, block.count == count, let part = inPlace(block) { return part }
      start += block
    }
    guard start.count <= count, count == 0 || !start.isEmpty else {
      throw FileError(path, .memberLength(expected: count, found: start.count))
    }
    let copy = ByteStorage(copying: start)
    defer { withExtendedLifetime(copy) {} }
    try check(copy.bytes)
    guard count <= limit else { throw FileError(path, .tooManyBytes(limit: limit)) }
    let memory = try CappedStream.allocate(count, path: path)
    memory.bytes.copyBytes(from: start)
    var filled = start.count
    while let block = try nextBlock() {
      guard block.count <= count - filled else {
        throw FileError(path, .memberLength(expected: count, found: filled + block.count))
      }
      UnsafeMutableRawBufferPointer(rebasing: memory.bytes[filled...]).copyMemory(from: block)
      filled += block.count
    }
    guard filled == count else {
      throw FileError(path, .memberLength(expected: count, found: filled))
    }
    return memory.frozen()
  }

  /// The first bytes of the current entry, as many as an NPY header may take.
  func start() throws(FileError) -> [UInt8] {
    var start: [UInt8] = []
    while start.count < NPYFormat.headerEnd, let block = try nextBlock() {
      start += block.prefix(NPYFormat.headerEnd - start.count)
    }
    return start
  }
}
