import LossTensor

/// A member of a zip archive, as the directory describes it.
struct ZipEntry {
  /// How data are compressed: those that NumPy reads.
  enum Method: Int {
    case stored = 0
    case deflated = 8
    case bzip2 = 12
    case lzma = 14
  }

  let name: String
  /// Where the name stands in the archive.
  let nameRange: Range<Int>
  let methodNumber: Int
  let flags: ZipFlags
  let checksum: UInt32
  let compressedCount: Int
  /// How long the data are.
  let byteCount: Int
  let headerOffset: Int

  /// How its data are compressed; nil where NumPy does not read that.
  var method: Method? { Method(rawValue: methodNumber) }

  var isDirectory: Bool { name.hasSuffix("/") && byteCount == 0 }
}

/// The bits of a member's flags that matter.
struct ZipFlags: OptionSet {
  let rawValue: Int
  static let encrypted = ZipFlags(rawValue: 1 << 0)
  /// Checksum and lengths stand behind the data, not before them.
  static let described = ZipFlags(rawValue: 1 << 3)
  static let patched = ZipFlags(rawValue: 1 << 5)
  static let stronglyEncrypted = ZipFlags(rawValue: 1 << 6)
  static let utf8 = ZipFlags(rawValue: 1 << 11)

  /// Those that a local header has to have as the directory does.
  static let essential: ZipFlags = [.encrypted, .patched, .stronglyEncrypted, .utf8]
}

/// The directory at the end of a zip archive.
///
///     local header, data  (for each member)   directory records   [zip64 end, its locator]   end
///
/// Source: PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5. More is refused than has to be: bytes before the
/// archive or after it, members that overlap, a local header that contradicts the directory. A reader that
/// forgives those can be made to show other data than the next one does.
struct ZipDirectory {
  /// All members, in the directory's order.
  let entries: [ZipEntry]

  private let bytes: ZipBytes
  /// Where the directory begins, behind all data.
  private let start: Int

  /// Reads the whole directory, and of the members nothing.
  init(of source: ByteSource) throws(FileError) {
    bytes = ZipBytes(source)
    let end = try ZipEnd(bytes)
    start = end.directory.lowerBound
    var entries: [ZipEntry] = []
    var position = start
    while position < end.directory.upperBound {
      let (entry, next) = try Self.entry(at: position, within: end.directory, bytes)
      entries.append(entry)
      position = next
    }
    try bytes.expect(
      "a directory of", "\(end.entryCount) members", entries.count == end.entryCount,
      found: "\(entries.count)", at: start)
    self.entries = entries
  }

  /// The record at `position`, and where the next one begins.
  private static func entry(
    at position: Int, within directory: Range<Int>, _ bytes: ZipBytes
  ) throws(FileError) -> (ZipEntry, next: Int) {
    try bytes.expect("a directory record at", "this place", within: directory, position, 46)
    try bytes.expectSignature(0x0201_4B50, "a directory record", at: position)
    let nameRange = position + 46..<position + 46 + bytes.number(position + 28, 2)
    let extra = nameRange.upperBound..<nameRange.upperBound + bytes.number(position + 30, 2)
    let next = extra.upperBound + bytes.number(position + 32, 2)
    try bytes.expect(
      "a directory record of", "\(next - position) bytes", within: directory, position,
      next - position)
    let flags = ZipFlags(rawValue: bytes.number(position + 8, 2))
    let name = try bytes.name(nameRange, isUTF8: flags.contains(.utf8))
    let version = bytes.number(position + 6, 1)
    try bytes.expect(
      "version", "6.3 of the format at most", version <= 63,
      found: "\(version / 10).\(version % 10)",
      at: position + 6)
    var large = try ZipLargeNumbers(bytes, extra, start: position)
    // The order the numbers have in the extra field.
    let byteCount = try large.number(position + 24, 4)
    let compressedCount = try large.number(position + 20, 4)
    let headerOffset = try large.number(position + 42, 4)
    let entry = ZipEntry(
      name: name, nameRange: nameRange, methodNumber: bytes.number(position + 10, 2), flags: flags,
      checksum: UInt32(truncatingIfNeeded: bytes.number(position + 16, 4)),
      compressedCount: compressedCount, byteCount: byteCount, headerOffset: headerOffset)
    return (entry, next)
  }

