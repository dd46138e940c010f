import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Bytes that arrive in order: a pipe, or the output of a decompressor.
protocol ByteStream: AnyObject {
  /// Fills `buffer` with the next bytes as far as they are at hand.
  ///
  /// - Returns: how many there are; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int
}

/// What a descriptor gives: a pipe, a terminal, a device.
final class DescriptorStream: ByteStream {
  private let descriptor: CInt
  private let path: String

  init(_ descriptor: CInt, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    while true {
      let received = Self.readPlainly(descriptor, buffer)
      if received >= 0 { return received }
      guard errno == EINTR else { throw FileError(path, .cannotRead(errno: errno)) }
    }
  }

  private static func readPlainly(
    _ descriptor: CInt, _ buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    #if canImport(Glibc)
    Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
    Musl.read(descriptor, buffer.baseAddress, buffer.count)
    #else
    Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }
}

/// A stream that may not give more than so many bytes, and whose start can be looked at.
final class CappedStream: ByteStream {
  /// How many bytes the stream may give.
  let limit: Int

  private let base: any ByteStream
  private let path: String
  /// What was looked at and is still to be read.
  private var start: ArraySlice<UInt8> = []
  private var received = 0

  init(_ base: any ByteStream, limit: Int, path: String) {
    self.base = base
    // One more than the limit must be a number.
    self.limit = min(limit, .max - 1)
    self.path = path
  }

  /// The first `count` bytes, or all where there are fewer. Nothing may have been read yet.
  func peek(_ count: Int) throws(FileError) -> ArraySlice<UInt8> {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { buffer.deallocate() }
    var filled = 0
    while filled < count {
      let part = try receive(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      guard part > 0 else { break }
      filled += part
    }
    start = ArraySlice(buffer.prefix(filled))
    return start
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    guard start.isEmpty else {
      let part = start.prefix(buffer.count)
      buffer.copyBytes(from: part)
      start = start.dropFirst(part.count)
      return part.count
    }
    return try receive(buffer)
  }

  private func receive(_ buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let count = try base.read(into: buffer)
    received += count
    guard received <= limit else { throw FileError(path, .tooManyBytes(limit: limit)) }
    return count
  }

  /// Reads all there is into memory, which grows as bytes arrive.
  ///
  /// - Parameter expected: how many bytes there may be, where somebody says so.
  func readToEnd(expecting expected: Int = 0) throws(FileError) -> ByteStorage {
    // One byte more than is expected, so that the end shows before the memory has to grow.
    let room = min(max(expected, 1 << 20), limit) + 1
    var memory = try Self.allocate(room, path: path)
    var count = 0
    while true {
      if count == memory.bytes.count {
        let larger = try Self.allocate(min(2 * count, limit + 1), path: path)
        larger.bytes.copyMemory(from: UnsafeRawBufferPointer(memory.bytes))
        withExtendedLifetime(memory) {}
        memory = larger
      }
      let free = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[count...])
      let part = try read(into: free)
      guard part > 0 else { return memory.frozen(count: count) }
      count += part
    }
  }

  /// Reads and forgets what is left, so that its checksums are verified.
  func skipToEnd() throws(FileError) {
    let scratch = try Self.allocate(1 << 18, path: path)
    defer { withExtendedLifetime(scratch) {} }
    while try read(into: scratch.bytes) > 0 {}
  }

  /// Memory of that size.
  static func allocate(_ count: Int, path: String) throws(FileError) -> MutableByteStorage {
    guard let memory = MutableByteStorage(byteCount: count) else {
      throw FileError(path, .notEnoughMemory(bytes: count))
    }
    return memory
  }
}
