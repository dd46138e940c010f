import LossTensor
import Losses
import Testing

/// Reductions, policies and types of an evaluation, with binary cross entropy as the loss.
struct LossEvaluationTests {
  private static let logits: [Float] = [-3, 0.5, 2, 7, -0.25, 1.5]
  private static let labels: [Float] = [0, 1, 0.25, 0, 1, 0.75]

  private static func inputs(_ dimensions: [Int]) throws -> [String: Tensor] {
    let shape = try #require(Shape(dimensions))
    let count = shape.elementCount
    return [
      "pred": Tensor(Array(logits.prefix(count)), shape: shape),
      "label": Tensor(Array(labels.prefix(count)), shape: shape),
    ]
  }

  /// The sum without rounding, by the accumulator that `ExactSumTests` holds against true sums.
  private static func sum(_ values: some Sequence<Double>) -> Double {
    values.reduce(into: ExactSum()) { $0.add($1) }.rounded
  }

  @Test(
    "The mean is the sum over the elements, and the unreduced losses add up to the sum",
    arguments: [[6], [2, 3], [3, 2], [1, 2, 3], []])
  func reductions(dimensions: [Int]) throws {
    let inputs = try Self.inputs(dimensions)
    let loss = try BinaryCrossEntropy()
    let mean = try evaluate(loss, inputs, EvaluationPolicies(.mean))
    let sum = try evaluate(loss, inputs, EvaluationPolicies(.sum))
    let none = try evaluate(loss, inputs, EvaluationPolicies(.none))
    let count = Double(mean.values.shape.elementCount)
    #expect(none.report.value == nil)
    #expect(none.values.shape.dimensions == dimensions)
    #expect(none.report.sum == Self.sum(none.values.doubles))
    #expect(sum.report.value == none.report.sum)
    #expect(mean.report.value == none.report.sum / count)
    #expect([mean, sum, none].allSatisfy { $0.report.denominator == count })
    #expect(mean.values.bits == none.values.bits)
    #expect(sum.gradient.bits == none.gradient.bits)
  }

  @Test("A report names the shape, the rows, the elements and those ignored")
  func report() throws {
    let report = try evaluate(
      try BinaryCrossEntropy(ignoredLabel: 1), try Self.inputs([2, 3]),
      EvaluationPolicies(.sum)
    ).report
    #expect(report.loss == "bce")
    #expect(report.reduction == .sum)
    #expect(report.shape.dimensions == [2, 3])
    #expect((report.rows, report.elements, report.ignored) == (2, 6, 2))
    #expect(report.denominator == 4)
    #expect(report.nonFinite == 0)
  }

  @Test("Weights count for the sum but not for the mean's divisor")
  func weights() throws {
    var inputs = try Self.inputs([2, 3])
    inputs["weight"] = try float32([0, 4, 0.5], 3)
    let outcome = try evaluate(try BinaryCrossEntropy(), inputs)
    let plain = try evaluate(try BinaryCrossEntropy(), try Self.inputs([2, 3])).values.doubles
    let expected = zip(plain, [0, 4, 0.5, 0, 4, 0.5]).map { $0 * $1 }
    for (actual, value) in zip(outcome.values.doubles, expected) {
      #expect(ulpDistance(actual, value, in: .float32) <= 1)
    }
    #expect(outcome.report.denominator == 6)
    #expect(outcome.report.value == Self.sum(outcome.values.doubles) / 6)
  }

  @Test("Per-row losses follow the reduction", arguments: [[6], [2, 3], [3, 2], [3, 1, 2], []])
  func rows(dimensions: [Int]) throws {
    for reduction in Reduction.allCases {
      let outcome = try evaluate(
        try BinaryCrossEntropy(), try Self.inputs(dimensions), EvaluationPolicies(reduction))
      let values = outcome.values.doubles
      let rowCount = dimensions.first ?? 1
      let width = values.count / rowCount
      let expected = (0..<rowCount).map { row in
        let sum = Self.sum(values[(row * width)..<((row + 1) * width)])
        return Double(Float(reduction == .sum ? sum : sum / Double(width)))
      }
      #expect(outcome.perRow.shape == .vector(rowCount))
      #expect(outcome.perRow.doubles == expected)
    }
  }

