import CArchive
import LossTensor

/// Decompresses gzip data: one member or several in a row (RFC 1952), as gzip itself does.
///
/// zlib holds the CRC-32 and the length at the end of each member against what came out of it. Zeros may
/// follow the last member, as on tapes; anything else after it is an error.
final class GzipStream: ByteStream {
  private let zlib: UnsafePointer<lossctl_zlib>
  private let state: UnsafeMutablePointer<z_stream>
  private let content: ByteStorage
  private let path: String
  /// How much of the content has been used.
  private var position = 0
  private var isAtEnd = false

  /// A stream of what `content` decompresses to.
  init(_ content: ByteStorage, path: String) throws(FileError) {
    zlib = try Libraries.zlib(for: path)
    self.content = content
    self.path = path
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
    // The largest window, and 16 for the gzip format.
    let code = zlib.pointee.inflateInit2_(
      state, 15 + 16, zlib.pointee.zlibVersion(), CInt(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw FileError(path, .notEnoughMemory(bytes: 1 << 16)) }
  }

  deinit {
    _ = zlib.pointee.inflateEnd(state)
    state.deallocate()
  }

  /// How long the decompressed data are if they are a single member of less than 4 GiB; never more than
  /// deflate can make of so many bytes.
  var expectedCount: Int {
    let length = content.bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    return min(length, content.bytes.count * 1032)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    while !isAtEnd {
      let count = try inflate(into: buffer)
      if count > 0 { return count }
    }
    return 0
  }

  /// One call of zlib, which counts in 32 bits.
  private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let input = content.bytes[position...].prefix(1 << 30)
    let room = min(buffer.count, 1 << 30)
    // zlib reads its input only.
    state.pointee.next_in = UnsafeMutablePointer(
      mutating: UnsafeRawBufferPointer(rebasing: input).bindMemory(to: UInt8.self).baseAddress)
    state.pointee.avail_in = UInt32(input.count)
    state.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
    state.pointee.avail_out = UInt32(room)
    let code = zlib.pointee.inflate(state, Z_NO_FLUSH)
    position += input.count - Int(state.pointee.avail_in)
    let produced = room - Int(state.pointee.avail_out)
    switch code {
    case Z_OK, Z_BUF_ERROR:
      guard produced > 0 || position < content.bytes.count else {
        throw FileError(path, at: .byte(position), .compressedTruncated(format: "gzip"))
      }
    case Z_STREAM_END:
      try startNextMember()
    case Z_MEM_ERROR:
      throw FileError(path, .notEnoughMemory(bytes: 1 << 16))
    default:
      let words = state.pointee.msg.map { String(cString: $0) } ?? "it needs a dictionary"
      throw FileError(
        path, at: .byte(position), .compressedDamaged(format: "gzip", detail: words))
    }
    return produced
  }

  private func startNextMember() throws(FileError) {
    let rest = content.bytes[position...]
    if rest.allSatisfy({ $0 == 0 }) {
      isAtEnd = true
      return
    }
    guard rest.starts(with: Compression.gzip.magic) else {
      throw FileError(
        path, at: .byte(position), .compressedTrailing(format: "gzip"))
    }
    guard zlib.pointee.inflateReset(state) == Z_OK else {
      throw FileError(path, .notEnoughMemory(bytes: 1 << 16))
    }
  }
}
