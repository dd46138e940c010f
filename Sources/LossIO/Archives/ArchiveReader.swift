import CArchive
import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// libarchive, reading one archive or one compressed file.
///
/// Each reader enables the one format, and the one filter, that it was made for. What libarchive calls a
/// warning is an error here: in version 3.6 a wrong checksum or length is no more than that.
final class ArchiveReader {
  private let library: UnsafePointer<lossctl_archive_library>
  private let handle: OpaquePointer
  private let path: String
  /// What is read, for messages.
  private let format: String
  /// The bytes libarchive reads from, which blocks may be parts of; nil for a stream.
  private let content: ByteStorage?
  private var client: ArchiveClient?
  /// How far the current entry has been read.
  private var position = 0

  private init(_ format: String, path: String, content: ByteStorage?) throws(FileError) {
    library = try Libraries.archive(for: path)
    guard let handle = library.pointee.archive_read_new() else {
      throw FileError(path, .notEnoughMemory(bytes: 0))
    }
    self.handle = handle
    self.path = path
    self.format = format
    self.content = content
  }

  deinit { _ = library.pointee.archive_read_free(handle) }

  /// A reader of the members of a zip archive, which leaves the checksums to its caller.
  convenience init(zip content: ByteStorage, path: String) throws(FileError) {
    try self.init("zip", path: path, content: content)
    // By its directory alone: reading it from the front would find members that were deleted.
    try require(library.pointee.archive_read_support_format_zip_seekable(handle))
    try require(library.pointee.archive_read_set_options(handle, "zip:ignorecrc32"))
    try open(content)
  }

  /// A reader of the members of a tar archive in memory.
  convenience init(tar content: ByteStorage, path: String) throws(FileError) {
    try self.init("tar", path: path, content: content)
    try require(library.pointee.archive_read_support_format_tar(handle))
    try open(content)
  }

  /// A reader of the members of a tar archive as it arrives.
  convenience init(tar stream: CappedStream, path: String) throws(FileError) {
    try self.init("tar", path: path, content: nil)
    try require(library.pointee.archive_read_support_format_tar(handle))
    let client = try ArchiveClient(stream, path: path)
    self.client = client
    try require(
      library.pointee.archive_read_open(
        handle, Unmanaged.passUnretained(client).toOpaque(), nil,
        { _, client, block in
          guard let client, let block else { return -1 }
          return Unmanaged<ArchiveClient>.fromOpaque(client).takeUnretainedValue().next(block)
        }, nil))
  }

  /// A reader of what `content` decompresses to; its one entry is to be opened with ``nextEntry()``.
  convenience init(
    _ compression: Compression, of content: ByteStorage, path: String
  ) throws(FileError) {
    try self.init(compression.rawValue, path: path, content: content)
    try require(library.pointee.archive_read_support_format_raw(handle))
    let code: CInt =
      switch compression {
      // Verified by GzipStream; libarchive does not look at gzip's checksums.
      case .gzip: ARCHIVE_FAILED
      case .zstd: library.pointee.archive_read_support_filter_zstd(handle)
      case .xz: library.pointee.archive_read_support_filter_xz(handle)
      case .bzip2: library.pointee.archive_read_support_filter_bzip2(handle)
      case .lz4: library.pointee.archive_read_support_filter_lz4(handle)
      }
    try require(code)
    try open(content)
  }

  private func open(_ content: ByteStorage) throws(FileError) {
    let bytes = content.bytes
    try require(
      library.pointee.archive_read_open_memory(handle, bytes.baseAddress, bytes.count))
  }

  /// How many times the content turned out to be compressed.
  var filterCount: Int {
    // The last filter is the reading of the file itself.
    Int(library.pointee.archive_filter_count(handle)) - 1
  }

  /// How many bytes of the file have been used.
  var consumedCount: Int { Int(library.pointee.archive_filter_bytes(handle, -1)) }

