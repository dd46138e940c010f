import LossTensor
import Losses
import Testing

/// Values worked out by hand, edges, and what must not change a result.
struct SoftmaxCrossEntropyTests {
  private static let logits: [Double] = [1, 2, 3, 0, 0, 5]

  private static func golden(_ label: Tensor) throws -> [String: Tensor] {
    ["pred": try float64(logits, 2, 3), "label": label, "class-weight": try float64([1, 2, 3])]
  }

  @Test("Golden numbers: rows, mean, class weights, smoothing, distributions")
  func golden() throws {
    var inputs = try Self.golden(try float64([0, 2]))
    let weighted = try evaluate(try SoftmaxCrossEntropy(), inputs).report
    #expect(weighted.denominator == 4)
    #expect(try #require(weighted.value).rounded(toPlaces: 4) == 0.6119)
    let smoothed = try evaluate(try SoftmaxCrossEntropy(labelSmoothing: 0.1), inputs).report
    #expect(try #require(smoothed.value).rounded(toPlaces: 4) == 0.7301)
    inputs["class-weight"] = nil
    let plain = try evaluate(try SoftmaxCrossEntropy(), inputs)
    #expect(plain.values.doubles.map { $0.rounded(toPlaces: 4) } == [2.4076, 0.0134])
    #expect(try #require(plain.report.value).rounded(toPlaces: 5) == 1.21050)
    #expect(plain.report.denominator == 2)
    #expect((plain.report.rows, plain.report.elements) == (2, 2))

    let soft = try Self.golden(try float64([0.2, 0.3, 0.5, 0.1, 0.1, 0.8], 2, 3))
    let held = try evaluate(try SoftmaxCrossEntropy(), soft)
    #expect(held.values.doubles.map { $0.rounded(toPlaces: 4) } == [1.9375, 1.5361])
    #expect(try #require(held.report.value).rounded(toPlaces: 4) == 1.7368)
    #expect(held.report.denominator == 2)
  }

  @Test("The smoothed mean of one-hot distributions is over rows, that of indices over weights")
  func twoMeans() throws {
    let loss = try SoftmaxCrossEntropy(labelSmoothing: 0.1)
    let indices = try evaluate(loss, try Self.golden(try float64([0, 2]))).report
    let hot = try evaluate(loss, try Self.golden(try float64([1, 0, 0, 0, 0, 1], 2, 3))).report
    #expect(try #require(indices.value).rounded(toPlaces: 4) == 0.7301)
    #expect(try #require(hot.value).rounded(toPlaces: 4) == 1.4603)
    #expect((indices.denominator, hot.denominator) == (4, 2))
  }

  @Test("The tail is not lost: [100, 0, 0] with y = 0", arguments: [ElementType.float32, .float64])
  func tail(type: ElementType) throws {
    let inputs = ["pred": try float64([100, 0, 0], 1, 3), "label": try float64([0])]
    let outcome = try evaluate(
      try SoftmaxCrossEntropy(), inputs, EvaluationPolicies(.mean, computeType: type))
    // 2·e⁻¹⁰⁰; the nearest float is 53 times the smallest subnormal.
    let expected = type == .float64 ? 7.440151952041671e-44 : Double(Float(bitPattern: 53))
    #expect(outcome.values.doubles == [expected])
    #expect(outcome.gradient.doubles[0] == -expected)
  }

  @Test("Infinite logits: 0 probability, infinite loss where the label asks for it, NaN for +∞")
  func infiniteLogits() throws {
    let logits = try float64([-.infinity, 0, 1], 1, 3)
    func outcome(_ label: Double, _ x: Tensor = logits) throws -> Outcome {
      try evaluate(try SoftmaxCrossEntropy(), ["pred": x, "label": try float64([label])])
    }
    let elsewhere = try outcome(1)
    #expect(elsewhere.values.doubles[0].rounded(toPlaces: 12) == 1.313261687518)
    #expect(elsewhere.gradient.doubles[0] == 0)
    let there = try outcome(0)
    #expect(there.values.doubles == [.infinity])
    #expect(there.gradient.doubles[0] == -1)
    let none = try float64([-.infinity, -.infinity, -.infinity], 1, 3)
    for x in [none, try float64([.infinity, 0, 1], 1, 3), try float64([.nan, 0, 1], 1, 3)] {
      let outcome = try outcome(0, x)
      #expect(outcome.values.doubles[0].isNaN)
      #expect(outcome.gradient.doubles.allSatisfy { $0.isNaN })
      #expect(outcome.report.nonFinite == 1)
    }
  }

