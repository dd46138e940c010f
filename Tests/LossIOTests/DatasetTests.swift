import Foundation
import LossTensor
import Testing

@testable import LossIO

@Suite("Inputs of many files")
struct DatasetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.file(name) }

  private func write(bytes: [UInt8], to name: String) throws { try folder.make(name, bytes) }

  /// A file of float32 rows of two numbers that begin with `start`.
  @discardableResult
  private func write(_ name: String, _ start: Int, rows: Int) throws -> String {
    try write(
      bytes:
        NPYBytes.file(
          header: NPYBytes.pad("{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), 2), }"),
          data: (0..<2 * rows).flatMap { offset in
            withUnsafeBytes(of: Float(start + offset).bitPattern.littleEndian) { Array($0) }
          }), to: name)
    return path(name)
  }

  private func read(_ arguments: String...) throws(FileError) -> Dataset {
    try Dataset(reading: arguments, options: ReadOptions())
  }

  private func names(_ arguments: String...) throws(FileError) -> [String] {
    let prefix = path("")
    return try Dataset.names(of: arguments).map { $0.replacing(prefix, with: "") }
  }

  @Test("are joined in the order of the arguments")
  func joined() throws {
    let (a, b) = (try write("a.npy", 0, rows: 2), try write("b.npy", 50, rows: 3))
    let data = try read(b, a, b)
    #expect(data.tensor.shape == Shape([8, 2]))
    let expected: [Double] = [50, 51, 52, 53, 54, 55, 0, 1, 2, 3, 50, 51, 52, 53, 54, 55]
    #expect(data.tensor.values(as: Double.self) == expected)
    #expect(data.name == "\(b) \(a) \(b)")
    #expect(!data.isSingle)
    #expect(data.files.map(\.name) == [b, a, b])
    #expect(data.location(ofRow: 4)?.file.name == a)
    #expect(data.location(ofRow: 4)?.row == 1)
    #expect(data.location(ofRow: 5)?.row == 0)
    #expect(data.location(ofRow: 8) == nil)
  }

  @Test("one file is that file")
  func single() throws {
    let data = try read(try write("a.npy", 0, rows: 2))
    #expect(data.isSingle)
    #expect(data.tensor.parts == nil)
  }

  @Test("patterns match in natural order, and their selections stay")
  func patterns() throws {
    for number in [10, 9, 1, 2] { try write("part-\(number).npy", number, rows: 1) }
    try write("part-02.npy", 7, rows: 1)
    try write("other.npy", 0, rows: 1)
    #expect(
      try names(path("part-*.npy"))
        == ["part-1.npy", "part-02.npy", "part-2.npy", "part-9.npy", "part-10.npy"])
    #expect(try names(path("part-[29].npy")) == ["part-2.npy", "part-9.npy"])
    #expect(try names(path("*-1?.npy")) == ["part-10.npy"])
    #expect(
      try names(path("part-?.npy:key"))
        == ["part-1.npy:key", "part-2.npy:key", "part-9.npy:key"])
    #expect(try read(path("part-[19].npy")).tensor.values(as: Double.self) == [1, 2, 9, 10])
  }

  @Test("a pattern of one match is not named as one file")
  func onlyMatch() throws {
    try write("a1.npy", 0, rows: 1)
    #expect(try !read(path("a?.npy")).isSingle)
  }

  @Test("files whose names look like patterns or lists are themselves")
  func literalNames() throws {
    try write("a[1].npy", 5, rows: 1)
    try write("a1.npy", 6, rows: 1)
    #expect(try names(path("a[1].npy")) == ["a[1].npy"])
    #expect(try names(path("a*.npy")) == ["a1.npy", "a[1].npy"])
  }

  @Test("lists name a file a line, with comments, patterns and line ends of all kinds")
  func lists() throws {
    for name in ["b.npy", "a 1.npy", "c1.npy", "c2.npy"] { try write(name, 0, rows: 1) }
    try write(
      bytes:
        Array(
          "\n # first\n\(path("b.npy"))\r\n\(path("c*.npy"))\n\t\n\(path("a 1.npy"))".utf8),
      to: "list.txt")
    let list = "@" + path("list.txt")
    #expect(try names(list) == ["b.npy", "c1.npy", "c2.npy", "a 1.npy"])
    let data = try read(list)
    #expect(data.tensor.shape == Shape([4, 2]))
    #expect(data.name == list)
  }

  @Test("what cannot be found is an error")
  func missing() throws {
    let pattern = path("none-*.npy")
    #expect(throws: FileError(pattern, .noMatch)) { try names(pattern) }
    #expect(throws: FileError(path("none.npy"), .cannotOpen(errno: ENOENT))) {
      try read(path("none.npy"))
    }
    #expect(throws: FileError(path("none.txt"), .cannotOpen(errno: ENOENT))) {
      try names("@" + path("none.txt"))
    }
  }

  @Test("lists that are none are errors")
  func badLists() throws {
    try write(bytes: Array("a.npy\n".utf8) + [0xFF, 0x0A], to: "bytes.txt")
    #expect(throws: FileError(path("bytes.txt"), at: .line(2, column: 1), .listNotText)) {
      try names("@" + path("bytes.txt"))
    }
    try write(bytes: Array("# nothing\n\n".utf8), to: "empty.txt")
    #expect(throws: FileError(path("empty.txt"), .listEmpty)) {
      try names("@" + path("empty.txt"))
    }
  }

  @Test("files that do not go together are errors that name both")
  func different() throws {
    let a = try write("a.npy", 0, rows: 2)
    try write(bytes: NPYBytes.small, to: "wide.npy")
    let expected = "float32 (…, 2)"
    #expect(
      throws: FileError(
        path("wide.npy"), .cannotJoin(first: a, expected: expected, found: "float32 (2, 3)"))
    ) { try read(a, path("wide.npy")) }
    try write(
      bytes:
        NPYBytes.file(
          header: NPYBytes.pad("{'descr': '|u1', 'fortran_order': False, 'shape': (12, 2), }")),
      to: "bytes.npy")
    #expect(
      throws: FileError(
        path("bytes.npy"), .cannotJoin(first: a, expected: expected, found: "uint8 (12, 2)"))
    ) { try read(a, path("bytes.npy")) }
    try write(
      bytes:
        NPYBytes.file(
          header: NPYBytes.pad("{'descr': '<f4', 'fortran_order': False, 'shape': (), }"),
          data: [0, 0, 0, 0]), to: "scalar.npy")
    #expect(throws: FileError(path("scalar.npy"), .scalarToJoin)) {
      try read(path("scalar.npy"), path("scalar.npy"))
    }
  }

  @Test("tables whose columns differ in order are an error")
  func columns() throws {
    try write(bytes: Array("x,y\n1,2\n".utf8), to: "a.csv")
    try write(bytes: Array("y,x\n3,4\n5,6\n".utf8), to: "b.csv")
    let (a, b) = (path("a.csv"), path("b.csv"))
    #expect(
      throws: FileError(b, .cannotJoin(first: a, expected: "the columns x,y", found: "y,x"))
    ) { try read(a, b) }
    #expect(try read(a + ":y", b + ":y").tensor.values(as: Double.self) == [2, 3, 5])
  }
}
