import Foundation
import LossIO
import LossTensor
import Testing

@Suite("NPYFormat")
struct NPYFormatTests {
  static let cases = NPYCase.all(in: "npy/cases.json")

  @Test("has all of NumPy's files")
  func allCases() { #expect(Self.cases.count == 92) }

  @Test(
    "reads what NumPy wrote: every type, byte order, memory order, shape and version",
    arguments: cases)
  func readsLikeNumPy(entry: NPYCase) throws {
    let path = fixtures.appendingPathComponent("npy/" + entry.file).path
    let options = ReadOptions(elementType: entry.override.flatMap(ElementType.init(rawValue:)))
    let tensor = try TensorFile(reading: path, options: options).tensor
    #expect(tensor.elementType.rawValue == entry.dtype)
    #expect(tensor.shape.dimensions == entry.shape)
    let found = tensor.values(as: Double.self)
    #expect(found.count == entry.values.count)
    for (found, expected) in zip(found, entry.values.map(\.value)) {
      #expect(found == expected || (found.isNaN && expected.isNaN))
      #expect(found.isNaN || found.sign == expected.sign)
    }
  }

  private static let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
  private static let data: [UInt8] = [0, 0, 128, 63, 0, 0, 0, 64]

  private func read(_ content: [UInt8], path: String = "x.npy") throws(FileError) -> Tensor {
    try NPYFormat.read(
      source(content, path: path), name: path, selector: nil, options: ReadOptions()
    )
    .tensor
  }

  @Test(
    "takes the freedoms other writers take",
    arguments: [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n",
      #"{"shape": (2,), "fortran_order": False, "descr": "<f4"}"#,
      "  {'fortran_order':False,'shape':(2L,),'descr':u'<f4'}     \n",
      "{'descr': '=f4', 'fortran_order': True, 'shape': (2,)}",
      "{'descr': 'f4', 'fortran_order': False, 'shape': (2 , ) , }",
      "{'descr': '<f4',\n 'fortran_order': False,\n 'shape': (2,)}\n\n",
    ])
  func freedoms(header: String) throws {
    #expect(try read(npy(header, data: Self.data)).values() == [1, 2] as [Float])
  }

  /// A header, the place of the error in it, and the error.
  static let malformed: [(String, Int, FileError.Problem)] = [
    ("", 0, .headerSyntax(expected: "\"{\"", found: "the end of the header")),
    ("[]", 0, .headerSyntax(expected: "\"{\"", found: "\"[]\"")),
    ("{'descr': '<f4', 'fortran_order': False}", 0, .headerKeyMissing("shape")),
    ("{'descr': '<f4', 'shape': (2,)}", 0, .headerKeyMissing("fortran_order")),
    ("{'fortran_order': False, 'shape': (2,)}", 0, .headerKeyMissing("descr")),
    ("{'descr': '<f4', 'order': 'C'}", 17, .headerKeyUnknown("order")),
    ("{'descr': '<f4', 'descr': '<f8'}", 17, .headerKeyDuplicate("descr")),
    ("{'shape': (2)}", 12, .headerSyntax(expected: "\",\", as in (3,)", found: "\")}\"")),
    (
      "{'shape': [2]}", 10,
      .headerSyntax(expected: "\"(\" or a shape such as (2, 3)", found: "\"[2]}\"")
    ),
    ("{'shape': (-2,)}", 11, .headerSyntax(expected: "a size of at least 0", found: "\"-2,)}\"")),
    (
      "{'shape': (True,)}", 11,
      .headerSyntax(expected: "a size of at least 0", found: "\"True,)}\"")
    ),
    ("{'shape': (0x2,)}", 12, .headerSyntax(expected: "\",\", as in (3,)", found: "\"x2,)}\"")),
    (
      "{'shape': (np.int64(1),)}", 11,
      .headerSyntax(expected: "a size of at least 0", found: "\"np.int64(1),)}\"")
    ),
    ("{'fortran_order': 0}", 18, .headerSyntax(expected: "True or False", found: "\"0}\"")),
    ("{'descr': '<f4' 'x'}", 16, .headerSyntax(expected: "\"}\" or \",\"", found: "\"'x'}\"")),
    (
      "{'descr': '\\x3cf4'}", 10,
      .headerSyntax(expected: "a string without escapes", found: "\"'\\\\x3cf4'}\"")
    ),
    ("{'descr': '<f4}", 10, .headerSyntax(expected: "a closing quote", found: "\"'<f4}\"")),
    (
      "{'shape': (99999999999999999999,)}", 11,
      .shapeOverflow(shape: "(…, 99999999999999999999, …)")
    ),
    (
      "{'descr': [('a', '<f4'), ('b', '<i4', (2,))]}", 10,
      .unsupportedType(
        descr: "[('a', '<f4'), ('b', '<i4', (2,))]", kind: "structured, with fields a, b")
    ),
    ("{'descr': ('<f4', (2,))}", 10, .unsupportedType(descr: "('<f4', (2,))", kind: "a subarray")),
  ]

  @Test("refuses a malformed header at its place", arguments: malformed.indices)
  func malformedHeaders(index: Int) {
    let (header, offset, problem) = Self.malformed[index]
    #expect(throws: FileError("x.npy", at: .byte(10 + offset), problem)) {
      try read(npy(header, data: Self.data))
    }
  }