  @Test("0 · ∞ in a distribution is 0, or NaN where that is asked for")
  func zeroTimesInfinity() throws {
    let inputs = [
      "pred": try float64([-.infinity, 0, 1], 1, 3), "label": try float64([0, 0.5, 0.5], 1, 3),
    ]
    let zero = try evaluate(try SoftmaxCrossEntropy(), inputs)
    #expect(zero.values.doubles[0].rounded(toPlaces: 12) == 0.813261687518)
    let policies = EvaluationPolicies(.mean, zeroTimesInfinity: .nan)
    #expect(try evaluate(try SoftmaxCrossEntropy(), inputs, policies).values.doubles[0].isNaN)

    var weighted = inputs
    weighted["label"] = try float64([0])
    weighted["class-weight"] = try float64([0, 1, 1])
    #expect(try evaluate(try SoftmaxCrossEntropy(), weighted).values.doubles == [0])
    #expect(
      try evaluate(try SoftmaxCrossEntropy(), weighted, policies).values.doubles[0].isNaN)
  }

  @Test("An ignored row has loss and gradient 0 and no part in the divisor, even with NaN logits")
  func ignoredRows() throws {
    let inputs = [
      "pred": try float64([.nan, 0, 1, 0, 1, 2], 2, 3), "label": try float64([-100, 1]),
    ]
    let outcome = try evaluate(try SoftmaxCrossEntropy(), inputs)
    #expect(outcome.report.value?.rounded(toPlaces: 12) == 1.407605964444)
    #expect((outcome.report.denominator, outcome.report.ignored) == (1, 1))
    #expect(outcome.values.doubles[0] == 0)
    #expect(outcome.perRow.doubles[0] == 0)
    #expect(outcome.gradient.doubles[..<3] == [0, 0, 0])

    var all = inputs
    all["label"] = try float64([-100, -100])
    let nothing = try evaluate(try SoftmaxCrossEntropy(), all)
    #expect(nothing.report.value?.isNaN == true)
    #expect(nothing.gradient.doubles == [Double](repeating: 0, count: 6))
    let zero = try evaluate(
      try SoftmaxCrossEntropy(), all, EvaluationPolicies(.mean, empty: .zero))
    #expect(zero.report.value == 0)
    #expect(throws: LossError.nothingToReduce(elements: 2, ignored: 2)) {
      try evaluate(try SoftmaxCrossEntropy(), all, EvaluationPolicies(.mean, empty: .error))
    }
  }

  @Test("Weights of 0 for all labels: the mean is NaN, and so is its gradient")
  func zeroWeights() throws {
    var inputs = try Self.golden(try float64([0, 1]))
    inputs["class-weight"] = try float64([0, 0, 1])
    let outcome = try evaluate(try SoftmaxCrossEntropy(), inputs)
    #expect(outcome.report.value?.isNaN == true)
    #expect(outcome.gradient.doubles.allSatisfy { $0.isNaN })
    #expect(outcome.values.doubles == [0, 0])
  }

  @Test("No rows: a mean of nothing; one class: 0; a single row without an axis of rows")
  func emptyAndSmall() throws {
    let empty = try evaluate(
      try SoftmaxCrossEntropy(), ["pred": try float64([], 0, 3), "label": try float64([], 0)])
    #expect(empty.report.value?.isNaN == true)
    #expect(empty.report.sum == 0)
    #expect(empty.gradient.shape == Shape([0, 3]))
    let single = try evaluate(
      try SoftmaxCrossEntropy(),
      ["pred": try float64([5, -7], 2, 1), "label": try float64([0, 0])])
    #expect(single.values.doubles == [0, 0])
    #expect(single.gradient.doubles == [0, 0])
    for label in [Tensor([2.0], shape: .scalar), try float64([2])] {
      let row = try evaluate(
        try SoftmaxCrossEntropy(), ["pred": try float64([0, 0, 5]), "label": label])
      #expect(row.values.doubles[0].rounded(toPlaces: 4) == 0.0134)
      #expect(row.values.shape == .scalar)
      #expect(row.gradient.shape == .vector(3))
    }
  }

  @Test(
    "Where the classes' axis is changes no bit", arguments: [4, 33, 4100],
    [ElementType.float32, .float64])
  func classAxis(classes: Int, type: ElementType) throws {
    var random = SeededRandom(seed: 111)
    let (rows, places) = (3, 5)
    let x = random.doubles(rows * places * classes, in: -20...20)
    let labels = (0..<rows * places).map { _ in Double(Int.random(in: 0..<classes, using: &random))
    }
    /// The element of row r, place s, class c in x, which has the classes last.
    func moved(_ order: (Int, Int, Int) -> Int) -> [Double] {
      var values = x
      for (index, value) in x.enumerated() {
        let (unit, c) = index.quotientAndRemainder(dividingBy: classes)
        values[order(unit / places, unit % places, c)] = value
      }
      return values
    }
    func run(_ axis: Int, _ values: [Double], _ dimensions: [Int]) throws -> Outcome {
      let shape = try #require(Shape(dimensions))
      return try evaluate(
        try SoftmaxCrossEntropy(classAxis: axis),
        ["pred": Tensor(values, shape: shape), "label": try float64(labels, rows, places)],
        EvaluationPolicies(.mean, computeType: type))
    }
    let last = try run(-1, x, [rows, places, classes])
    let middle = try run(
      1, moved { ($0 * classes + $2) * places + $1 }, [rows, classes, places])
    let first = try run(
      0, moved { ($2 * rows + $0) * places + $1 }, [classes, rows, places])
    for other in [middle, first] {
      #expect(other.values.bits == last.values.bits)
      #expect(other.report.value == last.report.value)
    }
    let (inMiddle, inFirst) = (middle.gradient.doubles, first.gradient.doubles)
    let moves = last.gradient.doubles.enumerated().map { index, value in
      let (unit, c) = index.quotientAndRemainder(dividingBy: classes)
      let (r, s) = (unit / places, unit % places)
      return inMiddle[(r * classes + c) * places + s] == value
        && inFirst[(c * rows + r) * places + s] == value
    }
    #expect(moves.allSatisfy { $0 })
  }

  // A shift rounds each logit to a multiple of 2⁻³⁶, which moves a loss by that at most.
  @Test("A shift of all logits of a row changes nothing", arguments: [-1e5, -400, 250, 1e5])
  func shift(by amount: Double) throws {
    var random = SeededRandom(seed: 113)
    let x = random.doubles(9 * 50, in: -30...30)
    let labels = try float64((0..<9).map { Double($0 * 5) })
    func values(_ x: [Double]) throws -> [Double] {
      try evaluate(try SoftmaxCrossEntropy(), ["pred": try float64(x, 9, 50), "label": labels])
        .values.doubles
    }
    for (moved, plain) in zip(try values(x.map { $0 + amount }), try values(x)) {
      #expect((moved - plain).magnitude <= 0x1p-35)
    }
  }

  @Test("Labels of every integer type, in float64 and float32, give the same bits")
  func labelTypes() throws {
    let inputs = try Self.golden(try float64([2, 1]))
    let expected = try evaluate(try SoftmaxCrossEntropy(), inputs)
    let types: [ElementType] = [
      .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64, .float16, .float32,
    ]
    for type in types {
      let sink = try #require(MemorySink(elementType: type, shape: .vector(2)))
      try [2.0, 1].withUnsafeBufferPointer { try sink.write($0, at: 0) }
      var typed = inputs
      typed["label"] = sink.tensor
      let actual = try evaluate(try SoftmaxCrossEntropy(), typed)
      #expect(actual.values.bits == expected.values.bits, "\(type)")
      #expect(actual.gradient.bits == expected.gradient.bits, "\(type)")
    }
  }

  @Test("What the user should know: probabilities as logits, logits as log-probabilities")
  func warnings() throws {
    let label = try float64([1])
    func warnings(_ loss: SoftmaxCrossEntropy, _ x: [Double]) throws -> [LossWarning] {
      try evaluate(loss, ["pred": try float64(x, 1, 3), "label": label]).report.warnings
    }
    #expect(
      try warnings(try SoftmaxCrossEntropy(), [0.1, 0.2, 0.7])
        == [.logitsLookLikeProbabilities(input: "pred")])
    #expect(try warnings(try SoftmaxCrossEntropy(), [0.1, -0.2, 0.7]).isEmpty)
    #expect(
      try warnings(try SoftmaxCrossEntropy(from: .logProbs), [-1, 0.5, -2])
        == [.positiveLogProbabilities(input: "pred")])
    #expect(try warnings(try SoftmaxCrossEntropy(from: .logProbs), [-1, 0, -2]).isEmpty)
  }
}

extension Double {
  /// The number rounded to so many decimals.
  fileprivate func rounded(toPlaces places: Int) -> Double {
    let power = (0..<places).reduce(1.0) { power, _ in power * 10 }
    return (self * power).rounded() / power
  }
}
