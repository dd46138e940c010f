import LossTensor
import Losses
import Testing

/// Losses and gradients of long rows against their true values (mpmath, rounded once).
///
/// Tests/Fixtures/accuracy/softmax_ce.py says how rows are described and made.
struct SoftmaxCrossEntropyAccuracyTests {
  /// Whether the difference of two logits of a row is exact in float32, or seldom even in float64.
  enum Kind: String, Decodable, CaseIterable {
    case steps
    case spread
  }

  private struct Truth: Decodable {
    let loss: BitPattern
    let gradient: [BitPattern]
  }

  private struct Row: Decodable {
    let name: String
    let kind: Kind
    let seed: UInt64
    let count: Int
    let label: Int
    let classes: [Int]
    let float32: Truth
    let float64: Truth
    // Of steps only.
    let scale: Int?
    let offset: Int?
    let divisor: Int?
    let cap: Int?
    let assigned: [[Int]]?

    func truth(_ type: ElementType) -> Truth { type == .float64 ? float64 : float32 }

    func logits(_ type: ElementType) throws -> [Double] {
      var random = SeededRandom(recordedSeed: seed)
      let draws = (0..<count).map { _ in random.next() }
      return kind == .steps ? try stepLogits(draws) : spreadLogits(draws, type)
    }

