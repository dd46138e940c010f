import Foundation
import LossTensor
import Losses

extension LossSample {
  /// InfoNCE of 7 queries of 5 numbers each, with every kind of negatives.
  static func infoNCE() throws -> [LossSample] {
    try [
      sample("in-batch", negatives: nil),
      sample("symmetric", negatives: nil) { $0.isSymmetric = true },
      sample("shared negatives", negatives: [4, 5]),
      sample("shared and in-batch negatives", negatives: [4, 5]) { $0.isInBatch = true },
      sample("paired negatives", negatives: [7, 2, 5]),
      sample("paired negatives as they are", negatives: [7, 2, 5]) { $0.normalizes = false },
    ]
  }

  private static func sample(
    _ name: String, negatives: [Int]?, _ change: (inout InfoNCE.Options) -> Void = { _ in }
  ) throws -> LossSample {
    var random = SeededRandom(seed: 141)
    var inputs = [
      "query": try float64(random.doubles(35, in: -1...1), 7, 5),
      "key": try float64(random.doubles(35, in: -1...1), 7, 5),
    ]
    if let negatives {
      inputs["negatives"] = try tensor(
        random.doubles(negatives.reduce(1, *), in: -1...1), as: .float64, negatives)
    }
    var chosen = InfoNCE.Options()
    chosen.temperature = 0.5
    change(&chosen)
    let options = chosen
    return LossSample(
      name: "info-nce, \(name)", loss: try InfoNCE(options), inputs: inputs,
      takesAnyPrediction: false, joinsRows: negatives?.count != 3,
      shifted: { _, step in
        var moved = options
        moved.temperature += step
        return try InfoNCE(moved)
      },
      oracle: { infoNCEOracle($0, options, isPaired: negatives?.count == 3) })
  }

  /// -log of the own key's part of Σ e^s, which is all of it at once: nothing here is extreme.
  private static func infoNCEOracle(
    _ inputs: [String: [Double]], _ options: InfoNCE.Options, isPaired: Bool
  ) -> [Double] {
    func similarity(_ a: (String, Int), _ b: (String, Int)) -> Double {
      var (ab, aa, bb) = (0.0, 0.0, 0.0)
      for index in 0..<5 {
        let (x, y) = (at(5 * a.1 + index, inputs[a.0]), at(5 * b.1 + index, inputs[b.0]))
        (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y)
      }
      return exp((options.normalizes ? ab / (aa * bb).squareRoot() : ab) / options.temperature)
    }
    let count = (inputs["negatives"]?.count ?? 0) / 5
    return (0..<7).map { row in
      let own = similarity(("query", row), ("key", row))
      let keys = (0..<7).map { similarity(("query", row), ("key", $0)) }.reduce(0, +)
      let range = isPaired ? count / 7 * row..<count / 7 * (row + 1) : 0..<count
      let others = range.map { similarity(("query", row), ("negatives", $0)) }.reduce(0, +)
      guard count == 0 else { return -log(own / ((options.isInBatch ? keys : own) + others)) }
      let queries = (0..<7).map { similarity(("query", $0), ("key", row)) }.reduce(0, +)
      return options.isSymmetric ? -(log(own / keys) + log(own / queries)) / 2 : -log(own / keys)
    }
  }
}
