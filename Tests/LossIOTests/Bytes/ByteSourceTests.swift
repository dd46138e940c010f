import Foundation
import LossTensor
import Testing

@testable import LossIO

@Suite("Opening files", .serialized)
struct ByteSourceTests {
  @Test("a regular file gives its bytes")
  func regularFile() throws {
    let folder = try TemporaryFolder()
    let content: [UInt8] = [7, 0, 255, 10, 13, 26, 4]
    let path = try folder.make("a.bin", content)
    let source = try ByteSource(opening: path)
    #expect(source.content == content)
    #expect(source.path == path)
  }

  @Test("the bytes stay after the file is gone and the source with it")
  func bytesOutliveTheFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.make("a.bin", [3, 1, 4, 1, 5])
    let storage = try ByteSource(opening: path).storage
    try FileManager.default.removeItem(atPath: path)
    #expect(ByteSource(path: path, storage: storage).content == [3, 1, 4, 1, 5])
  }

  @Test("a file larger than a page is mapped whole")
  func largeFile() throws {
    let folder = try TemporaryFolder()
    let content = (0..<100_003).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    #expect(try ByteSource(opening: folder.make("a", content)).content == content)
  }

  @Test("a missing file cannot be opened")
  func missingFile() throws {
    let path = try TemporaryFolder().file("none.npy")
    #expect(throws: FileError(path, .cannotOpen(errno: ENOENT))) { try ByteSource(opening: path) }
    #expect(throws: FileError("", .cannotOpen(errno: ENOENT))) { try ByteSource(opening: "") }
  }

  @Test("a file below a file cannot be opened")
  func notADirectory() throws {
    let folder = try TemporaryFolder()
    let path = try folder.make("a.npy") + "/b.npy"
    #expect(throws: FileError(path, .cannotOpen(errno: ENOTDIR))) { try ByteSource(opening: path) }
  }

  @Test("a file without permission cannot be opened", .enabled(if: geteuid() != 0))
  func noPermission() throws {
    let folder = try TemporaryFolder()
    let path = try folder.make("a.npy")
    chmod(path, 0)
    #expect(throws: FileError(path, .cannotOpen(errno: EACCES))) { try ByteSource(opening: path) }
  }

  @Test("a directory is refused")
  func directory() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError(folder.path, .isDirectory)) { try ByteSource(opening: folder.path) }
  }

  @Test("an empty file is refused")
  func emptyFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.make("a.npy", [])
    #expect(throws: FileError(path, .empty)) { try ByteSource(opening: path) }
  }

  @Test("the null device is empty")
  func nullDevice() {
    #expect(throws: FileError("/dev/null", .empty)) { try ByteSource(opening: "/dev/null") }
  }

  #if os(Linux)
  @Test("a file that says it is empty and is not is read to its end")
  func filesOfTheKernel() throws {
    let source = try ByteSource(opening: "/proc/self/status")
    #expect(source.content.starts(with: Array("Name:".utf8)))
  }
  #endif

  /// Writes `content` into a new FIFO from a thread of its own, in pieces with pauses between them.
  private func fifo(
    _ folder: TemporaryFolder, _ content: [UInt8], piece: Int, pause: UInt32
  ) throws -> String {
    let path = folder.file("pipe-\(piece).npy")
    try #require(mkfifo(path, 0o600) == 0)
    Thread.detachNewThread {
      let descriptor = open(path, O_WRONLY)
      defer { close(descriptor) }
      for start in stride(from: 0, to: content.count, by: piece) {
        let part = Array(content[start..<min(start + piece, content.count)])
        guard write(descriptor, part, part.count) == part.count else { return }
        if pause > 0 { usleep(pause) }
      }
    }
    return path
  }

  @Test("a pipe with a slow writer is read to its end", arguments: [1, 7, 41])
  func slowPipe(piece: Int) throws {
    let folder = try TemporaryFolder()
    let path = try fifo(folder, NPYBytes.small, piece: piece, pause: 1000)
    let file = try TensorFile(reading: path)
    #expect(file.tensor.values(as: Float.self) == [1.5, -2, 3.25, 4, 5.5, -6.125])
    #expect(file.name == path)
  }

  @Test(
    "all that a pipe brings is there, in memory or in a file",
    arguments: [2_500_001, (8 << 20) - 1, 8 << 20, (8 << 20) + 1, 20_000_003])
  func largePipe(count: Int) throws {
    let folder = try TemporaryFolder()
    let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 12) }
    let path = try fifo(folder, content, piece: 60_000, pause: 0)
    let source = try ByteSource(opening: path)
    #expect(source.content == content)
  }

  @Test("a pipe that is closed without a byte is empty")
  func emptyPipe() throws {
    let folder = try TemporaryFolder()
    let path = try fifo(folder, [], piece: 1, pause: 0)
    #expect(throws: FileError(path, .empty)) { try ByteSource(opening: path) }
  }

  @Test("standard input is read from where it stands, also in the middle of a file")
  func standardInput() throws {
    let folder = try TemporaryFolder()
    let file = open(try folder.make("a", Array("skipped,rest".utf8)), O_RDONLY)
    let saved = dup(STDIN_FILENO)
    lseek(file, 8, SEEK_SET)
    dup2(file, STDIN_FILENO)
    defer {
      dup2(saved, STDIN_FILENO)
      close(saved)
      close(file)
    }
    let source = try ByteSource(opening: "-")
    #expect(source.path == "-")
    #expect(source.content == Array("rest".utf8))
  }

  @Test("a mapped file that was cut short is no longer whole, a grown or renamed one is")
  func cutShort() throws {
    let folder = try TemporaryFolder()
    let path = try folder.make("a", [3, 1, 4, 1, 5])
    let mapping = try #require(try ByteSource(opening: path).mapping)
    try mapping.requireWhole()
    try #require(truncate(path, 9) == 0)
    try mapping.requireWhole()
    try #require(truncate(path, 4) == 0)
    #expect(throws: FileError(path, .cutShort(expected: 5, found: 4))) {
      try mapping.requireWhole()
    }
    let other = try folder.make("b", [2, 7])
    let replaced = try #require(try ByteSource(opening: other).mapping)
    try #require(rename(try folder.make("c", [1]), other) == 0)
    try replaced.requireWhole()
  }

  @Test("what is read from a pipe has no file that could change")
  func pipesHaveNoMapping() throws {
    let folder = try TemporaryFolder()
    let path = try fifo(folder, [1, 2], piece: 1, pause: 0)
    #expect(try ByteSource(opening: path).mapping?.size == nil)
  }
}
