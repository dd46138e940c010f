import LossTensor
import Testing

@Suite("Conversion of elements")
struct ElementConversionTests {
  /// A tensor of these integers or floats, stored as `type`.
  private func tensor<Stored: BitwiseCopyable>(
    _ values: [Stored], _ type: ElementType
  ) throws -> Tensor {
    let storage = values.withUnsafeBytes { ByteStorage(copying: $0) }
    return try #require(
      Tensor(storage: storage, elementType: type, shape: .vector(values.count)))
  }

  private func converted<Stored: BitwiseCopyable>(
    _ tensor: Tensor, to type: ElementType, as stored: Stored.Type
  ) throws -> [Stored] {
    let conversion = ElementConversion(tensor, to: type)
    #expect(conversion.byteCount == tensor.shape.elementCount * MemoryLayout<Stored>.size)
    return try [Stored](unsafeUninitializedCapacity: tensor.shape.elementCount) { buffer, count in
      try conversion.convert(
        0..<tensor.shape.elementCount, into: UnsafeMutableRawBufferPointer(buffer))
      count = tensor.shape.elementCount
    }
  }

  private func error(_ tensor: Tensor, to type: ElementType) throws -> ConversionError? {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
    defer { memory.deallocate() }
    do throws(ConversionError) {
      try ElementConversion(tensor, to: type).convert(0..<tensor.shape.elementCount, into: memory)
      return nil
    } catch {
      return error
    }
  }

  @Test("the 64-bit integers that doubles do not have stay what they are")
  func longIntegers() throws {
    let signed = try tensor([Int64.min, -1, 0x20_0000_0000_0001, .max], .int64)
    #expect(
      try converted(signed, to: .int64, as: Int64.self) == [.min, -1, 0x20_0000_0000_0001, .max])
    let unsigned = try tensor([UInt64.max, 1, 0x8000_0000_0000_0001], .uint64)
    #expect(
      try converted(unsigned, to: .uint64, as: UInt64.self) == [.max, 1, 0x8000_0000_0000_0001])
    let shared = try tensor([Int64.max, 7], .int64)
    #expect(try converted(shared, to: .uint64, as: UInt64.self) == [0x7FFF_FFFF_FFFF_FFFF, 7])
  }

  @Test("floating-point numbers are rounded to nearest, ties to even")
  func rounding() throws {
    let doubles = try tensor([0x1.000003p0, -0.1, .infinity, 1e-300], .float64)
    #expect(
      try converted(doubles, to: .float32, as: UInt32.self)
        == [0x3F80_0002, 0xBDCC_CCCD, 0x7F80_0000, 0])
    let floats = try tensor([1.0009765625, 65519, -6e-8, 0.1] as [Float], .float32)
    #expect(
      try converted(floats, to: .float16, as: UInt16.self) == [0x3C01, 0x7BFF, 0x8001, 0x2E66])
    let more = try tensor([1.00390625, 1.01171875, 3.3e38] as [Float], .float32)
    #expect(try converted(more, to: .bfloat16, as: UInt16.self) == [0x3F80, 0x3F82, 0x7F78])
    let half = try tensor([0x3C01, 0xFC00] as [UInt16], .float16)
    #expect(try converted(half, to: .float64, as: Double.self) == [1.0009765625, -.infinity])
  }

  @Test("truth values become 0 and 1, and only 0 and 1 become truth values")
  func truth() throws {
    let stored = try tensor([0, 1, 2, 255] as [UInt8], .bool)
    #expect(try converted(stored, to: .bool, as: UInt8.self) == [0, 1, 1, 1])
    #expect(try converted(stored, to: .float32, as: Float.self) == [0, 1, 1, 1])
    let floats = try tensor([1, 0, -0.0] as [Float], .float32)
    #expect(try converted(floats, to: .bool, as: UInt8.self) == [1, 0, 0])
  }

  @Test("what a type does not have is an error with its place")
  func misfits() throws {
    func check(_ tensor: Tensor, _ type: ElementType, _ offset: Int, _ found: String) throws {
      let error = try #require(try error(tensor, to: type))
      #expect(error.offset == offset)
      #expect(error.found == found)
    }
    let floats = try tensor([3, -1, 2.5, .nan, 300] as [Float], .float32)
    try check(floats, .int32, 2, "2.5")
    try check(floats, .uint64, 1, "-1.0")
    try check(floats, .bool, 0, "3.0")
    try check(try tensor([7, .nan] as [Float], .float32), .int64, 1, "nan")
    try check(try tensor([127, 128] as [Int16], .int16), .int8, 1, "128")
    try check(try tensor([0x1_0000_0001, 5] as [Int64], .int64), .float32, 0, "4294967297")
    try check(try tensor([0x20_0000_0000_0001] as [Int64], .int64), .float64, 0, "9007199254740993")
    try check(try tensor([2048, 2049] as [Int64], .int64), .float16, 1, "2049")
    try check(try tensor([2048, 2049] as [Int32], .int32), .float16, 1, "2049")
    try check(try tensor([16_777_217] as [Int32], .int32), .float32, 0, "16777217")
    try check(try tensor([UInt64.max] as [UInt64], .uint64), .int64, 0, "18446744073709551615")
    try check(try tensor([65519, 65520] as [Float], .float32), .float16, 1, "65520.0")
    try check(try tensor([1e300] as [Double], .float64), .float32, 0, "1e+300")
  }

  @Test("a part of a tensor in any layout is converted")
  func layouts() throws {
    let values = try tensor((0..<12).map { Int64($0) }, .int64)
    let columns = try #require(
      Tensor(storage: values.storage, elementType: .int64, shape: shape(3, 4), strides: [1, 3]))
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: 5, alignment: 1)
    defer { target.deallocate() }
    try ElementConversion(columns, to: .int8).convert(2..<7, into: target)
    #expect(Array(target) == [6, 9, 1, 4, 7])
    let swapped = try #require(
      Tensor(
        storage: ByteStorage(copying: [0, 3, 0xFF, 0xFE]), elementType: .int16, isByteSwapped: true,
        shape: .vector(2)))
    #expect(try converted(swapped, to: .int16, as: Int16.self) == [3, -2])
    let joined = try #require(Tensor.joined([swapped, swapped]))
    #expect(try converted(joined, to: .int32, as: Int32.self) == [3, -2, 3, -2])
  }

  private func shape(_ sizes: Int...) throws -> Shape { try #require(Shape(sizes)) }
}
