import Foundation
import LossTensor
import Losses

extension LossSample {
  /// Softmax cross entropy over 7 rows of 4 classes, some with two further places each.
  static func softmaxCrossEntropy() throws -> [LossSample] {
    [
      try softmax("indices", seed: 101, SoftmaxCrossEntropy(), isIndexed: true),
      try softmax(
        "indices, weights and smoothing", seed: 102, SoftmaxCrossEntropy(labelSmoothing: 0.2),
        isIndexed: true, isWeighted: true),
      try softmax(
        "an ignored class", seed: 103, SoftmaxCrossEntropy(ignoreIndex: 2), isIndexed: true),
      try softmax(
        "distributions and weights", seed: 104, SoftmaxCrossEntropy(labelSmoothing: 0.1),
        isWeighted: true),
      try softmax(
        "indices at places", seed: 105, SoftmaxCrossEntropy(), places: [2], isIndexed: true,
        isWeighted: true),
      try softmax(
        "log-probabilities", seed: 106, SoftmaxCrossEntropy(from: .logProbs), isIndexed: true,
        isWeighted: true, predictions: -4...(-0.1)),
      try softmax(
        "probabilities", seed: 107, SoftmaxCrossEntropy(from: .probs, labelSmoothing: 0.1),
        predictions: 0.05...0.9),
      try linear("hidden vectors", seed: 108, SoftmaxCrossEntropy()),
      try linear(
        "hidden vectors, weights and smoothing", seed: 109,
        SoftmaxCrossEntropy(labelSmoothing: 0.2),
        isWeighted: true),
    ]
  }

  /// 7 hidden vectors of 5 numbers, and as many for each of 4 classes.
  private static func linear(
    _ name: String, seed: UInt64, _ loss: SoftmaxCrossEntropy, isWeighted: Bool = false
  ) throws -> LossSample {
    var random = SeededRandom(seed: seed)
    var inputs = [
      "hidden": try float64(random.doubles(35, in: -1...1), 7, 5),
      "head": try float64(random.doubles(20, in: -1...1), 4, 5),
      "head-bias": try float64(random.doubles(4, in: -1...1), 4),
      "label": try float64((0..<7).map { Double($0 * $0 % 4) }, 7),
    ]
    if isWeighted { inputs["class-weight"] = try float64(random.doubles(4, in: 0.3...2)) }
    return LossSample(
      name: "softmax-ce, \(name)", loss: loss, inputs: inputs, takesAnyPrediction: false,
      weightShapes: ["class-weight": .vector(4)], joinsRows: true,
      oracle: { inputs in
        var stored = inputs
        stored["pred"] = (0..<28).map { element in
          let (row, column) = element.quotientAndRemainder(dividingBy: 4)
          return (0..<5).reduce(at(column, inputs["head-bias"])) {
            $0 + at(5 * row + $1, inputs["hidden"]) * at(5 * column + $1, inputs["head"])
          }
        }
        return softmaxOracle(stored, loss, 7, 4, 1)
      })
  }

  private static func softmax(
    _ name: String, seed: UInt64, _ loss: SoftmaxCrossEntropy, places: [Int] = [],
    isIndexed: Bool = false, isWeighted: Bool = false, predictions: ClosedRange<Double> = -3...3
  ) throws -> LossSample {
    var random = SeededRandom(seed: seed)
    let (rows, classes, width) = (7, 4, places.reduce(1, *))
    let shape = try float64(random.doubles(rows * classes * width, in: predictions)).doubles
    let full = Shape([rows, classes] + places) ?? .scalar
    var inputs = ["pred": Tensor(shape, shape: full)]
    if isIndexed {
      let labels = (0..<rows * width).map { _ in Double(Int.random(in: 0..<classes, using: &random))
      }
      inputs["label"] = Tensor(labels, shape: Shape([rows] + places) ?? .scalar)
    } else {
      inputs["label"] = Tensor(random.doubles(full.elementCount, in: 0...0.6), shape: full)
    }
    if isWeighted { inputs["class-weight"] = try float64(random.doubles(classes, in: 0.3...2)) }
    return LossSample(
      name: "softmax-ce, \(name)", loss: loss, inputs: inputs,
      takesAnyPrediction: loss.predictionKind == .logits,
      weightShapes: ["class-weight": .vector(classes)],
      oracle: { softmaxOracle($0, loss, rows, classes, width) })
  }

  /// -Σ w[c] ((1 - ε) t[c] + ε/C) lp[c], and for an index y with t[c] = [c = y] but w[y] in place of w[c]
  /// in the label's own part, which is the same.
  private static func softmaxOracle(
    _ inputs: [String: [Double]], _ loss: SoftmaxCrossEntropy, _ rows: Int, _ classes: Int,
    _ width: Int
  ) -> [Double] {
    let (x, labels) = (inputs["pred"] ?? [], inputs["label"] ?? [])
    return (0..<rows * width).map { unit in
      let (row, place) = unit.quotientAndRemainder(dividingBy: width)
      let offsets = (0..<classes).map { (row * classes + $0) * width + place }
      let logSum = log(offsets.reduce(0) { $0 + exp(x[$1]) })
      let isIndexed = labels.count < x.count
      if isIndexed, let ignored = loss.ignoredIndex, labels[unit] == Double(ignored) { return 0 }
      return offsets.enumerated().reduce(0) { sum, item in
        let (position, offset) = item
        let lp =
          switch loss.predictionKind {
          case .logits: x[offset] - logSum
          case .logProbs: x[offset]
          case .probs: log(x[offset])
          }
        let hard = isIndexed && labels[unit] == Double(position) ? 1.0 : 0
        let t = isIndexed ? hard : labels[offset]
        let q = (1 - loss.labelSmoothing) * t + loss.labelSmoothing / Double(classes)
        return sum - at(position, inputs["class-weight"]) * q * lp
      }
    }
  }
}
