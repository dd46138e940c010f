import Foundation
import LossTensor
import Losses

extension LossSample {
  /// The losses of 7 images and their texts, of 5 numbers each.
  static func clip() throws -> [LossSample] {
    var random = SeededRandom(seed: 131)
    let inputs = [
      "image": try float64(random.doubles(35, in: -1...1), 7, 5),
      "text": try float64(random.doubles(35, in: -1...1), 7, 5),
    ]
    func sample(
      _ name: String, _ options: Clip.Options,
      oracle: @escaping @Sendable ([[Double]]) -> [Double]
    ) throws -> LossSample {
      let (scaling, bias, normalizes) = (options.scaling, options.logitBias, options.normalizes)
      return LossSample(
        name: name, loss: try Clip(options), inputs: inputs, takesAnyPrediction: false,
        joinsRows: true,
        shifted: { parameter, step in
          var moved = options
          switch (parameter, options.scaling) {
          case ("logit-bias", _): moved.logitBias = (options.logitBias ?? 0) + step
          case (_, .temperature(let number)): moved.scaling = .temperature(number + step)
          case (_, .scale(let number)): moved.scaling = .scale(number + step)
          }
          return try Clip(moved)
        },
        oracle: { inputs in
          oracle(logits(inputs, scaling.factor, bias ?? 0, normalizes: normalizes))
        })
    }
    var softmax = Clip.Options()
    (softmax.scaling, softmax.directionWeight) = (.temperature(0.5), 0.75)
    softmax.normalizes = true
    var sigmoid = Clip.Options()
    (sigmoid.objective, sigmoid.scaling, sigmoid.logitBias) = (.sigmoid, .scale(3), -2)
    return [
      try sample("clip", softmax) { logits in
        softmaxOracle(logits, 0.75)
      },
      try softTargetSample(inputs),
      try sample("clip, sigmoid", sigmoid) { logits in
        logits.indices.map { row in
          logits[row].indices.reduce(0) { sum, column in
            sum + log(1 + exp(column == row ? -logits[row][column] : logits[row][column]))
          }
        }
      },
    ]
  }

  private static func softTargetSample(_ inputs: [String: Tensor]) throws -> LossSample {
    var chosen = Clip.Options()
    (chosen.objective, chosen.scaling) = (.softTarget, .temperature(0.5))
    let options = chosen
    return LossSample(
      name: "clip, soft targets", loss: try Clip(options), inputs: inputs,
      takesAnyPrediction: false,
      joinsRows: true,
      shifted: { _, step in
        var moved = options
        moved.scaling = .temperature(0.5 + step)
        return try Clip(moved)
      },
      oracle: { inputs in
        func similarities(_ a: String, _ b: String, _ scale: Double) -> [[Double]] {
          let pair = ["image": inputs[a] ?? [], "text": inputs[b] ?? []]
          return logits(pair, scale, 0, normalizes: false)
        }
        let within = zip(
          similarities("image", "image", 0.25), similarities("text", "text", 0.25)
        ).map { zip($0, $1).map { exp($0 + $1) } }
        let labels = within.map { row in row.map { $0 / row.reduce(0, +) } }
        let s = similarities("text", "image", 2)
        return s.indices.map { k in
          s.indices.reduce(0) { sum, other in
            let row = log(s[k].reduce(0) { $0 + exp($1) }) - s[k][other]
            let column = log(s.reduce(0) { $0 + exp($1[k]) }) - s[other][k]
            return sum + 0.5 * (labels[k][other] * row + labels[other][k] * column)
          }
        }
      })
  }

  private static func softmaxOracle(_ logits: [[Double]], _ weight: Double) -> [Double] {
    logits.indices.map { index in
      let own = logits[index][index]
      let row = logits[index].reduce(0) { $0 + exp($1) }
      let column = logits.reduce(0) { $0 + exp($1[index]) }
      return weight * (log(row) - own) + (1 - weight) * (log(column) - own)
    }
  }

  private static func logits(
    _ inputs: [String: [Double]], _ scale: Double, _ bias: Double, normalizes: Bool
  ) -> [[Double]] {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    func vectors(_ name: String) -> [[Double]] {
      (0..<7).map { row in
        let vector = (0..<5).map { at(5 * row + $0, inputs[name]) }
        return normalizes ? vector.map { $0 / dot(vector, vector).squareRoot() } : vector
      }
    }
    let texts = vectors("text")
    return vectors("image").map { image in texts.map { scale * dot(image, $0) + bias } }
  }
}
