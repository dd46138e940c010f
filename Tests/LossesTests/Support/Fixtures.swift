import Foundation
import LossIO
import LossTensor
import Losses

/// The folder of committed test data.
let fixtures = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("Fixtures")

/// A tensor of the fixtures.
func fixture(_ path: String) throws -> Tensor {
  try TensorFile(reading: fixtures.appendingPathComponent(path).path).tensor
}

/// A JSON document of the fixtures.
func document<Content: Decodable>(_ path: String, as type: Content.Type) throws -> Content {
  try JSONDecoder().decode(
    Content.self, from: try Data(contentsOf: fixtures.appendingPathComponent(path)))
}

/// A shape that is known to be one.
func shape(_ dimensions: Int...) throws -> Shape {
  guard let shape = Shape(dimensions) else { throw FixtureError.notAShape(dimensions) }
  return shape
}

enum FixtureError: Error {
  case notAShape([Int])
}

/// Pseudo-random numbers that are the same in every run: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A loss evaluated with every output kept.
struct Outcome {
  let report: LossReport
  let values: Tensor
  let perRow: Tensor
  let gradient: Tensor

  init(
    _ loss: any Loss, _ inputs: [String: Tensor], gradientOutput: Tensor? = nil,
    policies: EvaluationPolicies = EvaluationPolicies()
  ) throws {
    let evaluation = try LossEvaluation(
      loss, inputs: inputs, gradientOutput: gradientOutput, policies: policies)
    func sink(_ shape: Shape) throws -> MemorySink {
      guard let sink = MemorySink(elementType: evaluation.computeType, shape: shape) else {
        throw LossError.notEnoughMemory(bytes: shape.elementCount)
      }
      return sink
    }
    let values = try sink(evaluation.unitShape)
    let perRow = try sink(evaluation.rowShape)
    let gradient = try sink(evaluation.gradientShape)
    var sinks = LossSinks()
    sinks.values = values
    sinks.perRow = perRow
    sinks.gradient = gradient
    report = try evaluation.run(into: sinks)
    let tensors = [values.tensor, perRow.tensor, gradient.tensor].compactMap { $0 }
    (self.values, self.perRow, self.gradient) = (tensors[0], tensors[1], tensors[2])
  }
}

extension Tensor {
  /// The elements' bits, for comparisons that take nothing for equal but equality.
  var bits: [UInt64] { values(as: Double.self).map(\.bitPattern) }
}
