#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Bytes that stay where they are and unchanged for as long as this object lives: a mapped file, or
/// memory of our own.
public final class ByteStorage: @unchecked Sendable {
  /// The bytes; valid while the storage lives.
  public let bytes: UnsafeRawBufferPointer

  private let release: @Sendable (UnsafeRawBufferPointer) -> Void

  /// Takes over `bytes`, which nobody writes from here on.
  ///
  /// - Parameter release: called once with the bytes, when the last user is gone.
  public init(
    adopting bytes: UnsafeRawBufferPointer,
    release: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) {
    self.bytes = bytes
    self.release = release
  }

  /// A copy of `content`.
  public convenience init(copying content: some Collection<UInt8>) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 64)
    buffer.copyBytes(from: content)
    self.init(adopting: UnsafeRawBufferPointer(buffer)) { $0.deallocate() }
  }

  /// Runs `fill` over `byteCount` fresh zero bytes and keeps them, or returns nil where the memory is
  /// not to be had. Swift's own allocation would end the process instead.
  public static func zeroed(byteCount: Int) -> MutableByteStorage? {
    MutableByteStorage(byteCount: byteCount)
  }

  deinit { release(bytes) }
}

/// Zero-filled memory obtained from the system, which can refuse without ending the process.
public final class MutableByteStorage: @unchecked Sendable {
  /// The bytes; valid while the storage lives. Writers on several threads keep to disjoint ranges.
  public let bytes: UnsafeMutableRawBufferPointer

  private static var hugePageSize: Int { 2 << 20 }

  /// Zeroed memory of the given size, or nil where there is not enough.
  public init?(byteCount: Int) {
    guard byteCount > 0 else {
      bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
      return
    }
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0),
      start != MAP_FAILED
    else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    #if os(Linux)
    // A fault for each small page would take as long as filling it.
    if byteCount >= Self.hugePageSize { madvise(start, byteCount, MADV_HUGEPAGE) }
    #endif
  }

  /// The same bytes for reading; keeps this storage alive. Nothing may write them afterwards.
  public func frozen(count: Int? = nil) -> ByteStorage {
    let prefix = UnsafeRawBufferPointer(rebasing: bytes.prefix(count ?? bytes.count))
    return ByteStorage(adopting: prefix) { _ in withExtendedLifetime(self) {} }
  }

  deinit {
    if let start = bytes.baseAddress { munmap(start, bytes.count) }
  }
}
