import LossTensor

/// The bytes of a zip archive, read as little-endian numbers; what is expected of them and not found is an
/// error at its place.
struct ZipBytes {
  let source: ByteSource

  init(_ source: ByteSource) { self.source = source }

  /// Valid while `source` lives.
  var bytes: UnsafeRawBufferPointer { source.bytes }

  /// An unsigned number of at most four bytes. The caller has made sure that they are there.
  func number(_ offset: Int, _ width: Int) -> Int {
    (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  /// An unsigned number of eight bytes.
  func largeNumber(_ offset: Int) throws(FileError) -> Int {
    let (low, high) = (number(offset, 4), number(offset + 4, 4))
    try expect("a number below", "2^63", high < 1 << 31, found: "a larger one", at: offset)
    return high << 32 | low
  }

  /// Fails unless `isMet`.
  func expect(
    _ name: String, _ expected: String, _ isMet: Bool, found: @autoclosure () -> String,
    at offset: Int
  ) throws(FileError) {
    guard isMet else {
      throw FileError(
        source.path, at: .byte(offset),
        .archiveField(name: name, expected: expected, found: found()))
    }
  }

  /// Fails unless `count` bytes from `start` on lie in `range`.
  func expect(
    _ name: String, _ expected: String, within range: Range<Int>, _ start: Int, _ count: Int
  ) throws(FileError) {
    try expect(
      name, expected, start >= range.lowerBound && count <= range.upperBound - start,
      found: "only \(max(0, range.upperBound - start)) bytes", at: min(start, range.upperBound))
  }

  /// Fails unless the four bytes at `offset` are those that begin a record.
  func expectSignature(_ signature: Int, _ name: String, at offset: Int) throws(FileError) {
    try expect(
      name + ", which begins with", "\"PK\"", number(offset, 4) == signature,
      found: describeStart(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 4])), at: offset
    )
  }

  /// The name of a member. Without a flag that says so most programs write UTF-8 all the same.
  func name(_ range: Range<Int>, isUTF8: Bool) throws(FileError) -> String {
    let text = String(validating: bytes[range], as: UTF8.self)
    try expect(
      "a name in", "UTF-8", text != nil || !isUTF8, found: "other bytes", at: range.lowerBound)
    try expect(
      "a name without", "NUL", !bytes[range].contains(0), found: "one", at: range.lowerBound)
    return text ?? String(decoding: bytes[range], as: UTF8.self)
  }
}

/// The record at the end of an archive, which says where the directory is.
struct ZipEnd {
  let directory: Range<Int>
  let entryCount: Int

  /// The length of the record without its comment.
  private static let count = 22

  init(_ bytes: ZipBytes) throws(FileError) {
    let end = try Self.position(in: bytes)
    let record = Record(bytes, end)
    // What is too large for its field is all ones there, and the zip64 record has it.
    let hasLocator = end >= 20 && bytes.number(end - 20, 4) == 0x0706_4B50
    guard hasLocator || record.isLarge else {
      try self.init(bytes, record, end: end)
      return
    }
    let (large, position) = try Self.largeRecord(bytes, before: end)
    try bytes.expect(
      "a record that agrees with", "the zip64 record", record.agrees(with: large),
      found: "other numbers", at: end)
    try self.init(bytes, large, end: position)
  }

  /// The numbers of the record.
  fileprivate struct Record {
    /// This part of an archive of several, and the part its directory begins in.
    let parts: Int
    let entriesHere: Int
    let entries: Int
    let length: Int
    let start: Int

    private static let ones = 0xFFFF_FFFF

    var isLarge: Bool {
      entriesHere == 0xFFFF || entries == 0xFFFF || length == Self.ones || start == Self.ones
    }

    func agrees(with large: Record) -> Bool {
      (entriesHere == 0xFFFF || entriesHere == large.entriesHere)
        && (entries == 0xFFFF || entries == large.entries)
        && (length == Self.ones || length == large.length)
        && (start == Self.ones || start == large.start)
    }
  }