  /// The next member; nil at the end.
  func nextEntry() throws(FileError) -> ArchiveEntry? {
    position = 0
    // Names are converted to the locale's characters, and in the C locale those are ASCII. The locale is
    // this thread's only and only for now.
    let before = Self.utf8.map { uselocale($0) }
    defer { if let before { _ = uselocale(before) } }
    var entry: OpaquePointer?
    let code = library.pointee.archive_read_next_header(handle, &entry)
    guard code != ARCHIVE_EOF else { return nil }
    guard let entry, code == ARCHIVE_OK || code == ARCHIVE_WARN else { throw failure() }
    let functions = library.pointee
    return ArchiveEntry(
      name: functions.archive_entry_pathname(entry).map { String(cString: $0) } ?? "",
      kind: ArchiveEntry.Kind(
        mode: functions.archive_entry_filetype(entry),
        isLink: functions.archive_entry_hardlink(entry) != nil),
      byteCount: functions.archive_entry_size_is_set(entry) == 0
        ? nil : Int(functions.archive_entry_size(entry)),
      warning: code == ARCHIVE_WARN ? failure() : nil)
  }

  /// The next bytes of the current entry, which stay where they are until the next call; nil at its end.
  func nextBlock() throws(FileError) -> UnsafeRawBufferPointer? {
    while true {
      var (start, count, offset) = (UnsafeRawPointer?.none, 0, Int64(0))
      let code = library.pointee.archive_read_data_block(handle, &start, &count, &offset)
      if code == ARCHIVE_EOF { return nil }
      guard code == ARCHIVE_OK else { throw failure() }
      if count == 0 { continue }
      guard offset == position else {
        throw FileError(path, .memberIsNoFile(kind: "a sparse file"))
      }
      position += count
      return UnsafeRawBufferPointer(start: start, count: count)
    }
  }

  /// Copies the next bytes of the current entry; returns 0 at its end. Not to be mixed with blocks.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let count = library.pointee.archive_read_data(handle, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw failure() }
    return count
  }

  /// `block` as a part of the bytes this reads from; nil where it is a copy.
  func inPlace(_ block: UnsafeRawBufferPointer) -> ByteStorage? {
    guard let content, let base = content.bytes.baseAddress, let start = block.baseAddress,
      start >= base, start + block.count <= base + content.bytes.count
    else { return nil }
    let offset = start - base
    return content.part(offset..<offset + block.count)
  }

  private func require(_ code: CInt) throws(FileError) {
    guard code == ARCHIVE_OK else { throw failure() }
  }

  /// What went wrong last.
  private func failure() -> FileError {
    if let error = client?.error { return error }
    // Truncation comes without words in some of the formats.
    let words = library.pointee.archive_error_string(handle).map { String(cString: $0) }
    return FileError(
      path, at: place,
      .archiveDamaged(format: format, detail: words.map { plain($0) } ?? "it ends too early"))
  }

  /// How far libarchive has come: in the file, or in the stream it reads.
  private var place: FileError.Place? {
    let position = consumedCount
    guard position >= 0 else { return nil }
    return content == nil ? .decompressedByte(position) : .byte(position)
  }

  // nonisolated(unsafe): a locale is a pointer to what nobody changes.
  nonisolated(unsafe) private static let utf8 = lossctl_utf8_locale()
}

/// What libarchive says of a member.
struct ArchiveEntry {
  /// What kind of thing a member is.
  enum Kind: Equatable {
    case file, directory, link, other

    init(mode: mode_t, isLink: Bool) {
      switch mode & S_IFMT {
      case _ where isLink: self = .link
      case S_IFREG: self = .file
      case S_IFDIR: self = .directory
      case S_IFLNK: self = .link
      default: self = .other
      }
    }

    /// The kind in words.
    var words: String {
      switch self {
      case .file: "a file"
      case .directory: "a directory"
      case .link: "a link to another member"
      case .other: "a device or pipe"
      }
    }
  }

  let name: String
  let kind: Kind
  /// How long its data are; nil where the archive does not say.
  let byteCount: Int?
  /// What is doubtful about it.
  let warning: FileError?
}

/// A stream libarchive reads from.
private final class ArchiveClient {
  private let stream: CappedStream
  private let buffer: MutableByteStorage
  /// Why the stream ended early; libarchive only knows that it did.
  private(set) var error: FileError?

  init(_ stream: CappedStream, path: String) throws(FileError) {
    self.stream = stream
    buffer = try CappedStream.allocate(1 << 18, path: path)
  }

  /// Hands out the next block and returns its length: 0 at the end, -1 on failure.
  func next(_ block: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
    do {
      let count = try stream.read(into: buffer.bytes)
      block.pointee = UnsafeRawPointer(buffer.bytes.baseAddress)
      return count
    } catch {
      self.error = error
      return -1
    }
  }
}
