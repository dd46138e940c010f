import LossTensor
import Testing

@testable import LossIO

@Suite("NPY files")
struct NPYFormatTests {
  private static let small = NPYBytes.small

  @Test("all of NumPy's files are listed")
  func fixturesAreThere() {
    #expect(Fixtures.cases("npy/cases.json").count == 92)
  }

  @Test(
    "a file written by NumPy is read to the type, shape and values NumPy sees",
    arguments: Fixtures.cases("npy/cases.json"))
  func fixture(_ item: Fixtures.TensorCase) throws {
    var options = ReadOptions()
    options.elementType = item.override.flatMap(ElementType.init)
    let path = Fixtures.folder + "/npy/" + item.file
    let file = try TensorFile(reading: path, options: options)
    #expect(file.name == path)
    #expect(file.tensor.elementType.rawValue == item.dtype)
    #expect(file.tensor.shape.dimensions == item.shape)
    let values = file.tensor.values(as: Double.self)
    #expect(areSame(values, item.doubles), "\(values)")
    #expect(file.columns == nil)
    #expect(file.hasHeader == nil)
  }

  @Test("the small file the other tests change is valid")
  func smallFile() throws {
    let tensor = try NPYBytes.read(Self.small)
    #expect(tensor.elementType == .float32)
    #expect(tensor.shape == Shape([2, 3]))
    #expect(tensor.byteOffset == 128)
    #expect(tensor.values(as: Float.self) == [1.5, -2, 3.25, 4, 5.5, -6.125])
  }

