import LossTensor
import Testing

@Suite("Tensor")
struct TensorTests {
  private func counting(_ dimensions: Int...) throws -> Tensor {
    let shape = try #require(Shape(dimensions))
    return Tensor((0..<shape.elementCount).map { Float($0) + 0.5 }, shape: shape)
  }

  @Test("is made only where all its elements lie in the bytes")
  func bounds() throws {
    let bytes = ByteStorage(copying: [UInt8](repeating: 7, count: 25))
    let shape = try #require(Shape([2, 3]))
    func make(_ offset: Int, _ strides: [Int]? = nil) -> Tensor? {
      Tensor(
        storage: bytes, byteOffset: offset, elementType: .float32, shape: shape, strides: strides)
    }
    #expect(make(0) != nil && make(1) != nil)
    #expect(make(2) == nil && make(-1) == nil)
    #expect(make(0, [0, 0]) != nil)
    #expect(make(0, [4, 1]) == nil)
    #expect(make(0, [-3, 1]) == nil)
    #expect(make(0, [1]) == nil)
    #expect(make(0, [Int.max, Int.max]) == nil)
    let empty = try #require(Shape([0, 1 << 40]))
    #expect(Tensor(storage: bytes, byteOffset: 25, elementType: .float64, shape: empty) != nil)
  }

  @Test("broadcasts as NumPy does")
  func broadcasting() throws {
    let target = try #require(Shape([2, 3]))
    let row = try #require(try counting(3).broadcast(to: target))
    #expect(row.values() == [0.5, 1.5, 2.5, 0.5, 1.5, 2.5] as [Float])
    let column = try #require(try counting(2, 1).broadcast(to: target))
    #expect(column.values() == [0.5, 0.5, 0.5, 1.5, 1.5, 1.5] as [Float])
    let scalar = try #require(Tensor([Float(4)], shape: .scalar).broadcast(to: target))
    #expect(scalar.values() == [Float](repeating: 4, count: 6))
    for refused in [try counting(2), try counting(4), try counting(1, 2, 3), try counting(3, 1)] {
      #expect(refused.broadcast(to: target) == nil)
    }
  }

  @Test("reads any part of any layout", arguments: [true, false])
  func partsOfLayouts(isSwapped: Bool) throws {
    let shape = try #require(Shape([3, 4, 5]))
    let numbers = (0..<60).map { Int32($0 * 7 - 100) }
    // One byte before the data, so that nothing is aligned.
    let bytes: [UInt8] =
      [9]
      + numbers.flatMap { number in
        withUnsafeBytes(of: isSwapped ? number.bigEndian : number.littleEndian) { Array($0) }
      }
    for strides in [shape.rowMajorStrides, shape.columnMajorStrides, [5, 15, 1]] {
      let tensor = try #require(
        Tensor(
          storage: ByteStorage(copying: bytes), byteOffset: 1, elementType: .int32,
          isByteSwapped: isSwapped, shape: shape, strides: strides))
      let expected = (0..<60).map { offset in
        let position = zip(shape.index(at: offset), strides).reduce(0) { $0 + $1.0 * $1.1 }
        return Double(numbers[position])
      }
      #expect(tensor.values() == expected)
      for range in [0..<60, 7..<8, 3..<29, 19..<41, 58..<60, 30..<30] {
        var part = [Double](repeating: .nan, count: range.count)
        part.withUnsafeMutableBufferPointer { tensor.read(range, into: $0) }
        #expect(part == Array(expected[range]))
      }
    }
  }

  @Test("reads every element type as the same numbers")
  func elementTypes() throws {
    func check<Value>(_ values: [Value], _ type: ElementType, _ expected: [Double]) throws {
      let bytes = values.withUnsafeBytes { ByteStorage(copying: $0) }
      let tensor = try #require(
        Tensor(storage: bytes, elementType: type, shape: .vector(values.count)))
      #expect(tensor.values(as: Double.self) == expected)
      #expect(tensor.values(as: Float.self) == expected.map { Float($0) })
    }
    try check([0, 1, 2, 255] as [UInt8], .bool, [0, 1, 1, 1])
    try check([-128, 127] as [Int8], .int8, [-128, 127])
    try check([0, 200] as [UInt8], .uint8, [0, 200])
    try check([-30000, 5] as [Int16], .int16, [-30000, 5])
    try check([60000, 5] as [UInt16], .uint16, [60000, 5])
    try check([-2_000_000_000, 16_777_217] as [Int32], .int32, [-2e9, 16_777_217])
    try check([4_000_000_000] as [UInt32], .uint32, [4e9])
    try check([-9_007_199_254_740_993] as [Int64], .int64, [-9_007_199_254_740_992])
    try check([UInt64.max] as [UInt64], .uint64, [18_446_744_073_709_551_616])
    try check([0x3C01, 0xC000] as [UInt16], .float16, [1.0009765625, -2])
    try check([0x3F81, 0xC000] as [UInt16], .bfloat16, [1.0078125, -2])
    try check([1.25, -0.5] as [Float], .float32, [1.25, -0.5])
    try check([0.1, 1e300] as [Double], .float64, [0.1, 1e300])
  }

  @Test("can be read as another type of the same size only")
  func reinterpretation() throws {
    let bits = [UInt16(0x3F80), 0xBF80].withUnsafeBytes { ByteStorage(copying: $0) }
    let tensor = try #require(Tensor(storage: bits, elementType: .uint16, shape: .vector(2)))
    #expect(tensor.reinterpreted(as: .bfloat16)?.values() == [1, -1] as [Float])
    #expect(tensor.reinterpreted(as: .float32) == nil)
  }
}
