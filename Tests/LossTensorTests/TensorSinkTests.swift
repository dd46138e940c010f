import LossTensor
import Testing

@Suite("TensorSink")
struct TensorSinkTests {
  private func store(_ values: [Double], as type: ElementType) throws -> [Double] {
    let sink = try #require(MemorySink(elementType: type, shape: .vector(values.count)))
    try values.withUnsafeBufferPointer { try sink.write($0, at: 0) }
    return try #require(sink.tensor).values()
  }

  @Test("rounds to the type it stores")
  func rounding() throws {
    let values = [0.1, -1.5, 2.5, 300, -1e9]
    #expect(try store(values, as: .float64) == values)
    #expect(try store(values, as: .float32) == values.map { Double(Float($0)) })
    #expect(try store(values, as: .float16) == [0.0999755859375, -1.5, 2.5, 300, -.infinity])
    #expect(try store(values, as: .bfloat16) == [0.10009765625, -1.5, 2.5, 300, -998_244_352])
    #expect(try store(values, as: .int32) == [0, -2, 2, 300, -1e9])
    #expect(try store(values, as: .uint8) == [0, 0, 2, 255, 0])
    #expect(try store(values, as: .int8) == [0, -2, 2, 127, -128])
    #expect(try store(values, as: .bool) == [1, 1, 1, 1, 1])
    #expect(try store([.nan, .infinity], as: .int64) == [0, 9_223_372_036_854_775_808])
  }

  @Test("takes its pieces in any order, however long they are")
  func anyOrder() throws {
    let values = (0..<20_000).map { Float($0) * 0.25 }
    for type in [ElementType.float32, .float64, .float16] {
      let sink = try #require(MemorySink(elementType: type, shape: .vector(values.count)))
      for range in [12_000..<20_000, 0..<1, 1..<12_000] {
        try values[range].withUnsafeBufferPointer { try sink.write($0, at: range.lowerBound) }
      }
      let expected = type == .float16 ? values.map { Float(Float16($0)) } : values
      #expect(try #require(sink.tensor).values() == expected)
    }
  }
}
