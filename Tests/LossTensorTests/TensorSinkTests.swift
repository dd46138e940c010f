import LossTensor
import Testing

@Suite("Sinks")
struct TensorSinkTests {
  private func stored<Scalar: ComputeScalar>(
    _ values: [Scalar], as type: ElementType
  ) throws -> Tensor {
    let sink = try #require(MemorySink(elementType: type, shape: .vector(values.count)))
    try values.withUnsafeBufferPointer { try sink.write($0, at: 0) }
    return try #require(sink.tensor)
  }

  @Test("a sink has the type and shape it is made for and begins with zeros")
  func typeAndShape() throws {
    for type in ElementType.allCases {
      let shape = try shape(2, 3)
      let sink = try #require(MemorySink(elementType: type, shape: shape))
      #expect(sink.elementType == type)
      #expect(sink.shape == shape)
      let tensor = try #require(sink.tensor)
      #expect(tensor.elementType == type)
      #expect(tensor.shape == shape)
      #expect(tensor.isContiguous)
      #expect(tensor.storage.bytes.count == 6 * type.byteCount)
      #expect(tensor.values(as: Double.self) == [0, 0, 0, 0, 0, 0])
    }
  }

  /// Values, and what they are in each type.
  private static let conversions: [(type: ElementType, expected: [Double])] = [
    (.bool, [1, 1, 0, 0, 1, 1, 1, 1, 1, 1]),
    (.int8, [2, -2, 0, 0, 127, -128, 127, -128, 0, 4]),
    (.uint8, [2, 0, 0, 0, 255, 0, 255, 0, 0, 4]),
    (.int16, [2, -2, 0, 0, 300, -32768, 32767, -32768, 0, 4]),
    (.uint16, [2, 0, 0, 0, 300, 0, 65535, 0, 0, 4]),
    (.int32, [2, -2, 0, 0, 300, -70000, 0x1p31 - 1, -0x1p31, 0, 4]),
    (.uint32, [2, 0, 0, 0, 300, 0, 0x1p32 - 1, 0, 0, 4]),
    // The largest 64-bit integers are read back rounded up to a power of two.
    (.int64, [2, -2, 0, 0, 300, -70000, 0x1p63, -0x1p63, 0, 4]),
    (.uint64, [2, 0, 0, 0, 300, 0, 0x1p64, 0, 0, 4]),
    (.float16, [2.5, -1.5, 0, -0.0, 300, -.infinity, .infinity, -.infinity, .nan, 3.5]),
    (.bfloat16, [2.5, -1.5, 0, -0.0, 300, -70144, 0x1.d8p96, -.infinity, .nan, 3.5]),
    (.float32, [2.5, -1.5, 0, -0.0, 300, -70000, 0x1.d9p96, -.infinity, .nan, 3.5]),
    (.float64, [2.5, -1.5, 0, -0.0, 300, -70000, 0x1.d9p96, -.infinity, .nan, 3.5]),
  ]
  private static let values: [Float] = [
    2.5, -1.5, 0, -0.0, 300, -70000, 0x1.d9p96, -.infinity, .nan, 3.5,
  ]

  @Test(
    "values are rounded to the sink's type, ties to even, and held to its ends",
    arguments: conversions)
  func conversion(type: ElementType, expected: [Double]) throws {
    let fromFloats = try stored(Self.values, as: type).values(as: Double.self)
    #expect(areSame(fromFloats, expected), "\(fromFloats)")
    let fromDoubles = try stored(Self.values.map(Double.init), as: type).values(as: Double.self)
    #expect(areSame(fromDoubles, expected), "\(fromDoubles)")
  }

  @Test("the largest 64-bit integers are stored exactly")
  func largestIntegers() throws {
    let signed = try stored([0x1p63, -0x1p63, .infinity], as: .int64)
    let signedBytes = signed.storage.bytes
    #expect(signedBytes.load(fromByteOffset: 0, as: Int64.self) == .max)
    #expect(signedBytes.load(fromByteOffset: 8, as: Int64.self) == .min)
    #expect(signedBytes.load(fromByteOffset: 16, as: Int64.self) == .max)
    let unsigned = try stored([0x1p64, 0x1p63 + 0x1p11], as: .uint64)
    #expect(unsigned.storage.bytes.load(fromByteOffset: 0, as: UInt64.self) == .max)
    #expect(
      unsigned.storage.bytes.load(fromByteOffset: 8, as: UInt64.self) == 9_223_372_036_854_777_856)
  }

  @Test("a double is rounded once to the sink's type")
  func singleRounding() throws {
    let value = 1 + 0x1p-8 + 0x1p-40
    #expect(try stored([value], as: .bfloat16).element(at: 0) == 1 + 0x1p-7)
    #expect(try stored([1 + 0x1p-11 + 0x1p-40], as: .float16).element(at: 0) == 1 + 0x1p-10)
    #expect(try stored([1 + 0x1p-24 + 0x1p-50], as: .float32).element(at: 0) == 1 + 0x1p-23)
  }

  @Test("parts may come in any order", arguments: ElementType.allCases)
  func outOfOrder(type: ElementType) throws {
    // More than the 4096 elements that are converted at a time, and no multiple of it.
    let count = 10_007
    let values = (0..<count).map { Float(($0 * 37 + 11) % 113) }
    let sink = try #require(MemorySink(elementType: type, shape: .vector(count)))
    for part in [5000..<10_007, 0..<1, 4097..<5000, 1..<4097] {
      try values.withUnsafeBufferPointer {
        try sink.write(UnsafeBufferPointer(rebasing: $0[part]), at: part.lowerBound)
      }
    }
    let expected = type == .bool ? values.map { $0 == 0 ? 0 : 1 } : values
    #expect(try #require(sink.tensor).values(as: Float.self) == expected)
  }

  @Test("a part without values changes nothing")
  func emptyPart() throws {
    for type in [ElementType.float32, .float16] {
      let sink = try #require(MemorySink(elementType: type, shape: .vector(3)))
      try [Float(1), 2, 3].withUnsafeBufferPointer { try sink.write($0, at: 0) }
      for position in [0, 2, 3] {
        try sink.write(UnsafeBufferPointer<Float>(start: nil, count: 0), at: position)
      }
      #expect(try #require(sink.tensor).values(as: Float.self) == [1, 2, 3])
    }
  }

  @Test("an empty sink and a scalar one give their tensors")
  func emptyAndScalar() throws {
    let empty = try #require(MemorySink(elementType: .float64, shape: try shape(3, 0, 2)))
    try empty.write(UnsafeBufferPointer<Double>(start: nil, count: 0), at: 0)
    #expect(try #require(empty.tensor).values(as: Double.self) == [])
    let scalar = try #require(MemorySink(elementType: .float64, shape: .scalar))
    try [-0.25].withUnsafeBufferPointer { try scalar.write($0, at: 0) }
    #expect(try #require(scalar.tensor).element(at: 0) == -0.25)
  }

  @Test("memory that is not to be had gives no sink", arguments: [Int.max, 1 << 60, 1 << 61])
  func tooLarge(count: Int) {
    #expect(MemorySink(elementType: .float64, shape: .vector(count)) == nil)
    #expect(MutableByteStorage(byteCount: 1 << 62) == nil)
  }
}
