import Foundation
import Testing

@testable import LossIO

@Suite("Writing files")
struct OutputFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func mode(_ name: String) throws -> mode_t {
    var status = stat()
    try #require(stat(folder.file(name), &status) == 0)
    return status.st_mode & 0o7777
  }

  @Test("a new file appears when it is committed and not before")
  func newFile() throws {
    let file = try OutputFile(path: folder.file("a.npy"))
    try file.append([3, 1, 4])
    try file.append([1, 5])
    #expect(folder.names == [])
    #expect(file.isRandomAccess)
    try file.commit()
    #expect(folder.names == ["a.npy"])
    #expect(try folder.content("a.npy") == [3, 1, 4, 1, 5])
  }

  @Test("an old file stands until the new one is committed, and is then replaced whole")
  func replacement() throws {
    try folder.make("a.npy", [9, 8, 7, 6, 5])
    let file = try OutputFile(path: folder.file("a.npy"))
    try file.append([1, 2])
    #expect(try folder.content("a.npy") == [9, 8, 7, 6, 5])
    try file.commit()
    #expect(try folder.content("a.npy") == [1, 2])
    #expect(folder.names == ["a.npy"])
  }

  @Test("what is not committed leaves nothing behind")
  func notCommitted() throws {
    try folder.make("old.npy", [9, 8])
    for name in ["old.npy", "new.npy"] {
      let file = try OutputFile(path: folder.file(name))
      try file.append([1, 2, 3])
    }
    #expect(folder.names == ["old.npy"])
    #expect(try folder.content("old.npy") == [9, 8])
  }

  @Test("bytes are written in any order, and appended after what was appended")
  func anyOrder() throws {
    let content = try folder.written { file in
      try file.append([0, 1])
      try file.write([6, 7, 8], at: 6)
      try file.write([4, 5], at: 4)
      try file.append([2, 3])
      try file.write([], at: 100)
    }
    #expect(content == [0, 1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test("a file without a byte is written")
  func emptyFile() throws {
    #expect(try folder.written { _ in } == [])
  }

  @Test("two files are written side by side")
  func twoFiles() throws {
    let first = try OutputFile(path: folder.file("a"))
    let second = try OutputFile(path: folder.file("b"))
    try second.append([2, 2])
    try first.append([1])
    try second.commit()
    #expect(folder.names == ["b"])
    try first.commit()
    #expect(folder.names == ["a", "b"])
    #expect(try folder.content("a") == [1])
    #expect(try folder.content("b") == [2, 2])
  }

  @Test(
    "the permissions of the old file stay", arguments: [0o640, 0o600, 0o755, 0o666] as [mode_t])
  func permissions(mode: mode_t) throws {
    let path = try folder.make("a.npy", [1])
    chmod(path, mode)
    let file = try OutputFile(path: path)
    try file.append([2])
    try file.commit()
    #expect(try self.mode("a.npy") == mode)
    #expect(try folder.content("a.npy") == [2])
  }

  @Test("a new file has the permissions any new file has")
  func newPermissions() throws {
    let plain = open(folder.file("plain"), O_WRONLY | O_CREAT, 0o666)
    close(plain)
    let file = try OutputFile(path: folder.file("a.npy"))
    try file.commit()
    #expect(try mode("a.npy") == mode("plain"))
  }

  @Test("a symbolic link stays and its target is replaced")
  func symbolicLink() throws {
    let target = try folder.make("target.npy", [9])
    symlink("target.npy", folder.file("middle"))
    symlink(folder.file("middle"), folder.file("link.npy"))
    let file = try OutputFile(path: folder.file("link.npy"))
    try file.append([4, 2])
    try file.commit()
    let manager = FileManager.default
    let destination = try manager.destinationOfSymbolicLink(atPath: folder.file("link.npy"))
    #expect(destination == folder.file("middle"))
    #expect(folder.names == ["link.npy", "middle", "target.npy"])
    #expect(target == folder.file("target.npy"))
    #expect(try folder.content("target.npy") == [4, 2])
  }

  @Test("a symbolic link to a file that is not there yet stays too")
  func danglingLink() throws {
    symlink("target.npy", folder.file("link.npy"))
    let file = try OutputFile(path: folder.file("link.npy"))
    try file.append([4, 2])
    try file.commit()
    #expect(folder.names == ["link.npy", "target.npy"])
    #expect(try folder.content("target.npy") == [4, 2])
  }

  @Test("a directory is refused")
  func directory() {
    #expect(throws: FileError(folder.path, .isDirectory)) { try OutputFile(path: folder.path) }
  }

  @Test("a directory that is not there is named")
  func missingDirectory() {
    let path = folder.file("none/a.npy")
    #expect(throws: FileError(path, .noOutputDirectory(folder.file("none")))) {
      try OutputFile(path: path)
    }
  }

  @Test("a file is no directory")
  func fileForDirectory() throws {
    let path = try folder.make("a") + "/b.npy"
    #expect(throws: FileError(path, .cannotWrite(errno: ENOTDIR))) { try OutputFile(path: path) }
  }

  @Test("a file that may not be written is refused", .enabled(if: geteuid() != 0))
  func readOnly() throws {
    let path = try folder.make("a.npy")
    chmod(path, 0o400)
    #expect(throws: FileError(path, .cannotWrite(errno: EACCES))) { try OutputFile(path: path) }
  }

  @Test("a directory that goes away before the end is an error, and the error leaves nothing")
  func vanishedDirectory() throws {
    mkdir(folder.file("d"), 0o700)
    let path = folder.file("d/a.npy")
    let file = try OutputFile(path: path)
    rmdir(folder.file("d"))
    #expect(throws: FileError(path, .cannotWrite(errno: ENOENT))) { try file.commit() }
    #expect(folder.names == [])
  }

  @Test("the longest names the system takes are written", arguments: ["a", "é", "漢", "🙂"])
  func longNames(character: String) throws {
    let name = String(repeating: character, count: 255 / character.utf8.count)
    let file = try OutputFile(path: folder.file(name))
    try file.append([1])
    try file.commit()
    #expect(folder.names.count == 1)
    #expect(try folder.content(name) == [1])
  }

  @Test("committing again changes nothing and leaves nothing behind")
  func committedTwice() throws {
    let file = try OutputFile(path: folder.file("a.npy"))
    try file.append([1])
    try file.commit()
    try file.commit()
    #expect(folder.names == ["a.npy"])
  }

  #if os(Linux)
  @Test("a full device says that it is full")
  func fullDevice() throws {
    let file = try OutputFile(path: "/dev/full")
    #expect(!file.isRandomAccess)
    let error = FileError("/dev/full", .cannotWrite(errno: ENOSPC))
    #expect(throws: error) { try file.append([1, 2, 3]) }
    #expect(throws: error) { try file.write([1, 2, 3], at: 5) }
  }
  #endif

  @Test("the null device takes everything and stays a device")
  func nullDevice() throws {
    let file = try OutputFile(path: "/dev/null")
    try file.append([1, 2, 3])
    try file.write([4], at: 7)
    try file.commit()
    var status = stat()
    try #require(stat("/dev/null", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test("a pipe gets the bytes in the order they are appended")
  func pipe() throws {
    let path = folder.file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    // A pipe that somebody holds open for reading can be opened for writing without waiting.
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let file = try OutputFile(path: path)
    #expect(!file.isRandomAccess)
    try file.append([3, 1])
    try file.append([4])
    try file.commit()
    var received = [UInt8](repeating: 0, count: 8)
    #expect(read(reader, &received, 8) == 3)
    #expect(received[..<3] == [3, 1, 4])
    #expect(throws: FileError(path, .cannotWrite(errno: ESPIPE))) { try file.write([1], at: 0) }
  }

  @Test("standard output is written directly, and committing it does nothing")
  func standardOutput() throws {
    let file = try OutputFile(path: "-")
    #expect(file.path == "-")
    #expect(!file.isRandomAccess)
    try file.append([])
    try file.commit()
  }
}
