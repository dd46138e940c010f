import LossTensor
import Testing

@testable import LossIO

@Suite("Writing NPY files")
struct NPYWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let cases = Fixtures.cases("npy/written/written.json")

  private func expected(_ item: Fixtures.TensorCase) throws -> [UInt8] {
    try ByteSource(opening: Fixtures.folder + "/npy/written/" + item.file).content
  }

  private func typeAndShape(_ item: Fixtures.TensorCase) throws -> (ElementType, Shape) {
    (try #require(ElementType(rawValue: item.dtype)), try #require(Shape(item.shape)))
  }

  @Test("all of NumPy's files are listed")
  func fixturesAreThere() {
    #expect(Self.cases.count == 11)
  }

  @Test("a tensor is written as NumPy writes it, byte for byte", arguments: cases)
  func tensor(_ item: Fixtures.TensorCase) throws {
    let (type, shape) = try typeAndShape(item)
    let sink = try #require(MemorySink(elementType: type, shape: shape))
    try item.doubles.withUnsafeBufferPointer { try sink.write($0, at: 0) }
    let tensor = try #require(sink.tensor)
    let written = try folder.written { try NPYWriter.write(TensorContent(tensor), to: $0) }
    #expect(written == (try expected(item)))
    #expect(
      written == (try folder.written { try TensorOutput.npy.write(TensorContent(tensor), to: $0) }))
  }

  @Test("a sink that is filled from the back writes the same bytes", arguments: cases)
  func sinkBackwards(_ item: Fixtures.TensorCase) throws {
    let (type, shape) = try typeAndShape(item)
    let written = try folder.written { file in
      let sink = try NPYSink(file, elementType: type, shape: shape)
      #expect(sink.elementType == type)
      for position in item.doubles.indices.reversed() {
        try [item.doubles[position]].withUnsafeBufferPointer { try sink.write($0, at: position) }
      }
    }
    #expect(written == (try expected(item)))
  }

  @Test("a sink that is filled with floats, out of order, writes the same bytes", arguments: cases)
  func sinkInPieces(_ item: Fixtures.TensorCase) throws {
    let (type, shape) = try typeAndShape(item)
    // Doubles beyond the range of floats stand only in the files of doubles.
    guard type != .float64 else { return }
    let floats = item.doubles.map { Float($0) }
    let written = try folder.written { file in
      let sink = try NPYSink(file, elementType: type, shape: shape)
      for remainder in [1, 2, 0] {
        for position in floats.indices where position % 3 == remainder {
          try [floats[position]].withUnsafeBufferPointer { try sink.write($0, at: position) }
        }
      }
    }
    #expect(written == (try expected(item)))
  }

  @Test(
    "every type has NumPy's name, and what is written is read back",
    arguments: zip(
      ElementType.allCases,
      [
        "|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<V2", "<f4", "<f8",
      ]))
  func everyType(type: ElementType, descr: String) throws {
    let shape = try #require(Shape([2, 2]))
    let sink = try #require(MemorySink(elementType: type, shape: shape))
    try [1.0, 0, 3, 2].withUnsafeBufferPointer { try sink.write($0, at: 0) }
    let tensor = try #require(sink.tensor)
    let bytes = try folder.written { try NPYWriter.write(TensorContent(tensor), to: $0) }
    let start = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (2, 2), } "
    #expect(bytes[10...].starts(with: start.utf8))
    let read = try NPYBytes.read(bytes, options: ReadOptions(elementType: type))
    #expect(read.elementType == type)
    #expect(read.shape == shape)
    #expect(read.values(as: Double.self) == (type == .bool ? [1, 0, 1, 1] : [1, 0, 3, 2]))
  }

  @Test(
    "data starts at byte 128, for very many axes at a later multiple of 64",
    arguments: [(0, 128), (1, 128), (5, 128), (12, 128), (25, 192), (64, 320)])
  func alignment(rank: Int, start: Int) throws {
    let shape = try #require(Shape([Int](repeating: 1, count: rank)))
    let header = NPYWriter.header(.float32, shape)
    #expect(header.count == start)
    #expect(Int(header[8]) + Int(header[9]) << 8 == start - 10)
    #expect(header.last == UInt8(ascii: "\n"))
    #expect(try NPYBytes.read(header + [0, 0, 0x20, 0x40]).values(as: Float.self) == [2.5])
  }

  @Test("a packed tensor in the middle of other bytes is written without them")
  func offset() throws {
    let storage = ByteStorage(copying: [9, 9, 9, 0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0, 9] as [UInt8])
    let tensor = try #require(
      Tensor(storage: storage, byteOffset: 3, elementType: .float32, shape: .vector(2)))
    let bytes = try folder.written { try NPYWriter.write(TensorContent(tensor), to: $0) }
    #expect(bytes.suffix(from: 128) == [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0])
    #expect(try NPYBytes.read(bytes).values(as: Float.self) == [1, -2.5])
  }

  #if os(Linux)
  @Test("a full device says that it is full")
  func fullDevice() throws {
    let file = try OutputFile(path: "/dev/full")
    // 28 is ENOSPC.
    #expect(throws: FileError("/dev/full", .cannotWrite(errno: 28))) {
      try NPYWriter.write(
        TensorContent(Tensor([1, 2] as [Float], shape: .vector(2))), to: file)
    }
    #expect(throws: FileError("/dev/full", .cannotWrite(errno: 28))) {
      try NPYSink(file, elementType: .float32, shape: .vector(2))
    }
  }
  #endif
}
