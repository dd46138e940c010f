import LossTensor
import Losses
import Synchronization
import Testing

/// What must not depend on the number of threads, and what is told while they work.
struct ThreadInvarianceTests {
  private static func inputs(seed: UInt64, _ shape: Shape) -> [String: Tensor] {
    var random = SeededRandom(seed: seed)
    let count = shape.elementCount
    let labels = (0..<count).map { _ in Float(Int.random(in: -1...1, using: &random)) }
    return [
      "pred": Tensor(random.floats(count, in: -30...30), shape: shape),
      "label": Tensor(labels, shape: shape),
      "weight": Tensor(random.floats(count, in: -1...3), shape: shape),
    ]
  }

  @Test(
    "Value, losses, rows and gradient have the same bits on 1, 2, 3 and 7 threads",
    arguments: [
      ([200_003], Reduction.mean), ([2001, 101], .mean), ([3, 67001], .sum),
      ([50001, 2, 2], .none),
    ])
  func sameBits(dimensions: [Int], reduction: Reduction) throws {
    let shape = try #require(Shape(dimensions))
    let inputs = Self.inputs(seed: 71, shape)
    let loss = try BinaryCrossEntropy(ignoredLabel: -1)
    let single = try evaluate(loss, inputs, EvaluationPolicies(reduction, threads: 1))
    #expect(single.report.ignored > 0)
    for threads in [2, 3, 7] {
      let other = try evaluate(loss, inputs, EvaluationPolicies(reduction, threads: threads))
      #expect(other.report.value?.bitPattern == single.report.value?.bitPattern)
      #expect(other.report.sum.bitPattern == single.report.sum.bitPattern)
      #expect(other.report.ignored == single.report.ignored)
      #expect(other.values.hasSameBytes(as: single.values))
      #expect(other.perRow.hasSameBytes(as: single.perRow))
      #expect(other.gradient.hasSameBytes(as: single.gradient))
    }
  }

  @Test(
    "Rows of classes have the same bits on 1, 2, 3 and 7 threads",
    arguments: [[3001, 33], [5, 9000], [2, 21, 31, 37]])
  func sameRowBits(dimensions: [Int]) throws {
    var random = SeededRandom(seed: 77)
    let shape = try #require(Shape(dimensions))
    let rows = try #require(Shape([dimensions[0]] + dimensions.dropFirst(2)))
    let labels = (0..<rows.elementCount).map { _ in
      Float(Int.random(in: 0..<dimensions[1], using: &random))
    }
    let inputs = [
      "pred": Tensor(random.floats(shape.elementCount, in: -30...30), shape: shape),
      "label": Tensor(labels, shape: rows),
      "class-weight": Tensor(
        random.floats(dimensions[1], in: 0.1...3), shape: .vector(dimensions[1])),
    ]
    let loss = try SoftmaxCrossEntropy(ignoreIndex: 1)
    let single = try evaluate(loss, inputs, EvaluationPolicies(.mean, threads: 1))
    for threads in [2, 3, 7] {
      let other = try evaluate(loss, inputs, EvaluationPolicies(.mean, threads: threads))
      #expect(other.report.value?.bitPattern == single.report.value?.bitPattern)
      #expect(other.report.denominator.bitPattern == single.report.denominator.bitPattern)
      #expect(other.values.hasSameBytes(as: single.values))
      #expect(other.perRow.hasSameBytes(as: single.perRow))
      #expect(other.gradient.hasSameBytes(as: single.gradient))
    }
  }

  @Test(
    "The value and the losses do not depend on which outputs are asked for",
    arguments: [true, false])
  func sameValueWithoutOutputs(hasSoftLabels: Bool) throws {
    let shape = try #require(Shape([5, 20001]))
    var inputs = Self.inputs(seed: 72, shape)
    if hasSoftLabels {
      var random = SeededRandom(seed: 75)
      inputs["label"] = Tensor(random.floats(shape.elementCount, in: 0...1), shape: shape)
    }
    let loss = try BinaryCrossEntropy(ignoredLabel: -1)
    let full = try evaluate(loss, inputs)
    let values = try #require(MemorySink(elementType: .float32, shape: shape))
    var sinks = LossSinks()
    sinks.values = values
    let evaluation = try LossEvaluation(loss, inputs: inputs)
    for bare in [try evaluation.run(), try evaluation.run(into: sinks)] {
      #expect(bare.value?.bitPattern == full.report.value?.bitPattern)
      #expect(bare.denominator == full.report.denominator)
    }
    let stored = try #require(values.tensor)
    #expect(stored.hasSameBytes(as: full.values))
  }

  @Test("An element's loss and gradient do not depend on the others it stands among")
  func neighbours() throws {
    let (few, many) = (try #require(Shape([40])), try #require(Shape([40, 500])))
    let hard = Self.inputs(seed: 76, few).mapValues { $0.values(as: Float.self) }
    let alone = try evaluate(
      try BinaryCrossEntropy(ignoredLabel: -1), hard.mapValues { Tensor($0, shape: few) },
      EvaluationPolicies(.none))
    // The same numbers in the first column, beside soft labels and labels beyond one.
    let mixed = hard.mapValues { values in
      Tensor(values.flatMap { value in [value] + (1..<500).map { Float($0) / 300 } }, shape: many)
    }
    let among = try evaluate(
      try BinaryCrossEntropy(ignoredLabel: -1), mixed, EvaluationPolicies(.none))
    let column = stride(from: 0, to: many.elementCount, by: 500)
    let (values, gradient) = (among.values.bits, among.gradient.bits)
    #expect(column.map { values[$0] } == alone.values.bits)
    #expect(column.map { gradient[$0] } == alone.gradient.bits)
  }

  @Test(
    "Progress never falls, stays from 0 to 1 and on one thread ends at 1",
    arguments: [1, 2, 7], [false, true])
  func progress(threads: Int, wantsGradient: Bool) throws {
    let shape = try #require(Shape([200_000]))
    // With ignored labels a mean's gradient has to count them before it begins.
    let evaluation = try LossEvaluation(
      try BinaryCrossEntropy(ignoredLabel: -1), inputs: Self.inputs(seed: 73, shape),
      policies: EvaluationPolicies(.mean, threads: threads))
    var sinks = LossSinks()
    if wantsGradient { sinks.gradients["pred"] = MemorySink(elementType: .float32, shape: shape) }
    let reported = Mutex<[Double]>([])
    _ = try evaluation.run(into: sinks) { part in reported.withLock { $0.append(part) } }
    let parts = reported.withLock { $0 }
    #expect(parts == parts.sorted())
    #expect(parts.allSatisfy { (0...1).contains($0) })
    if threads == 1 { #expect(parts.last == 1) }
  }

  @Test("What a sink throws is what the evaluation throws", arguments: [1, 3])
  func failingSink(threads: Int) throws {
    let shape = try #require(Shape([160_000]))
    let evaluation = try LossEvaluation(
      try BinaryCrossEntropy(ignoredLabel: -1), inputs: Self.inputs(seed: 74, shape),
      policies: EvaluationPolicies(.mean, threads: threads))
    var sinks = LossSinks()
    sinks.values = FullSink()
    #expect(throws: FullSink.Full(offset: 65536 * 4)) { try evaluation.run(into: sinks) }
  }

  /// A sink with room for one group of blocks of float32.
  private final class FullSink: TensorSink {
    struct Full: Error, Equatable {
      let offset: Int
    }

    let elementType = ElementType.float32

    func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
      if offset > 0 { throw Full(offset: offset) }
    }
  }
}
