import LossKernels
import LossTensor
import Losses
import Testing

struct BinaryCrossEntropyTests {
  private static func element(
    _ loss: BinaryCrossEntropy, _ prediction: Double, _ label: Double, _ type: ElementType,
    _ others: [String: Double] = [:], zeroTimesInfinity: ZeroTimesInfinity = .zero
  ) throws -> (value: Double, gradient: Double) {
    var inputs = ["pred": try float64([prediction]), "label": try float64([label])]
    for (name, value) in others { inputs[name] = try float64([value]) }
    let policies = EvaluationPolicies(
      .none, computeType: type, zeroTimesInfinity: zeroTimesInfinity)
    let outcome = try evaluate(loss, inputs, policies)
    return (outcome.values.doubles[0], outcome.gradient.doubles[0])
  }

  @Test(
    "Losses of logits have their true values where PyTorch's cancel or are unusual",
    arguments: [
      (-20.0, 0.0, ElementType.float32, 2.0612e-9), (-40, 0, .float64, 4.24835e-18),
      (5, 2, .float64, -4.9933), (1e4, 0, .float32, 1e4), (1e4, 1, .float32, 0),
      (-1e4, 1, .float64, 1e4), (3e38, 0, .float64, 3e38), (-1.2471, 1, .float32, 1.4997),
    ])
  func goldenLogits(logit: Double, label: Double, type: ElementType, expected: Double) throws {
    let actual = try Self.element(try BinaryCrossEntropy(), logit, label, type).value
    // The golden numbers have at least five digits.
    #expect((actual - expected).magnitude <= 5e-5 * expected.magnitude, "\(actual)")
  }

  @Test(
    "Losses of probabilities are clamped in the logarithm and gradients by 1e-12, as PyTorch's",
    arguments: [
      (0.0, 1.0, ElementType.float32, 100.0, -1e12), (0, 0.5, .float32, 50, -0.5e12),
      (1e-45, 1, .float32, 100, -1e12), (1e-44, 1, .float64, 100, -1e12),
      (1e-40, 1, .float64, 92.1034, -1e12), (1e-30, 1, .float64, 69.0776, -1e12),
      (1, 0, .float64, 100, 1e12), (1, 1, .float32, 0, 0), (0, 0, .float64, 0, 0),
    ])
  func goldenProbabilities(
    probability: Double, label: Double, type: ElementType, loss: Double, gradient: Double
  ) throws {
    let actual = try Self.element(
      try BinaryCrossEntropy(from: .probs), probability, label, type)
    #expect((actual.value - loss).magnitude <= 1e-6 * loss, "\(actual.value)")
    #expect((actual.gradient - gradient).magnitude <= 1e-7 * gradient.magnitude)
  }

  @Test("Keras's clamp of 1e-7 has a largest loss of 16.118 and no gradient outside")
  func kerasClamp() throws {
    let loss = try BinaryCrossEntropy(from: .probs, probabilityClamp: .init("eps:1e-7"))
    let outside = try Self.element(loss, 0, 1, .float64)
    #expect((outside.value - 16.118).magnitude < 5e-4)
    #expect(outside.gradient == 0)
    #expect(try Self.element(loss, 0.25, 1, .float64).gradient == -4)
  }

  @Test("Without a clamp the loss of an impossible label is infinite and of a sure one 0")
  func noClamp() throws {
    let loss = try BinaryCrossEntropy(from: .probs, probabilityClamp: .fixed(.none))
    #expect(try Self.element(loss, 0, 1, .float64) == (.infinity, -.infinity))
    #expect(try Self.element(loss, 1, 0, .float64) == (.infinity, .infinity))
    #expect(try Self.element(loss, 1, 1, .float64) == (0, -1))
    #expect(try Self.element(loss, 0, 0, .float64) == (0, 1))
    let asIEEE = try Self.element(loss, 1, 1, .float64, zeroTimesInfinity: .nan)
    #expect(asIEEE.value.isNaN)
  }

