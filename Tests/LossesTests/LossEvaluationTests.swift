import LossKernels
import LossTensor
import Losses
import Synchronization
import Testing

@Suite("LossEvaluation")
struct LossEvaluationTests {
  private func random(
    _ count: Int, seed: UInt64, in range: ClosedRange<Float> = -8...8
  ) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: range, using: &generator) }
  }

  private func inputs(_ shape: Shape, seed: UInt64) -> [String: Tensor] {
    let labels = random(shape.elementCount, seed: seed + 1).map { $0 > 3 ? Float(1) : 0 }
    return [
      "pred": Tensor(random(shape.elementCount, seed: seed), shape: shape),
      "label": Tensor(labels, shape: shape),
    ]
  }

  private func policies(
    _ reduction: Reduction, threads: Int? = nil, empty: EmptyPolicy = .nan
  ) -> EvaluationPolicies {
    var policies = EvaluationPolicies()
    policies.reduction = reduction
    policies.threadCount = threads
    policies.empty = empty
    return policies
  }

  @Test("gives the same bits for any number of threads")
  func threads() throws {
    let shape = try shape(401, 499)
    let inputs = inputs(shape, seed: 31)
    let expected = try Outcome(
      try BinaryCrossEntropy(), inputs, policies: policies(.mean, threads: 1))
    for threads in [2, 3, 7] {
      let found = try Outcome(
        try BinaryCrossEntropy(), inputs, policies: policies(.mean, threads: threads))
      #expect(found.report.sum.bitPattern == expected.report.sum.bitPattern)
      #expect(found.values.bits == expected.values.bits)
      #expect(found.perRow.bits == expected.perRow.bits)
      #expect(found.gradient.bits == expected.gradient.bits)
    }
  }

  @Test("sums what it does not reduce, exactly")
  func reductions() throws {
    let inputs = inputs(try shape(7, 13), seed: 5)
    let loss = try BinaryCrossEntropy()
    let none = try Outcome(loss, inputs, policies: policies(.none))
    let sum = try Outcome(loss, inputs, policies: policies(.sum))
    let mean = try Outcome(loss, inputs, policies: policies(.mean))
    var expected = ExactSum()
    for value in none.values.values(as: Double.self) { expected.add(value) }
    #expect(none.report.value == nil)
    #expect(sum.report.value == expected.rounded)
    #expect(mean.report.value == expected.rounded / 91)
    #expect(none.gradient.bits == sum.gradient.bits)
    let scaled = sum.gradient.values(as: Double.self).map { $0 / 91 }
    for (found, expected) in zip(mean.gradient.values(as: Double.self), scaled) {
      #expect((found - expected).magnitude <= expected.magnitude * 0x1p-23)
    }
  }

  @Test("averages rows over the elements that are kept")
  func rowsWithIgnoredElements() throws {
    let shape = try shape(3, 2)
    let inputs = [
      "pred": Tensor([1.5, -0.5, 2, 0.25, -3, 4] as [Double], shape: shape),
      "label": Tensor([0, -1, -1, -1, 1, 1] as [Double], shape: shape),
    ]
    let loss = try BinaryCrossEntropy(ignoredLabel: -1)
    let mean = try Outcome(loss, inputs, policies: policies(.mean))
    let values = mean.values.values(as: Double.self)
    let rows = mean.perRow.values(as: Double.self)
    #expect(rows[0] == values[0])
    #expect(rows[1].isNaN)
    #expect(rows[2] == (values[4] + values[5]) / 2)
    let zero = try Outcome(loss, inputs, policies: policies(.mean, empty: .zero))
    #expect(zero.perRow.element(at: 1) == 0)
    let sum = try Outcome(loss, inputs, policies: policies(.sum))
    #expect(sum.perRow.values() == [values[0], 0, values[4] + values[5]])
    #expect(mean.report.rows == 3 && mean.report.elements == 6 && mean.report.ignored == 3)
    #expect(mean.report.value == mean.report.sum / 3)
  }

  @Test("averages rows that are longer than a block, and many that are shorter")
  func rowLengths() throws {
    for dimensions in [[3, 40_001], [5003, 7], [1, 100_000], [2, 3, 17_000]] {
      let shape = try #require(Shape(dimensions))
      let outcome = try Outcome(
        try BinaryCrossEntropy(), inputs(shape, seed: 77), policies: policies(.mean))
      let values = outcome.values.values(as: Double.self)
      let rows = outcome.perRow.values(as: Float.self)
      #expect(rows.count == dimensions[0])
      for (row, found) in rows.enumerated() {
        var sum = ExactSum()
        for value in values[(row * shape.elementsPerRow)..<((row + 1) * shape.elementsPerRow)] {
          sum.add(value)
        }
        #expect(found == Float(sum.rounded / Double(shape.elementsPerRow)))
      }
    }
  }

  @Test("defines the mean of nothing", arguments: [[0, 3], [3, 0], [0]])
  func empty(dimensions: [Int]) throws {
    let shape = try #require(Shape(dimensions))
    let inputs = inputs(shape, seed: 1)
    let loss = try BinaryCrossEntropy()
    #expect(try Outcome(loss, inputs, policies: policies(.mean)).report.value?.isNaN == true)
    #expect(try Outcome(loss, inputs, policies: policies(.mean, empty: .zero)).report.value == 0)
    #expect(try Outcome(loss, inputs, policies: policies(.sum)).report.value == 0)
    #expect(throws: LossError.nothingToReduce(elements: 0, ignored: 0)) {
      try Outcome(loss, inputs, policies: policies(.mean, empty: .error))
    }
    let rows = try Outcome(loss, inputs, policies: policies(.mean)).perRow.values(as: Double.self)
    #expect(rows.count == dimensions[0] && rows.allSatisfy(\.isNaN))
  }

  @Test("stops at the first loss that is not finite where told to")
  func nonFinite() throws {
    var predictions = random(50_000, seed: 9)
    predictions[40_000] = .infinity
    predictions[20_001] = -.infinity
    let shape = try shape(50, 1000)
    let inputs = [
      "pred": Tensor(predictions, shape: shape),
      "label": Tensor(
        predictions.map { $0 == .infinity ? Float(0) : 1 }, shape: shape),
    ]
    var policies = policies(.mean)
    #expect(try Outcome(try BinaryCrossEntropy(), inputs, policies: policies).report.nonFinite == 2)
    policies.nonFinite = .error
    #expect(throws: LossError.nonFiniteLoss(index: [20, 1], found: .infinity)) {
      try Outcome(try BinaryCrossEntropy(), inputs, policies: policies)
    }
  }

  @Test("multiplies gradients by the upstream gradient")
  func upstream() throws {
    let inputs = inputs(try shape(4, 5), seed: 3)
    let loss = try BinaryCrossEntropy()
    let plain = try Outcome(loss, inputs, policies: policies(.sum)).gradient.values(as: Double.self)
    let scaled = try Outcome(
      loss, inputs, gradientOutput: Tensor([Float(-4)], shape: .scalar), policies: policies(.sum))
    #expect(scaled.gradient.values() == plain.map { $0 * -4 })
    let factors = (0..<20).map { Float($0 % 2 == 0 ? 2 : -0.5) }
    let product = try Outcome(
      loss, inputs, gradientOutput: Tensor(factors, shape: try shape(4, 5)),
      policies: policies(.none))
    #expect(product.gradient.values() == zip(plain, factors).map { $0 * Double($1) })
    let expected = LossError.shapeMismatch(
      input: "grad-output", found: .vector(20), expected: "(4, 5), the shape of the result",
      transposeMatches: false)
    #expect(throws: expected) {
      try Outcome(
        loss, inputs, gradientOutput: Tensor(factors, shape: .vector(20)), policies: policies(.none)
      )
    }
  }

  @Test("computes in double where an input is double or it is told to")
  func computeType() throws {
    var inputs = inputs(try shape(3), seed: 8)
    #expect(try Outcome(try BinaryCrossEntropy(), inputs).report.computeType == .float32)
    var policies = EvaluationPolicies()
    policies.computeType = .float64
    #expect(
      try Outcome(try BinaryCrossEntropy(), inputs, policies: policies).report.computeType
        == .float64)
    inputs["weight"] = Tensor([1, 2, 3] as [Double], shape: .vector(3))
    let outcome = try Outcome(try BinaryCrossEntropy(), inputs)
    #expect(outcome.report.computeType == .float64)
    #expect(outcome.values.elementType == .float64)
  }

  @Test("tells how far it is")
  func progress() throws {
    let parts = Mutex<[Double]>([])
    let evaluation = try LossEvaluation(
      try BinaryCrossEntropy(), inputs: inputs(try shape(200_000), seed: 2),
      policies: policies(.mean, threads: 1))
    _ = try evaluation.run { part in parts.withLock { $0.append(part) } }
    let seen = parts.withLock { $0 }
    #expect(seen.count == 13 && seen.last == 1 && seen == seen.sorted())
  }
}
