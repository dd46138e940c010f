import Foundation
import LossTensor
import Testing

@testable import LossIO

@Suite("ByteSource and FileFormats")
struct SourceTests {
  private func problem(_ path: String) -> FileError.Problem? {
    do { _ = try TensorFile(reading: path) } catch { return error.problem }
    return nil
  }

  @Test("says what is wrong with files that cannot be read")
  func unreadable() throws {
    let folder = try Folder()
    #expect(problem(folder.file("none.npy")) == .cannotOpen(errno: ENOENT))
    #expect(problem(folder.path) == .isDirectory)
    #expect(problem(try folder.create("empty.csv", "")) == .empty)
    #expect(problem("/dev/null") == .empty)
  }

  @Test("reads a pipe whose writer is slow")
  func slowPipe() throws {
    let folder = try Folder()
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let content = Array("score\n0.5\n0.25\n".utf8)
    Thread.detachNewThread {
      let descriptor = open(path, O_WRONLY)
      for byte in content {
        _ = withUnsafeBytes(of: byte) { write(descriptor, $0.baseAddress, 1) }
        usleep(500)
      }
      close(descriptor)
    }
    #expect(try TensorFile(reading: path).tensor.values() == [0.5, 0.25] as [Float])
  }

  @Test("goes by content, not by suffix")
  func contentDecides() throws {
    let folder = try Folder()
    let array = fixtures.appendingPathComponent("npy/f4-le-c-5.npy")
    try Data(contentsOf: array).write(to: URL(fileURLWithPath: folder.file("array.csv")))
    #expect(try TensorFile(reading: folder.file("array.csv")).tensor.elementType == .float32)
    #expect(try TensorFile(reading: try folder.create("table", "1,2\n")).hasHeader == false)
    #expect(problem(try folder.create("table.npy", "1,2\n")) == .wrongMagic(found: "\"1,2\\n\""))
  }

  @Test(
    "names the containers it cannot open",
    arguments: [
      ([0x50, 0x4B, 0x03, 0x04, 0], "a zip archive"), ([0x1F, 0x8B, 8, 0], "gzip data"),
      ([0x28, 0xB5, 0x2F, 0xFD, 0], "zstd data"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz data"),
    ] as [([UInt8], String)])
  func containers(content: [UInt8], name: String) {
    #expect(throws: FileError("x", .unsupportedContainer(name: name))) {
      try FileFormats.format(of: source(content, path: "x"))
    }
  }

  @Test("describes content it does not know")
  func unknownContent() {
    let problem = FileError.Problem.unrecognizedFormat(found: "the bytes 00 01 fe 80")
    #expect(throws: FileError("x", problem)) {
      try FileFormats.format(of: source([0, 1, 0xFE, 0x80], path: "x"))
    }
  }

  @Test("splits a selection from a path at the colon that leaves a file")
  func selections() throws {
    let folder = try Folder()
    let plain = try folder.create("t.csv")
    let colon = try folder.create("a:b")
    func parts(_ text: String) -> [String?] {
      let selection = FileSelection(text)
      return [selection.path, selection.selector]
    }
    #expect(parts(plain) == [plain, nil])
    #expect(parts(plain + ":x") == [plain, "x"])
    #expect(parts(plain + ":x:y,z") == [plain, "x:y,z"])
    #expect(parts(colon) == [colon, nil])
    #expect(parts(colon + ":c") == [colon, "c"])
    #expect(parts("-") == ["-", nil])
    #expect(parts("-:score") == ["-", "score"])
    #expect(parts("none.csv:score") == ["none.csv", "score"])
    #expect(parts("c:/none/x") == ["c:/none/x", nil])
  }

  @Test("finds the name that was meant")
  func nearest() {
    let names = ["score", "label", "reduction"]
    #expect(nearestName(to: "scroe", in: names) == "score")
    #expect(nearestName(to: "LABEL", in: names) == "label")
    #expect(nearestName(to: "reducton", in: names) == "reduction")
    #expect(nearestName(to: "weight", in: names) == nil)
    #expect(nearestName(to: "x", in: []) == nil)
    #expect(quotedForMessage("a\"b\n") == "\"a\\\"b\\n\"")
    #expect(quotedForMessage(String(repeating: "x", count: 50)).count == 43)
  }
}