  @Test(
    "Infinite logits give 0 and infinity as mathematics has it, and finite gradients",
    arguments: [
      (Double.infinity, 0.0, Double.infinity, 1.0), (.infinity, 1, 0, 0),
      (.infinity, 0.5, .infinity, 0.5), (-.infinity, 0, 0, 0), (-.infinity, 1, .infinity, -1),
      (-.infinity, 0.5, .infinity, -0.5),
    ], [ElementType.float32, .float64])
  func infiniteLogits(
    item: (logit: Double, label: Double, value: Double, gradient: Double), type: ElementType
  ) throws {
    let loss = try BinaryCrossEntropy()
    let plain = try Self.element(loss, item.logit, item.label, type)
    #expect(plain == (item.value, item.gradient))
    let weighted = try Self.element(loss, item.logit, item.label, type, ["pos-weight": 3])
    #expect(weighted.value == item.value)
    #expect(weighted.gradient == (item.gradient < 0 ? 3 * item.gradient : item.gradient))
  }

  @Test(
    "Under --zero-times-inf nan infinite logits give PyTorch's NaN, and the same gradients",
    arguments: [
      (Double.infinity, 0.0, Double.infinity, 1.0), (.infinity, 1, .nan, 0),
      (.infinity, 0.5, .infinity, 0.5), (-.infinity, 0, .nan, 0), (-.infinity, 1, .nan, -1),
      (-.infinity, 0.5, .nan, -0.5),
    ], [1.0, 3])
  func infiniteLogitsAsPyTorch(
    item: (logit: Double, label: Double, value: Double, gradient: Double), positiveWeight: Double
  ) throws {
    let actual = try Self.element(
      try BinaryCrossEntropy(), item.logit, item.label, .float32, ["pos-weight": positiveWeight],
      zeroTimesInfinity: .nan)
    #expect(actual.value == item.value || (actual.value.isNaN && item.value.isNaN))
    let factor = item.gradient < 0 ? positiveWeight : 1
    #expect(actual.gradient == factor * item.gradient)
  }

  @Test("A weight of 0 makes an infinite loss 0, or NaN under --zero-times-inf nan")
  func zeroWeight() throws {
    let loss = try BinaryCrossEntropy()
    let weight = ["weight": 0.0]
    #expect(try Self.element(loss, .infinity, 0, .float32, weight) == (0, 0))
    let asIEEE = try Self.element(
      loss, .infinity, 0, .float32, weight, zeroTimesInfinity: .nan)
    #expect(asIEEE.value.isNaN)
  }

  @Test(
    "A NaN logit gives a NaN loss and gradient, whatever label, weight and convention",
    arguments: [0.0, 0.5, 1], ZeroTimesInfinity.allCases)
  func notNumberLogit(label: Double, convention: ZeroTimesInfinity) throws {
    for factors in [[:], ["weight": 0.0], ["weight": 2.0, "pos-weight": 0.0]] {
      let actual = try Self.element(
        try BinaryCrossEntropy(), .nan, label, .float64, factors, zeroTimesInfinity: convention)
      #expect(actual.value.isNaN)
      #expect(actual.gradient.isNaN)
    }
  }

  @Test(
    "An ignored element counts for nothing, even where its logit, label or weight is not finite")
  func ignoredElements() throws {
    let inputs = [
      "pred": try float32([.nan, 2, .infinity, -1, 0.5], 5),
      "label": try float32([7, 1, 7, 0, 7], 5), "weight": try float32([1, 2, 1, 4, .nan], 5),
    ]
    let outcome = try evaluate(try BinaryCrossEntropy(ignoredLabel: 7), inputs)
    let alone = try evaluate(
      try BinaryCrossEntropy(),
      [
        "pred": try float32([2, -1]), "label": try float32([1, 0]), "weight": try float32([2, 4]),
      ])
    #expect(outcome.report.ignored == 3)
    #expect(outcome.report.denominator == 2)
    #expect(outcome.report.nonFinite == 0)
    #expect(outcome.report.value == alone.report.value)
    let (kept, gradient) = (alone.values.doubles, alone.gradient.doubles)
    #expect(outcome.values.doubles == [0, kept[0], 0, kept[1], 0])
    #expect(outcome.gradient.doubles == [0, gradient[0], 0, gradient[1], 0])
  }

