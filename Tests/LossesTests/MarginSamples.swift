import Foundation
import LossTensor
import Losses

extension LossSample {
  /// The margin losses over 7 rows of 4 classes. No hinge is near 0, where there is no derivative.
  static func margins() throws -> [LossSample] {
    try [1, 2].map { power in
      try sample("multi-margin, p = \(power)", seed: 110, MultiMargin(power: power, margin: 0.75)) {
        multiMarginOracle($0, power: power, margin: 0.75)
      }
    } + [
      try sample("multilabel-margin, lists", seed: 111, MultilabelMargin(), lists) {
        multilabelMarginOracle($0)
      },
      try sample(
        "multilabel-margin, multi-hot", seed: 112, MultilabelMargin(labelFormat: .multiHot), hot
      ) { multilabelMarginOracle($0, isHot: true) },
      try sample("multilabel-soft-margin", seed: 113, MultilabelSoftMargin(), hot) {
        softMarginOracle($0)
      },
    ]
  }

  private static let lists: [Double] = [
    2, -1, 0, 1, 0, 3, -1, -1, -1, 2, 2, 2, 1, 1, -1, 0, 0, 1, 2, 3, 3, 0, 2, -1, 1, -1, -1, 3,
  ]
  private static let hot: [Double] = [
    0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1,
  ]

  private static func sample(
    _ name: String, seed: UInt64, _ loss: any Loss, _ labels: [Double]? = nil,
    oracle: @escaping @Sendable ([String: [Double]]) -> [Double]
  ) throws -> LossSample {
    var random = SeededRandom(seed: seed)
    var inputs = ["pred": try float64(random.doubles(28, in: -2...2), 7, 4)]
    inputs["label"] = try labels.map { try float64($0, 7, 4) } ?? float64([3, 0, 2, 2, 1, 0, 3])
    if type(of: loss).spec.inputs.contains(where: { $0.name == "class-weight" }) {
      inputs["class-weight"] = try float64(random.doubles(4, in: 0.3...2))
    }
    return LossSample(
      name: name, loss: loss, inputs: inputs, takesAnyPrediction: true,
      weightShapes: ["class-weight": .vector(4)], oracle: oracle)
  }

  private static func rows(_ inputs: [String: [Double]]) -> [(x: [Double], label: [Double])] {
    let (x, label) = (inputs["pred"] ?? [], inputs["label"] ?? [])
    let width = label.count / 7
    return (0..<7).map {
      (Array(x[4 * $0..<4 * $0 + 4]), Array(label[width * $0..<width * $0 + width]))
    }
  }

  private static func multiMarginOracle(
    _ inputs: [String: [Double]], power: Int, margin: Double
  ) -> [Double] {
    rows(inputs).map { x, label in
      let y = Int(label[0])
      let hinges = x.indices.filter { $0 != y }.map { max(0, margin - x[y] + x[$0]) }
      return at(y, inputs["class-weight"]) / 4 * hinges.reduce(0) { $0 + pow($1, Double(power)) }
    }
  }

  private static func multilabelMarginOracle(
    _ inputs: [String: [Double]], isHot: Bool = false
  ) -> [Double] {
    rows(inputs).map { x, label in
      let targets =
        isHot
        ? label.indices.filter { label[$0] == 1 } : label.prefix { $0 >= 0 }.map { Int($0) }
      let others = x.indices.filter { !targets.contains($0) }
      return targets.reduce(0) { sum, j in
        sum + others.reduce(0) { $0 + max(0, 1 - (x[j] - x[$1])) }
      } / 4
    }
  }

  private static func softMarginOracle(_ inputs: [String: [Double]]) -> [Double] {
    rows(inputs).map { x, label in
      x.indices.reduce(0) { sum, c in
        let positive = label[c] * log(1 + exp(-x[c]))
        let negative = (1 - label[c]) * log(1 + exp(x[c]))
        return sum + at(c, inputs["class-weight"]) * (positive + negative)
      } / 4
    }
  }
}
