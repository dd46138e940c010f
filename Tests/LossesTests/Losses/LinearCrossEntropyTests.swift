import LossTensor
import Losses
import Testing

@Suite("Softmax cross entropy of hidden vectors and a head")
struct LinearCrossEntropyTests {
  static let cases = (try? Fixtures.json("linear/cases.json", as: [NamedCase].self)) ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 40) }

  // Logits of up to 9 products of normal numbers are below 16, of which one in the inputs' type is off by a few ulp.
  @Test("equals PyTorch: each row, means and all gradients", arguments: cases)
  func torch(_ fixture: NamedCase) throws {
    let ignored = try fixture.options["ignore-index"].map { try #require(Int($0)) }
    let loss = try SoftmaxCrossEntropy(
      ignoreIndex: ignored, labelSmoothing: fixture.number("label-smoothing", 0))
    try fixture.expectEqual(loss, ulps: 40)
  }

  private func evaluateLinear(
    _ inputs: [String: Tensor], smoothing: Double = 0
  ) throws -> Outcome {
    try evaluate(SoftmaxCrossEntropy(labelSmoothing: smoothing), inputs)
  }

  /// Rows and classes in more than one tile, the last of which are not whole.
  private func manyRows(_ type: ElementType) throws -> [String: Tensor] {
    var random = SeededRandom(seed: 151)
    let labels = random.doubles(700, in: 0...1100).map { $0 < 100 ? -100 : $0.rounded(.down) }
    return [
      "hidden": try tensor(random.doubles(700 * 9, in: -1...1), as: type, [700, 9]),
      "head": try tensor(random.doubles(1101 * 9, in: -1...1), as: type, [1101, 9]),
      "head-bias": try tensor(random.doubles(1101, in: -1...1), as: type, [1101]),
      "class-weight": try tensor(random.doubles(1101, in: 0.2...3), as: type, [1101]),
      "label": try tensor(labels, as: type, [700]),
    ]
  }

  @Test("any number of threads gives the same bits", arguments: [0, 0.125])
  func threads(smoothing: Double) throws {
    let inputs = try manyRows(.float32)
    try expectSameBits(SoftmaxCrossEntropy(labelSmoothing: smoothing), inputs)
  }

  // The logits differ in the rounding of their sums, 9 numbers below 1: 4e-16 at most, times 4 for what follows.
  @Test("equals the loss of logits that are computed first", arguments: [0, 0.125])
  func storedLogits(smoothing: Double) throws {
    let inputs = try manyRows(.float64)
    let (hidden, head, bias) = (
      try #require(inputs["hidden"]).doubles, try #require(inputs["head"]).doubles,
      try #require(inputs["head-bias"]).doubles
    )
    var logits: [Double] = []
    for row in 0..<700 {
      for column in 0..<1101 {
        var sum = bias[column]
        for index in 0..<9 { sum += hidden[9 * row + index] * head[9 * column + index] }
        logits.append(sum)
      }
    }
    var direct = inputs.filter { ["label", "class-weight"].contains($0.key) }
    direct["pred"] = try float64(logits, 700, 1101)
    let expected = try evaluateLinear(direct, smoothing: smoothing)
    let actual = try evaluateLinear(inputs, smoothing: smoothing)
    #expect(actual.report.ignored == expected.report.ignored)
    #expect(actual.report.ignored > 0)
    #expect(actual.report.denominator == expected.report.denominator)
    for (found, wanted) in zip(actual.values.doubles, expected.values.doubles) {
      #expect((found - wanted).magnitude <= 16 * wanted.ulp)
    }
  }

  @Test("an ignored row takes part in nothing, whatever it holds")
  func ignoredRow() throws {
    let inputs = [
      "hidden": try float64([.nan, .infinity, 1, 2], 2, 2),
      "head": try float64([1, 0, 0, 1], 2, 2), "label": try float64([-100, 1], 2),
    ]
    let outcome = try evaluateLinear(inputs)
    #expect(outcome.values.doubles == [0, 0.313_261_687_518_222_84])
    #expect(outcome.report.denominator == 1)
    let gradients = outcome.gradients.mapValues(\.doubles)
    // p = 1 / (1 + e), and 1 - (1 - p) in two roundings.
    let (p, q) = (0.268_941_421_369_995_16, 0.268_941_421_369_995_1)
    #expect(gradients["hidden"] == [0, 0, p, -q])
    #expect(gradients["head"] == [p, 2 * p, -q, -2 * q])
    let all = try evaluateLinear(
      inputs.merging(["label": float64([-100, -100], 2)]) { $1 })
    #expect(all.report.value?.isNaN == true)
    #expect(all.report.nonFinite == 0)
  }

  @Test("a class whose bias is minus infinity has probability 0")
  func impossibleClass() throws {
    let inputs = [
      "hidden": try float64([1, 2], 1, 2), "head": try float64([1, 0, 0, 1, 5, 5], 3, 2),
      "head-bias": try float64([0, 0, -.infinity], 3), "label": try float64([1], 1),
    ]
    let outcome = try evaluateLinear(inputs)
    #expect(outcome.values.doubles == [0.313_261_687_518_222_84])
    #expect(outcome.gradients["head-bias"]?.doubles[2] == 0)
    let asked = try evaluateLinear(inputs.merging(["label": float64([2], 1)]) { $1 })
    #expect(asked.values.doubles == [.infinity])
    #expect(asked.report.nonFinite == 1)
  }

  private func inputs(
    hidden: [Int] = [4, 3], head: [Int] = [5, 3], label: [Int] = [4], more: [String: [Int]] = [:]
  ) throws -> [String: Tensor] {
    let shapes = ["hidden": hidden, "head": head, "label": label].merging(more) { $1 }
    return try shapes.mapValues {
      try tensor([Double](repeating: 1, count: $0.reduce(1, *)), as: .float64, $0)
    }
  }

  @Test("shapes that do not agree are errors that say what was expected")
  func shapes() throws {
    let cases: [([String: Tensor], String, String, Bool)] = [
      (
        try inputs(head: [5, 4]), "head",
        "[C, 3], for each class a vector as wide as those of hidden", false
      ),
      (
        try inputs(head: [3, 5]), "head",
        "[C, 3], for each class a vector as wide as those of hidden", true
      ),
      (try inputs(label: [3]), "label", "(4,), a class index for each row of hidden", false),
      (try inputs(label: [4, 5]), "label", "(4,), a class index for each row of hidden", false),
      (try inputs(more: ["head-bias": [4]]), "head-bias", "(5,), a number for each class", false),
      (
        try inputs(more: ["class-weight": [4]]), "class-weight", "(5,), a weight for each class",
        false
      ),
      (try inputs(head: [0, 3]), "head", "[C, D] with at least one class", false),
    ]
    for (tensors, input, expected, transposeMatches) in cases {
      let found = try #require(tensors[input]).shape
      #expect(
        throws: LossError.shapeMismatch(
          input: input, found: found, expected: expected, transposeMatches: transposeMatches)
      ) { try LossEvaluation(SoftmaxCrossEntropy(), inputs: tensors) }
    }
  }

  @Test("inputs and options that exclude each other are errors")
  func conflicts() throws {
    let linear = try inputs()
    func error(_ loss: SoftmaxCrossEntropy, _ inputs: [String: Tensor]) throws -> LossError {
      try lossError { _ = try LossEvaluation(loss, inputs: inputs) }
    }
    let both = linear.merging(["pred": try float64([1, 2, 3, 4], 4, 1)]) { $1 }
    #expect(try error(SoftmaxCrossEntropy(), both) == .optionConflict("--hidden", with: "--pred"))
    let table = both.filter { $0.key != "hidden" }
    #expect(try error(SoftmaxCrossEntropy(), table) == .optionConflict("--head", with: "--pred"))
    #expect(
      try error(SoftmaxCrossEntropy(), linear.filter { $0.key != "head" }) == .missingInput("head"))
    #expect(
      try error(SoftmaxCrossEntropy(), linear.filter { $0.key == "label" }) == .missingInput("pred")
    )
    #expect(
      try error(SoftmaxCrossEntropy(from: .probs), linear)
        == .optionConflict("--from probs", with: "--hidden"))
    #expect(
      try error(SoftmaxCrossEntropy(classAxis: -1), linear)
        == .optionConflict("--class-axis", with: "--hidden"))
  }

  @Test("a label that is no class is an error with its place")
  func labelOutOfRange() throws {
    var tensors = try inputs()
    tensors["label"] = try float64([0, 4, 5, 1], 4)
    #expect(
      throws: LossError.valueOutOfRange(
        input: "label", index: [2], found: 5, expected: "a class index from 0 to 4",
        hint: "--ignore-index 5 leaves such rows out")
    ) { try evaluate(SoftmaxCrossEntropy(), tensors) }
  }
}