  @Test(
    "Per-row means divide by what is kept of each row; a row all ignored is the mean of nothing")
  func ignoredRows() throws {
    let inputs = [
      "pred": try float32([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3),
      "label": try float32([0, -1, 0, -1, -1, -1, -1, 0, -1], 3, 3),
    ]
    let loss = try BinaryCrossEntropy(ignoredLabel: -1)
    let outcome = try evaluate(loss, inputs)
    let values = outcome.values.doubles
    let rows = outcome.perRow.doubles
    #expect(rows[0] == Double(Float((values[0] + values[2]) / 2)))
    #expect(rows[1].isNaN)
    #expect(rows[2] == values[7])
    #expect(outcome.report.value == (values[0] + values[2] + values[7]) / 3)
    let zero = try evaluate(loss, inputs, EvaluationPolicies(.mean, empty: .zero))
    #expect(zero.perRow.doubles == [rows[0], 0, rows[2]])
    let sums = try evaluate(loss, inputs, EvaluationPolicies(.sum))
    #expect(sums.perRow.doubles == [Double(Float(values[0] + values[2])), 0, values[7]])
  }

  @Test(
    "Rows longer than a block, and rows that do not divide one, are added up whole",
    arguments: [
      [3, 40000], [1, 16385], [5, 16384], [1, 65537], [3, 2048], [2049], [33333, 3], [7, 5000],
      [40000], [3, 100, 130],
    ],
    [true, false])
  func longRows(dimensions: [Int], hasIgnored: Bool) throws {
    let shape = try #require(Shape(dimensions))
    var random = SeededRandom(seed: 61)
    let logits = random.floats(shape.elementCount, in: -9...9)
    let labels = logits.indices.map { Float($0 % 5 == 2 ? -1 : $0 % 3 == 0 ? 1 : 0) }
    let inputs = [
      "pred": Tensor(logits, shape: shape),
      "label": Tensor(hasIgnored ? labels : labels.map { max($0, 0) }, shape: shape),
    ]
    let loss = try BinaryCrossEntropy(ignoredLabel: -1)
    let outcome = try evaluate(loss, inputs, EvaluationPolicies(.mean, threads: 2))
    let values = outcome.values.doubles
    let width = shape.elementsPerRow
    var expected: [Float] = []
    for start in stride(from: 0, to: values.count, by: width) {
      let kept = (start..<start + width).count { !hasIgnored || labels[$0] >= 0 }
      // A row of one loss is that loss, 0 where it is ignored; none of the longer ones is all ignored.
      let sum = Self.sum(values[start..<start + width])
      expected.append(Float(width == 1 ? values[start] : sum / Double(kept)))
    }
    #expect(outcome.perRow.doubles == expected.map(Double.init))
    #expect(outcome.report.sum == Self.sum(values))
  }

  @Test(
    "Nothing to average is NaN, zero or an error, as asked for",
    arguments: [[0], [0, 3], [3, 0], [2, 0, 4]], [Reduction.mean, .sum])
  func empty(dimensions: [Int], reduction: Reduction) throws {
    let inputs = try Self.inputs(dimensions)
    let loss = try BinaryCrossEntropy()
    let rowCount = dimensions[0]
    let asNaN = try evaluate(loss, inputs, EvaluationPolicies(reduction))
    let asZero = try evaluate(loss, inputs, EvaluationPolicies(reduction, empty: .zero))
    #expect(asZero.report.value == 0)
    #expect(asZero.perRow.doubles == [Double](repeating: 0, count: rowCount))
    #expect(asZero.report.denominator == 0)
    if reduction == .mean {
      #expect(asNaN.report.value?.isNaN == true)
      #expect(asNaN.perRow.doubles.map(\.isNaN) == [Bool](repeating: true, count: rowCount))
    } else {
      #expect(asNaN.report.value == 0)
      #expect(asNaN.perRow.doubles == [Double](repeating: 0, count: rowCount))
    }
    #expect(asNaN.gradient.shape.dimensions == dimensions)
  }

  @Test(
    "With everything ignored the mean is NaN, zero or an error, and the gradient 0",
    arguments: [EmptyPolicy.nan, .zero])
  func allIgnored(empty: EmptyPolicy) throws {
    let inputs = ["pred": try float32([1, .nan, 3]), "label": try float32([9, 9, 9])]
    let loss = try BinaryCrossEntropy(ignoredLabel: 9)
    let outcome = try evaluate(loss, inputs, EvaluationPolicies(.mean, empty: empty))
    let value = try #require(outcome.report.value)
    #expect(empty == .nan ? value.isNaN : value == 0)
    #expect(outcome.gradient.doubles == [0, 0, 0])
    #expect(outcome.values.doubles == [0, 0, 0])
    #expect(outcome.report.ignored == 3)
  }

  @Test("An empty mean under --empty error names the elements and those ignored")
  func emptyError() throws {
    let policies = EvaluationPolicies(.mean, empty: .error)
    #expect(throws: LossError.nothingToReduce(elements: 0, ignored: 0)) {
      try evaluate(try BinaryCrossEntropy(), try Self.inputs([0, 3]), policies)
    }
    let inputs = ["pred": try float32([1, 2]), "label": try float32([9, 9])]
    #expect(throws: LossError.nothingToReduce(elements: 2, ignored: 2)) {
      try evaluate(try BinaryCrossEntropy(ignoredLabel: 9), inputs, policies)
    }
    let one = try evaluate(try BinaryCrossEntropy(), try Self.inputs([1]), policies)
    #expect(one.report.value == one.values.doubles[0])
  }

  @Test("Losses that are not finite are counted and the first is named", arguments: [1, 2, 7])
  func nonFiniteAllowed(threads: Int) throws {
    var logits = [Float](repeating: 2, count: 60000)
    for index in [50000, 20005, 33333] { logits[index] = .infinity }
    let inputs = [
      "pred": try float32(logits, 6000, 10),
      "label": try float32([Float](repeating: 0, count: 60000), 6000, 10),
    ]
    let policies = EvaluationPolicies(.mean, threads: threads)
    let report = try evaluate(try BinaryCrossEntropy(), inputs, policies).report
    #expect(report.nonFinite == 3)
    #expect(report.value == .infinity)
    let warning = LossWarning.nonFiniteLosses(count: 3, firstIndex: [2000, 5], first: .infinity)
    #expect(report.warnings == [warning])
    #expect(
      warning.message == "3 losses are not finite, the first (inf) at index [2000, 5]")
  }

  @Test("Under --nonfinite error the first such loss is the error", arguments: [1, 2, 3, 7])
  func nonFiniteError(threads: Int) throws {
    var logits = [Float](repeating: -2, count: 60000)
    for index in [50000, 20005, 33333] { logits[index] = -.infinity }
    let inputs = [
      "pred": try float32(logits, 6000, 10),
      "label": try float32([Float](repeating: 1, count: 60000), 6000, 10),
    ]
    let policies = EvaluationPolicies(.sum, nonFinite: .error, threads: threads)
    #expect(throws: LossError.nonFiniteLoss(index: [2000, 5], found: .infinity)) {
      try evaluate(try BinaryCrossEntropy(), inputs, policies)
    }
  }

  @Test("A mean of finite losses is finite, even where their sum is beyond the largest double")
  func meanDoesNotOverflow() throws {
    let inputs = [
      "pred": try float64([1e308, 1.5e308, 0.5e308, 1.2e308], 2, 2),
      "label": try float64([0, 0, 0, 0], 2, 2),
    ]
    let outcome = try evaluate(try BinaryCrossEntropy(), inputs)
    let mean = try #require(outcome.report.value)
    #expect((mean - 1.05e308).magnitude <= 1.05e308.ulp)
    #expect(outcome.report.sum == .infinity)
    #expect((outcome.perRow.doubles[0] - 1.25e308).magnitude <= 1.25e308.ulp)
  }
}