  private init(_ bytes: ZipBytes, _ record: Record, end: Int) throws(FileError) {
    try bytes.expect(
      "an archive in", "one part", record.parts == 0, found: "one of several", at: end)
    try bytes.expect(
      "an archive with all its", "\(record.entries) members", record.entriesHere == record.entries,
      found: "\(record.entriesHere)", at: end)
    try bytes.expect(
      "a directory that ends at", "byte \(end)",
      record.start <= end && record.length == end - record.start,
      found: "\(record.length) bytes from byte \(record.start) on", at: end)
    directory = record.start..<end
    entryCount = record.entries
  }

  /// Where the record begins: as near to the end as its comment lets it.
  private static func position(in bytes: ZipBytes) throws(FileError) -> Int {
    let total = bytes.bytes.count
    for position in stride(from: total - count, through: max(0, total - count - 0xFFFF), by: -1)
    where bytes.bytes[position] == 0x50 && bytes.number(position, 4) == 0x0605_4B50
      && bytes.number(position + 20, 2) == total - position - count
    {
      return position
    }
    throw FileError(
      bytes.source.path, at: .byte(total),
      .archiveDamaged(format: ZipFormat.name, detail: "it has no directory at its end"))
  }

  /// The zip64 record, which a locator of 20 bytes before the end points to, and where it begins.
  private static func largeRecord(
    _ bytes: ZipBytes, before end: Int
  ) throws(FileError) -> (Record, position: Int) {
    let locator = end - 20
    try bytes.expect("a zip64 locator of", "20 bytes", locator >= 0, found: "\(end)", at: 0)
    try bytes.expectSignature(0x0706_4B50, "a zip64 locator", at: locator)
    try bytes.expect(
      "an archive in", "one part",
      bytes.number(locator + 4, 4) == 0 && bytes.number(locator + 16, 4) <= 1,
      found: "one of several", at: locator)
    let position = try bytes.largeNumber(locator + 8)
    try bytes.expect("a zip64 record of", "56 bytes", within: 0..<locator, position, 56)
    try bytes.expectSignature(0x0606_4B50, "a zip64 record", at: position)
    let length = try bytes.largeNumber(position + 4)
    try bytes.expect(
      "a zip64 record up to", "byte \(locator)", length == locator - position - 12,
      found: "\(length) bytes after byte \(position + 12)", at: position + 4)
    let record = Record(
      parts: bytes.number(position + 16, 4) | bytes.number(position + 20, 4),
      entriesHere: try bytes.largeNumber(position + 24),
      entries: try bytes.largeNumber(position + 32),
      length: try bytes.largeNumber(position + 40), start: try bytes.largeNumber(position + 48))
    return (record, position)
  }
}

extension ZipEnd.Record {
  /// The record at `end`, at the end of the file.
  fileprivate init(_ bytes: ZipBytes, _ end: Int) {
    // Both parts at once; either has two bytes.
    parts = bytes.number(end + 4, 4)
    entriesHere = bytes.number(end + 8, 2)
    entries = bytes.number(end + 10, 2)
    length = bytes.number(end + 12, 4)
    start = bytes.number(end + 16, 4)
  }
}

/// The numbers of a header, with those that are too large for their fields from its zip64 extra field.
struct ZipLargeNumbers {
  private let bytes: ZipBytes
  private var rest: Range<Int>

  /// Finds the zip64 field among the extra fields in `range`.
  init(_ bytes: ZipBytes, _ range: Range<Int>, start: Int) throws(FileError) {
    self.bytes = bytes
    rest = range.upperBound..<range.upperBound
    var position = range.lowerBound
    // Some writers pad with fewer bytes than a field's head takes.
    while range.upperBound - position >= 4 {
      let length = bytes.number(position + 2, 2)
      try bytes.expect(
        "an extra field of", "\(length) bytes", within: range, position + 4, length)
      if bytes.number(position, 2) == 1 { rest = position + 4..<position + 4 + length }
      position += 4 + length
    }
  }

  /// The number at `offset`, or the next large one where it is all ones.
  mutating func number(_ offset: Int, _ width: Int) throws(FileError) -> Int {
    let number = bytes.number(offset, width)
    guard number == (1 << (8 * width)) - 1 else { return number }
    try bytes.expect("a zip64 number of", "8 bytes", within: rest, rest.lowerBound, 8)
    let large = try bytes.largeNumber(rest.lowerBound)
    rest = rest.lowerBound + 8..<rest.upperBound
    return large
  }
}
