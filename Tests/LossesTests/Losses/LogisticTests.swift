import LossTensor
import Losses
import Testing

@Suite("The cost of logistic regression")
struct LogisticTests {
  static let cases = (try? Fixtures.json("logistic/cases.json", as: [NamedCase].self)) ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 56) }

  // PyTorch's logits are sums of up to 37 products that round one by one, 8 in all: 16 ulp of the largest in
  // float64. In float32 what is compared is double, rounded once.
  @Test("equals PyTorch: each row, means with the penalty, and all gradients", arguments: cases)
  func torch(_ fixture: NamedCase) throws {
    let values: Logistic.LabelValues =
      fixture.options["label-values"] == "pm1" ? .plusAndMinusOne : .zeroAndOne
    let loss = try Logistic(l2: fixture.number("l2", 0), labelValues: values)
    try fixture.expectEqual(loss, ulps: fixture.type == .float64 ? 16 : 1)
  }

  private struct Model: Decodable {
    let l2, mean, penalty: Double
    let unreduced, theta, bias, derivatives: [Double]
  }

  /// Whether floats are doubles rounded to nearest; the thousandth is for what the doubles are off by, where they
  /// are no sums whose `terms` cancel.
  private func isRounded(_ found: [Double], _ expected: [Double], terms: Double = 0) -> Bool {
    found.count == expected.count
      && zip(found, expected).allSatisfy {
        ($0 - $1).magnitude <= 0.501 * Double(Float($1).ulp) + 0x1p-51 * terms
      }
  }

  // The logits, up to 25, are doubles within 30 · 2⁻⁵³ of the 60 their terms add up to, 2e-13, and so are losses and
  // derivatives relative to themselves: less than a thousandth of a float's 6e-8. The bias's gradient cancels.
  @Test("a fitted model of the breast cancer data has PyTorch's float64 losses and gradients")
  func model() throws {
    let model: Model = try Fixtures.json("logistic/model.json")
    var inputs: [String: Tensor] = [:]
    for (name, file) in [
      "features": "features", "theta": "theta", "bias": "bias", "label": "labels",
    ] {
      inputs[name] = try Fixtures.tensor("logistic/\(file).npy")
    }
    let outcome = try evaluate(Logistic(l2: model.l2), inputs)
    #expect(outcome.report.computeType == .float32)
    #expect(isRounded(outcome.values.doubles, model.unreduced))
    // Each loss is off by half an ulp of a float at most, and so is their mean.
    let value = try #require(outcome.report.value)
    #expect(
      (value - model.mean).magnitude <= 0x1p-24 * (model.mean - model.penalty) + model.mean.ulp)
    let penalty = try #require(outcome.report.penalty)
    #expect((penalty - model.penalty).magnitude <= 2 * model.penalty.ulp)
    #expect(try isRounded(#require(outcome.gradients["theta"]).doubles, model.theta))
    let terms = model.derivatives.reduce(0) { $0 + $1.magnitude }
    #expect(try isRounded(#require(outcome.gradients["bias"]).doubles, model.bias, terms: terms))
    let theta = try #require(inputs["theta"]).doubles
    let expected = model.derivatives.flatMap { derivative in theta.map { derivative * $0 } }
    #expect(isRounded(outcome.gradient.doubles, expected))
    // Where it was fitted, a model of doubles has a gradient of 0; rounded to float it is off by 1e-8 of itself.
    let fitted = try evaluate(Logistic(l2: 0.005), inputs).gradients
    for name in ["theta", "bias"] {
      #expect(try #require(fitted[name]).doubles.allSatisfy { $0.magnitude < 1e-8 })
    }
  }

  private func rows(_ labels: [Double]) throws -> [String: Tensor] {
    [
      "features": try float64([1, 2, -3, 0.5], 2, 2), "theta": try float64([0.5, -0.25], 2),
      "label": try float64(labels, labels.count),
    ]
  }

  @Test("the documented example comes out as it stands")
  func example() throws {
    let inputs = [
      "features": try float64([1, 2], 1, 2), "theta": try float64([0.5, -0.25], 2),
      "label": try float64([1]),
    ]
    #expect(try evaluate(Logistic(), inputs).report.value == 0.6931471805599453)
    #expect(try evaluate(Logistic(), inputs).report.penalty == nil)
    let penalized = try evaluate(Logistic(l2: 0.1), inputs)
    #expect(penalized.report.penalty == 0.015625)
    #expect(penalized.report.value == 0.6931471805599453 + 0.015625)
    #expect(penalized.report.sum == 0.6931471805599453)
    // (σ(0) - 1)·x + λ·θ
    #expect(penalized.gradients["theta"]?.doubles == [-0.5 + 0.05, -1 - 0.025])
  }

  @Test(
    "the penalty is added once to a mean and a sum, and to none of the losses or their gradient")
  func penalty() throws {
    let (plain, penalized) = (try Logistic(), try Logistic(l2: 2))
    let inputs = try rows([0, 1])
    for reduction in Reduction.allCases {
      let policies = EvaluationPolicies(reduction)
      let (without, with) = try (
        evaluate(plain, inputs, policies), evaluate(penalized, inputs, policies)
      )
      #expect(with.report.penalty == 0.3125)
      #expect(with.values.bits == without.values.bits)
      #expect(with.perRow.bits == without.perRow.bits)
      #expect(with.report.sum == without.report.sum)
      #expect(with.report.value == without.report.value.map { $0 + 0.3125 })
      let theta = try #require(without.gradients["theta"]).doubles
      let added: [Double] = reduction == .none ? [0, 0] : [1, -0.5]
      #expect(with.gradients["theta"]?.doubles == zip(theta, added).map { $0 + $1 })
    }
    let three = try evaluate(
      penalized, inputs, gradientOutput: Tensor([3.0], shape: .scalar), EvaluationPolicies(.sum))
    let once = try evaluate(plain, inputs, EvaluationPolicies(.sum)).gradients["theta"]?.doubles
    let expected = try #require(once).enumerated().map { 3 * $1 + [3, -1.5][$0] }
    for (found, expected) in zip(try #require(three.gradients["theta"]).doubles, expected) {
      #expect((found - expected).magnitude <= 1e-15)
    }
  }

  @Test("no rows have the penalty alone")
  func noRows() throws {
    let inputs = [
      "features": try float64([], 0, 2), "theta": try float64([0.5, -0.25], 2),
      "label": try float64([], 0), "bias": try float64([3], 1),
    ]
    let loss = try Logistic(l2: 2)
    #expect(try evaluate(loss, inputs, EvaluationPolicies(.sum)).report.value == 0.3125)
    let zero = try evaluate(loss, inputs, EvaluationPolicies(.mean, empty: .zero))
    #expect(zero.report.value == 0.3125)
    #expect(zero.gradients["theta"]?.doubles == [1, -0.5])
    #expect(zero.gradients["bias"]?.doubles == [0])
    #expect(zero.gradients["features"]?.doubles == [])
    #expect(try evaluate(loss, inputs).report.value?.isNaN == true)
    #expect(throws: LossError.nothingToReduce(elements: 0, ignored: 0)) {
      try evaluate(loss, inputs, EvaluationPolicies(.mean, empty: .error))
    }
  }

  @Test("both conventions of labels, and labels of any type, have the same bits")
  func labels() throws {
    let expected = try evaluate(Logistic(), try rows([0, 1]))
    func expectSame(_ loss: Logistic, _ label: Tensor) throws {
      var inputs = try rows([0, 1])
      inputs["label"] = label
      let outcome = try evaluate(loss, inputs)
      #expect(outcome.values.bits == expected.values.bits)
      #expect(outcome.gradients.mapValues(\.bits) == expected.gradients.mapValues(\.bits))
    }
    for type in [ElementType.bool, .uint8, .int64, .float16, .bfloat16, .float32] {
      try expectSame(Logistic(), tensor([0, 1], as: type, [2]))
    }
    let signs = try Logistic(labelValues: .plusAndMinusOne)
    for type in [ElementType.int8, .int64, .float16, .float64] {
      try expectSame(signs, tensor([-1, 1], as: type, [2]))
    }
  }

  @Test("inputs and options out of range are errors with their place")
  func errors() throws {
    func error(_ loss: Logistic, _ changes: [String: Tensor]) throws -> LossError? {
      let inputs = try rows([0, 1]).merging(changes) { $1 }
      do {
        _ = try evaluate(loss, inputs)
        return nil
      } catch let error as LossError { return error }
    }
    func label(_ found: Double, _ expected: String, _ hint: String?) -> LossError {
      .valueOutOfRange(input: "label", index: [1], found: found, expected: expected, hint: hint)
    }
    let signs = try Logistic(labelValues: .plusAndMinusOne)
    #expect(
      try error(Logistic(), ["label": float64([1, -1])])
        == label(-1, "0 or 1", "for labels of -1 and 1, use --label-values pm1"))
    #expect(try error(Logistic(), ["label": float64([1, 0.5])]) == label(0.5, "0 or 1", nil))
    #expect(
      try error(signs, ["label": float64([1, 0])])
        == label(0, "-1 or 1", "for labels of 0 and 1, use --label-values 01"))
    #expect(
      try error(Logistic(), ["sample-weight": float64([1, .infinity])])
        == .valueOutOfRange(
          input: "sample-weight", index: [1], found: .infinity, expected: "a finite weight",
          hint: nil))
    #expect(
      try error(Logistic(), ["theta": float64([1, 2, 3])])
        == .shapeMismatch(
          input: "theta", found: .vector(3), expected: "(2,), like features",
          transposeMatches: false))
    #expect(
      try error(Logistic(), ["bias": float64([1, 2])])
        == .shapeMismatch(
          input: "bias", found: .vector(2), expected: "() or (1,), one number",
          transposeMatches: false))
    for l2 in [-0.5, .infinity] {
      #expect(
        throws: LossError.optionOutOfRange(
          option: "l2", found: l2.description, expected: "0 or more")
      ) { try Logistic(l2: l2) }
    }
    #expect(
      throws: LossError.nonFinitePenalty(found: .infinity)
    ) {
      try evaluate(
        Logistic(l2: 1),
        try rows([0, 1]).merging(["theta": float64([1e200, 0])]) { $1 },
        EvaluationPolicies(.mean, nonFinite: .error))
    }
  }
}
