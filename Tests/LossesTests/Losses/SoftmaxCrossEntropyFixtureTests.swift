import LossTensor
import Losses
import Testing

/// Softmax cross entropy against values from PyTorch.
struct SoftmaxCrossEntropyFixtureTests {
  typealias Fixture = SoftmaxCrossEntropyFixture

  struct Digits: Decodable {
    struct Golden: Decodable {
      let mean: Double
      let sum: Double
    }

    let float32: Golden
    let float64: Golden
  }

  @Test("The fixture holds cases with known options only")
  func fixtureIsRead() throws {
    let known: Set = [
      "from", "ignore-index", "label-smoothing", "class-axis", "compute-dtype", "zero-times-inf",
    ]
    let (grid, edges) = (try Fixture.grid(), try Fixture.edgeCases())
    #expect(grid.count > 200)
    #expect(edges.count > 80)
    for item in grid + edges { #expect(known.isSuperset(of: item.options.keys), "\(item.name)") }
  }

  @Test("Loss, sums and gradients are PyTorch's", arguments: try Fixture.grid())
  func agreesWithPyTorch(_ item: Fixture.Case) throws {
    try Self.expectAgreement(item)
  }

  @Test(
    "Infinite, NaN, huge, ignored and missing values have the loss and gradient they should",
    arguments: try Fixture.edgeCases())
  func edge(_ item: Fixture.Case) throws {
    try Self.expectAgreement(item)
  }

  private static func expectAgreement(_ item: Fixture.Case) throws {
    let (loss, inputs, type) = (try item.loss(), try item.lossInputs(), try item.type())
    let expected = item.expected
    let gradientBound = ReferenceBound(float32Steps: 3, type: type)
    func expectGradient(_ actual: Tensor, _ values: [Double]?, terms: [Double]?) {
      #expect(actual.shape == inputs["pred"]?.shape)
      guard let values else { return }
      let mismatch = gradientBound.firstMismatch(actual.doubles, values, terms: terms)
      #expect(mismatch == nil, "gradient\(mismatch ?? "")")
    }

    let mean = try evaluate(loss, inputs, try item.policies(.mean))
    try Self.expectValues(mean, item, expected.mean, divisor: expected.denominator)
    // The fixture has the terms of the sum; those of the mean are as much smaller as its gradient.
    let meanTerms = expected.gradientTerms?.map { $0 / expected.denominator }
    expectGradient(mean.gradient, expected.gradientOfMean, terms: meanTerms)

    let sum = try evaluate(loss, inputs, try item.policies(.sum))
    try Self.expectValues(sum, item, expected.sum, divisor: 1)
    expectGradient(sum.gradient, expected.gradientOfSum, terms: expected.gradientTerms)

    let none = try evaluate(
      loss, inputs, gradientOutput: try item.gradientOutput(), try item.policies(.none))
    try Self.expectValues(none, item, nil, divisor: 1)
    let hasUpstream = expected.gradientOfUpstream != nil
    expectGradient(
      none.gradient, expected.gradientOfUpstream ?? expected.gradientOfSum,
      terms: hasUpstream ? expected.upstreamTerms : expected.gradientTerms)
  }

  /// Holds the unreduced loss and what the report says against the case; `divisor` is that of `value`.
  private static func expectValues(
    _ outcome: Outcome, _ item: Fixture.Case, _ value: Double?, divisor: Double
  ) throws {
    let (report, expected) = (outcome.report, item.expected)
    let bound = ReferenceBound(float32Steps: 4, type: try item.type())
    #expect(report.computeType == bound.type)
    #expect(outcome.values.shape == Shape(expected.unreducedShape))
    #expect(report.ignored == expected.ignored)
    let difference = (report.denominator - expected.denominator).magnitude
    #expect(difference <= 1e-14 * expected.denominator, "\(report.denominator)")
    let mismatch = bound.firstMismatch(
      outcome.values.doubles, expected.unreduced, terms: expected.unreducedTerms)
    #expect(mismatch == nil, "unreduced\(mismatch ?? "")")

    let terms = expected.unreducedTerms.map { $0.reduce(0, +) }
    func isClose(_ actual: Double, _ expected: Double, _ terms: Double?) -> Bool {
      if actual == expected || (actual.isNaN && expected.isNaN) { return true }
      guard actual.isFinite, expected.isFinite else { return false }
      // Sums and means are float64, and have what the float32 losses are off by.
      let allowed = terms.map { bound.ofTerms * $0 } ?? bound.relative * expected.magnitude
      return (actual - expected).magnitude <= allowed
    }
    #expect(isClose(report.sum, expected.sum, terms), "\(report.sum) for \(expected.sum)")
    #expect((report.value == nil) == (value == nil))
    if let actual = report.value, let value {
      #expect(isClose(actual, value, terms.map { $0 / divisor }), "\(actual) for \(value)")
    }
  }

  @Test("Each digit's loss and gradient are PyTorch's")
  func digits() throws {
    let golden: Digits = try Fixtures.json("digits/expected.json")
    let outcome = try Self.evaluateDigits(.float32)
    let value = try #require(outcome.report.value)
    let tolerance = Tolerance.standard(for: .float32)
    #expect(tolerance.accepts(value, expected: golden.float32.mean))
    #expect(tolerance.accepts(outcome.report.sum, expected: golden.float32.sum))
    #expect(outcome.report.denominator == 300)
    let unreduced = try Fixtures.tensor("digits/unreduced.npy")
    try expectClose(outcome.values, unreduced, as: .float32, "unreduced")
    let gradient = try Fixtures.tensor("digits/gradient.npy")
    try expectClose(outcome.gradient, gradient, as: .float32, "gradient")
  }

  @Test(
    "Each digit's float32 loss and gradient are nearer to PyTorch's float64 than its float32 is")
  func digitsInFloat32() throws {
    let golden: Digits = try Fixtures.json("digits/expected.json")
    let outcome = try Self.evaluateDigits(.float32)
    let (lossBound, gradientBound) = (
      ReferenceBound(float32Steps: 4, type: .float32),
      ReferenceBound(float32Steps: 3, type: .float32)
    )
    let unreduced = try Fixtures.tensor("digits/unreduced-float64.npy").doubles
    let gradient = try Fixtures.tensor("digits/gradient-float64.npy").doubles
    #expect(lossBound.firstMismatch(outcome.values.doubles, unreduced, terms: nil) == nil)
    #expect(gradientBound.firstMismatch(outcome.gradient.doubles, gradient, terms: nil) == nil)
    let ofPyTorch = try Fixtures.tensor("digits/unreduced.npy").doubles
    #expect(lossBound.firstMismatch(ofPyTorch, unreduced, terms: nil) != nil)
    let value = try #require(outcome.report.value)
    let difference = (value - golden.float64.mean).magnitude
    #expect(difference <= lossBound.relative * golden.float64.mean)
  }

  @Test("Each digit's float64 loss and gradient are PyTorch's")
  func digitsInFloat64() throws {
    let golden: Digits = try Fixtures.json("digits/expected.json")
    let outcome = try Self.evaluateDigits(.float64)
    let value = try #require(outcome.report.value)
    #expect((value - golden.float64.mean).magnitude <= 1e-14)
    #expect((outcome.report.sum - golden.float64.sum).magnitude <= 1e-12)
    // PyTorch's lse - x has the rounding of numbers of up to 32, and its p - 1 that of numbers below 1.
    let unreduced = try Fixtures.tensor("digits/unreduced-float64.npy")
    for (actual, expected) in zip(outcome.values.doubles, unreduced.doubles) {
      #expect((actual - expected).magnitude <= 1e-12 * expected + 1e-14)
    }
    let gradient = try Fixtures.tensor("digits/gradient-float64.npy")
    for (actual, expected) in zip(outcome.gradient.doubles, gradient.doubles) {
      #expect((actual - expected).magnitude <= 1e-12 * expected.magnitude + 1e-17)
    }
  }

  private static func evaluateDigits(_ type: ElementType) throws -> Outcome {
    let inputs = [
      "pred": try Fixtures.tensor("digits/logits.npy"),
      "label": try Fixtures.tensor("digits/labels.npy"),
    ]
    return try evaluate(
      try SoftmaxCrossEntropy(from: .logits), inputs, EvaluationPolicies(.mean, computeType: type))
  }
}
