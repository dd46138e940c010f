import LossKernels
import LossTensor
import Losses
import Testing

/// Every variant of the kernels this machine can run, held against the portable one.
@Suite("Kernel variants")
struct KernelVariantTests {
  /// Logits where kernels could come apart: zeros, subnormals, the ends of the exponential, infinities.
  private static let edges: [Double] = [
    0, -0.0, 0x1p-1030, -0x1p-1030, 0x1p-149, 0x1p-130, 0.5, -0.5, 16.6, -17, 36.7, 87.3, -88.7,
    103.9, -104,
    110.5,
    708, -709, 745.1, -746, 751, 1e4, -1e4, 3e38, 1e300, .infinity, -.infinity, .nan,
  ]

  private func inputs(_ type: ElementType, seed: UInt64) throws -> [String: Tensor] {
    var state = seed
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53
    }
    // An odd count, so that the last lanes are not full.
    let x = Self.edges + (0..<20_011).map { _ in (next() - 0.5) * 240 }
    let y = x.indices.map { _ in next() < 0.1 ? next() : (next() < 0.5 ? 0 : 1) }
    let w = x.indices.map { _ in next() * 3 }
    func tensor(_ values: [Double]) -> Tensor {
      type == .float64
        ? Tensor(values, shape: .vector(values.count))
        : Tensor(values.map { Float($0) }, shape: .vector(values.count))
    }
    return ["pred": tensor(x), "label": tensor(y), "weight": tensor(w), "pos-weight": tensor(w)]
  }

  private func bits(
    _ inputs: [String: Tensor], _ kernels: KernelTable, from kind: BinaryCrossEntropy.PredictionKind
  ) throws -> [[UInt64]] {
    var policies = EvaluationPolicies()
    policies.kernels = kernels
    let evaluation = try LossEvaluation(
      try BinaryCrossEntropy(from: kind), inputs: inputs, policies: policies)
    let memory = try [evaluation.unitShape, evaluation.gradientShape].map {
      try #require(MemorySink(elementType: evaluation.computeType, shape: $0))
    }
    var sinks = LossSinks()
    (sinks.values, sinks.gradient) = (memory[0], memory[1])
    let report = try evaluation.run(into: sinks)
    let tensors = try memory.map { try #require($0.tensor).values(as: Double.self) }
    // NaN is NaN: its sign and payload are not part of the promise.
    return ([[report.sum]] + tensors).map { $0.map { $0.isNaN ? UInt64.max : $0.bitPattern } }
  }

  @Test("give the same bits", arguments: [ElementType.float32, .float64], [true, false])
  func sameBits(type: ElementType, isWeighted: Bool) throws {
    var inputs = try inputs(type, seed: 41)
    if !isWeighted { (inputs["weight"], inputs["pos-weight"]) = (nil, nil) }
    let expected = try bits(inputs, portableKernels, from: .logits)
    for kernels in KernelSelection.available {
      #expect(try bits(inputs, kernels, from: .logits) == expected, "\(kernels.name)")
    }
  }

  @Test("give the same bits for probabilities", arguments: [ElementType.float32, .float64])
  func sameProbabilities(type: ElementType) throws {
    var inputs = try inputs(type, seed: 43)
    inputs["pos-weight"] = nil
    let p = try #require(inputs["label"])
    inputs["pred"] = p
    let expected = try bits(inputs, portableKernels, from: .probs)
    for kernels in KernelSelection.available {
      #expect(try bits(inputs, kernels, from: .probs) == expected, "\(kernels.name)")
    }
  }
}
