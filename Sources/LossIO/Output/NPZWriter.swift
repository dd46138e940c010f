import CChecksum
import LossTensor

/// Writes `.npz` archives: stored zip members, whose data begin at multiples of 64 bytes so that readers may
/// map them. The date is 1980-01-01, as NumPy's is: equal arrays are equal files.
struct NPZWriter {
  /// The arrays by their keys; a member is called that and `.npy`.
  let arrays: [(key: String, content: TensorContent)]

  func write(to file: OutputFile) throws(FileError) {
    var members: [Member] = []
    var offset = 0
    for (key, content) in arrays {
      let header = NPYWriter.header(content.elementType, content.shape)
      let member = Member(
        name: Array((key + ".npy").utf8), byteCount: header.count + content.byteCount,
        offset: offset)
      offset = member.end
      members.append(member)
    }
    try file.reserve(offset + Member.directory(of: members).count)
    for (index, array) in arrays.enumerated() {
      members[index].checksum = try write(array.content, members[index], to: file)
    }
    try file.append(Member.directory(of: members))
    // The checksums are before the data and known after them. What cannot go back had to look twice.
    guard file.isRandomAccess else { return }
    for member in members { try file.write(member.localHeader, at: member.offset) }
  }

  private func write(
    _ content: TensorContent, _ member: Member, to file: OutputFile
  ) throws(FileError) -> UInt32 {
    let header = NPYWriter.header(content.elementType, content.shape)
    var member = member
    if !file.isRandomAccess { member.checksum = try checksum(of: header, content) }
    try file.append(member.localHeader)
    try file.append(header)
    var checksum = Self.checksum(header, after: 0)
    try content.forEachBlock { block throws(FileError) in
      checksum = lossctl_crc32(checksum, block.baseAddress, block.count)
      try file.append(block)
    }
    return checksum
  }

  private func checksum(
    of header: [UInt8], _ content: TensorContent
  ) throws(FileError) -> UInt32 {
    var checksum = Self.checksum(header, after: 0)
    try content.forEachBlock { block throws(FileError) in
      checksum = lossctl_crc32(checksum, block.baseAddress, block.count)
    }
    return checksum
  }

  private static func checksum(_ bytes: [UInt8], after start: UInt32) -> UInt32 {
    bytes.withUnsafeBytes { lossctl_crc32(start, $0.baseAddress, $0.count) }
  }
}

/// The records about one stored member.
///
/// Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification" 6.3.10.
private struct Member {
  let name: [UInt8]
  let byteCount: Int
  /// Where in the file its local header begins.
  let offset: Int
  var checksum: UInt32 = 0

  private static let local: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
  private static let central: [UInt8] = [0x50, 0x4B, 0x01, 0x02]
  private static let end: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
  private static let end64: [UInt8] = [0x50, 0x4B, 0x06, 0x06]
  private static let locator64: [UInt8] = [0x50, 0x4B, 0x06, 0x07]
  /// 1980-01-01 in DOS format; midnight is 0.
  private static let date = 0x0021
  /// UTF-8 names.
  private var flags: Int { name.allSatisfy { $0 < 0x80 } ? 0 : 0x0800 }

  init(name: [UInt8], byteCount: Int, offset: Int) {
    self.name = name
    self.byteCount = byteCount
    self.offset = offset
  }

  /// The first byte behind the data.
  var end: Int { offset + localHeader.count + byteCount }

  /// Whether a number is beyond 32 bits, or so near that what follows it may be.
  private static func isLarge(_ number: Int) -> Bool { number >= 0xFFFF_0000 }

  private var isLarge: Bool { Self.isLarge(byteCount) }

  /// The record before the data, padded by an extra field so that they begin at a multiple of 64.
  var localHeader: [UInt8] {
    let extra = isLarge ? Self.bytes(0x0001, 2) + Self.bytes(16, 2) + sizes64 : []
    let unpadded = offset + 30 + name.count + extra.count + 6
    let padding = (64 - unpadded % 64) % 64
    // The field of Android's zipalign: the alignment, then zeros.
    let aligning = Self.bytes(0xD935, 2) + Self.bytes(2 + padding, 2) + Self.bytes(64, 2)
    let field = extra + aligning + [UInt8](repeating: 0, count: padding)
    return Self.local + fields + Self.bytes(name.count, 2) + Self.bytes(field.count, 2) + name
      + field
  }

  /// The member's record in the directory.
  private var entry: [UInt8] {
    let isFar = Self.isLarge(offset)
    let numbers = (isLarge ? sizes64 : []) + (isFar ? Self.bytes(offset, 8) : [])
    let extra =
      numbers.isEmpty ? [] : Self.bytes(0x0001, 2) + Self.bytes(numbers.count, 2) + numbers
    // Made under Unix, so that the mode (-rw-------, as NumPy's) counts.
    let attributes = Self.bytes(0, 4) + Self.bytes(0o100600 << 16, 4)
    let record = Self.central + Self.bytes(isLarge || isFar ? 45 : 20, 1) + [3] + fields
    let counts = Self.bytes(name.count, 2) + Self.bytes(extra.count, 2) + Self.bytes(0, 2)
    return record + counts + attributes + Self.bytes(isFar ? 0xFFFF_FFFF : offset, 4) + name + extra
  }

  /// The directory of an archive and its end.
  static func directory(of members: [Member]) -> [UInt8] {
    let entries = members.flatMap(\.entry)
    let start = members.last?.end ?? 0
    let is64 = isLarge(start) || members.count >= 0xFFFF
    let counts = bytes(is64 ? min(members.count, 0xFFFF) : members.count, 2)
    let tail = is64 ? tail64(start: start, byteCount: entries.count, count: members.count) : []
    return entries + tail + end + bytes(0, 4) + counts + counts + bytes(entries.count, 4)
      + bytes(isLarge(start) ? 0xFFFF_FFFF : start, 4) + bytes(0, 2)
  }

  /// What both records have: version, flags, method, time, date, checksum and sizes.
  private var fields: [UInt8] {
    let size = isLarge ? 0xFFFF_FFFF : byteCount
    return Self.bytes(isLarge ? 45 : 20, 2) + Self.bytes(flags, 2) + Self.bytes(0, 4)
      + Self.bytes(Self.date, 2) + Self.bytes(Int(checksum), 4) + Self.bytes(size, 4)
      + Self.bytes(size, 4)
  }

  private var sizes64: [UInt8] { Self.bytes(byteCount, 8) + Self.bytes(byteCount, 8) }

  private static func tail64(start: Int, byteCount: Int, count: Int) -> [UInt8] {
    end64 + bytes(44, 8) + bytes(45, 1) + [3] + bytes(45, 2) + bytes(0, 8)
      + bytes(count, 8) + bytes(count, 8) + bytes(byteCount, 8) + bytes(start, 8)
      + locator64 + bytes(0, 4) + bytes(start + byteCount, 8) + bytes(1, 4)
  }

  /// `value` in `count` bytes, the lowest first.
  private static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
