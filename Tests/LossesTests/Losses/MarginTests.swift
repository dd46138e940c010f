import LossTensor
import Losses
import Testing

@Suite("Margin losses")
struct MarginTests {
  /// A case of Tests/Fixtures/margins.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let loss: String
    let options: [String: String]
    let dtype: String
    let shape: [Int]
    let pred, label, upstream, unreduced, gradient: [Double]
    let labelShape: [Int]
    let classWeight: [Double]?
    let mean, sum: Double
    let upstreamGradient: [Double]

    enum CodingKeys: String, CodingKey {
      case loss, options, dtype, shape, pred, label, upstream, unreduced, gradient, mean, sum
      case labelShape = "label-shape"
      case classWeight = "class-weight"
      case upstreamGradient = "upstream-gradient"
    }

    var testDescription: String { "\(loss) \(options) \(dtype) \(shape)" }

    func makeLoss() throws -> any Loss {
      switch loss {
      case "multi-margin":
        try MultiMargin(
          power: #require(options["p"].flatMap { Int($0) }),
          margin: #require(options["margin"].flatMap { Double($0) }))
      case "multilabel-margin":
        MultilabelMargin(labelFormat: options["label-format"] == nil ? .classList : .multiHot)
      default: MultilabelSoftMargin()
      }
    }

    func inputs() throws -> [String: Tensor] {
      let type: ElementType = dtype == "float64" ? .float64 : .float32
      var inputs = [
        "pred": try tensor(pred, as: type, shape), "label": try tensor(label, as: type, labelShape),
      ]
      inputs["class-weight"] = try classWeight.map { try tensor($0, as: type, [$0.count]) }
      return inputs
    }
  }

