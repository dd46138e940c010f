import CChecksum
import LossTensor

/// Zip archives, and so NumPy's `.npz`: `arrays.npz:logits`.
///
/// The directory is read here, strictly and with the place of every fault. A stored member is used in
/// place, where it lies in the map; one that is compressed is handed to libarchive. The CRC-32 of either is
/// verified.
public enum ZipFormat: FileFormat {
  /// `zip`.
  public static let name = "zip"

  /// `npz` and `zip`.
  public static let suffixes = ["npz", "zip"]

  /// Whether the content begins with a member, or with the end of an archive without any.
  public static func recognizes(_ content: UnsafeRawBufferPointer) -> Bool {
    content.starts(with: [0x50, 0x4B, 0x03, 0x04])
      || content.starts(with: [0x50, 0x4B, 0x05, 0x06])
  }

  /// Content that is no zip archive.
  public static func mismatch(_ source: ByteSource) -> FileError {
    FileError(
      source.path, at: .byte(0),
      .notAnArchive(format: name, found: describeStart(source.bytes)))
  }

  /// Reads the member `selector` names.
  public static func read(
    _ source: ByteSource, name: String, selector: String?, options: ReadOptions
  ) throws(FileError) -> TensorFile {
    let directory = try ZipDirectory(of: source)
    var choice = MemberChoice(in: source, selector: selector)
    var chosen: ZipEntry?
    for entry in directory.entries where !entry.isDirectory {
      if choice.consider(entry.name) { chosen = entry }
      if choice.needsDescriptions {
        start(of: entry, directory, source).withUnsafeBytes {
          choice.describe($0, count: entry.byteCount)
        }
      }
    }
    let rest = try choice.finish()
    guard let chosen else { throw source.error(.noMembers) }
    let content = try content(of: chosen, directory, source, options)
    let member = source.member(MemberChoice.withoutDot(chosen.name), content)
    return try FileFormats.read(member, name: name, selector: rest, options: options)
  }

  /// Reads every member.
  public static func visit(
    _ source: ByteSource, name: String, options: ReadOptions, _ body: TensorVisitor
  ) throws {
    let directory = try ZipDirectory(of: source)
    for entry in directory.entries where !entry.isDirectory {
      let member = MemberChoice.withoutDot(entry.name)
      let name = name + ":" + MemberChoice.key(member)
      let content = try content(of: entry, directory, source, options)
      try FileFormats.visit(
        source.member(member, content), name: name, options: options, body)
    }
  }

  /// The verified data of a member.
  private static func content(
    of entry: ZipEntry, _ directory: ZipDirectory, _ source: ByteSource, _ options: ReadOptions
  ) throws(FileError) -> ByteStorage {
    let range = try directory.dataRange(of: entry)
    let content: ByteStorage
    do {
      if entry.method == .stored {
        content = source.storage.part(range)
      } else {
        let reader = try reader(at: entry, directory, source)
        content = try reader.content(
          entry.byteCount, limit: options.byteLimit ?? ByteLimit.standard, path: source.path
        ) { start throws(FileError) in
          try NPYFormat.check(start, count: entry.byteCount, path: source.path, options)
        }
      }
    } catch {
      throw source.located(error, in: MemberChoice.withoutDot(entry.name))
    }
    let checksum = lossctl_crc32_threaded(
      content.bytes.baseAddress, content.bytes.count, CInt(clamping: options.threadCount()))
    guard checksum == entry.checksum else {
      throw source.error(
        .checksumMismatch(expected: entry.checksum, found: checksum),
        member: MemberChoice.withoutDot(entry.name))
    }
    return content
  }

  /// libarchive, about to read the data of `entry`.
  private static func reader(
    at entry: ZipEntry, _ directory: ZipDirectory, _ source: ByteSource
  ) throws(FileError) -> ArchiveReader {
    let reader = try ArchiveReader(zip: source.storage, path: source.path)
    // It gives the members in the order of their headers in the file.
    let before = Set(directory.entries.map(\.headerOffset).filter { $0 < entry.headerOffset })
    for _ in before { _ = try reader.nextEntry() }
    guard let found = try reader.nextEntry(), found.byteCount == entry.byteCount else {
      throw FileError(
        source.path, at: .byte(entry.headerOffset),
        .archiveDamaged(format: name, detail: "libarchive does not find the member here"))
    }
    if let warning = found.warning { throw warning }
    return reader
  }

  /// The start of a member, for the message that lists all; nothing where it cannot be read.
  private static func start(
    of entry: ZipEntry, _ directory: ZipDirectory, _ source: ByteSource
  ) -> [UInt8] {
    guard let range = try? directory.dataRange(of: entry) else { return [] }
    guard entry.method != .stored else {
      return Array(source.bytes[range].prefix(NPYFormat.headerEnd))
    }
    return (try? reader(at: entry, directory, source).start()) ?? []
  }
}
