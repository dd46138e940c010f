import CPlatform
import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a pipe brought, in a file without a name: however much it is, it takes no memory of the process, can be
/// read in any order, and is gone with the process, however that ends.
final class SpoolFile {
  private let descriptor: CInt
  private let directory: String
  /// What the bytes come from, for messages.
  private let path: String
  private var count = 0

  /// A file in the directory that the environment variable `TMPDIR` names, or in `/tmp`.
  init(for path: String) throws(FileError) {
    self.path = path
    let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    directory = named.isEmpty ? "/tmp" : named
    descriptor = Self.open(in: directory)
    guard descriptor >= 0 else { throw failure }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private static func open(in directory: String) -> CInt {
    let unnamed = lossctl_open_unnamed(directory, 0o600)
    guard unnamed < 0, errno == ENOTSUP else { return unnamed }
    var template = Array((directory + "/lossctl-XXXXXX").utf8CString)
    let named = mkstemp(&template)
    if named >= 0 { unlink(template) }
    return named
  }

  private var failure: FileError {
    FileError(path, .cannotSpool(directory: directory, errno: errno))
  }

  /// Appends `bytes`.
  func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(count))
      guard written > 0 || errno == EINTR else { throw failure }
      count += max(written, 0)
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(written, 0)))
    }
  }

  /// All bytes, mapped. Nothing may be appended afterwards.
  func mapped() throws(FileError) -> ByteStorage {
    guard count > 0 else { return ByteStorage(copying: []) }
    let size = count
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw failure }
    return ByteStorage(adopting: UnsafeRawBufferPointer(start: start, count: size)) { view in
      guard let first = view.baseAddress else { return }
      munmap(UnsafeMutableRawPointer(mutating: first), size)
    }
  }
}

extension CappedStream {
  /// How much of a pipe is kept in memory.
  static var memoryLimit: Int { 8 << 20 }

  /// Reads all there is: little into memory, more into a file.
  func readToEndSpooling(path: String) throws(FileError) -> ByteStorage {
    let memory = try Self.allocate(Self.memoryLimit, path: path)
    var count = 0
    var spool: SpoolFile?
    while true {
      let free = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[count...])
      let part = try read(into: free)
      count += part
      if part > 0, count < memory.bytes.count { continue }
      if part == 0, spool == nil { return memory.frozen(count: count) }
      let file = if let spool { spool } else { try SpoolFile(for: path) }
      spool = file
      try file.append(UnsafeRawBufferPointer(rebasing: memory.bytes[..<count]))
      count = 0
      if part == 0 { return try file.mapped() }
    }
  }
}
