import Foundation
import LossTensor
import Losses

extension LossSample {
  /// The losses of triplets and pairs over 7 rows of 5 numbers. No hinge is near 0.
  static func pairs() throws -> [LossSample] {
    var random = SeededRandom(seed: 121)
    func vectors() throws -> Tensor { try float64(random.doubles(35, in: -1...1), 7, 5) }
    let triplet = [
      "anchor": try vectors(), "positive": try vectors(), "negative": try vectors(),
    ]
    let pair = [
      "a": try vectors(), "b": try vectors(), "label": try float64([0, 1, 1, 0, 0.25, 1, 0]),
    ]
    let distances = [
      "distance": try float64([0.25, 1.5, 0.75, 2.5, 0.5, 0.125, 3]),
      "label": try float64([1, 0, 1, 1, 0.75, 0, 0]),
    ]
    return [
      LossSample(
        name: "triplet", loss: try Triplet(margin: 2), inputs: triplet, takesAnyPrediction: false,
        oracle: { tripletOracle($0, margin: 2, p: 2, swap: false) }),
      LossSample(
        name: "triplet, p = 3, swapped", loss: try Triplet(margin: 2.5, p: 3, swap: true),
        inputs: triplet, takesAnyPrediction: false,
        oracle: { tripletOracle($0, margin: 2.5, p: 3, swap: true) }),
      LossSample(
        name: "contrastive", loss: try Contrastive(.sentenceTransformers), inputs: pair,
        takesAnyPrediction: false,
        oracle: { inputs in
          contrastiveOracle(inputs, cosineDistances(inputs), margin: 0.5, similarLabel: 1)
        }),
      LossSample(
        name: "contrastive, distances", loss: try Contrastive(), inputs: distances,
        takesAnyPrediction: false,
        oracle: { contrastiveOracle($0, $0["distance"] ?? [], margin: 1, similarLabel: 0) }),
    ]
  }

  private static func row(_ index: Int, _ values: [Double]?) -> [Double] {
    Array((values ?? [])[5 * index..<5 * index + 5])
  }

  private static func tripletOracle(
    _ inputs: [String: [Double]], margin: Double, p: Double, swap: Bool
  ) -> [Double] {
    func distance(_ a: [Double], _ b: [Double]) -> Double {
      pow(zip(a, b).reduce(0) { $0 + pow(abs($1.0 - $1.1 + 1e-6), p) }, 1 / p)
    }
    return (0..<7).map { index in
      let (a, b) = (row(index, inputs["anchor"]), row(index, inputs["positive"]))
      let c = row(index, inputs["negative"])
      let far = swap ? min(distance(a, c), distance(b, c)) : distance(a, c)
      return max(0, distance(a, b) - far + margin)
    }
  }

  private static func cosineDistances(_ inputs: [String: [Double]]) -> [Double] {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return (0..<7).map { index in
      let (a, b) = (row(index, inputs["a"]), row(index, inputs["b"]))
      return 1 - dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
  }

  private static func contrastiveOracle(
    _ inputs: [String: [Double]], _ distances: [Double], margin: Double, similarLabel: Int
  ) -> [Double] {
    distances.indices.map { index in
      let label = at(index, inputs["label"])
      let similarity = similarLabel == 1 ? label : 1 - label
      let gap = max(0, margin - distances[index])
      return (similarity * distances[index] * distances[index] + (1 - similarity) * gap * gap) / 2
    }
  }
}
