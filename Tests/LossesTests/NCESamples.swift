import Foundation
import LossTensor
import Losses

extension LossSample {
  /// 7 rows held against noise, from scores and from vectors.
  static func nce() throws -> [LossSample] {
    try [
      nceSample("negative sampling", trueCount: 1) { _ in },
      nceSample("two true scores", trueCount: 2) { _ in },
      nceSample("noise-contrastive estimation", trueCount: 1, noise: true) {
        ($0.objective, $0.logZ, $0.noiseRatio) = (.nce, 0.5, 2.5)
      },
      nceSample("sampled softmax", trueCount: 2, noise: true) { $0.objective = .sampledSoftmax },
      nceSample("vectors and shared samples", trueCount: 1, samples: [4]) { _ in },
      nceSample("vectors and samples of each row", trueCount: 2, samples: [7, 4]) {
        $0.objective = .sampledSoftmax
      },
    ]
  }

  private static func nceSample(
    _ name: String, trueCount: Int, samples: [Int]? = nil, noise: Bool = false,
    _ change: (inout NCE.Options) -> Void
  ) throws -> LossSample {
    var random = SeededRandom(seed: 191)
    let trueShape = trueCount == 1 ? [7] : [7, trueCount]
    func numbers(_ shape: [Int], _ range: ClosedRange<Double>) throws -> Tensor {
      try tensor(random.doubles(shape.reduce(1, *), in: range), as: .float64, shape)
    }
    func ids(_ shape: [Int]) throws -> Tensor {
      let found = random.doubles(shape.reduce(1, *), in: 0...5.99).map { $0.rounded(.down) }
      return try tensor(found, as: .float64, shape)
    }
    var inputs: [String: Tensor] = [:]
    if let samples {
      inputs["query"] = try numbers([7, 3], -1...1)
      inputs["weights"] = try numbers([6, 3], -1...1)
      inputs["bias"] = try numbers([6], -1...1)
      (inputs["label"], inputs["samples"]) = (try ids(trueShape), try ids(samples))
    } else {
      (inputs["pos"], inputs["neg"]) = (
        try numbers(trueShape, -2...2), try numbers([7, 4], -2...2)
      )
    }
    if noise {
      inputs["log-noise-pos"] = try numbers(trueShape, -5...(-1))
      inputs["log-noise-neg"] = try numbers([7, 4], -5...(-1))
    }
    var chosen = NCE.Options()
    change(&chosen)
    let options = chosen
    return LossSample(
      name: "nce, \(name)", loss: try NCE(options), inputs: inputs, takesAnyPrediction: false,
      joinsRows: samples?.count == 1,
      shifted: { _, step in
        var moved = options
        moved.logZ += step
        return try NCE(moved)
      },
      oracle: { nceOracle($0, options, trueCount, isShared: samples?.count == 1) })
  }

  /// Probabilities as they are, and their logarithms.
  private static func nceOracle(
    _ inputs: [String: [Double]], _ options: NCE.Options, _ trueCount: Int, isShared: Bool
  ) -> [Double] {
    let ratio = log(options.noiseRatio ?? 4)
    func score(_ row: Int, _ id: Double) -> Double {
      (0..<3).reduce(at(Int(id), inputs["bias"])) {
        $0 + at(3 * row + $1, inputs["query"]) * at(3 * Int(id) + $1, inputs["weights"])
      }
    }
    func logits(_ row: Int, _ which: String, _ ids: String, _ count: Int, shared: Bool) -> [Double]
    {
      (0..<count).map { index in
        let offset = shared ? index : row * count + index
        let score = inputs[which]?[row * count + index] ?? score(row, at(offset, inputs[ids]))
        let noise = inputs["log-noise-" + which].map { $0[row * count + index] + ratio } ?? 0
        return score - noise - options.logZ
      }
    }
    return (0..<7).map { row in
      let truth = logits(row, "pos", "label", trueCount, shared: false)
      var noise = logits(row, "neg", "samples", 4, shared: isShared)
      if options.objective == .sampledSoftmax {
        if let labels = inputs["label"], let samples = inputs["samples"] {
          let own = labels[row * trueCount..<(row + 1) * trueCount]
          let drawn = (0..<4).map { samples[isShared ? $0 : 4 * row + $0] }
          noise = zip(noise, drawn).filter { !own.contains($1) }.map(\.0)
        }
        let sum = (truth + noise).reduce(0) { $0 + exp($1) }
        return truth.reduce(0) { $0 - log(exp($1) / sum) / Double(trueCount) }
      }
      let label = 1 / Double(trueCount)
      func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
      return truth.reduce(0) {
        $0 - label * log(sigmoid($1)) - (label == 1 ? 0 : (1 - label) * log(1 - sigmoid($1)))
      } + noise.reduce(0) { $0 - log(1 - sigmoid($1)) }
    }
  }
}