  @Test("refuses text behind the header", arguments: ["x", "\0", " {}"])
  func trailingText(text: String) {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }" + text
    let place = FileError.Place.byte(
      10 + 57 + (text.hasPrefix(" ") ? 1 : 0))
    #expect(
      throws: FileError(
        "x.npy", at: place,
        .headerSyntax(
          expected: "the end of the header",
          found: ["x": "\"x\"", "\0": "\"\\0\"", " {}": "\"{}\""][text] ?? ""))
    ) { try read(npy(header, data: Self.data)) }
  }

  @Test(
    "refuses types that are no real numbers and names their kind",
    arguments: [
      ("|O", "Python objects"), ("<U2", "strings"), ("|S3", "strings"),
      ("<M8[ns]", "dates or time spans"), ("<m8[s]", "dates or time spans"),
      ("<c8", "complex numbers"), ("<f16", "extended precision"), ("|V3", "raw bytes"),
      ("<f3", "not a NumPy numeric type"), ("3f4", "not a NumPy numeric type"),
      ("", "not a NumPy numeric type"), ("<i16", "not a NumPy numeric type"),
    ])
  func types(descr: String, kind: String) {
    let header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (2,), }"
    #expect(throws: FileError("x.npy", .unsupportedType(descr: "'\(descr)'", kind: kind))) {
      try read(npy(header, data: Self.data))
    }
  }

  @Test("refuses versions that do not exist", arguments: [(0, 9), (1, 1), (4, 0), (255, 255)])
  func versions(major: UInt8, minor: UInt8) {
    var content = npy(Self.good, data: Self.data)
    (content[6], content[7]) = (major, minor)
    let problem = FileError.Problem.unsupportedVersion(major: major, minor: minor)
    #expect(throws: FileError("x.npy", at: .byte(6), problem)) { try read(content) }
  }

  @Test("refuses a file cut at any byte, saying what is missing")
  func truncation() {
    let whole = npy(Self.good, data: Self.data)
    let dataStart = whole.count - 8
    for count in 6..<whole.count {
      let problem: FileError.Problem =
        switch count {
        case ..<8: .headerTruncated(expected: 10, found: count)
        case ..<10: .headerTruncated(expected: 10, found: count)
        case ..<dataStart: .headerTruncated(expected: dataStart - 10, found: count - 10)
        default:
          .dataTruncated(expected: 8, found: count - dataStart, shape: "(2,)", type: "float32")
        }
      #expect(throws: FileError("x.npy", at: .byte(count), problem)) {
        try read(Array(whole.prefix(count)))
      }
    }
  }

  @Test("refuses bytes behind the data", arguments: [1, 128])
  func trailingBytes(count: Int) {
    let whole = npy(Self.good, data: Self.data)
    #expect(throws: FileError("x.npy", at: .byte(whole.count), .trailingBytes(count: count))) {
      try read(whole + [UInt8](repeating: 0, count: count))
    }
  }

  @Test("refuses sizes the file cannot hold, before allocating anything")
  func sizes() {
    func error(_ shape: String) -> FileError? {
      let header = "{'descr': '<f8', 'fortran_order': False, 'shape': \(shape), }"
      do { _ = try read(npy(header, data: Self.data)) } catch { return error }
      return nil
    }
    let overflowing = [
      "(4611686018427387904, 4)", "(4611686018427387904, 0, 4)", "(3037000500, 3037000500)",
    ]
    for shape in overflowing {
      #expect(error(shape) == FileError("x.npy", .shapeOverflow(shape: shape)))
    }
    #expect(
      error("(2305843009213693952,)")
        == FileError("x.npy", .shapeOverflow(shape: "(2305843009213693952,)")))
    let problem = error("(1099511627776,)")?.problem
    #expect(
      problem
        == .dataTruncated(
          expected: 8_796_093_022_208, found: 8, shape: "(1099511627776,)", type: "float64"))
    let axes = "(" + String(repeating: "1, ", count: 65) + ")"
    #expect(error(axes)?.problem == .headerSyntax(expected: "at most 64 dimensions", found: "65"))
  }

  @Test("refuses headers longer than the file or the limit")
  func headerLength() {
    let claim: [UInt8] = [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF]
    let cut = FileError("x.npy", at: .byte(12), .headerTruncated(expected: 0xFFFF_FFFF, found: 0))
    #expect(throws: cut) { try read(claim) }
    let long = npy(Self.good + String(repeating: " ", count: 10_000))
    let limit = FileError("x.npy", at: .byte(8), .headerTooLong(bytes: 10_058, limit: 10_000))
    #expect(throws: limit) { try read(long) }
    #expect(throws: FileError.self) {
      try read(npy("{'descr': " + String(repeating: "[", count: 9000)))
    }
  }

  @Test("never reads outside a file in which a byte is damaged")
  func damage() {
    let whole = npy(Self.good, data: Self.data)
    for position in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[position] ^= 1 << bit
        if let tensor = try? read(damaged) {
          #expect(tensor.shape.elementCount * tensor.elementType.byteCount == 8)
          #expect(tensor.values(as: Double.self).count == tensor.shape.elementCount)
        }
      }
    }
  }

  @Test("reads raw bytes and 16-bit integers as bfloat16 where told to, and nothing else")
  func overrides() throws {
    func read(_ descr: String, _ type: ElementType?) throws(FileError) -> Tensor {
      let header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (2,), }"
      let content = npy(header, data: [0x80, 0x3F, 0x00, 0xC0])
      return try NPYFormat.read(
        source(content, path: "x.npy"), name: "x.npy", selector: nil,
        options: ReadOptions(elementType: type)
      ).tensor
    }
    for descr in ["<V2", "|V2", "<u2", "<i2"] {
      #expect(try read(descr, .bfloat16).values() == [1, -2] as [Float])
    }
    #expect(throws: FileError("x.npy", .typeNeedsOverride(descr: "'<V2'"))) { try read("<V2", nil) }
    for (descr, stored, type) in [
      ("<f2", "float16", ElementType.bfloat16), ("<u2", "uint16", .float32),
      ("<V2", "'<V2'", .float64),
    ] {
      let problem = FileError.Problem.overrideImpossible(stored: stored, requested: type.rawValue)
      #expect(throws: FileError("x.npy", problem)) { try read(descr, type) }
    }
  }

  @Test("has no parts to select")
  func selector() {
    let problem = FileError.Problem.selectorNotSupported(selector: "a", format: "NPY")
    #expect(throws: FileError("x.npy", problem)) {
      try NPYFormat.read(
        source(npy(Self.good, data: Self.data), path: "x.npy"), name: "x.npy:a", selector: "a",
        options: ReadOptions())
    }
  }
}
