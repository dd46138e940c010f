import Foundation
import LossKernels
import LossTensor
import Losses
import Testing

/// A loss with inputs it can be tried on. Every loss has a line in ``LossSample/all``.
struct LossSample: CustomTestStringConvertible, Sendable {
  let name: String
  let make: @Sendable () throws -> any Loss
  /// Inputs of the given number of rows, the predictions as `pred`.
  let inputs: @Sendable (Int, inout SeededGenerator) -> [String: Tensor]
  /// The textbook formula for an element, in plain double arithmetic.
  let oracle: @Sendable (_ prediction: Double, _ label: Double) -> Double
  var testDescription: String { name }

  static let all = [
    LossSample(
      name: "bce from logits", make: { try BinaryCrossEntropy() },
      inputs: { elementwise($0, -6...6, &$1) },
      oracle: { x, y in -y * log(1 / (1 + exp(-x))) - (1 - y) * log(1 - 1 / (1 + exp(-x))) }),
    LossSample(
      name: "bce from probabilities",
      make: {
        try BinaryCrossEntropy(from: .probs, probabilityClamp: .fixed(.none))
      },
      inputs: { elementwise($0, 0.05...0.95, &$1) },
      oracle: { p, y in -(y * log(p) + (1 - y) * log(1 - p)) }),
  ]

  private static func elementwise(
    _ rows: Int, _ range: ClosedRange<Double>, _ generator: inout SeededGenerator
  ) -> [String: Tensor] {
    let x = (0..<rows).map { _ in Double.random(in: range, using: &generator) }
    let y = (0..<rows).map { _ in Double.random(in: 0...1, using: &generator) }
    return [
      "pred": Tensor(x, shape: .vector(rows)), "label": Tensor(y, shape: .vector(rows)),
    ]
  }
}

@Suite("Properties of every loss")
struct LossPropertiesTests {
  @Test("there is a sample for each registered loss")
  func everyLoss() throws {
    let sampled = try Set(LossSample.all.map { type(of: try $0.make()).spec.name })
    #expect(sampled == Set(LossRegistry.all.map(\.name)))
  }

  @Test("agrees with the textbook formula", arguments: LossSample.all)
  func oracle(sample: LossSample) throws {
    var generator = SeededGenerator(seed: 21)
    let inputs = sample.inputs(257, &generator)
    let outcome = try Outcome(try sample.make(), inputs)
    let pairs = zip(try values(inputs, "pred"), try values(inputs, "label"))
    for (found, pair) in zip(outcome.values.values(as: Double.self), pairs) {
      let expected = sample.oracle(pair.0, pair.1)
      #expect((found - expected).magnitude <= 1e-12 * expected.magnitude)
    }
  }

  @Test("has the gradient that central differences show", arguments: LossSample.all)
  func centralDifferences(sample: LossSample) throws {
    var generator = SeededGenerator(seed: 22)
    var inputs = sample.inputs(23, &generator)
    let loss = try sample.make()
    let gradient = try Outcome(loss, inputs).gradient.values(as: Double.self)
    let predictions = try values(inputs, "pred")
    let step = 1e-5
    for index in predictions.indices {
      let ends = try [step, -step].map { offset in
        var moved = predictions
        moved[index] += offset
        inputs["pred"] = Tensor(moved, shape: .vector(moved.count))
        return try #require(try Outcome(loss, inputs).report.value)
      }
      let slope = (ends[0] - ends[1]) / (2 * step)
      #expect((gradient[index] - slope).magnitude <= 1e-8)
    }
  }

  @Test("has a mean that does not depend on the order of rows", arguments: LossSample.all)
  func permutation(sample: LossSample) throws {
    var generator = SeededGenerator(seed: 23)
    let inputs = sample.inputs(10_007, &generator)
    let order = (0..<10_007).shuffled(using: &generator)
    let permuted = inputs.mapValues { tensor in
      let values = tensor.values(as: Double.self)
      return Tensor(order.map { values[$0] }, shape: tensor.shape)
    }
    let loss = try sample.make()
    #expect(
      try Outcome(loss, inputs).report.value?.bitPattern
        == (try Outcome(loss, permuted).report.value?.bitPattern))
  }

  @Test("is unchanged by weights of 1", arguments: LossSample.all)
  func unitWeights(sample: LossSample) throws {
    var generator = SeededGenerator(seed: 24)
    var inputs = sample.inputs(1000, &generator)
    let plain = try Outcome(try sample.make(), inputs)
    inputs["weight"] = Tensor([Double(1)], shape: .scalar)
    let weighted = try Outcome(try sample.make(), inputs)
    #expect(weighted.values.bits == plain.values.bits)
    #expect(weighted.gradient.bits == plain.gradient.bits)
  }

  @Test("is finite for logits as large as they come")
  func extremeLogits() throws {
    let logits: [Float] = [1e4, -1e4, 3e38, -3e38, .greatestFiniteMagnitude]
    for label in [Float(0), 1, 0.5] {
      let inputs = [
        "pred": Tensor(logits, shape: .vector(5)),
        "label": Tensor([label], shape: .scalar).broadcast(to: .vector(5)),
      ].compactMapValues { $0 }
      let outcome = try Outcome(try BinaryCrossEntropy(), inputs)
      #expect(outcome.report.nonFinite == 0)
      let gradient = outcome.gradient.values(as: Float.self)
      #expect(gradient.allSatisfy { $0.isFinite })
    }
  }

  private func values(_ inputs: [String: Tensor], _ name: String) throws -> [Double] {
    try #require(inputs[name]).values()
  }
}
