import LossTensor
import Losses
import Testing

/// Binary cross entropy against values from PyTorch.
struct BinaryCrossEntropyFixtureTests {
  struct Case: Decodable, CustomTestStringConvertible {
    struct Expected: Decodable {
      let value: Double?
      let unreduced: String
      let gradient: String
    }

    let name: String
    let dtype: String
    let inputs: [String: String]
    let options: [String: String]
    let expected: Expected
    var testDescription: String { name }

    static func all() throws -> [Case] {
      try Fixtures.json("bce/cases.json", as: [String: [Case]].self)["cases"] ?? []
    }

    func loss() throws -> BinaryCrossEntropy {
      let kind = try #require(BinaryCrossEntropy.PredictionKind(rawValue: options["from"] ?? ""))
      return try BinaryCrossEntropy(
        from: kind, labelSmoothing: try number("label-smoothing") ?? 0,
        ignoredLabel: try number("ignore-label"),
        probabilityClamp: try options["prob-clamp"].map { try ProbabilityClampOption($0) }
          ?? .standard)
    }

    func policies() throws -> EvaluationPolicies {
      let reduction = try #require(Reduction(rawValue: options["reduction"] ?? ""))
      let type = try options["compute-dtype"].map { try #require(ElementType(rawValue: $0)) }
      return EvaluationPolicies(reduction, computeType: type)
    }

    private func number(_ option: String) throws -> Double? {
      try options[option].map { try #require(Double($0)) }
    }
  }

  struct Golden: Decodable {
    let mean: Double
    let sum: Double
    let rows: [Double]?
  }

  @Test("The fixture holds cases with known options only")
  func fixtureIsRead() throws {
    let known: Set = [
      "from", "reduction", "label-smoothing", "ignore-label", "prob-clamp", "compute-dtype",
    ]
    let cases = try Case.all()
    #expect(cases.count > 70)
    for item in cases { #expect(known.isSuperset(of: item.options.keys), "\(item.name)") }
  }

  @Test("Value, unreduced loss and gradient are PyTorch's", arguments: try Case.all())
  func agreesWithPyTorch(_ item: Case) throws {
    var inputs = try item.inputs.mapValues { try Fixtures.tensor("bce/" + $0) }
    let gradientOutput = inputs.removeValue(forKey: "grad-output")
    let type = try #require(ElementType(rawValue: item.dtype))
    let outcome = try evaluate(
      try item.loss(), inputs, gradientOutput: gradientOutput, try item.policies())
    #expect(outcome.report.computeType == type)
    #expect((outcome.report.value == nil) == (item.expected.value == nil))
    if let actual = outcome.report.value, let expected = item.expected.value {
      let isClose = Tolerance.standard(for: type).accepts(actual, expected: expected)
      #expect(isClose, "\(actual) for \(expected)")
    }
    let unreduced = try Fixtures.tensor("bce/" + item.expected.unreduced)
    try expectClose(outcome.values, unreduced, as: type, "unreduced")
    let gradient = try Fixtures.tensor("bce/" + item.expected.gradient)
    try expectClose(outcome.gradient, gradient, as: type, "gradient")
  }

  @Test(
    "Each cancer prediction's loss and gradient are PyTorch's",
    arguments: [
      ("float32", "logits", "", BinaryCrossEntropy.PredictionKind.logits, ElementType.float32),
      ("float64", "logits-float64", "-float64", .logits, .float64),
      ("probs", "probabilities", "-probs", .probs, .float32),
    ])
  func breastCancer(
    entry: String, predictions: String, suffix: String,
    kind: BinaryCrossEntropy.PredictionKind, type: ElementType
  ) throws {
    let folder = "breast-cancer/"
    let golden = try #require(
      try Fixtures.json(folder + "expected.json", as: [String: Golden].self)[entry])
    let inputs = [
      "pred": try Fixtures.tensor(folder + predictions + ".npy"),
      "label": try Fixtures.tensor(folder + "labels.npy"),
    ]
    let outcome = try evaluate(try BinaryCrossEntropy(from: kind), inputs)
    let tolerance = Tolerance.standard(for: type)
    #expect(tolerance.accepts(try #require(outcome.report.value), expected: golden.mean))
    #expect(tolerance.accepts(outcome.report.sum, expected: golden.sum))
    #expect(outcome.report.denominator == 569)
    let unreduced = try Fixtures.tensor(folder + "unreduced\(suffix).npy")
    try expectClose(outcome.values, unreduced, as: type, "unreduced")
    let gradient = try Fixtures.tensor(folder + "gradient\(suffix).npy")
    try expectClose(outcome.gradient, gradient, as: type, "gradient")
  }

  @Test(
    "The 3x3 example's mean, sum and rows are PyTorch's",
    arguments: [ElementType.float32, .float64])
  func example(type: ElementType) throws {
    let golden = try #require(
      try Fixtures.json("example-3x3/expected.json", as: [String: Golden].self)[type.rawValue])
    let inputs = [
      "pred": try Fixtures.tensor("example-3x3/logits.npy"),
      "label": try Fixtures.tensor("example-3x3/labels.npy"),
    ]
    let policies = EvaluationPolicies(.mean, computeType: type)
    let outcome = try evaluate(try BinaryCrossEntropy(), inputs, policies)
    let tolerance = Tolerance.standard(for: type)
    #expect(tolerance.accepts(try #require(outcome.report.value), expected: golden.mean))
    #expect(tolerance.accepts(outcome.report.sum, expected: golden.sum))
    let rows = try #require(golden.rows)
    try expectClose(outcome.perRow, try float64(rows), as: type, "rows")
    for (actual, expected) in zip(outcome.perRow.doubles, [0.8166, 0.6558, 0.6855]) {
      #expect((actual * 1e4).rounded() == (expected * 1e4).rounded())
    }
  }

  @Test("The 3x3 example's decimals in float64 give 0.7193247832556007")
  func exampleDecimals() throws {
    let logits = [-0.4089, -1.2471, 0.5907, -0.4897, -0.8267, -0.7349, 0.5241, -0.1246, -0.4751]
    let outcome = try evaluate(
      try BinaryCrossEntropy(),
      [
        "pred": try float64(logits, 3, 3),
        "label": try float64([0, 1, 1, 0, 0, 1, 1, 0, 1], 3, 3),
      ])
    let golden = try #require(
      try Fixtures.json("example-3x3/expected.json", as: [String: Golden].self)["float64-decimals"])
    // Far closer than PyTorch's own tolerance: both work in float64 on nine numbers.
    #expect((try #require(outcome.report.value) - golden.mean).magnitude <= 2e-16)
    #expect((outcome.report.sum - golden.sum).magnitude <= 2e-15)
  }
}