    private func stepLogits(_ draws: [UInt64]) throws -> [Double] {
      let (scale, offset) = (try #require(scale), try #require(offset))
      var steps = draws.map { draw in
        let byteSum = stride(from: UInt64(0), to: 64, by: 8).reduce(0) { $0 + (draw >> $1) & 255 }
        return min(offset + scale * (Int(byteSum) - 1020), cap ?? .max)
      }
      for pair in try #require(assigned) { steps[pair[0]] = pair[1] }
      let divisor = Double(try #require(divisor))
      return steps.map { Double($0) / divisor }
    }

    private func spreadLogits(_ draws: [UInt64], _ type: ElementType) -> [Double] {
      let precision = type == .float64 ? 53 : 24
      return draws.map { draw in
        let exponent = -(precision - 6 + Int(draw & 7))
        let magnitude = Double(
          sign: .plus, exponent: exponent, significand: Double(draw >> UInt64(64 - precision)))
        return draw & 8 == 0 ? magnitude : -magnitude
      }
    }
  }

  private struct Example: Decodable {
    struct Truth: Decodable {
      let unreduced: [BitPattern]
      let sum: BitPattern
      let mean: BitPattern
      /// Of the mean.
      let gradient: [BitPattern]?
      let softLabels: [[BitPattern]]?

      enum CodingKeys: String, CodingKey {
        case unreduced, sum, mean, gradient
        case softLabels = "soft-labels"
      }
    }

    let name: String
    let logits: [[Double]]
    let labels: [Double]?
    let classWeights: [Double]?
    let smoothing: BitPattern
    let float32: Truth
    let float64: Truth

    enum CodingKeys: String, CodingKey {
      case name, logits, labels, smoothing, float32, float64
      case classWeights = "class-weights"
    }

    func evaluate(_ type: ElementType) throws -> Outcome {
      let shape = [logits.count, logits[0].count]
      var inputs = ["pred": try tensor(logits.flatMap(\.self), as: type, shape)]
      if let soft = (type == .float64 ? float64 : float32).softLabels {
        inputs["label"] = try tensor(soft.flatMap(\.self).map(\.value), as: type, shape)
      } else {
        inputs["label"] = try tensor(try #require(labels), as: .int64, [logits.count])
      }
      if let classWeights {
        inputs["class-weight"] = try tensor(classWeights, as: type, [classWeights.count])
      }
      let loss = try SoftmaxCrossEntropy(from: .logits, labelSmoothing: smoothing.value)
      return try LossesTests.evaluate(loss, inputs)
    }
  }

  private struct Fixture: Decodable {
    let rows: [Row]
    let examples: [Example]

    static func read() throws -> Fixture { try Fixtures.json("accuracy/softmax-ce.json") }
  }

  /// The number farthest from its true value.
  private struct Worst: CustomStringConvertible {
    private(set) var distance: UInt64 = 0
    private(set) var description = "exact"

    mutating func note(_ actual: Double, _ truth: BitPattern, _ type: ElementType, _ place: String)
    {
      // A NaN is nowhere near.
      let off = actual.isNaN ? .max : ulpDistance(actual, truth.value, in: type)
      guard off > distance else { return }
      distance = off
      description = "\(off) ulp at \(place): \(actual) for \(truth.value)"
    }
  }

  /// All rows of one length at once, unreduced.
  private static func evaluateRows(_ rows: [Row], _ type: ElementType) throws -> Outcome {
    let shape = [rows.count, try #require(rows.first).count]
    let logits = try tensor(try rows.flatMap { try $0.logits(type) }, as: type, shape)
    let labels = try tensor(rows.map { Double($0.label) }, as: .int64, [rows.count])
    return try evaluate(
      try SoftmaxCrossEntropy(from: .logits), ["pred": logits, "label": labels],
      EvaluationPolicies(.none))
  }

  @Test(
    "The loss is within 4 ulp of the true value; the gradient within 3 in float32, 6 in float64",
    arguments: Kind.allCases, [ElementType.float32, .float64])
  func longRows(kind: Kind, type: ElementType) throws {
    let rows = try Fixture.read().rows.filter { $0.kind == kind }
    #expect(rows.count >= 12)
    var (loss, gradient) = (Worst(), Worst())
    let groups = Dictionary(grouping: rows, by: \.count).sorted { $0.key < $1.key }
    for (count, group) in groups {
      let outcome = try Self.evaluateRows(group, type)
      let (losses, gradients) = (outcome.values.doubles, outcome.gradient.doubles)
      for (index, row) in group.enumerated() {
        let truth = row.truth(type)
        loss.note(losses[index], truth.loss, type, row.name)
        for (position, value) in zip(row.classes, truth.gradient) {
          let place = "\(row.name), class \(position)"
          gradient.note(gradients[index * count + position], value, type, place)
        }
      }
    }
    print("worst \(type) loss of \(kind): \(loss)")
    print("worst \(type) gradient of \(kind): \(gradient)")
    #expect(loss.distance <= 4, "\(loss)")
    #expect(gradient.distance <= (type == .float64 ? 6 : 3), "\(gradient)")
  }

  @Test(
    "Small examples with weights, smoothing and soft labels have their true losses",
    arguments: [ElementType.float32, .float64])
  func examples(type: ElementType) throws {
    for example in try Fixture.read().examples {
      let outcome = try example.evaluate(type)
      let truth = type == .float64 ? example.float64 : example.float32
      var (loss, gradient) = (Worst(), Worst())
      for (actual, expected) in zip(outcome.values.doubles, truth.unreduced) {
        loss.note(actual, expected, type, example.name)
      }
      loss.note(try #require(outcome.report.value), truth.mean, type, "\(example.name), mean")
      loss.note(outcome.report.sum, truth.sum, type, "\(example.name), sum")
      for (actual, expected) in zip(outcome.gradient.doubles, truth.gradient ?? []) {
        gradient.note(actual, expected, type, example.name)
      }
      #expect(loss.distance <= 4, "\(loss)")
      #expect(gradient.distance <= (type == .float64 ? 6 : 3), "\(gradient)")
    }
  }

  @Test("The examples have the numbers known from PyTorch, and the tail that it lacks")
  func knownNumbers() throws {
    let known: [String: (rows: [Double], mean: Double)] = [
      "plain": ([2.4076, 0.0134], 1.21050), "weighted": ([2.4076, 0.0402], 0.6119),
      "weighted and smoothed": ([2.3817, 0.5388], 0.7301),
      "weighted and smoothed, the labels as distributions": ([2.3817, 0.5388], 1.4603),
      "soft and weighted": ([1.9375, 1.5361], 1.7368), "sure by 100": ([7.44e-44], 7.44e-44),
    ]
    for example in try Fixture.read().examples where known[example.name] != nil {
      let expected = try #require(known[example.name])
      let outcome = try example.evaluate(.float64)
      let pairs = zip(
        outcome.values.doubles + [try #require(outcome.report.value)],
        expected.rows + [expected.mean])
      for (actual, expected) in pairs {
        // Rounded to four places or, where that is nothing, to three digits.
        let unit = expected < 1e-4 ? 1e-46 : 1e-4
        #expect((actual - expected).magnitude <= unit / 2 * 1.001, "\(example.name): \(actual)")
      }
    }
  }
}