  @Test("a selection is refused")
  func selection() throws {
    let source = ByteSource(path: "x.npy", storage: ByteStorage(copying: Self.small))
    #expect(
      throws: FileError("x.npy", .selectorNotSupported(selector: "score", format: "NPY"))
    ) {
      try NPYFormat.read(source, name: "x.npy:score", selector: "score", options: ReadOptions())
    }
  }

  @Test("a file without its magic string is no NPY file")
  func wrongMagic() {
    let cases: [(bytes: [UInt8], found: String)] = [
      ([], "\"\""), ([0x93], "the bytes 93"), (Array("NUMPY".utf8), "\"NUMPY\""),
      (Array("\u{93}NUMPY".utf8), "the bytes c2 93 4e 55 4d 50 59"),
      ([0x93] + Array("NUMPX\u{1}\u{0}".utf8), "the bytes 93 4e 55 4d 50 58 01 00"),
      ([0x92] + Self.small.dropFirst(), "the bytes 92 4e 55 4d 50 59 01 00"),
      ([0x93] + Array("numpy\u{1}\u{0}".utf8), "the bytes 93 6e 75 6d 70 79 01 00"),
    ]
    for (bytes, found) in cases {
      #expect(throws: FileError("x.npy", at: .byte(0), .wrongMagic(found: found))) {
        try NPYBytes.read(bytes)
      }
    }
  }

  @Test(
    "only versions 1.0, 2.0 and 3.0 are read",
    arguments: [(0, 9), (1, 1), (4, 0), (0, 0), (2, 1), (3, 255), (255, 0)] as [(UInt8, UInt8)])
  func version(major: UInt8, minor: UInt8) {
    var bytes = Self.small
    (bytes[6], bytes[7]) = (major, minor)
    #expect(
      throws: FileError(
        "x.npy", at: .byte(6), .unsupportedVersion(major: major, minor: minor))
    ) { try NPYBytes.read(bytes) }
  }

  @Test("the length of a header has four bytes in versions 2.0 and 3.0", arguments: [2, 3])
  func longLength(major: UInt8) throws {
    let header = Array(Self.small[10..<128])
    let bytes = NPYBytes.file(major: major, header: header, data: Array(Self.small[128...]))
    let tensor = try NPYBytes.read(bytes)
    #expect(tensor.byteOffset == 130)
    #expect(tensor.values(as: Float.self) == [1.5, -2, 3.25, 4, 5.5, -6.125])
    for kept in 10..<12 {
      #expect(
        throws: FileError(
          "x.npy", at: .byte(kept), .headerTruncated(expected: 12, found: kept))
      ) { try NPYBytes.read(Array(bytes[..<kept])) }
    }
  }

  @Test("a file cut short says what is missing, wherever it is cut", arguments: 0..<152)
  func truncation(kept: Int) {
    let problem: FileError.Problem
    var place = kept
    switch kept {
    case 0: (problem, place) = (.wrongMagic(found: "\"\""), 0)
    case 1..<6:
      let start = ["93", "4e", "55", "4d", "50"].prefix(kept).joined(separator: " ")
      (problem, place) = (.wrongMagic(found: "the bytes " + start), 0)
    case 6..<10: problem = .headerTruncated(expected: 10, found: kept)
    case 10..<128: problem = .headerTruncated(expected: 118, found: kept - 10)
    default:
      problem = .dataTruncated(
        expected: 24, found: kept - 128, shape: "(2, 3)", type: "float32")
    }
    #expect(throws: FileError("x.npy", at: .byte(place), problem)) {
      try NPYBytes.read(Array(Self.small[..<kept]))
    }
  }

  @Test("bytes after the data are refused", arguments: [1, 2, 128])
  func trailing(count: Int) {
    let bytes = Self.small + [UInt8](repeating: 0x41, count: count)
    #expect(throws: FileError("x.npy", at: .byte(152), .trailingBytes(count: count))) {
      try NPYBytes.read(bytes)
    }
  }

  @Test("an empty array and a scalar have exactly their data")
  func emptyAndScalar() throws {
    let empty = Array("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }".utf8)
    #expect(try NPYBytes.read(NPYBytes.file(header: empty, data: [])).shape == Shape([0, 3]))
    let end = 10 + empty.count
    #expect(throws: FileError("x.npy", at: .byte(end), .trailingBytes(count: 1))) {
      try NPYBytes.read(NPYBytes.file(header: empty, data: [0]))
    }
    let scalar = Array("{'descr': '<i2', 'fortran_order': True, 'shape': (), }".utf8)
    #expect(
      try NPYBytes.read(NPYBytes.file(header: scalar, data: [0xFE, 0xFF])).element(at: 0) == -2)
    #expect(
      throws: FileError(
        "x.npy", at: .byte(11 + scalar.count),
        .dataTruncated(expected: 2, found: 1, shape: "()", type: "int16"))
    ) { try NPYBytes.read(NPYBytes.file(header: scalar, data: [0xFE])) }
  }

  @Test(
    "a header length beyond the file is refused before anything is read",
    arguments: [(1, 143), (1, 65_535), (2, 143), (2, 1 << 31), (3, 0xFFFF_FFFF)])
  func headerBeyondFile(major: Int, count: Int) {
    let bytes = NPYBytes.file(
      major: UInt8(major), headerCount: count, header: Array(Self.small[10...]), data: [])
    #expect(
      throws: FileError(
        "x.npy", at: .byte(bytes.count), .headerTruncated(expected: count, found: 142))
    ) { try NPYBytes.read(bytes) }
  }

  @Test("a header of 10000 bytes is read, and a longer one is not")
  func headerLimit() throws {
    let text = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }"
    let blanks = [UInt8](repeating: 0x20, count: 10_000 - text.utf8.count)
    let header = Array(text.utf8) + blanks
    #expect(try NPYBytes.read(NPYBytes.file(header: header, data: [7])).element(at: 0) == 7)
    for count in [10_001, 40_000] {
      let longer = header + [UInt8](repeating: 0x20, count: count - 10_000)
      #expect(
        throws: FileError("x.npy", at: .byte(8), .headerTooLong(bytes: count, limit: 10_000))
      ) { try NPYBytes.read(NPYBytes.file(header: longer, data: [7])) }
    }
  }

  @Test("no changed byte leads outside the file")
  func changedBytes() throws {
    for position in Self.small.indices {
      for mask in UInt8(1)...255 {
        var bytes = Self.small
        bytes[position] ^= mask
        // Errors are typed: whatever is thrown is a FileError.
        guard let tensor = try? NPYBytes.read(bytes) else { continue }
        let steps = zip(tensor.shape.dimensions, tensor.strides).reduce(1) {
          $0 + ($1.0 - 1) * $1.1
        }
        let end = tensor.byteOffset + steps * tensor.elementType.byteCount
        let fillsFile = tensor.shape.elementCount * tensor.elementType.byteCount == 24
        if tensor.byteOffset < 10 || end != bytes.count || !fillsFile {
          Issue.record("byte \(position) changed by \(mask): data ends at \(end)")
        }
        #expect(tensor.values(as: Double.self).count == tensor.shape.elementCount)
      }
    }
  }

  @Test("a changed bit before the header is refused for what it stands for", arguments: 0..<10)
  func changedStart(position: Int) {
    var bytes = Self.small
    bytes[position] ^= 0x80
    let error: FileError
    switch position {
    case 0..<6:
      let found = bytes.withUnsafeBytes { describeStart($0) }
      error = FileError("x.npy", at: .byte(0), .wrongMagic(found: found))
    case 6: error = FileError("x.npy", at: .byte(6), .unsupportedVersion(major: 129, minor: 0))
    case 7: error = FileError("x.npy", at: .byte(6), .unsupportedVersion(major: 1, minor: 128))
    default:
      let count = position == 8 ? 118 + 0x80 : 118 + 0x8000
      error = FileError(
        "x.npy", at: .byte(152), .headerTruncated(expected: count, found: 142))
    }
    #expect(throws: error) { try NPYBytes.read(bytes) }
  }
}
