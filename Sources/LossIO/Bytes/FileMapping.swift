#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that was mapped, kept open to see what became of it.
///
/// Where another program cuts a mapped file short, the pages beyond its new end are gone, and touching one
/// is a signal; but the rest of its last page reads as zeros, which nothing tells from data.
public struct FileMapping: Sendable {
  /// The path as the user named it.
  let path: String
  /// The file's size when it was mapped.
  let size: Int
  let file: OpenFile

  /// Checks, after the bytes were used, that they were the file's.
  ///
  /// - Throws: `FileError.cutShort` where the file is shorter now than it was when it was mapped.
  public func requireWhole() throws(FileError) {
    var status = stat()
    guard fstat(file.descriptor, &status) == 0 else {
      throw FileError(path, .cannotRead(errno: errno))
    }
    let now = Int(status.st_size)
    guard now >= size else { throw FileError(path, .cutShort(expected: size, found: now)) }
  }
}

/// A descriptor that is closed with this object, unless it is another's.
final class OpenFile: Sendable {
  let descriptor: CInt
  private let isOwned: Bool

  init(_ descriptor: CInt, isOwned: Bool) {
    self.descriptor = descriptor
    self.isOwned = isOwned
  }

  deinit { if isOwned { close(descriptor) } }
}
