import LossTensor
import Testing

@testable import Losses

@Suite("TensorComparison")
struct ComparisonTests {
  @Test("uses torch.testing.assert_close's tolerances, of the less precise type")
  func standards() throws {
    #expect(Tolerance.standard(for: .float64) == (try Tolerance(relative: 1e-7, absolute: 1e-7)))
    #expect(
      Tolerance.standard(for: .float64, .float32)
        == (try Tolerance(relative: 1.3e-6, absolute: 1e-5)))
    #expect(
      Tolerance.standard(for: .float16, .float32) == (try Tolerance(relative: 1e-3, absolute: 1e-5))
    )
    #expect(
      Tolerance.standard(for: .bfloat16, .float16)
        == (try Tolerance(relative: 1.6e-2, absolute: 1e-5)))
  }

  @Test("accepts what lies within atol + rtol · |expected|")
  func bounds() throws {
    let tolerance = try Tolerance(relative: 0.25, absolute: 1)
    #expect(tolerance.accepts(6, expected: 4))
    #expect(tolerance.accepts(2, expected: 4))
    #expect(!tolerance.accepts(6.5, expected: 4))
    #expect(tolerance.accepts(.infinity, expected: .infinity))
    #expect(!tolerance.accepts(.infinity, expected: -.infinity))
    #expect(!tolerance.accepts(1e300, expected: .infinity))
    #expect(tolerance.accepts(.nan, expected: .nan))
    #expect(!tolerance.accepts(.nan, expected: 0) && !tolerance.accepts(0, expected: .nan))
  }

  @Test("refuses tolerances that are none", arguments: [("rtol", -1.0, 0.0), ("atol", 0.0, -0.5)])
  func badTolerance(option: String, relative: Double, absolute: Double) {
    let found = option == "rtol" ? relative : absolute
    let expected = LossError.optionOutOfRange(
      option: option, found: found.description, expected: "a number of at least 0")
    #expect(throws: expected) { try Tolerance(relative: relative, absolute: absolute) }
  }

  @Test("counts what differs and names the worst")
  func worst() throws {
    let shape = try shape(2, 3)
    let comparison = try TensorComparison(
      Tensor([1, 2, 3, 4, 5.5, 9] as [Double], shape: shape),
      expected: Tensor([1, 2, 3.5, 4, 5, 6] as [Double], shape: shape),
      tolerance: try Tolerance(relative: 0, absolute: 0.25), name: "x")
    #expect(comparison.mismatches == 3 && !comparison.isMatch)
    #expect(comparison.largestDifference == 3)
    #expect(comparison.worst == .init(index: [1, 2], actual: 9, expected: 6))
  }

  @Test("refuses tensors of different shapes, and says where a transpose would match")
  func shapes() throws {
    let expected = LossError.shapeMismatch(
      input: "x", found: try shape(3, 2), expected: "(2, 3), like the result",
      transposeMatches: true)
    #expect(throws: expected) {
      try TensorComparison(
        Tensor([Float](repeating: 0, count: 6), shape: try shape(2, 3)),
        expected: Tensor([Float](repeating: 0, count: 6), shape: try shape(3, 2)),
        tolerance: .standard(for: .float32), name: "x")
    }
  }
}
