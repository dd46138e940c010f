import Foundation
import LossTensor
import Testing

@testable import LossIO

/// A stream of bytes in pieces of a given size.
private final class Pieces: ByteStream {
  private let content: [UInt8]
  private let size: Int
  private var position = 0

  init(_ content: [UInt8], size: Int) {
    self.content = content
    self.size = size
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let piece = content[position...].prefix(min(size, buffer.count))
    buffer.copyBytes(from: piece)
    position += piece.count
    return piece.count
  }
}

@Suite("Streams and their limits")
struct ByteStreamTests {
  private static let content = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 >> 9) }

  private func stream(_ count: Int, piece: Int = 70_000, limit: Int) -> CappedStream {
    CappedStream(Pieces(Array(Self.content.prefix(count)), size: piece), limit: limit, path: "p")
  }

  /// All of a stream's bytes.
  private func everything(_ stream: CappedStream, expecting count: Int = 0) throws -> [UInt8] {
    let storage = try stream.readToEnd(expecting: count)
    return withExtendedLifetime(storage) { Array(storage.bytes) }
  }

  @Test(
    "a stream gives all of its bytes, however they arrive", arguments: [1, 1000, 1 << 20, 5 << 20])
  func readToEnd(piece: Int) throws {
    let count = piece == 1 ? 5000 : Self.content.count
    let expected = Array(Self.content.prefix(count))
    #expect(try everything(stream(count, piece: piece, limit: .max)) == expected)
    #expect(try everything(stream(count, piece: piece, limit: .max), expecting: count) == expected)
  }

  @Test("as many bytes as the limit are read, and not one more", arguments: [1, 4096, 3_000_000])
  func limit(limit: Int) throws {
    #expect(try stream(limit, limit: limit).readToEnd().bytes.count == limit)
    #expect(throws: FileError("p", .tooManyBytes(limit: limit))) {
      try stream(limit + 1, limit: limit).readToEnd()
    }
    #expect(throws: FileError("p", .tooManyBytes(limit: limit))) {
      try stream(limit + 1, limit: limit).skipToEnd()
    }
  }

  @Test("what was looked at is still to be read", arguments: [1, 7, 512, 600])
  func peek(piece: Int) throws {
    let stream = stream(600, piece: piece, limit: 600)
    #expect(try stream.peek(512) == Self.content.prefix(512))
    #expect(try everything(stream) == Array(Self.content.prefix(600)))
    let short = self.stream(100, piece: piece, limit: 600)
    #expect(try short.peek(512) == Self.content.prefix(100))
    #expect(try everything(short) == Array(Self.content.prefix(100)))
    #expect(throws: FileError("p", .tooManyBytes(limit: 99))) {
      try self.stream(100, piece: piece, limit: 99).peek(512)
    }
  }

  @Test("a device without an end ends at the limit")
  func endlessDevice() {
    #expect(throws: FileError("/dev/zero", .tooManyBytes(limit: 3_000_000))) {
      try ByteSource(opening: "/dev/zero", limit: 3_000_000)
    }
  }

  @Test("a mapped file has no limit")
  func mappedFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.make("a.bin", [3, 1, 4, 1, 5])
    #expect(try ByteSource(opening: path, limit: 2).content == [3, 1, 4, 1, 5])
  }

  @Test("the standard limit is half of the memory at most")
  func standardLimit() {
    let memory = Int(ProcessInfo.processInfo.physicalMemory)
    #expect(ByteLimit.standard > 1 << 20)
    #expect(ByteLimit.standard <= memory / 2)
  }

  @Test("a container's limit is the number in its file")
  func numbers() throws {
    let folder = try TemporaryFolder()
    let cases: [(text: String, number: Int?)] = [
      ("1073741824\n", 1_073_741_824), ("max\n", nil), ("", nil), ("7", 7),
      ("9223372036854771712\n", 9_223_372_036_854_771_712), ("99999999999999999999\n", nil),
    ]
    for (text, number) in cases {
      #expect(ByteLimit.number(in: try folder.make("limit", Array(text.utf8))) == number)
    }
    #expect(ByteLimit.number(in: folder.file("none")) == nil)
  }
}