  /// Where the data of `entry` lie, held against its local header and against the other members.
  func dataRange(of entry: ZipEntry) throws(FileError) -> Range<Int> {
    try requireReadable(entry)
    let header = entry.headerOffset
    try bytes.expect("a local header at", "byte \(header)", within: 0..<start, header, 30)
    try bytes.expectSignature(0x0403_4B50, "a local header", at: header)
    let nameRange = header + 30..<header + 30 + bytes.number(header + 26, 2)
    let extra = nameRange.upperBound..<nameRange.upperBound + bytes.number(header + 28, 2)
    // A member ends where the next one begins, or before that.
    let others = entries.lazy.map(\.headerOffset).filter { $0 > header }
    let limit = min(others.min() ?? start, start)
    try bytes.expect(
      "room for a member's header and data,", "\(entry.compressedCount) bytes",
      extra.upperBound <= limit && entry.compressedCount <= limit - extra.upperBound,
      found: "\(max(0, limit - extra.upperBound)) before the next member", at: header)
    let sharing = entries.count { $0.headerOffset == header }
    try bytes.expect(
      "a local header of", "one member", sharing == 1, found: "\(sharing) with it", at: header)
    let isSameName = bytes.bytes[nameRange].elementsEqual(bytes.bytes[entry.nameRange])
    try bytes.expect(
      "the directory's name,", quotedForMessage(entry.name), isSameName, found: "another",
      at: nameRange.lowerBound)
    try expectSame(entry, header, extra)
    return extra.upperBound..<extra.upperBound + entry.compressedCount
  }

  private func expectSame(
    _ entry: ZipEntry, _ header: Int, _ extra: Range<Int>
  ) throws(FileError) {
    let flags = ZipFlags(rawValue: bytes.number(header + 6, 2))
    try bytes.expect(
      "the directory's flags,", "\(entry.flags.rawValue)",
      flags.intersection(.essential) == entry.flags.intersection(.essential),
      found: "\(flags.rawValue)", at: header + 6)
    let method = bytes.number(header + 8, 2)
    try bytes.expect(
      "the directory's method,", "\(entry.methodNumber)", method == entry.methodNumber,
      found: "\(method)", at: header + 8)
    guard !flags.contains(.described) else { return }
    var large = try ZipLargeNumbers(bytes, extra, start: header)
    let byteCount = try large.number(header + 22, 4)
    let compressedCount = try large.number(header + 18, 4)
    try bytes.expect(
      "the directory's length,", "\(entry.byteCount)", byteCount == entry.byteCount,
      found: "\(byteCount)", at: header + 22)
    try bytes.expect(
      "the directory's compressed length,", "\(entry.compressedCount)",
      compressedCount == entry.compressedCount, found: "\(compressedCount)", at: header + 18)
    let checksum = bytes.number(header + 14, 4)
    try bytes.expect(
      "the directory's CRC-32,", String(entry.checksum, radix: 16),
      checksum == Int(entry.checksum), found: String(checksum, radix: 16), at: header + 14)
  }

  /// Fails where a member needs more than reading: a password, or another method or version.
  private func requireReadable(_ entry: ZipEntry) throws(FileError) {
    let source = bytes.source
    guard entry.flags.isDisjoint(with: [.encrypted, .stronglyEncrypted]) else {
      throw source.error(.memberEncrypted, member: entry.name)
    }
    guard !entry.flags.contains(.patched) else {
      throw source.error(.memberMethod(found: "a patch of another file"), member: entry.name)
    }
    guard let method = entry.method else {
      throw source.error(
        .memberMethod(found: Self.methodName(entry.methodNumber)), member: entry.name)
    }
    guard method != .stored || entry.byteCount == entry.compressedCount else {
      throw source.error(
        .memberLength(expected: entry.byteCount, found: entry.compressedCount), member: entry.name)
    }
  }

  private static func methodName(_ method: Int) -> String {
    let known = [
      1: "shrink", 6: "implode", 9: "deflate64", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES",
    ]
    return "one compressed by method \(method)" + (known[method].map { " (\($0))" } ?? "")
  }
}
