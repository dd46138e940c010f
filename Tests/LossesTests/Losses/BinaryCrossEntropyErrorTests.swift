import LossTensor
import Losses
import Testing

/// What binary cross entropy refuses, and where it says the fault is.
struct BinaryCrossEntropyErrorTests {
  @Test(
    "Label smoothing outside 0 to 1 is refused",
    arguments: [(-0.1, "-0.1"), (1.5, "1.5"), (.nan, "nan"), (1.0.nextUp, "1.0000000000000002")])
  func labelSmoothing(value: Double, found: String) {
    let error = LossError.optionOutOfRange(
      option: "label-smoothing", found: found, expected: "a number from 0 to 1")
    #expect(throws: error) { try BinaryCrossEntropy(labelSmoothing: value) }
  }

  @Test("Label smoothing of 0 and 1 is accepted", arguments: [0.0, 1])
  func labelSmoothingBounds(value: Double) throws {
    #expect(try BinaryCrossEntropy(labelSmoothing: value).labelSmoothing == value)
  }

  @Test("A positive weight is refused for probabilities")
  func positiveWeight() throws {
    let tensor = try float32([0.25, 0.5])
    let inputs = ["pred": tensor, "label": tensor, "pos-weight": try float32([2], 1)]
    #expect(throws: LossError.optionConflict("--pos-weight", with: "--from probs")) {
      try LossEvaluation(try BinaryCrossEntropy(from: .probs), inputs: inputs)
    }
  }

  @Test("A probability clamp is refused for logits")
  func clampOfLogits() {
    #expect(throws: LossError.optionConflict("--prob-clamp", with: "--from logits")) {
      try BinaryCrossEntropy(probabilityClamp: .fixed(.none))
    }
  }

  @Test(
    "Every documented spelling of the probability clamp is read",
    arguments: [
      ("log:-100", ProbabilityClampOption.standard, "log:-100"),
      ("log:-0.5", .fixed(.logarithm(-0.5)), "log:-0.5"),
      ("log:-1e2", .fixed(.logarithm(-100)), "log:-100"),
      ("eps:1e-7", .fixed(.epsilon(1e-7)), "eps:1e-07"),
      ("eps:0.25", .fixed(.epsilon(0.25)), "eps:0.25"),
      ("eps:auto", .machineEpsilon, "eps:auto"), ("none", .fixed(.none), "none"),
    ])
  func clampSpellings(text: String, option: ProbabilityClampOption, description: String) throws {
    #expect(try ProbabilityClampOption(text) == option)
    #expect(option.description == description)
    #expect(try ProbabilityClampOption(option.description) == option)
  }

  @Test(
    "Any other spelling of the probability clamp is refused",
    arguments: [
      "", "none:", "none:1", "log", "log:", "log:0", "log:5", "log:-inf", "log:nan", "log:auto",
      "log:-100:", "eps", "eps:", "eps:0", "eps:-1e-7", "eps:0.5", "eps:1", "eps:nan", "eps:AUTO",
      "eps: 1e-7", "EPS:1e-7", "1e-7", ":-100",
    ])
  func refusedClamp(text: String) {
    let error = LossError.optionOutOfRange(
      option: "prob-clamp", found: "\"\(text)\"",
      expected: "log:X with X below 0, eps:X with X from 0 to 0.5, eps:auto or none")
    #expect(throws: error) { try ProbabilityClampOption(text) }
  }

  @Test(
    "The clamp eps:auto follows the type the predictions are stored as",
    arguments: [
      (ElementType.float16, 0x1p-10), (.bfloat16, 0x1p-7), (.float32, 0x1p-23), (.float64, 0x1p-52),
    ])
  func machineEpsilon(type: ElementType, epsilon: Double) throws {
    let zeros = try #require(MemorySink(elementType: type, shape: .vector(1))?.tensor)
    let outcome = try evaluate(
      try BinaryCrossEntropy(from: .probs, probabilityClamp: .machineEpsilon),
      ["pred": zeros, "label": try float64([1])], EvaluationPolicies(.sum))
    let fixed = try evaluate(
      try BinaryCrossEntropy(from: .probs, probabilityClamp: .fixed(.epsilon(epsilon))),
      ["pred": zeros, "label": try float64([1])], EvaluationPolicies(.sum))
    #expect(outcome.report.value == fixed.report.value)
  }

  @Test(
    "An element out of range is refused with its index and value",
    arguments: [
      ("logits", "label", Float.infinity, "a finite label", nil as String?),
      ("logits", "label", -.infinity, "a finite label", nil),
      ("logits", "weight", .infinity, "a finite weight", nil),
      ("logits", "pos-weight", -.infinity, "a finite weight", nil),
      ("probs", "weight", -.infinity, "a finite weight", nil),
      ("probs", "label", 2, "a label from 0 to 1", nil),
      ("probs", "label", -0.5, "a label from 0 to 1", nil),
      (
        "probs", "pred", 1.25, "a probability from 0 to 1", "if these are logits, use --from logits"
      ),
      (
        "probs", "pred", -0.25, "a probability from 0 to 1",
        "if these are logits, use --from logits"
      ),
    ])
  func outOfRange(
    kind: String, input: String, value: Float, expected: String, hint: String?
  ) throws {
    let error = LossError.valueOutOfRange(
      input: input, index: [1, 2], found: Double(value), expected: expected, hint: hint)
    #expect(throws: error) { try Self.evaluateWith(value, in: input, kind) }
  }

  @Test(
    "A NaN where a number is needed is refused with its index",
    arguments: [
      ("logits", "label", "a finite label", "--ignore-label nan leaves such elements out"),
      ("probs", "label", "a label from 0 to 1", "--ignore-label nan leaves such elements out"),
      ("probs", "pred", "a probability from 0 to 1", "if these are logits, use --from logits"),
      ("logits", "weight", "a finite weight", nil),
      ("logits", "pos-weight", "a finite weight", nil),
    ])
  func notNumber(kind: String, input: String, expected: String, hint: String?) throws {
    let error = try lossError { try Self.evaluateWith(.nan, in: input, kind) }
    guard case .valueOutOfRange(input, [1, 2], let found, expected, hint) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(found.isNaN)
  }

  /// Evaluates two rows of three, all in order but for one value at [1, 2] of one input.
  private static func evaluateWith(_ value: Float, in input: String, _ kind: String) throws {
    let predictionKind = try #require(BinaryCrossEntropy.PredictionKind(rawValue: kind))
    var inputs = [
      "pred": try float32([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 2, 3),
      "label": try float32([0, 1, 0.5, 1, 0, 1], 2, 3),
    ]
    var values = inputs[input]?.values(as: Float.self) ?? [1, 2, 3, 4, 5, 6]
    values[5] = value
    inputs[input] = try float32(values, 2, 3)
    _ = try evaluate(try BinaryCrossEntropy(from: predictionKind), inputs)
  }

  @Test("The index of a scalar is empty")
  func scalarIndex() throws {
    let inputs = [
      "pred": Tensor([Float(2)], shape: .scalar), "label": Tensor([Float(1)], shape: .scalar),
    ]
    let error = LossError.valueOutOfRange(
      input: "pred", index: [], found: 2, expected: "a probability from 0 to 1",
      hint: "if these are logits, use --from logits")
    #expect(throws: error) { try evaluate(try BinaryCrossEntropy(from: .probs), inputs) }
  }

  @Test(
    "Of several bad elements in several blocks the first is reported, whatever the threads",
    arguments: [1, 2, 3, 7])
  func lowestIndex(threads: Int) throws {
    let count = 60000
    var (predictions, labels) = (
      [Float](repeating: 0.25, count: count), [Float](repeating: 1, count: count)
    )
    predictions[50001] = 1.5
    labels[40007] = -2
    labels[20000] = 3
    predictions[20001] = -7
    let inputs = [
      "pred": try float32(predictions, 20000, 3), "label": try float32(labels, 20000, 3),
    ]
    let error = LossError.valueOutOfRange(
      input: "label", index: [6666, 2], found: 3, expected: "a label from 0 to 1", hint: nil)
    let loss = try BinaryCrossEntropy(from: .probs)
    for _ in 0..<3 {
      #expect(throws: error) {
        try evaluate(loss, inputs, EvaluationPolicies(.mean, threads: threads))
      }
    }
  }

  @Test("An element out of range in a broadcast weight is named by its index in that weight")
  func broadcastWeightIndex() throws {
    let inputs = [
      "pred": try float32([1, 2, 3, 4, 5, 6], 2, 3),
      "label": try float32([0, 1, 0, 1, 0, 1], 2, 3),
      "weight": try float32([1, .infinity, 3], 3),
    ]
    let error = LossError.valueOutOfRange(
      input: "weight", index: [1], found: .infinity, expected: "a finite weight", hint: nil)
    #expect(throws: error) { try evaluate(try BinaryCrossEntropy(), inputs) }
  }
}
