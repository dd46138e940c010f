import LossTensor
import Testing

@testable import LossIO

@Suite("NPY dtypes")
struct NPYDescrTests {
  private func file(_ descr: String, shape: String = "(3,)", data: [UInt8]) -> [UInt8] {
    let text = "{'descr': \(descr), 'fortran_order': False, 'shape': \(shape), }\n"
    return NPYBytes.file(header: Array(text.utf8), data: data)
  }

  @Test(
    "a dtype is read with any byte order that makes sense",
    arguments: [
      ("f4", .float32, false), ("=f4", .float32, false), ("|f4", .float32, false),
      ("<f4", .float32, false), (">f4", .float32, true), ("|?", .bool, false),
      ("?", .bool, false), ("<b1", .bool, false), (">b1", .bool, true), ("<u1", .uint8, false),
      ("i1", .int8, false), (">i2", .int16, true), ("<u2", .uint16, false),
      ("<i4", .int32, false), (">u4", .uint32, true), ("=i8", .int64, false),
      (">u8", .uint64, true), ("<f2", .float16, false), (">f8", .float64, true),
    ] as [(String, ElementType, Bool)])
  func numeric(text: String, type: ElementType, isBigEndian: Bool) {
    let descr = NPYDescr(text)
    #expect(descr.elementType == type)
    #expect(descr.isBigEndian == isBigEndian)
    #expect(descr.text == "'\(text)'")
  }

  @Test(
    "a dtype that is no real number is refused with its kind",
    arguments: [
      ("|O", "Python objects"), ("<U2", "strings"), ("|S3", "strings"), ("|a5", "strings"),
      ("<M8[ns]", "dates or time spans"), ("<m8", "dates or time spans"),
      ("<c8", "complex numbers"), (">c16", "complex numbers"), ("|V7", "raw bytes"),
      ("|V", "raw bytes"), ("|V0", "raw bytes"), ("<f16", "extended precision"),
      ("<f1", "not a NumPy numeric type"), ("<f3", "not a NumPy numeric type"),
      ("i", "not a NumPy numeric type"), ("", "not a NumPy numeric type"),
      ("<", "not a NumPy numeric type"), ("<<f4", "not a NumPy numeric type"),
      ("3f4", "not a NumPy numeric type"), ("f4,i4", "not a NumPy numeric type"),
      ("<f-4", "not a NumPy numeric type"), ("<f+4", "not a NumPy numeric type"),
      ("<f 4", "not a NumPy numeric type"), ("<f99999999999999999999", "not a NumPy numeric type"),
      ("f٤", "not a NumPy numeric type"), ("<b8", "not a NumPy numeric type"),
    ])
  func refused(descr: String, kind: String) {
    let problem = FileError.Problem.unsupportedType(descr: "'\(descr)'", kind: kind)
    #expect(throws: FileError("x.npy", problem)) {
      try NPYBytes.read(file("'\(descr)'", data: [1, 2, 3]))
    }
  }

  @Test(
    "a structured dtype is refused with the names of its fields",
    arguments: [
      ("[('a', '<f4'), ('b', '<i8')]", "structured, with fields a, b"),
      ("[('a', '<f4', (2, 3)), ('b', [('c', '<i4')])]", "structured, with fields a, b"),
      ("[]", "structured, with fields "), ("('<f4', (2,))", "a subarray"),
    ])
  func structured(descr: String, kind: String) {
    let spelling = String(descr.prefix(40))
    let problem = FileError.Problem.unsupportedType(descr: spelling, kind: kind)
    #expect(throws: FileError("x.npy", at: .byte(20), problem)) {
      try NPYBytes.read(file(descr, data: []))
    }
  }

  @Test("two raw bytes need to be said what they are", arguments: ["<V2", "|V2"])
  func rawBytes(descr: String) throws {
    let bytes = file("'\(descr)'", data: [0x80, 0x3F, 0x20, 0xC0, 0x40, 0x40])
    #expect(throws: FileError("x.npy", .typeNeedsOverride(descr: "'\(descr)'"))) {
      try NPYBytes.read(bytes)
    }
    let brain = try NPYBytes.read(bytes, options: ReadOptions(elementType: .bfloat16))
    #expect(brain.elementType == .bfloat16)
    #expect(brain.values(as: Double.self) == [1, -2.5, 3])
    let half = try NPYBytes.read(bytes, options: ReadOptions(elementType: .float16))
    #expect(half.values(as: Double.self) == [1.875, -2.0625, 2.125])
  }

  @Test("16-bit integers are read as 16-bit floating point, in their byte order")
  func integersAsBrainFloat() throws {
    let options = ReadOptions(elementType: .bfloat16)
    let big = file("'>i2'", data: [0x3F, 0x80, 0xC0, 0x20, 0x40, 0x40])
    #expect(try NPYBytes.read(big, options: options).values(as: Double.self) == [1, -2.5, 3])
    let little = file("'<u2'", data: [0x80, 0x3F, 0x20, 0xC0, 0x40, 0x40])
    #expect(try NPYBytes.read(little, options: options).values(as: Double.self) == [1, -2.5, 3])
  }

  @Test("raw bytes of other sizes are read as the floating point of their size")
  func widerRawBytes() throws {
    let four = file("'|V4'", shape: "(1,)", data: [0, 0, 0x80, 0xBF])
    let float = try NPYBytes.read(four, options: ReadOptions(elementType: .float32))
    #expect(float.values(as: Double.self) == [-1])
    let eight = file("'|V8'", shape: "(1,)", data: [0, 0, 0, 0, 0, 0, 0xF8, 0x3F])
    let double = try NPYBytes.read(eight, options: ReadOptions(elementType: .float64))
    #expect(double.values(as: Double.self) == [1.5])
  }

  @Test("naming the type the file has changes nothing")
  func sameType() throws {
    let bytes = file("'<i2'", data: [1, 0, 2, 0, 0xFF, 0xFF])
    let tensor = try NPYBytes.read(bytes, options: ReadOptions(elementType: .int16))
    #expect(tensor.values(as: Double.self) == [1, 2, -1])
  }

  @Test(
    "a type the bytes cannot be is refused",
    arguments: [
      ("<f4", .bfloat16, "float32"), ("<f4", .float64, "float32"), ("<f2", .bfloat16, "float16"),
      ("<u2", .int16, "uint16"), ("<u2", .float32, "uint16"), ("|V2", .uint16, "'|V2'"),
      ("|V2", .float32, "'|V2'"), ("|V1", .bool, "'|V1'"), ("<i4", .float32, "int32"),
      ("|O", .float64, "'|O'"),
    ] as [(String, ElementType, String)])
  func refusedOverride(descr: String, requested: ElementType, stored: String) {
    let problem = FileError.Problem.overrideImpossible(
      stored: stored, requested: requested.rawValue)
    #expect(throws: FileError("x.npy", problem)) {
      try NPYBytes.read(
        file("'\(descr)'", data: [1, 2, 3]), options: ReadOptions(elementType: requested))
    }
  }
}
