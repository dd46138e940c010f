import Foundation
import LossKernels
import LossTensor
import Losses
import Testing

@Suite("BinaryCrossEntropy")
struct BinaryCrossEntropyTests {
  struct Cases: Decodable {
    struct Case: Decodable, CustomTestStringConvertible, Sendable {
      struct Expected: Decodable, Sendable {
        let value: Number?
        let unreduced: String
        let gradient: String
      }
      let name: String
      let dtype: String
      let inputs: [String: String]
      let options: [String: String]
      let expected: Expected
      var testDescription: String { name }
    }
    let cases: [Case]
  }

  /// A number, or the name of one that JSON does not have.
  struct Number: Decodable, Sendable {
    let value: Double
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        value = number
      } else {
        value = Double(try container.decode(String.self)) ?? .signalingNaN
      }
    }
  }

  static let cases = (try? document("bce/cases.json", as: Cases.self).cases) ?? []

  @Test("has all of PyTorch's cases")
  func allCases() { #expect(Self.cases.count == 74) }

  @Test("equals PyTorch in value, losses and gradient", arguments: cases)
  func equalsPyTorch(entry: Cases.Case) throws {
    let inputs = try entry.inputs.mapValues { try fixture("bce/" + $0) }
    let loss = try makeLoss(entry.options)
    let policies = try makePolicies(entry.options)
    let outcome = try Outcome(
      loss, inputs.filter { $0.key != "grad-output" }, gradientOutput: inputs["grad-output"],
      policies: policies)
    let type = try #require(ElementType(rawValue: entry.dtype))
    #expect(outcome.report.computeType == type)
    let tolerance = Tolerance.standard(for: type)
    if let expected = entry.expected.value {
      let value = try #require(outcome.report.value)
      #expect(tolerance.accepts(value, expected: expected.value), "\(value) for \(expected.value)")
    } else {
      #expect(outcome.report.value == nil)
    }
    for (found, name) in [
      (outcome.values, entry.expected.unreduced), (outcome.gradient, entry.expected.gradient),
    ] {
      let comparison = try TensorComparison(
        found, expected: try fixture("bce/" + name), tolerance: tolerance, name: name)
      #expect(comparison.isMatch, "\(name): \(String(describing: comparison.worst))")
    }
  }

  private func makeLoss(_ options: [String: String]) throws -> BinaryCrossEntropy {
    try BinaryCrossEntropy(
      from: try #require(.init(rawValue: options["from"] ?? "")),
      labelSmoothing: Double(options["label-smoothing"] ?? "0") ?? .nan,
      ignoredLabel: options["ignore-label"].flatMap(Double.init),
      probabilityClamp: try options["prob-clamp"].map(ProbabilityClampOption.init) ?? .standard)
  }

  private func makePolicies(_ options: [String: String]) throws -> EvaluationPolicies {
    var policies = EvaluationPolicies()
    policies.reduction = try #require(Reduction(rawValue: options["reduction"] ?? ""))
    policies.computeType = options["compute-dtype"].flatMap(ElementType.init(rawValue:))
    return policies
  }

  private func evaluate(
    _ x: [Double], _ y: [Double], _ loss: BinaryCrossEntropy,
    policies: EvaluationPolicies = EvaluationPolicies()
  ) throws -> Outcome {
    let shape = Shape.vector(x.count)
    return try Outcome(
      loss, ["pred": Tensor(x, shape: shape), "label": Tensor(y, shape: shape)], policies: policies)
  }

  @Test("keeps the tail that PyTorch loses")
  func tails() throws {
    // -20 and label 0: 2.0612e-9 where PyTorch's float32 has 0. -40: 4.248e-18, where its double has 0.
    let single = try Outcome(
      try BinaryCrossEntropy(),
      ["pred": Tensor([Float(-20)], shape: .scalar), "label": Tensor([Float(0)], shape: .scalar)])
    #expect(single.report.value == Double(Float(2.0611536e-9)))
    let double = try evaluate([-40], [0], try BinaryCrossEntropy())
    #expect(double.report.value == 4.248354255291589e-18)
  }

  @Test("treats infinite logits as mathematics does, and as PyTorch does where asked")
  func infiniteLogits() throws {
    let x = [Double.infinity, .infinity, .infinity, -.infinity, -.infinity, -.infinity]
    let y = [0, 1, 0.5, 0, 1, 0.5]
    var policies = EvaluationPolicies()
    policies.reduction = .none
    let exact = try evaluate(x, y, try BinaryCrossEntropy(), policies: policies)
    #expect(exact.values.values() == [.infinity, 0, .infinity, 0, .infinity, Double.infinity])
    #expect(exact.gradient.values() == [1, 0, 0.5, 0, -1, -0.5] as [Double])
    #expect(exact.report.nonFinite == 4)
    policies.zeroTimesInfinity = .nan
    let torch = try evaluate(x, y, try BinaryCrossEntropy(), policies: policies)
    let values = torch.values.values(as: Double.self)
    #expect(values.map(\.isNaN) == [false, true, false, true, true, true])
    #expect(values[0] == .infinity && values[2] == .infinity)
    #expect(torch.gradient.values() == [1, 0, 0.5, 0, -1, -0.5] as [Double])
  }

  @Test("shows a NaN logit, unless its element is ignored")
  func notANumber() throws {
    let shown = try evaluate([.nan, 1], [0, 1], try BinaryCrossEntropy())
    #expect(shown.report.value?.isNaN == true)
    #expect(shown.report.nonFinite == 1)
    let ignoring = try BinaryCrossEntropy(ignoredLabel: -1)
    let hidden = try evaluate([.nan, 1], [-1, 1], ignoring)
    #expect(hidden.report.value == hidden.values.element(at: 1))
    #expect(hidden.report.ignored == 1 && hidden.report.denominator == 1)
    #expect(hidden.gradient.element(at: 0) == 0)
    let missing = try evaluate([3, 1], [.nan, 1], try BinaryCrossEntropy(ignoredLabel: .nan))
    #expect(missing.report.value == hidden.report.value)
  }

  @Test("refuses elements out of range and names the first, for any number of threads")
  func elementsOutOfRange() throws {
    let count = 100_000
    var (x, y) = ([Double](repeating: 0.25, count: count), [Double](repeating: 1, count: count))
    for index in [99_999, 70_001, 50_003, 17_777] { y[index] = 1.5 }
    x[60_000] = -0.25
    for threads in [1, 2, 5] {
      var policies = EvaluationPolicies()
      policies.threadCount = threads
      let expected = LossError.valueOutOfRange(
        input: "label", index: [17_777], found: 1.5, expected: "a label from 0 to 1", hint: nil)
      #expect(throws: expected) {
        try evaluate(x, y, try BinaryCrossEntropy(from: .probs), policies: policies)
      }
    }
    let nan = LossError.valueOutOfRange(
      input: "label", index: [1], found: .infinity, expected: "a finite label", hint: nil)
    #expect(throws: nan) { try evaluate([1, 2], [0, .infinity], try BinaryCrossEntropy()) }
    let prediction = LossError.valueOutOfRange(
      input: "pred", index: [0], found: 1.25, expected: "a probability from 0 to 1",
      hint: "if these are logits, use --from logits")
    #expect(throws: prediction) { try evaluate([1.25], [0], try BinaryCrossEntropy(from: .probs)) }
  }

  @Test("refuses weights that are not finite")
  func weights() throws {
    let inputs = [
      "pred": Tensor([Float(1), 2, 3], shape: .vector(3)),
      "label": Tensor([Float(1), 0, 1], shape: .vector(3)),
      "weight": Tensor([Float(1), 2, .infinity], shape: .vector(3)),
    ]
    let expected = LossError.valueOutOfRange(
      input: "weight", index: [2], found: .infinity, expected: "a finite weight", hint: nil)
    #expect(throws: expected) { try Outcome(try BinaryCrossEntropy(), inputs) }
  }

  @Test("refuses label smoothing outside [0, 1]", arguments: [-0.1, 1.5, .infinity])
  func smoothing(value: Double) {
    let expected = LossError.optionOutOfRange(
      option: "label-smoothing", found: value.description, expected: "a number from 0 to 1")
    #expect(throws: expected) { try BinaryCrossEntropy(labelSmoothing: value) }
  }

  @Test("refuses options that have no meaning together")
  func conflicts() throws {
    let clamp = LossError.optionConflict("--prob-clamp", with: "--from logits")
    #expect(throws: clamp) { try BinaryCrossEntropy(probabilityClamp: .machineEpsilon) }
    let one = Tensor([Float(0.5)], shape: .vector(1))
    let weight = LossError.optionConflict("--pos-weight", with: "--from probs")
    #expect(throws: weight) {
      try Outcome(
        try BinaryCrossEntropy(from: .probs), ["pred": one, "label": one, "pos-weight": one])
    }
  }

  @Test("reads the clamps it prints")
  func clamps() throws {
    for text in ["log:-100", "log:-23.5", "eps:1e-07", "eps:auto", "none"] {
      #expect(try ProbabilityClampOption(text).description == text)
    }
    for text in [
      "", "log", "log:1", "log:nan", "eps:0", "eps:0.5", "eps:-1", "none:", "auto", "log:auto",
    ] {
      #expect(throws: LossError.self) { try ProbabilityClampOption(text) }
    }
  }

  @Test("warns of logits that are all in [0, 1], and of losses that are not finite")
  func warnings() throws {
    let suspicious = try evaluate([0, 0.5, 1], [0, 1, 1], try BinaryCrossEntropy())
    #expect(suspicious.report.warnings == [.logitsLookLikeProbabilities(input: "pred")])
    let fine = try evaluate([0, 0.5, 1.5], [0, 1, 1], try BinaryCrossEntropy())
    #expect(fine.report.warnings.isEmpty)
    let infinite = try evaluate([2, -.infinity], [0, 1], try BinaryCrossEntropy())
    #expect(
      infinite.report.warnings == [
        .nonFiniteLosses(count: 1, firstIndex: [1], first: .infinity)
      ])
  }
}