  @Test("A NaN label can be the ignored one", arguments: BinaryCrossEntropy.PredictionKind.allCases)
  func ignoredNaN(kind: BinaryCrossEntropy.PredictionKind) throws {
    let inputs = [
      "pred": try float32([0.25, 0.75, .nan]), "label": try float32([.nan, 1, .nan]),
    ]
    let loss = try BinaryCrossEntropy(from: kind, ignoredLabel: .nan)
    let outcome = try evaluate(loss, inputs)
    #expect(outcome.report.ignored == 2)
    #expect(outcome.report.denominator == 1)
    #expect(outcome.report.value == outcome.values.doubles[1])
  }

  @Test("Label smoothing moves each label towards a half by its part")
  func labelSmoothing() throws {
    let smoothed = try Self.element(try BinaryCrossEntropy(labelSmoothing: 0.5), -3, 1, .float64)
    let plain = try Self.element(try BinaryCrossEntropy(), -3, 0.75, .float64)
    #expect(smoothed == plain)
    // All smoothed away: softplus(x)/2 + softplus(-x)/2, whatever the label.
    let whole = try BinaryCrossEntropy(labelSmoothing: 1)
    let sides = try [0.0, 1].map { try Self.element(whole, -3, $0, .float64).value }
    #expect(sides[0] == sides[1])
    #expect((sides[0] - 1.548587351573742).magnitude < 1e-15)
  }

  @Test(
    "Logits that all look like probabilities are warned of, others are not",
    arguments: [
      ([Float(0), 1, 0.25], BinaryCrossEntropy.PredictionKind.logits, true),
      ([0, 1.5, 0.25], .logits, false), ([-0.5, 1, 0.25], .logits, false),
      ([0, 1, 0.25], .probs, false), ([], .logits, false), ([.nan, .nan], .logits, false),
    ])
  func looksLikeProbabilities(
    predictions: [Float], kind: BinaryCrossEntropy.PredictionKind, isWarned: Bool
  ) throws {
    let labels = [Float](repeating: 0, count: predictions.count)
    let report = try evaluate(
      try BinaryCrossEntropy(from: kind),
      ["pred": try float32(predictions, labels.count), "label": try float32(labels, labels.count)]
    ).report
    let warning = LossWarning.logitsLookLikeProbabilities(input: "pred")
    #expect(report.warnings.contains(warning) == isWarned)
  }

  @Test("Logits that are all ignored are not said to look like probabilities")
  func nothingLookedAt() throws {
    let inputs = ["pred": try float32([0.25, 9]), "label": try float32([-1, -1])]
    let report = try evaluate(try BinaryCrossEntropy(ignoredLabel: -1), inputs).report
    #expect(report.warnings.isEmpty)
  }

  @Test("Settings name the kind, and what differs from the defaults")
  func settings() throws {
    let number = try float64([1])
    let inputs = try BoundInputs(["pred": number, "label": number], to: BinaryCrossEntropy.spec)
    let plain = try BinaryCrossEntropy().settings(for: inputs)
    #expect(plain.map(\.name) == ["from"])
    let full = try BinaryCrossEntropy(
      from: .probs, labelSmoothing: 0.125, ignoredLabel: 255,
      probabilityClamp: .machineEpsilon
    ).settings(for: inputs)
    #expect(full.map(\.name) == ["from", "label_smoothing", "ignore_label", "prob_clamp"])
    #expect(full.map(\.value) == [.text("probs"), .number(0.125), .number(255), .text("eps:auto")])
  }
}
