import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The whole content of a file, a pipe or standard input.
///
/// Regular files are mapped: nothing is read before it is used, and nothing is copied. Everything else
/// is read to its end.
public struct ByteSource: Sendable {
  /// The path as the user named it; `-` for standard input.
  public let path: String

  /// The content.
  public let storage: ByteStorage

  /// The content's bytes; valid while `storage` lives.
  public var bytes: UnsafeRawBufferPointer { storage.bytes }

  /// The file behind mapped content, which other programs can change; nil for content of our own.
  public let mapping: FileMapping?

  /// A source of bytes already at hand.
  public init(path: String, storage: ByteStorage) {
    self.path = path
    self.storage = storage
    mapping = nil
  }

  /// Opens `path`, or standard input where it is `-`.
  ///
  /// - Throws: `FileError` where it cannot be opened or read, is a directory or is empty.
  public init(opening path: String) throws(FileError) {
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
    if kind == S_IFREG, size > start {
      storage = try Self.map(descriptor, from: start, size: size, path: path)
      mapping = FileMapping(path: path, size: size, file: file)
    } else {
      storage = try Self.readToEnd(descriptor, path: path)
      mapping = nil
    }
    self.path = path
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

  /// Reads a pipe, a terminal or a device, growing the memory as bytes arrive.
  private static func readToEnd(
    _ descriptor: CInt, path: String
  ) throws(FileError) -> ByteStorage {
    var memory = try allocate(1 << 20, path: path)
    var count = 0
    while true {
      if count == memory.bytes.count {
        let larger = try allocate(memory.bytes.count * 2, path: path)
        larger.bytes.copyMemory(from: UnsafeRawBufferPointer(memory.bytes))
        memory = larger
      }
      let free = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[count...])
      let received = read(descriptor, free.baseAddress, free.count)
      if received < 0 {
        guard errno == EINTR else { throw FileError(path, .cannotRead(errno: errno)) }
      } else if received == 0 {
        guard count > 0 else { throw FileError(path, .empty) }
        return memory.frozen(count: count)
      } else {
        count += received
      }
    }
  }

  private static func allocate(
    _ count: Int, path: String
  ) throws(FileError) -> MutableByteStorage {
    guard let memory = MutableByteStorage(byteCount: count) else {
      throw FileError(path, .notEnoughMemory(bytes: count))
    }
    return memory
  }
}
