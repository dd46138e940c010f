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
    try bits(try BinaryCrossEntropy(from: kind), inputs, kernels)
  }

  private func bits(
    _ loss: any Loss, _ inputs: [String: Tensor], _ kernels: KernelTable
  ) throws -> [[UInt64]] {
    var policies = EvaluationPolicies()
    policies.kernels = kernels
    let evaluation = try LossEvaluation(
      loss, inputs: inputs, policies: policies)
    let memory = try [evaluation.unitShape, evaluation.gradients[0].shape].map {
      try #require(MemorySink(elementType: evaluation.computeType, shape: $0))
    }
    var sinks = LossSinks()
    sinks.values = memory[0]
    sinks.gradients = ["pred": memory[1]]
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

  @Test(
    "give an element the same bits whatever is next to it",
    arguments: [ElementType.float32, .float64], edges)
  func sameBitsNextToEdges(type: ElementType, edge: Double) throws {
    // Logits for which no exponential is subnormal, then one among them that may be anything.
    let moderate = (0..<403).map { Double($0 * 97 % 403 - 201) * 0.427 }
    let labels = moderate.indices.map { Double($0 % 3 / 2) }
    func tensor(_ values: [Double]) -> Tensor {
      type == .float64
        ? Tensor(values, shape: .vector(values.count))
        : Tensor(values.map { Float($0) }, shape: .vector(values.count))
    }
    var changed = moderate
    changed[170] = edge
    for kernels in KernelSelection.available + [portableKernels] {
      var (before, after) = try (
        bits(["pred": tensor(moderate), "label": tensor(labels)], kernels, from: .logits),
        bits(["pred": tensor(changed), "label": tensor(labels)], kernels, from: .logits)
      )
      for output in 1...2 {
        if edge.isNaN { #expect(after[output][170] == .max) }
        before[output].remove(at: 170)
        after[output].remove(at: 170)
        #expect(before[output] == after[output], "\(kernels.name)")
      }
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

  /// Rows of logits: random ones of several scales, ties, tails, edges; 37 is no multiple of the lanes,
  /// 5001 more than one piece.
  private func rows(_ type: ElementType, _ classes: Int, isSoft: Bool) throws -> [String: Tensor] {
    var random = SeededRandom(seed: 47)
    let rowCount = 40
    var x = (0..<rowCount).flatMap { row in
      random.doubles(classes, in: -1...1).map { $0 * [0.5, 5, 60, 900][row % 4] }
    }
    for (row, edge) in Self.edges.enumerated() { x[row * classes + row % classes] = edge }
    for index in 0..<classes { x[(rowCount - 1) * classes + index] = 2.5 }
    let labels =
      isSoft
      ? random.doubles(rowCount * classes, in: 0...1)
      : (0..<rowCount).map { _ in Double(Int.random(in: 0..<classes, using: &random)) }
    func tensor(_ values: [Double], _ dimensions: [Int]) throws -> Tensor {
      let shape = try #require(Shape(dimensions))
      return type == .float64
        ? Tensor(values, shape: shape) : Tensor(values.map { Float($0) }, shape: shape)
    }
    return [
      "pred": try tensor(x, [rowCount, classes]),
      "label": try tensor(labels, isSoft ? [rowCount, classes] : [rowCount]),
    ]
  }

  @Test(
    "give the same bits for softmax cross entropy", arguments: [ElementType.float32, .float64],
    [37, 5001])
  func sameRows(type: ElementType, classes: Int) throws {
    for (isSoft, smoothing) in [(false, 0.0), (false, 0.1), (true, 0)] {
      let inputs = try rows(type, classes, isSoft: isSoft)
      let loss = try SoftmaxCrossEntropy(labelSmoothing: smoothing)
      let expected = try bits(loss, inputs, portableKernels)
      for kernels in KernelSelection.available {
        #expect(try bits(loss, inputs, kernels) == expected, "\(kernels.name)")
      }
    }
  }
}
