import Foundation
import LossTensor
import Testing

@testable import LossIO

@Suite("NPYWriter")
struct NPYWriterTests {
  static let cases = NPYCase.all(in: "npy/written/written.json")

  private func tensor(_ entry: NPYCase) throws -> Tensor {
    let type = try #require(ElementType(rawValue: entry.dtype))
    let shape = try #require(Shape(entry.shape))
    let sink = try #require(MemorySink(elementType: type, shape: shape))
    try entry.values.map(\.value).withUnsafeBufferPointer { try sink.write($0, at: 0) }
    return try #require(sink.tensor)
  }

  @Test("writes the bytes numpy.save writes", arguments: cases)
  func equalBytes(entry: NPYCase) throws {
    let folder = try Folder()
    let tensor = try tensor(entry)
    let whole = try OutputFile(path: folder.file("whole.npy"))
    try TensorOutput.npy.write(tensor, to: whole)
    try whole.commit()
    let pieces = try OutputFile(path: folder.file("pieces.npy"))
    let sink = try NPYSink(pieces, elementType: tensor.elementType, shape: tensor.shape)
    let values = tensor.values(as: Double.self)
    for index in values.indices.reversed() {
      try values[index...index].withUnsafeBufferPointer { try sink.write($0, at: index) }
    }
    try pieces.commit()
    let expected = try Data(
      contentsOf: fixtures.appendingPathComponent("npy/written/" + entry.file))
    for name in ["whole.npy", "pieces.npy"] {
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file(name))) == expected)
    }
  }

  @Test("has all of NumPy's files")
  func allCases() { #expect(Self.cases.count == 11) }
}

@Suite("OutputFile")
struct OutputFileTests {
  private func write(_ text: String, to file: OutputFile) throws {
    try Array(text.utf8).withUnsafeBytes { try file.append($0) }
  }

  @Test("replaces a file only when it is committed, and leaves nothing behind")
  func atomicity() throws {
    let folder = try Folder()
    let path = try folder.create("out.json")
    do {
      let abandoned = try OutputFile(path: path)
      try write("new", to: abandoned)
      #expect(folder.text("out.json") == "old")
    }
    #expect(folder.files == ["out.json"])
    let file = try OutputFile(path: path)
    try write("one,", to: file)
    try write("two", to: file)
    try file.commit()
    #expect(folder.text("out.json") == "one,two")
    #expect(folder.files == ["out.json"])
  }

  @Test("keeps permissions and symbolic links")
  func existingFiles() throws {
    let folder = try Folder()
    let target = try folder.create("target")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: target)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: "target")
    let file = try OutputFile(path: folder.file("link"))
    try write("new", to: file)
    try file.commit()
    #expect(folder.text("target") == "new")
    let attributes = try FileManager.default.attributesOfItem(atPath: target)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link")) == "target")
  }

  @Test("says where it cannot write")
  func refusals() throws {
    let folder = try Folder()
    #expect(throws: FileError(folder.path, .isDirectory)) { try OutputFile(path: folder.path) }
    let nowhere = folder.file("none/out.json")
    #expect(throws: FileError(nowhere, .noOutputDirectory(folder.file("none")))) {
      try OutputFile(path: nowhere)
    }
    let full = try OutputFile(path: "/dev/full")
    #expect(throws: FileError("/dev/full", .cannotWrite(errno: ENOSPC))) {
      try write("x", to: full)
    }
    let sink = try OutputFile(path: "/dev/null")
    try write("x", to: sink)
    try sink.commit()
    #expect(!sink.isRandomAccess)
  }
}

@Suite("JSON and text")
struct TextOutputTests {
  private func text(_ body: (OutputFile) throws -> Void) throws -> String {
    let folder = try Folder()
    let file = try OutputFile(path: folder.file("x"))
    try body(file)
    try file.commit()
    return try #require(folder.text("x"))
  }

  private func tensor(_ values: [Float], _ dimensions: Int...) throws -> Tensor {
    Tensor(values, shape: try #require(Shape(dimensions)))
  }

  @Test("keeps the order of keys and escapes what JSON asks for")
  func strict() throws {
    let document = JSON.object([
      ("z", .string("a\"b\\c\n\t\u{1}é")), ("a", .array([.integer(-3), .null, .bool(true)])),
      ("n", .array([.number(9), .number(0.5), .number(1e20), .number(-0.0), .number(.nan)])),
      ("r", .array([.real(2), .real(1e-5), .real(-.infinity), .real(.infinity)])),
      ("e", .object([])),
    ])
    let expected =
      #"{"z":"a\"b\\c\n\t\u0001é","a":[-3,null,true],"n":[9,0.5,1e+20,-0.0,"NaN"],"#
      + #""r":[2.0,1e-05,"-Infinity","Infinity"],"e":{}}"# + "\n"
    #expect(try text { try document.write(to: $0) } == expected)
    #expect(document.text == expected)
  }

  @Test("nests tensors as their shape says")
  func tensors() throws {
    let cube = try tensor([0.1, -2, 3e-7, .nan, 5, 6], 1, 3, 2)
    #expect(JSON.tensor(cube).text == "[[[0.1,-2.0],[3e-07,\"NaN\"],[5.0,6.0]]]\n")
    #expect(JSON.tensor(try tensor([], 2, 0)).text == "[[],[]]\n")
    #expect(JSON.tensor(Tensor([0.1 as Double], shape: .scalar)).text == "0.1\n")
  }

  @Test("is indented for people")
  func indented() throws {
    let document = JSON.object([
      ("a", .integer(1)), ("b", .array([.string("x")])), ("t", .tensor(try tensor([1, 2], 1, 2))),
    ])
    let expected = """
      {
        "a": 1,
        "b": [
          "x"
        ],
        "t": [
          [1.0, 2.0]
        ]
      }

      """
    #expect(try text { try document.write(to: $0, isIndented: true) } == expected)
  }

  @Test("prints a row a line, each number in its shortest spelling")
  func delimited() throws {
    let cube = try tensor([0.1, -2, 16_777_216, .nan, -.infinity, 6], 3, 1, 2)
    #expect(
      try text { try TensorOutput.csv.write(cube, to: $0) }
        == "0.1,-2.0\n16777216.0,nan\n-inf,6.0\n")
    #expect(
      try text { try TensorOutput.text.write(try tensor([1, 2], 2), to: $0) } == "1.0\n2.0\n")
    let double = Tensor([0.1 + 0.2], shape: .scalar)
    #expect(try text { try TensorOutput.text.write(double, to: $0) } == "0.30000000000000004\n")
  }

  @Test("takes the format from the suffix")
  func suffixes() throws {
    #expect(try TensorOutput(suffixOf: "a/b.NPY") == .npy)
    #expect(try TensorOutput(suffixOf: "x.y.csv") == .csv)
    #expect(TensorOutput.announced(by: "a.b/c") == nil)
    let known = [".json", ".npy", ".csv", ".txt", ".text"]
    #expect(throws: FileError("x.foo", .unknownSuffix(suffix: "foo", known: known))) {
      try TensorOutput(suffixOf: "x.foo")
    }
  }
}
