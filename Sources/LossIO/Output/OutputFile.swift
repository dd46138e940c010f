import CPlatform

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file being written, which appears under its name whole or not at all.
///
/// Regular files are written beside their place without a name, so that even a killed process leaves
/// nothing behind, and take the name when committed. Devices, pipes and standard output (`-`) cannot be
/// replaced; they are written directly.
public final class OutputFile: @unchecked Sendable {
  /// The path as the user named it.
  public let path: String

  /// Whether bytes may be written in any order.
  public var isRandomAccess: Bool { destination != nil }

  private let descriptor: CInt
  /// The final path, symbolic links followed; nil where bytes go straight out.
  private let destination: String?
  /// The name the file has until it is committed, where the system has no files without one.
  private var temporaryName: String?
  private var appended = 0
  private var isCommitted = false

  /// Prepares to write `path`; nothing of an existing file is touched yet.
  ///
  /// - Throws: `FileError` where the path is a directory, or the place cannot be written.
  public init(path: String) throws(FileError) {
    self.path = path
    guard path != "-" else {
      (descriptor, destination) = (STDOUT_FILENO, nil)
      return
    }
    var status = stat()
    let exists = stat(path, &status) == 0
    switch exists ? status.st_mode & S_IFMT : S_IFREG {
    case S_IFDIR:
      throw FileError(path, .isDirectory)
    case S_IFREG:
      guard !exists || access(path, W_OK) == 0 else {
        throw FileError(path, .cannotWrite(errno: errno))
      }
      let final = Self.resolved(path)
      (descriptor, temporaryName) = try Self.openBeside(final, path: path)
      destination = final
      if exists { fchmod(descriptor, status.st_mode & 0o7777) }
    default:
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw FileError(path, .cannotWrite(errno: errno)) }
      destination = nil
    }
  }

  deinit {
    if let temporaryName { unlink(temporaryName) }
    if descriptor != STDOUT_FILENO { close(descriptor) }
  }

  /// Makes room for a file of `size` bytes, where the file system can: space that is not there is missed
  /// before the work, not after it, and writing into space that is there is faster.
  ///
  /// - Throws: `FileError.cannotWrite` where there is no room for so much.
  func reserve(_ size: Int) throws(FileError) {
    guard isRandomAccess, size > 0, lossctl_reserve(descriptor, Int64(size)) != 0 else { return }
    guard ![ENOSPC, EDQUOT, EFBIG].contains(errno) else {
      throw FileError(path, .cannotWrite(errno: errno))
    }
  }

  /// Writes `bytes` at `offset`, from any thread.
  ///
  /// - Throws: `FileError.cannotWrite`, for example on a full disk.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    try writeAll(bytes) { pwrite(descriptor, $0, $1, off_t(offset + $2)) }
  }

  /// Writes `bytes` after what was appended before.
  ///
  /// - Throws: `FileError.cannotWrite`, for example on a full disk.
  public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    if isRandomAccess {
      try write(bytes, at: appended)
    } else {
      try writeAll(bytes) { count, size, _ in Self.writePlainly(descriptor, count, size) }
    }
    appended += bytes.count
  }

  /// Writes `bytes` after what was appended before.
  func append(_ bytes: [UInt8]) throws(FileError) {
    // Typed errors do not pass through the closure of withUnsafeBytes.
    let result = bytes.withUnsafeBytes { content in
      Result { () throws(FileError) in try append(content) }
    }
    try result.get()
  }

  /// Writes `bytes` at `offset`.
  func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    let result = bytes.withUnsafeBytes { content in
      Result { () throws(FileError) in try write(content, at: offset) }
    }
    try result.get()
  }

  private static func writePlainly(
    _ descriptor: CInt, _ start: UnsafeRawPointer, _ size: Int
  ) -> Int {
    #if canImport(Glibc)
    Glibc.write(descriptor, start, size)
    #elseif canImport(Musl)
    Musl.write(descriptor, start, size)
    #else
    Darwin.write(descriptor, start, size)
    #endif
  }

  /// Repeats a system call until all bytes are out; short writes and interruptions are normal.
  private func writeAll(
    _ bytes: UnsafeRawBufferPointer, _ call: (UnsafeRawPointer, Int, Int) -> Int
  ) throws(FileError) {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let written = call(start + done, bytes.count - done, done)
      if written > 0 {
        done += written
      } else if written == 0 || errno != EINTR {
        throw FileError(path, .cannotWrite(errno: errno))
      }
    }
  }

  /// Gives the file its name, replacing what stood there.
  ///
  /// - Throws: `FileError.cannotWrite`; the old file then still stands.
  public func commit() throws(FileError) {
    guard let destination, !isCommitted else { return }
    let name = temporaryName ?? Self.freshName(beside: destination)
    if temporaryName == nil {
      guard lossctl_link_unnamed(descriptor, name) == 0 else {
        throw FileError(path, .cannotWrite(errno: errno))
      }
      temporaryName = name
    }
    guard rename(name, destination) == 0 else {
      throw FileError(path, .cannotWrite(errno: errno))
    }
    temporaryName = nil
    isCommitted = true
  }

  private static func openBeside(
    _ final: String, path: String
  ) throws(FileError) -> (CInt, String?) {
    let directory = parent(of: final)
    let unnamed = lossctl_open_unnamed(directory, 0o666)
    if unnamed >= 0 { return (unnamed, nil) }
    guard errno == ENOTSUP else {
      throw FileError(
        path, errno == ENOENT ? .noOutputDirectory(directory) : .cannotWrite(errno: errno))
    }
    let name = freshName(beside: final)
    let named = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard named >= 0 else { throw FileError(path, .cannotWrite(errno: errno)) }
    return (named, name)
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// A hidden name in the same directory that no other process uses.
  private static func freshName(beside path: String) -> String {
    let start = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    var random = SystemRandomNumberGenerator()
    let suffix = String(random.next() as UInt64, radix: 36)
    // Names are limited to 255 bytes, not characters.
    let name = String(decoding: path[start...].utf8.prefix(200), as: UTF8.self)
    return "\(path[..<start]).\(name).\(suffix)"
  }

  /// The file a chain of symbolic links ends at, whether or not it exists, so that the link itself stays.
  private static func resolved(_ path: String) -> String {
    var path = path
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    // As many links as Linux follows.
    for _ in 0..<40 {
      let count = readlink(path, &buffer, buffer.count)
      guard count > 0 else { break }
      let target = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
      path = target.hasPrefix("/") ? target : parent(of: path) + "/" + target
    }
    return path
  }
}
