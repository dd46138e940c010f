import CChecksum

/// Tar archives built by hand.
enum TarBytes {
  /// A ustar archive of these files.
  static func archive(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
    files.flatMap { member($0.name, $0.content) } + [UInt8](repeating: 0, count: 1024)
  }

  /// A header and data, filled up to whole blocks.
  static func member(_ name: String, _ content: [UInt8], size: Int? = nil) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: Array(text.utf8))
    }
    let octal = String(size ?? content.count, radix: 8)
    put(name, at: 0)
    put("0000644", at: 100)
    put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
    put("        0", at: 148)
    put("ustar\u{0}00", at: 257)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148)
    let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    return header + content + padding
  }
}

/// Gzip data built by hand.
enum GzipBytes {
  /// One member, its data in stored blocks.
  static func stored(_ content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
    var rest = content[...]
    repeat {
      let block = rest.prefix(0xFFFF)
      rest = rest.dropFirst(block.count)
      let length = UInt16(block.count)
      result += [rest.isEmpty ? 1 : 0] + bytes(UInt32(length)).prefix(2)
      result += bytes(UInt32(~length)).prefix(2) + block
    } while !rest.isEmpty
    let checksum = content.withUnsafeBytes { lossctl_crc32(0, $0.baseAddress, $0.count) }
    return result + bytes(checksum) + bytes(UInt32(truncatingIfNeeded: content.count))
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
