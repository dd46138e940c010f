import Foundation
import LossTensor
import Losses

extension LossSample {
  /// The costs of a logistic regression of 7 rows of 5 features.
  static func logistic() throws -> [LossSample] {
    var random = SeededRandom(seed: 151)
    let signs: [Double] = [1, -1, -1, 1, -1, 1, 1]
    let model = [
      "features": try float64(random.doubles(35, in: -2...2), 7, 5),
      "theta": try float64(random.doubles(5, in: -1...1), 5),
    ]
    let weights = ["sample-weight": try float64(random.doubles(7, in: 0.2...3), 7)]
    let zeros = ["label": try float64(signs.map { ($0 + 1) / 2 })]
    let bias = ["bias": try float64([-0.375], 1)]
    func sample(
      _ name: String, _ loss: Logistic, _ inputs: [[String: Tensor]]
    ) -> LossSample {
      LossSample(
        name: name, loss: loss, inputs: inputs.reduce(model) { $0.merging($1) { $1 } },
        takesAnyPrediction: false, weightShapes: ["sample-weight": .vector(7)],
        oracle: { logisticOracle($0, loss.labelValues) })
    }
    return [
      sample("logistic", try Logistic(), [zeros]),
      sample("logistic, with a bias and weights", try Logistic(), [zeros, bias, weights]),
      sample(
        "logistic, labels of ±1, penalized", try Logistic(l2: 0.75, labelValues: .plusAndMinusOne),
        [["label": try float64(signs)], bias, weights]),
    ]
  }

  /// -w log p of the label's class, of which p = σ(x·θ + b) is the probability of class 1.
  private static func logisticOracle(
    _ inputs: [String: [Double]], _ labelValues: Logistic.LabelValues
  ) -> [Double] {
    (0..<7).map { row in
      let logit = (0..<5).reduce(inputs["bias"]?[0] ?? 0) { sum, column in
        sum + at(5 * row + column, inputs["features"]) * at(column, inputs["theta"])
      }
      let isOne = at(row, inputs["label"]) == 1
      return -at(row, inputs["sample-weight"]) * log(1 / (1 + exp(isOne ? -logit : logit)))
    }
  }
}
