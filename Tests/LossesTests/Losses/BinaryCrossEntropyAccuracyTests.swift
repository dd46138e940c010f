import Foundation
import LossTensor
import Losses
import Testing

/// Losses and gradients against their true values (mpmath at 2600 bits, rounded once).
struct BinaryCrossEntropyAccuracyTests {
  private struct Row: Decodable {
    let x: BitPattern?
    let p: BitPattern?
    let y: BitPattern
    let loss: BitPattern
    let grad: BitPattern?

    var hasHardLabel: Bool { y.value == 0 || y.value == 1 }
  }

  /// The element farthest from its true value.
  private struct Worst: CustomStringConvertible {
    var distance: UInt64 = 0
    var prediction = 0.0
    var label = 0.0
    var actual = 0.0
    var expected = 0.0

    var description: String {
      distance == 0
        ? "exact"
        : "\(distance) ulp at prediction \(prediction), label \(label): \(actual) for \(expected)"
    }
  }

  private static func rows(_ kind: String, _ type: ElementType) throws -> [Row] {
    let path = "accuracy/bce-\(kind)-\(type.rawValue).json"
    return try #require(try Fixtures.json(path, as: [String: [Row]].self)["rows"])
  }

  /// Evaluates all rows at once, unreduced, in `type`.
  private static func outcome(
    _ kind: BinaryCrossEntropy.PredictionKind, _ rows: [Row], _ type: ElementType
  ) throws -> Outcome {
    func tensor(_ values: [Double]) throws -> Tensor {
      type == .float64 ? try float64(values) : try float32(values.map { Float($0) })
    }
    let predictions = try rows.map { try #require($0.x ?? $0.p).value }
    return try evaluate(
      try BinaryCrossEntropy(from: kind),
      ["pred": try tensor(predictions), "label": try tensor(rows.map(\.y.value))],
      EvaluationPolicies(.none))
  }

  private static func worst(
    _ actual: [Double], _ rows: [Row], _ expected: (Row) -> BitPattern?, _ type: ElementType
  ) throws -> Worst {
    var worst = Worst()
    for (value, row) in zip(actual, rows) {
      let truth = try #require(expected(row)).value
      let distance = ulpDistance(value, truth, in: type)
      if distance > worst.distance {
        worst = Worst(
          distance: distance, prediction: try #require(row.x ?? row.p).value, label: row.y.value,
          actual: value, expected: truth)
      }
    }
    return worst
  }

  @Test(
    "The loss is within 2 ulp of the true value", arguments: ["logits", "probs"],
    [ElementType.float32, .float64])
  func loss(kind: String, type: ElementType) throws {
    let rows = try Self.rows(kind, type)
    #expect(rows.count > 200)
    let predictionKind = try #require(BinaryCrossEntropy.PredictionKind(rawValue: kind))
    let values = try Self.outcome(predictionKind, rows, type).values.doubles
    let worst = try Self.worst(values, rows, \.loss, type)
    print("worst \(type) loss from \(kind): \(worst)")
    #expect(worst.distance <= 2, "\(worst)")
  }

  @Test(
    "The gradient for hard labels is within 2 ulp of the true value",
    arguments: [ElementType.float32, .float64])
  func hardGradient(type: ElementType) throws {
    let rows = try Self.rows("logits", type).filter(\.hasHardLabel)
    #expect(rows.count > 400)
    let gradient = try Self.outcome(.logits, rows, type).gradient.doubles
    let worst = try Self.worst(gradient, rows, \.grad, type)
    print("worst \(type) gradient, hard labels: \(worst)")
    #expect(worst.distance <= 2, "\(worst)")
  }

  @Test("The float32 gradient for soft labels is within 2 ulp of the true value")
  func softGradient() throws {
    let rows = try Self.rows("logits", .float32).filter { !$0.hasHardLabel }
    #expect(rows.count == 100)
    let gradient = try Self.outcome(.logits, rows, .float32).gradient.doubles
    let worst = try Self.worst(gradient, rows, \.grad, .float32)
    print("worst float32 gradient, soft labels: \(worst)")
    #expect(worst.distance <= 2, "\(worst)")
  }

  // (1 - y) σ(x) - y σ(-x) cancels where σ(x) is near y, and no relative bound holds there. With
  // u = 2⁻⁵³: σ is within 2 ulp, a relative error of 4u at most; 1 - y and each product add u. So the
  // terms are off by 6u(1 - y) σ(x) and 5u y σ(-x); their difference is rounded once more, by at most
  // u times their sum, and the true value was rounded once, by as much. Together at most 8u, or 2⁻⁵⁰,
  // of (1 - y) σ(x) + y σ(-x), which is itself at most 1.
  @Test("The float64 gradient for soft labels is within 2⁻⁵⁰ of its two terms' sum")
  func softGradientInFloat64() throws {
    let rows = try Self.rows("logits", .float64).filter { !$0.hasHardLabel }
    #expect(rows.count == 100)
    let gradient = try Self.outcome(.logits, rows, .float64).gradient.doubles
    print(
      "worst float64 gradient, soft labels: \(try Self.worst(gradient, rows, \.grad, .float64))")
    var worst = 0.0
    for (actual, row) in zip(gradient, rows) {
      let (x, y) = (try #require(row.x).value, row.y.value)
      let terms = (1 - y) / (1 + exp(-x)) + y / (1 + exp(x))
      let distance = (actual - (try #require(row.grad).value)).magnitude / terms
      worst = max(worst, distance)
      #expect(distance <= 0x1p-50, "x = \(x), y = \(y)")
    }
    print("worst float64 gradient, soft labels, in units of 2⁻⁵⁰ of its terms: \(worst * 0x1p50)")
  }
}
