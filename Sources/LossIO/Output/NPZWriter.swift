import CChecksum
import LossTensor

/// Writes `.npz` archives of one array: a stored zip member, whose data begin at a multiple of 64 bytes so that
/// readers may map them. The date is 1980-01-01, as NumPy's is: equal arrays are equal files.
struct NPZWriter {
  /// The array's key; the member is called that and `.npy`.
  let key: String

  func write(_ content: TensorContent, to file: OutputFile) throws(FileError) {
    let header = NPYWriter.header(content.elementType, content.shape)
    var member = Member(
      name: Array((key + ".npy").utf8), byteCount: header.count + content.byteCount)
    if !file.isRandomAccess { member.checksum = try checksum(of: header, content) }
    try file.reserve(member.localHeader.count + member.byteCount + member.directory.count)
    try file.append(member.localHeader)
    try file.append(header)
    var checksum = Self.checksum(header, after: 0)
    try content.forEachBlock { block throws(FileError) in
      checksum = lossctl_crc32(checksum, block.baseAddress, block.count)
      try file.append(block)
    }
    member.checksum = checksum
    try file.append(member.directory)
    // The checksum is before the data and known after them. What cannot go back had to look twice.
    if file.isRandomAccess { try file.write(member.localHeader, at: 0) }
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

/// The records about one stored member, the first of its archive.
///
/// Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification" 6.3.10.
private struct Member {
  let name: [UInt8]
  let byteCount: Int
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

  init(name: [UInt8], byteCount: Int) {
    self.name = name
    self.byteCount = byteCount
  }

  /// Whether a size is beyond 32 bits, or so near that the directory's place may be.
  private var isLarge: Bool { byteCount >= 0xFFFF_0000 }

  /// The record before the data, padded by an extra field so that they begin at a multiple of 64.
  var localHeader: [UInt8] {
    let extra = isLarge ? Self.bytes(0x0001, 2) + Self.bytes(16, 2) + sizes64 : []
    let unpadded = 30 + name.count + extra.count + 6
    let padding = (64 - unpadded % 64) % 64
    // The field of Android's zipalign: the alignment, then zeros.
    let aligning = Self.bytes(0xD935, 2) + Self.bytes(2 + padding, 2) + Self.bytes(64, 2)
    let field = extra + aligning + [UInt8](repeating: 0, count: padding)
    return Self.local + fields + Self.bytes(name.count, 2) + Self.bytes(field.count, 2) + name
      + field
  }

  /// The directory and its end.
  var directory: [UInt8] {
    let extra = isLarge ? Self.bytes(0x0001, 2) + Self.bytes(16, 2) + sizes64 : []
    let start = localHeader.count + byteCount
    // Made under Unix, so that the mode (-rw-------, as NumPy's) counts.
    let attributes = Self.bytes(0, 4) + Self.bytes(0o100600 << 16, 4)
    var record = Self.central + Self.bytes(isLarge ? 45 : 20, 1) + [3] + fields
    record += Self.bytes(name.count, 2) + Self.bytes(extra.count, 2) + Self.bytes(0, 2)
    record += attributes + Self.bytes(0, 4) + name + extra
    let tail = isLarge ? self.tail64(start: start, count: record.count) : []
    let count = record.count
    record += tail + Self.end + Self.bytes(0, 4) + Self.bytes(1, 2) + Self.bytes(1, 2)
    return record + Self.bytes(count, 4) + Self.bytes(isLarge ? 0xFFFF_FFFF : start, 4)
      + Self.bytes(0, 2)
  }

  /// What both records have: version, flags, method, time, date, checksum and sizes.
  private var fields: [UInt8] {
    let size = isLarge ? 0xFFFF_FFFF : byteCount
    return Self.bytes(isLarge ? 45 : 20, 2) + Self.bytes(flags, 2) + Self.bytes(0, 4)
      + Self.bytes(Self.date, 2) + Self.bytes(Int(checksum), 4) + Self.bytes(size, 4)
      + Self.bytes(size, 4)
  }

  private var sizes64: [UInt8] { Self.bytes(byteCount, 8) + Self.bytes(byteCount, 8) }

  private func tail64(start: Int, count: Int) -> [UInt8] {
    Self.end64 + Self.bytes(44, 8) + Self.bytes(45, 1) + [3] + Self.bytes(45, 2) + Self.bytes(0, 8)
      + Self.bytes(1, 8) + Self.bytes(1, 8) + Self.bytes(count, 8) + Self.bytes(start, 8)
      + Self.locator64 + Self.bytes(0, 4) + Self.bytes(start + count, 8) + Self.bytes(1, 4)
  }

  /// `value` in `count` bytes, the lowest first.
  private static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