  static let cases = (try? Fixtures.json("margins/cases.json", as: [Case].self)) ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 120) }

  /// Whether values are PyTorch's: within 4 ulp of the largest, as PyTorch's own sums in float64 are not exact.
  private func areClose(_ found: [Double], _ expected: [Double], _ type: ElementType) -> Bool {
    let scale = expected.map(\.magnitude).max() ?? 0
    let ulp = type == .float64 ? scale.ulp : Double(Float(scale).ulp)
    return found.count == expected.count
      && zip(found, expected).allSatisfy {
        ($0 - $1).magnitude <= 4 * ulp || ($0.isNaN && $1.isNaN)
      }
  }

  @Test("equal PyTorch: each row, sums, means and gradients", arguments: cases)
  func torch(_ fixture: Case) throws {
    let loss = try fixture.makeLoss()
    let inputs = try fixture.inputs()
    let type: ElementType = fixture.dtype == "float64" ? .float64 : .float32
    let mean = try evaluate(loss, inputs, EvaluationPolicies(.mean))
    #expect(areClose(mean.values.doubles, fixture.unreduced, type))
    #expect(areClose([mean.report.value ?? 0], [fixture.mean], type))
    #expect(areClose(mean.gradient.doubles, fixture.gradient, type))
    let sum = try evaluate(loss, inputs, EvaluationPolicies(.sum))
    #expect(areClose([sum.report.sum], [fixture.sum], type))
    let upstream = try tensor(fixture.upstream, as: type, Array(fixture.shape.dropLast()))
    let product = try evaluate(
      loss, inputs, gradientOutput: upstream, EvaluationPolicies(.none))
    #expect(areClose(product.gradient.doubles, fixture.upstreamGradient, type))
  }

  @Test("the documented examples come out as they stand")
  func examples() throws {
    let x = try float32([0.1, 0.2, 0.4, 0.8])
    func value(_ loss: any Loss, _ label: [Float]) throws -> (Double, [Double]) {
      let label = try label.count == 1 ? Tensor(label, shape: .scalar) : float32(label)
      let outcome = try evaluate(loss, ["pred": x, "label": label])
      return (try #require(outcome.report.value), outcome.gradient.doubles)
    }
    let multi = try value(MultiMargin(), [3])
    #expect((multi.0 - 0.325).magnitude < 1e-7)
    #expect(multi.1 == [0.25, 0.25, 0.25, -0.75])
    let lists = try value(MultilabelMargin(), [3, 0, -1, 1])
    #expect((lists.0 - 0.85).magnitude < 1e-7)
    #expect(lists.1 == [-0.5, 0.5, 0.5, -0.5])
    // A class that is listed twice counts twice.
    let twice = try value(MultilabelMargin(), [3, 3, -1, 0])
    let once = try value(MultilabelMargin(), [3, -1, -1, 0])
    #expect((twice.0 - 2 * once.0).magnitude < 1e-7)
  }

  @Test("a hinge that is exactly 0 has no gradient, one of NaN is NaN")
  func edges() throws {
    let touching = try evaluate(
      MultiMargin(), ["pred": try float64([2, 1, 0.5], 1, 3), "label": try float64([0])])
    #expect(touching.report.value == 0)
    #expect(touching.gradient.doubles == [0, 0, 0])
    let row = try float64([0.5, .nan, 1, 0, 0, 0, 0, 0, 0, 0], 1, 10)
    let multi = try evaluate(MultiMargin(), ["pred": row, "label": try float64([0])])
    #expect(multi.values.doubles[0].isNaN)
    var list = [Double](repeating: -1, count: 10)
    list[0] = 2
    let lists = try evaluate(
      MultilabelMargin(), ["pred": row, "label": try float64(list, 1, 10)])
    #expect(lists.values.doubles[0].isNaN)
    list[0] = -1
    let empty = try evaluate(
      MultilabelMargin(), ["pred": row, "label": try float64(list, 1, 10)])
    #expect(empty.values.doubles == [0])
  }

  @Test("labels and options out of range are errors with their place")
  func errors() throws {
    let x = try float64([0, 1, 2, 3, 4, 5], 2, 3)
    func error(_ loss: any Loss, _ label: [Double], _ sizes: [Int]) throws -> LossError? {
      do {
        _ = try evaluate(loss, ["pred": x, "label": try tensor(label, as: .float64, sizes)])
        return nil
      } catch let error as LossError {
        return error
      }
    }
    let hot = "for a 0 or 1 for each class, use --label-format multi-hot"
    let lists = "for lists of class indices, use --label-format class-list"
    #expect(
      try error(MultiMargin(), [0, 3], [2])
        == .valueOutOfRange(
          input: "label", index: [1], found: 3, expected: "a class index from 0 to 2", hint: nil))
    #expect(
      try error(MultiMargin(), [0.5, 1], [2])
        == .valueOutOfRange(
          input: "label", index: [0], found: 0.5, expected: "a class index from 0 to 2", hint: nil))
    #expect(
      try error(MultiMargin(), [0, 1, 2], [3])
        == .shapeMismatch(
          input: "label", found: .vector(3), expected: "(2,), a class index for each row of pred",
          transposeMatches: false))
    // What stands behind the end is looked at, too.
    #expect(
      try error(MultilabelMargin(), [0, -1, 1, -1, -1, -2], [2, 3])
        == .valueOutOfRange(
          input: "label", index: [1, 2], found: -2, expected: "a class index from 0 to 2, or -1",
          hint: hot))
    #expect(
      try error(MultilabelMargin(labelFormat: .multiHot), [0, 1, 1, 1, 2, 0], [2, 3])
        == .valueOutOfRange(
          input: "label", index: [1, 1], found: 2, expected: "0 or 1", hint: lists))
    #expect(throws: LossError.optionOutOfRange(option: "p", found: "3", expected: "1 or 2")) {
      try MultiMargin(power: 3)
    }
    #expect(
      throws: LossError.optionOutOfRange(
        option: "margin", found: "inf", expected: "a finite number")
    ) { try MultiMargin(margin: .infinity) }
  }
}
