import LossTensor

/// The ways to compress a file that are read.
enum Compression: String, CaseIterable, Sendable {
  case gzip, zstd, xz, bzip2, lz4

  /// What compressed data begin with.
  var magic: [UInt8] {
    switch self {
    case .gzip: [0x1F, 0x8B]
    case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
    case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
    case .bzip2: Array("BZh".utf8)
    case .lz4: [0x04, 0x22, 0x4D, 0x18]
    }
  }

  /// The suffix that says so, and those that say that the content is a tar archive besides.
  var suffixes: (plain: String, tar: [String]) {
    switch self {
    case .gzip: ("gz", ["tgz"])
    case .zstd: ("zst", ["tzst"])
    case .xz: ("xz", ["txz"])
    case .bzip2: ("bz2", ["tbz", "tbz2"])
    case .lz4: ("lz4", [])
    }
  }

  /// What `content` is compressed with; nil where it is not.
  init?(of content: UnsafeRawBufferPointer) {
    guard let found = Self.allCases.first(where: { content.starts(with: $0.magic) }) else {
      return nil
    }
    self = found
  }

  /// What a suffix announces.
  init?(suffix: String) {
    let found = Self.allCases.first {
      suffix == $0.suffixes.plain || $0.suffixes.tar.contains(suffix)
    }
    guard let found else { return nil }
    self = found
  }
}

/// A compressed file of another format: `p.npy.gz`, `table.csv.zst`, `runs.tar.xz`.
///
/// Files are decompressed into memory, but for tar archives, of which only the member asked for is kept.
/// All of a file is decompressed even then, as its checksums are at its end.
public enum CompressedFormat: FileFormat {
  /// `compressed`.
  public static let name = "compressed"

  /// The suffixes of all compressions.
  public static let suffixes = Compression.allCases.flatMap {
    [$0.suffixes.plain] + $0.suffixes.tar
  }

  /// Whether the content begins as one of the compressions does.
  public static func recognizes(_ content: UnsafeRawBufferPointer) -> Bool {
    Compression(of: content) != nil
  }

  /// Content that is not compressed as its name says.
  public static func mismatch(_ source: ByteSource) -> FileError {
    let announced = Compression(suffix: fileSuffix(source.contentName))
    return FileError(
      source.path, at: .byte(0),
      .notCompressed(
        format: announced?.rawValue ?? name, found: describeStart(source.bytes)))
  }

  /// Reads the file within, to which `selector` applies.
  public static func read(
    _ source: ByteSource, name: String, selector: String?, options: ReadOptions
  ) throws(FileError) -> TensorFile {
    switch try content(of: source, options) {
    case .tar(let stream):
      return try TarFormat.read(
        stream, of: source, name: name, selector: selector, options: options)
    case .other(let inner):
      return try FileFormats.read(inner, name: name, selector: selector, options: options)
    }
  }

  /// Reads all of the file within.
  public static func visit(
    _ source: ByteSource, name: String, options: ReadOptions, _ body: TensorVisitor
  ) throws {
    switch try content(of: source, options) {
    case .tar(let stream):
      try TarFormat.visit(stream, of: source, name: name, options: options, body)
    case .other(let inner):
      try FileFormats.visit(inner, name: name, options: options, body)
    }
  }

  private enum Content {
    /// A tar archive, of which nothing was decompressed yet but its start.
    case tar(CappedStream)
    /// Anything else, decompressed.
    case other(ByteSource)
  }

  private static func content(
    of source: ByteSource, _ options: ReadOptions
  ) throws(FileError) -> Content {
    guard let compression = Compression(of: source.bytes) else { throw mismatch(source) }
    guard !source.isDecompressed else {
      throw FileError(source.path, .compressedTwice(format: compression.rawValue))
    }
    let (stream, expected) = try open(compression, source)
    let capped = CappedStream(
      stream, limit: options.byteLimit ?? ByteLimit.standard, path: source.path)
    if try TarFormat.recognizes(capped.peek(TarFormat.blockCount)) { return .tar(capped) }
    let content = try capped.readToEnd(expecting: expected)
    return .other(source.decompressed(content, contentName: contentName(source, compression)))
  }

  private static func open(
    _ compression: Compression, _ source: ByteSource
  ) throws(FileError) -> (any ByteStream, expected: Int) {
    guard compression == .gzip else {
      return (try FilterStream(compression, source.storage, path: source.path), 0)
    }
    let stream = try GzipStream(source.storage, path: source.path)
    return (stream, stream.expectedCount)
  }

  /// The name without the suffix of its compression.
  private static func contentName(_ source: ByteSource, _ compression: Compression) -> String {
    let suffix = fileSuffix(source.contentName)
    guard Compression(suffix: suffix) != nil else { return source.contentName }
    let stem = String(source.contentName.dropLast(suffix.count + 1))
    return compression.suffixes.tar.contains(suffix) ? stem + ".tar" : stem
  }
}
