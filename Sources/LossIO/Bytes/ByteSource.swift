import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The whole content of a file, a pipe, standard input, or a member of an archive.
///
/// Regular files are mapped: nothing is read before it is used, and nothing is copied. Everything else
/// is read to its end, into memory where it is little and else into a file without a name.
public struct ByteSource: Sendable {
  /// The path as the user named it; `-` for standard input.
  public let path: String

  /// The content.
  public let storage: ByteStorage

  /// The member of the archive at `path` that this is, members of members behind colons; nil for the file.
  private(set) var member: String?

  /// Whether this is what the bytes of the file or member decompress to.
  private(set) var isDecompressed = false

  /// The name whose suffix announces the content.
  private(set) var contentName: String

  /// How many archives this lies in.
  private(set) var depth = 0

  /// The content's bytes; valid while `storage` lives.
  public var bytes: UnsafeRawBufferPointer { storage.bytes }

  /// The file behind mapped content, which other programs can change; nil for content of our own.
  public private(set) var mapping: FileMapping?

  /// A source of bytes already at hand.
  public init(path: String, storage: ByteStorage) {
    self.path = path
    self.storage = storage
    contentName = path
  }

  /// Opens `path`, or standard input where it is `-`.
  ///
  /// - Parameter limit: how many bytes to read where there is no file to map, such as from a device
  ///   without an end; ``ByteLimit/standard`` where nil.
  /// - Throws: `FileError` where it cannot be opened or read, is a directory, is empty or beyond the limit.
  public init(opening path: String, limit: Int? = nil) throws(FileError) {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path, .cannotOpen(errno: errno)) }
    let file = OpenFile(descriptor, isOwned: path != "-")
    // Swift may let go of it after its last use, and it is to stay open while it is read.
    defer { withExtendedLifetime(file) {} }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path, .cannotOpen(errno: errno))
    }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw FileError(path, .isDirectory) }
    let size = Int(status.st_size)
    // Standard input may stand in the middle of a file.
    let start = kind == S_IFREG ? max(0, Int(lseek(descriptor, 0, SEEK_CUR))) : 0
    // Files in /proc and /sys say that they are empty and are not.
    guard kind == S_IFREG, size > start else {
      self.init(path: path, storage: try Self.readToEnd(descriptor, path: path, limit: limit))
      return
    }
    self.init(
      path: path, storage: try Self.map(descriptor, from: start, size: size, path: path))
    mapping = FileMapping(path: path, size: size, file: file)
  }

  private static func map(
    _ descriptor: CInt, from start: Int, size: Int, path: String
  ) throws(FileError) -> ByteStorage {
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else { throw FileError(path, .cannotRead(errno: errno)) }
    let bytes = UnsafeRawBufferPointer(start: address + start, count: size - start)
    return ByteStorage(adopting: bytes) { view in
      guard let first = view.baseAddress else { return }
      munmap(UnsafeMutableRawPointer(mutating: first - start), size)
    }
  }

  /// Reads a pipe, a terminal or a device.
  private static func readToEnd(
    _ descriptor: CInt, path: String, limit: Int?
  ) throws(FileError) -> ByteStorage {
    let stream = CappedStream(
      DescriptorStream(descriptor, path: path), limit: limit ?? ByteLimit.standard,
      path: path)
    let content = try stream.readToEndSpooling(path: path)
    guard !content.bytes.isEmpty else { throw FileError(path, .empty) }
    return content
  }

  /// The member `name` of the archive this source is.
  func member(_ name: String, _ content: ByteStorage) -> ByteSource {
    var source = ByteSource(path: path, storage: content)
    source.member = joined(name)
    source.contentName = name
    source.depth = depth + 1
    return source
  }

  /// What this source decompresses to.
  func decompressed(_ content: ByteStorage, contentName: String) -> ByteSource {
    var source = ByteSource(path: path, storage: content)
    source.member = member
    source.contentName = contentName
    source.depth = depth
    source.isDecompressed = true
    return source
  }

  /// An error of this source, or of its member `name`.
  func error(_ problem: FileError.Problem, member name: String? = nil) -> FileError {
    FileError(path, member: joined(name), problem)
  }

  /// An error with the name of the place it was found in: this source, or its member `name`.
  func located(_ error: FileError, in name: String? = nil) -> FileError {
    var error = error
    // An error that has a member already was located further in.
    guard error.member == nil else { return error }
    error.member = joined(name)
    if isDecompressed, case .byte(let offset) = error.place {
      error.place = .decompressedByte(offset)
    }
    return error
  }

  private func joined(_ name: String?) -> String? {
    guard let member, let name else { return name ?? member }
    return member + ":" + name
  }
}

extension ByteStorage {
  /// The part of these bytes at `range`, which keeps all of them alive.
  func part(_ range: Range<Int>) -> ByteStorage {
    let part = UnsafeRawBufferPointer(rebasing: bytes[range])
    return ByteStorage(adopting: part) { _ in withExtendedLifetime(self) {} }
  }
}
