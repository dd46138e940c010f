import Foundation
import LossTensor
import Losses

/// A loss with inputs it can be tried on: what the tests over all losses walk.
///
/// A new loss joins by adding its samples to ``all``; a test fails while it has none.
struct LossSample: Sendable {
  let name: String
  let loss: any Loss
  /// Inputs of moderate size, in float64.
  let inputs: [String: Tensor]
  /// Whether predictions may be any number, so that extreme ones are to be tried.
  let takesAnyPrediction: Bool
  /// The shapes of the weights it takes, where they are not numbers.
  var weightShapes: [String: Shape] = [:]
  /// Whether a loss depends on other rows than its own, which are then added up in their order.
  var joinsRows = false
  /// The loss with one of its differentiable parameters moved.
  var shifted: @Sendable (_ parameter: String, _ step: Double) throws -> (any Loss)? = { _, _ in nil
  }
  /// The unreduced loss as a textbook writes it; inputs that are broadcast come repeated.
  let oracle: @Sendable (_ inputs: [String: [Double]]) -> [Double]

  static func all() throws -> [LossSample] {
    try binaryCrossEntropy() + softmaxCrossEntropy() + margins() + pairs() + clip() + infoNCE()
      + nce() + logistic()
  }

  private static func binaryCrossEntropy() throws -> [LossSample] {
    [
      LossSample(
        name: "bce of logits, hard labels", loss: try BinaryCrossEntropy(),
        inputs: try elements(seed: 81, -6...6, isHard: true), takesAnyPrediction: true,
        oracle: { logitOracle($0) }),
      LossSample(
        name: "bce of logits, soft labels and weights", loss: try BinaryCrossEntropy(),
        inputs: try elements(seed: 82, -6...6, weights: ["weight", "pos-weight"]),
        takesAnyPrediction: true, oracle: { logitOracle($0) }),
      LossSample(
        name: "bce of logits, smoothed labels",
        loss: try BinaryCrossEntropy(labelSmoothing: 0.25),
        inputs: try elements(seed: 83, -6...6, isHard: true, weights: ["pos-weight"]),
        takesAnyPrediction: true, oracle: { logitOracle($0, smoothing: 0.25) }),
      LossSample(
        name: "bce of probabilities", loss: try BinaryCrossEntropy(from: .probs),
        inputs: try elements(seed: 84, 0.03...0.96, weights: ["weight"]),
        takesAnyPrediction: false, oracle: { probabilityOracle($0) }),
      LossSample(
        name: "bce of probabilities, without a clamp",
        loss: try BinaryCrossEntropy(from: .probs, probabilityClamp: .fixed(.none)),
        inputs: try elements(seed: 85, 0.03...0.96, isHard: true), takesAnyPrediction: false,
        oracle: { probabilityOracle($0) }),
    ]
  }

  /// 7 rows of 3 with a weight for each column and a positive weight for each row.
  private static func elements(
    seed: UInt64, _ predictions: ClosedRange<Double>, isHard: Bool = false,
    weights: Set<String> = []
  ) throws -> [String: Tensor] {
    var random = SeededRandom(seed: seed)
    let labels = random.doubles(21, in: 0...1)
    let all = [
      "pred": try float64(random.doubles(21, in: predictions), 7, 3),
      "label": try float64(isHard ? labels.map { $0.rounded() } : labels, 7, 3),
      "weight": try float64(random.doubles(3, in: 0.2...3), 3),
      "pos-weight": try float64(random.doubles(7, in: 0.2...3), 7, 1),
    ]
    return all.filter { ["pred", "label"].contains($0.key) || weights.contains($0.key) }
  }

  /// -w [q y log σ(x) + (1 - y) log(1 - σ(x))]
  private static func logitOracle(
    _ inputs: [String: [Double]], smoothing: Double = 0
  ) -> [Double] {
    (inputs["pred"] ?? []).indices.map { index in
      let probability = 1 / (1 + exp(-at(index, inputs["pred"])))
      let label = at(index, inputs["label"]) * (1 - smoothing) + smoothing / 2
      let positive = at(index, inputs["pos-weight"]) * label * log(probability)
      return -at(index, inputs["weight"]) * (positive + (1 - label) * log(1 - probability))
    }
  }

  /// -w [y log p + (1 - y) log(1 - p)]
  private static func probabilityOracle(_ inputs: [String: [Double]]) -> [Double] {
    (inputs["pred"] ?? []).indices.map { index in
      let (p, y) = (at(index, inputs["pred"]), at(index, inputs["label"]))
      return -at(index, inputs["weight"]) * (y * log(p) + (1 - y) * log(1 - p))
    }
  }

  /// An element, or the 1 that a missing weight stands for.
  static func at(_ index: Int, _ values: [Double]?) -> Double { values?[index] ?? 1 }
}

extension LossSample {
  /// The shape of the first input that has a gradient.
  var shape: Shape {
    let names = type(of: loss).spec.differentiableInputs.map(\.name)
    return names.lazy.compactMap { inputs[$0]?.shape }.first ?? .scalar
  }

  /// The input's elements, repeated to the full shape where the loss broadcasts it.
  func full(_ name: String) -> [Double]? {
    let rule = type(of: loss).spec.inputs.first { $0.name == name }?.shape
    guard case .broadcastable = rule else { return inputs[name]?.doubles }
    return inputs[name]?.broadcast(to: shape)?.doubles
  }

  /// A weight of 1 wherever the input of that name has one.
  func unitWeight(_ name: String) -> Tensor {
    let shape = weightShapes[name] ?? .scalar
    return Tensor([Double](repeating: 1, count: shape.elementCount), shape: shape)
  }

  /// The inputs with another tensor for one of them.
  func replacing(_ name: String, _ tensor: Tensor) -> [String: Tensor] {
    inputs.merging([name: tensor]) { $1 }
  }
}
