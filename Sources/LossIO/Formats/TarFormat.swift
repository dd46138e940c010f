import LossTensor

/// Tar archives (ustar, pax and GNU), by libarchive: `runs.tar:epoch3/p.npy`.
///
/// An archive is read to its end even after the member was found: another one may have the same name, and
/// a compressed archive has its checksums at the end. Data of an archive in memory are used in place.
public enum TarFormat: FileFormat {
  /// `tar`.
  public static let name = "tar"

  /// `tar`.
  public static let suffixes = ["tar"]

  /// The length of a header, and of the blocks an archive is made of.
  static let blockCount = 512

  /// Whether the content begins with a header: 512 bytes with their own sum in them.
  public static func recognizes(_ content: UnsafeRawBufferPointer) -> Bool {
    recognizes(ArraySlice(content.prefix(blockCount)))
  }

  /// The same for the start of a stream.
  static func recognizes(_ start: ArraySlice<UInt8>) -> Bool {
    guard start.count == blockCount else { return false }
    let header = Array(start)
    let field = 148..<156
    // Octal digits with blanks before and a NUL or a blank behind them.
    let digits = header[field].drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
    guard !digits.isEmpty else { return false }
    let stated = digits.reduce(0) { $0 * 8 + Int($1 & 7) }
    // The sum is made as if its own field were blanks.
    let rest = header.indices.filter { !field.contains($0) }
    return stated == rest.reduce(8 * 0x20) { $0 + Int(header[$1]) }
  }

  /// Content without a tar header.
  public static func mismatch(_ source: ByteSource) -> FileError {
    FileError(
      source.path, at: .byte(0),
      .notAnArchive(format: name, found: describeStart(source.bytes)))
  }

  /// Reads the member `selector` names.
  public static func read(
    _ source: ByteSource, name: String, selector: String?, options: ReadOptions
  ) throws(FileError) -> TensorFile {
    let reader = try ArchiveReader(tar: source.storage, path: source.path)
    let (member, rest) = try choose(from: reader, of: source, selector, options)
    return try FileFormats.read(member, name: name, selector: rest, options: options)
  }

  /// Reads the member `selector` names from an archive that is being decompressed.
  static func read(
    _ stream: CappedStream, of source: ByteSource, name: String, selector: String?,
    options: ReadOptions
  ) throws(FileError) -> TensorFile {
    let reader = try ArchiveReader(tar: stream, path: source.path)
    let (member, rest) = try choose(from: reader, of: source, selector, options)
    try stream.skipToEnd()
    return try FileFormats.read(member, name: name, selector: rest, options: options)
  }

  /// Reads every member that is a file.
  public static func visit(
    _ source: ByteSource, name: String, options: ReadOptions, _ body: TensorVisitor
  ) throws {
    try visit(
      ArchiveReader(tar: source.storage, path: source.path), of: source, name: name,
      options: options, body)
  }

  /// The same for an archive that is being decompressed.
  static func visit(
    _ stream: CappedStream, of source: ByteSource, name: String, options: ReadOptions,
    _ body: TensorVisitor
  ) throws {
    let reader = try ArchiveReader(tar: stream, path: source.path)
    try visit(reader, of: source, name: name, options: options, body)
    try stream.skipToEnd()
  }

  private static func visit(
    _ reader: ArchiveReader, of source: ByteSource, name: String, options: ReadOptions,
    _ body: TensorVisitor
  ) throws {
    while let entry = try reader.nextEntry() {
      if let warning = entry.warning { throw warning }
      guard entry.kind == .file else { continue }
      let name = name + ":" + MemberChoice.key(MemberChoice.withoutDot(entry.name))
      try FileFormats.visit(
        try member(entry, reader, source, options), name: name, options: options, body)
    }
  }

  private static func choose(
    from reader: ArchiveReader, of source: ByteSource, _ selector: String?, _ options: ReadOptions
  ) throws(FileError) -> (member: ByteSource, rest: String?) {
    var choice = MemberChoice(in: source, selector: selector)
    var chosen: ByteSource?
    while let entry = try reader.nextEntry() {
      if let warning = entry.warning { throw warning }
      // A link or a device is an error only where it is asked for.
      guard entry.kind == .file || (selector != nil && entry.kind != .directory) else { continue }
      let isBetter = choice.consider(entry.name)
      if isBetter { chosen = try member(entry, reader, source, options) }
      if choice.needsDescriptions {
        let start = isBetter ? chosen?.storage : ByteStorage(copying: try reader.start())
        if let start {
          choice.describe(start.bytes, count: entry.byteCount ?? 0)
          withExtendedLifetime(start) {}
        }
      }
    }
    let rest = try choice.finish()
    guard let chosen else { throw source.error(.noMembers) }
    return (chosen, rest)
  }

  private static func member(
    _ entry: ArchiveEntry, _ reader: ArchiveReader, _ source: ByteSource, _ options: ReadOptions
  ) throws(FileError) -> ByteSource {
    let name = MemberChoice.withoutDot(entry.name)
    guard entry.kind == .file, let count = entry.byteCount else {
      throw source.error(.memberIsNoFile(kind: entry.kind.words), member: name)
    }
    do {
      let content = try reader.content(
        count, limit: options.byteLimit ?? ByteLimit.standard, path: source.path
      ) { start throws(FileError) in
        try NPYFormat.check(start, count: count, path: source.path, options)
      }
      return source.member(name, content)
    } catch {
      throw source.located(error, in: name)
    }
  }
}
