import Foundation
import LossIO
import LossKernels
import LossTensor
import Losses
import Testing

/// The files under Tests/Fixtures.
enum Fixtures {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func tensor(_ path: String) throws -> Tensor {
    try TensorFile(reading: folder.appendingPathComponent(path).path).tensor
  }

  static func json<Content: Decodable>(
    _ path: String, as type: Content.Type = Content.self
  ) throws -> Content {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    let data = try Data(contentsOf: folder.appendingPathComponent(path))
    return try decoder.decode(type, from: data)
  }
}

/// A number a fixture gives as its bits in hexadecimal: 8 digits for float32, 16 for float64.
struct BitPattern: Decodable, Sendable {
  let value: Double

  init(from decoder: any Decoder) throws {
    let digits = try decoder.singleValueContainer().decode(String.self)
    let bits = try #require(UInt64(digits, radix: 16))
    value = digits.count == 8 ? Double(Float(bitPattern: UInt32(bits))) : Double(bitPattern: bits)
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014). Prints its seed, so that a failure can be repeated.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, for test: String = #function) {
    print("seed of \(test): \(seed)")
    state = seed
  }

  /// A generator whose seed a fixture holds, and need not be printed.
  init(recordedSeed: UInt64) { state = recordedSeed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func doubles(_ count: Int, in range: ClosedRange<Double>) -> [Double] {
    (0..<count).map { _ in Double.random(in: range, using: &self) }
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float>) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// A float32 tensor.
func float32(_ values: [Float], _ dimensions: Int...) throws -> Tensor {
  Tensor(values, shape: try #require(Shape(dimensions.isEmpty ? [values.count] : dimensions)))
}

/// A float64 tensor.
func float64(_ values: [Double], _ dimensions: Int...) throws -> Tensor {
  Tensor(values, shape: try #require(Shape(dimensions.isEmpty ? [values.count] : dimensions)))
}

/// A tensor of any type, holding `values` rounded to it.
func tensor(_ values: [Double], as type: ElementType, _ dimensions: [Int]) throws -> Tensor {
  let shape = try #require(Shape(dimensions))
  try #require(values.count == shape.elementCount)
  let sink = try #require(MemorySink(elementType: type, shape: shape))
  try values.withUnsafeBufferPointer { try sink.write($0, at: 0) }
  return try #require(sink.tensor)
}

extension Tensor {
  /// All elements as doubles, in C order.
  var doubles: [Double] { values(as: Double.self) }

  /// The bits of all elements as doubles; float32 widens exactly, so equal bits mean equal elements.
  var bits: [UInt64] { doubles.map(\.bitPattern) }

  /// Whether all elements, packed as a sink packs them, have the same bits; faster than ``bits``.
  func hasSameBytes(as other: Tensor) -> Bool {
    elementType == other.elementType && shape == other.shape
      && Data(storage.bytes) == Data(other.storage.bytes)
  }
}

extension EvaluationPolicies {
  /// The defaults but for what is named.
  init(
    _ reduction: Reduction, computeType: ElementType? = nil, empty: EmptyPolicy = .nan,
    nonFinite: NonFinitePolicy = .allow, zeroTimesInfinity: ZeroTimesInfinity = .zero,
    threads: Int? = nil
  ) {
    self.init()
    self.reduction = reduction
    self.computeType = computeType
    self.empty = empty
    self.nonFinite = nonFinite
    self.zeroTimesInfinity = zeroTimesInfinity
    threadCount = threads
  }
}

/// A report with all the tensors an evaluation can give.
struct Outcome {
  let report: LossReport
  let values: Tensor
  let perRow: Tensor
  /// By the names of the inputs.
  let gradients: [String: Tensor]
  /// The gradient of the first input that has one.
  let gradient: Tensor
}

/// Binds and runs `loss`, asking for every output.
func evaluate(
  _ loss: any Loss, _ inputs: [String: Tensor], gradientOutput: Tensor? = nil,
  _ policies: EvaluationPolicies = EvaluationPolicies()
) throws -> Outcome {
  let evaluation = try LossEvaluation(
    loss, inputs: inputs, gradientOutput: gradientOutput, policies: policies)
  let type = evaluation.computeType
  let values = try #require(MemorySink(elementType: type, shape: evaluation.unitShape))
  let perRow = try #require(MemorySink(elementType: type, shape: evaluation.rowShape))
  var memory: [String: MemorySink] = [:]
  for (input, shape) in evaluation.gradients {
    memory[input] = MemorySink(elementType: type, shape: shape)
  }
  var sinks = LossSinks()
  (sinks.values, sinks.perRow, sinks.gradients) = (values, perRow, memory)
  let report = try evaluation.run(into: sinks)
  let gradients = try memory.mapValues { try #require($0.tensor) }
  let first = try #require(evaluation.gradients.first).input
  return Outcome(
    report: report, values: try #require(values.tensor), perRow: try #require(perRow.tensor),
    gradients: gradients, gradient: try #require(gradients[first]))
}

/// Runs `body` and returns the `LossError` it throws. For errors that hold a NaN, which equals nothing.
func lossError(_ body: () throws -> Void) throws -> LossError {
  try #require(throws: LossError.self) { try body() }
}

/// How many floating-point numbers of `type` lie from `left` to `right`; both zeros count as one.
func ulpDistance(_ left: Double, _ right: Double, in type: ElementType) -> UInt64 {
  func position(_ value: Double) -> Int64 {
    let magnitude =
      type == .float64
      ? Int64(value.magnitude.bitPattern) : Int64(Float(value.magnitude).bitPattern)
    return value.sign == .minus ? -magnitude : magnitude
  }
  return (position(left) - position(right)).magnitude
}

/// Holds `actual` against `expected` by PyTorch's tolerance for `type` and records a mismatch.
func expectClose(
  _ actual: Tensor, _ expected: Tensor, as type: ElementType, _ name: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let comparison = try TensorComparison(
    actual, expected: expected, tolerance: .standard(for: type), name: name)
  #expect(
    comparison.isMatch, "\(name): \(String(describing: comparison.worst))",
    sourceLocation: sourceLocation)
}

/// Expects a loss, with all that can be asked for, to have the same bits for any number of threads.
func expectSameBits(
  _ loss: any Loss, _ inputs: [String: Tensor], sourceLocation: SourceLocation = #_sourceLocation
) throws {
  func outcome(_ threads: Int) throws -> Outcome {
    var policies = EvaluationPolicies()
    policies.threadCount = threads
    return try evaluate(loss, inputs, policies)
  }
  let expected = try outcome(1)
  for threads in [2, 3, 8] {
    let actual = try outcome(threads)
    #expect(actual.values.bits == expected.values.bits, sourceLocation: sourceLocation)
    #expect(
      actual.report.value?.bitPattern == expected.report.value?.bitPattern,
      sourceLocation: sourceLocation)
    #expect(actual.report.metrics == expected.report.metrics, sourceLocation: sourceLocation)
    #expect(
      actual.gradients.mapValues(\.bits) == expected.gradients.mapValues(\.bits),
      sourceLocation: sourceLocation)
  }
}
