import LossTensor
import Testing

@testable import Losses

struct ComparisonTests {
  private static func compare(
    _ actual: [Double], _ expected: [Double], relative: Double = 0, absolute: Double = 0.5
  ) throws -> TensorComparison {
    try TensorComparison(
      try float64(actual), expected: try float64(expected),
      tolerance: Tolerance(relative: relative, absolute: absolute), name: "expected")
  }

  @Test(
    "The tolerance is torch.testing.assert_close's for the less precise type",
    arguments: [
      ([ElementType.float64, .bfloat16], 1.6e-2, 1e-5), ([.bfloat16, .float16], 1.6e-2, 1e-5),
      ([.float16, .float32], 1e-3, 1e-5), ([.float64, .float32], 1.3e-6, 1e-5),
      ([.float64, .float64], 1e-7, 1e-7), ([.float32, .int64], 1.3e-6, 1e-5),
      ([.int8, .bool], 1e-7, 1e-7),
    ])
  func standardTolerances(types: [ElementType], relative: Double, absolute: Double) throws {
    let expected = try Tolerance(relative: relative, absolute: absolute)
    #expect(Tolerance.standard(for: types[0], types[1]) == expected)
    #expect(Tolerance.standard(for: types[1], types[0]) == expected)
  }

  @Test(
    "A negative or NaN tolerance is refused by its option's name",
    arguments: [
      (-0.5, 0, "rtol", "-0.5"), (.nan, 0, "rtol", "nan"), (0, -1e-9, "atol", "-1e-09"),
      (1, .nan, "atol", "nan"),
    ])
  func refusedTolerances(relative: Double, absolute: Double, option: String, found: String) {
    let expected = "a number of at least 0"
    #expect(throws: LossError.optionOutOfRange(option: option, found: found, expected: expected)) {
      try Tolerance(relative: relative, absolute: absolute)
    }
  }

  @Test(
    "A difference of exactly atol + rtol · |expected| is accepted and the next one is not",
    arguments: [(10.0, 13.0), (-10, -13), (-10, -7)])
  func boundary(expected: Double, actual: Double) throws {
    let tolerance = try Tolerance(relative: 0.25, absolute: 0.5)
    #expect(tolerance.accepts(actual, expected: expected))
    let beyond = actual > expected ? actual.nextUp : actual.nextDown
    #expect(!tolerance.accepts(beyond, expected: expected))
  }

  @Test("The tolerance grows with the expected value, not with the actual one")
  func isAsymmetric() throws {
    let tolerance = try Tolerance(relative: 0.5, absolute: 0)
    #expect(tolerance.accepts(5, expected: 10))
    #expect(!tolerance.accepts(10, expected: 5))
  }

  @Test(
    "NaN and infinities are accepted where the same is expected",
    arguments: [
      (Double.nan, Double.nan, true), (.infinity, .infinity, true), (-.infinity, -.infinity, true),
      (.infinity, -.infinity, false), (.nan, 1, false), (1, .nan, false), (1, .infinity, false),
      (.infinity, 1, false), (.nan, .infinity, false),
    ])
  func nonFinite(actual: Double, expected: Double, isAccepted: Bool) throws {
    // A generous tolerance: infinity times anything must not let infinity through.
    let tolerance = try Tolerance(relative: 1, absolute: 1e300)
    #expect(tolerance.accepts(actual, expected: expected) == isAccepted)
    let comparison = try Self.compare([actual], [expected], relative: 1, absolute: 1e300)
    #expect(comparison.isMatch == isAccepted)
  }

  @Test("The worst element is the one farthest beyond its own tolerance")
  func worstElement() throws {
    // Differences 1, 3, 8 and 10; bounds 0.5, 0.75, 1 and 50.5.
    let actual = try float64([2, 4, 4, 490], 2, 2)
    let expected = try float64([1, 1, -4, 500], 2, 2)
    let comparison = try TensorComparison(
      actual, expected: expected, tolerance: Tolerance(relative: 0.1, absolute: 0.5),
      name: "expected")
    #expect(comparison.mismatches == 3)
    #expect(comparison.worst == .init(index: [1, 0], actual: 4, expected: -4))
    #expect(comparison.largestDifference == 10)
    #expect(!comparison.isMatch)
  }

  @Test("Of equally bad elements the first is the worst")
  func firstWorst() throws {
    let comparison = try Self.compare([1, 3, 8, .infinity, 6], [1, 3, 1, 2, .infinity])
    #expect(comparison.mismatches == 3)
    #expect(comparison.worst == .init(index: [3], actual: .infinity, expected: 2))
  }

  @Test("A NaN against a number is worse than any finite difference and makes the largest NaN")
  func notNumberIsWorst() throws {
    let comparison = try Self.compare([1e300, .nan, 5], [-1e300, 2, 9])
    #expect(comparison.mismatches == 3)
    #expect(comparison.worst?.index == [1])
    #expect(comparison.worst?.actual.isNaN == true)
    #expect(comparison.largestDifference.isNaN)
  }

  @Test("Equal NaN and infinities differ by nothing")
  func noDifference() throws {
    let comparison = try Self.compare([.nan, .infinity, 1.25], [.nan, .infinity, 1])
    #expect(comparison.isMatch)
    #expect(comparison.worst == nil)
    #expect(comparison.largestDifference == 0.25)
  }

  @Test("A mismatch in a later block is found at its index")
  func laterBlock() throws {
    var actual = [Float](repeating: 0.25, count: 9000 * 3)
    let expected = try float32(actual, 9000, 3)
    actual[8500 * 3 + 1] = 0.75
    let comparison = try TensorComparison(
      try float32(actual, 9000, 3), expected: expected, tolerance: .standard(for: .float32),
      name: "expected")
    #expect(comparison.mismatches == 1)
    #expect(comparison.worst == .init(index: [8500, 1], actual: 0.75, expected: 0.25))
  }

  @Test("Tensors of different types are compared as numbers")
  func differentTypes() throws {
    let comparison = try TensorComparison(
      try float32([0.1, 7]), expected: try float64([Double(Float(0.1)), 7]),
      tolerance: Tolerance(relative: 0, absolute: 0), name: "expected")
    #expect(comparison.isMatch)
  }

  @Test("Empty tensors match")
  func emptyTensors() throws {
    let empty = try float32([], 0, 3)
    let comparison = try TensorComparison(
      empty, expected: empty, tolerance: .standard(for: .float32), name: "expected")
    #expect(comparison.isMatch)
    #expect(comparison.largestDifference == 0)
  }

  @Test(
    "Another shape is refused, with a hint where the transpose would match",
    arguments: [([3, 2], true), ([6], false), ([2, 3, 1], false), ([1, 6], false)])
  func shapeMismatch(dimensions: [Int], transposeMatches: Bool) throws {
    let shape = try #require(Shape(dimensions))
    let expected = Tensor([Float](repeating: 1, count: 6), shape: shape)
    let actual = try float32([1, 2, 3, 4, 5, 6], 2, 3)
    let error = LossError.shapeMismatch(
      input: "golden", found: shape, expected: "(2, 3), like the result",
      transposeMatches: transposeMatches)
    #expect(throws: error) {
      try TensorComparison(
        actual, expected: expected, tolerance: .standard(for: .float32), name: "golden")
    }
  }
}
