import LossTensor
import Losses
import Testing

@Suite("Transforms")
struct TensorTransformTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let dtype: String
    let shape: [Int]
    let x, sigmoid, softmax, logSoftmax: [Double]

    enum CodingKeys: String, CodingKey {
      case dtype, shape, x, sigmoid, softmax
      case logSoftmax = "log-softmax"
    }

    var type: ElementType { dtype == "float64" ? .float64 : .float32 }
    var testDescription: String { "\(dtype) \(shape)" }
  }

  static let cases = (try? Fixtures.json("transforms/cases.json", as: [Case].self)) ?? []

  private func apply(
    _ transform: TensorTransform, _ tensor: Tensor, _ type: ElementType, threads: Int = 1
  ) throws -> [Double] {
    let sink = try #require(MemorySink(elementType: type, shape: tensor.shape))
    try transform.apply(to: tensor, as: type, into: sink, threadCount: threads)
    return try #require(sink.tensor).doubles
  }

  /// The largest error in units in the last place of the type.
  private func ulps(_ found: [Double], _ expected: [Double], _ type: ElementType) -> Double {
    zip(found, expected).map { found, expected in
      let ulp =
        type == .float64
        ? max(expected.ulp, .leastNonzeroMagnitude)
        : max(Double(Float(expected).ulp), Double(Float.leastNonzeroMagnitude))
      return (found - expected).magnitude / ulp
    }.max() ?? 0
  }

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 10) }

  @Test("are within 2 ulp of mpmath's values", arguments: cases)
  func accuracy(_ fixture: Case) throws {
    let x = try tensor(fixture.x, as: fixture.type, fixture.shape)
    let sigmoid = try apply(.sigmoid, x, fixture.type)
    #expect(ulps(sigmoid, fixture.sigmoid, fixture.type) <= 2)
    let softmax = try apply(.softmax(axis: -1), x, fixture.type)
    #expect(ulps(softmax, fixture.softmax, fixture.type) <= 2)
    let logs = try apply(.logSoftmax(axis: -1), x, fixture.type)
    // Near 1 the logarithm is small, and what it is the difference of is not.
    let scale = fixture.type == .float64 ? 0x1p-51 : 0x1p-23
    for (found, expected) in zip(logs, fixture.logSoftmax) {
      #expect((found - expected).magnitude <= scale * max(expected.magnitude, 1))
    }
  }

  @Test("along any axis are those along the last", arguments: [0, 1, 2, -1, -2, -3])
  func axes(axis: Int) throws {
    var random = SeededRandom(seed: 131)
    let sizes = [3, 5, 4]
    let x = random.doubles(60, in: -4...4)
    let found = try apply(.softmax(axis: axis), try float64(x, 3, 5, 4), .float64)
    let index = axis < 0 ? axis + 3 : axis
    let step = sizes[(index + 1)...].reduce(1, *)
    for start in 0..<60 where start / step % sizes[index] == 0 {
      let row = (0..<sizes[index]).map { start + $0 * step }
      let expected = try apply(
        .softmax(axis: -1), try float64(row.map { x[$0] }), .float64)
      #expect(row.map { found[$0] } == expected)
      #expect((expected.reduce(0, +) - 1).magnitude < 1e-14)
    }
  }

  @Test("do not depend on the number of threads, and take long rows and many")
  func threads() throws {
    var random = SeededRandom(seed: 132)
    for sizes in [[3, 9001], [70_000, 2]] {
      let values = random.doubles(sizes[0] * sizes[1], in: -9...9)
      let x = try tensor(values, as: .float32, sizes)
      for transform in [TensorTransform.sigmoid, .softmax(axis: -1), .logSoftmax(axis: 0)] {
        let one = try apply(transform, x, .float32, threads: 1)
        #expect(try apply(transform, x, .float32, threads: 3) == one)
      }
    }
  }

  @Test("NaN and infinite logits give what the quotients are")
  func specials() throws {
    let x = try float32([.nan, 1, 2, -.infinity, 0, 0, .infinity, 1, 2], 3, 3)
    let sigmoid = try apply(.sigmoid, x, .float32)
    #expect(sigmoid[0].isNaN)
    #expect(sigmoid[3] == 0)
    #expect(sigmoid[6] == 1)
    let softmax = try apply(.softmax(axis: 1), x, .float32)
    #expect(softmax[0].isNaN && softmax[1].isNaN)
    #expect(Array(softmax[3...5]) == [0, 0.5, 0.5])
    #expect(softmax[6].isNaN)
    let logs = try apply(.logSoftmax(axis: 1), x, .float32)
    #expect(logs[3] == -.infinity)
    #expect(throws: LossError.self) {
      _ = try apply(.softmax(axis: 2), x, .float32)
    }
  }
}
