import LossTensor
import Losses
import Testing

@Suite("The contrastive loss of images and texts")
struct ClipTests {
  static let cases = (try? Fixtures.json("clip/cases.json", as: [NamedCase].self)) ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 82) }

  private func makeLoss(_ fixture: NamedCase) throws -> Clip {
    var options = Clip.Options()
    options.objective = try #require(
      Clip.Objective(rawValue: fixture.options["objective"] ?? "softmax"))
    options.detachesTargets = fixture.flag("detach-targets", false)
    if fixture.options["temperature"] != nil {
      options.scaling = .temperature(try fixture.number("temperature", 1))
    } else {
      options.scaling = .scale(try fixture.number("logit-scale", 1))
    }
    options.logitBias =
      fixture.options["logit-bias"] == nil ? nil : try fixture.number("logit-bias", 0)
    options.normalizes = fixture.flag("normalize", false)
    options.directionWeight = try fixture.number("direction-weight", 0.5)
    return try Clip(options)
  }

  /// A bound on logits: what they are sums of is rounded in the inputs' type, and what a logit is off by its
  /// probability is off by relatively.
  private func logitSize(_ fixture: NamedCase) throws -> Double {
    func longest(_ name: String) throws -> Double {
      let input = try #require(fixture.inputs[name])
      let width = input.shape[1]
      let squares = (0..<input.shape[0]).map { row in
        input.values[row * width..<(row + 1) * width].reduce(0) { $0 + $1 * $1 }
      }
      return squares.max()?.squareRoot() ?? 0
    }
    let factor =
      try fixture.number("logit-scale", 1) / fixture.number("temperature", 1)
    let bias = try fixture.number("logit-bias", 0).magnitude
    guard !fixture.flag("normalize", false) else { return bias + factor }
    return bias + factor * (try longest("image")) * (try longest("text"))
  }

  @Test("equal PyTorch: each pair, means and all gradients", arguments: cases)
  func torch(_ fixture: NamedCase) throws {
    let size = try logitSize(fixture)
    // PyTorch's p - 1 is off by an ulp of 1 wherever it is small, and so are the gradients made of it.
    let factor = try fixture.number("logit-scale", 1) / fixture.number("temperature", 1)
    try fixture.expectEqual(makeLoss(fixture), ulps: 8 + 2 * size, gradientTerms: factor)
  }

  @Test("the documented example comes out as it stands")
  func example() throws {
    let unit = try float64([1, 0, 0, 1], 2, 2)
    let outcome = try evaluate(Clip(), ["image": unit, "text": unit])
    #expect(outcome.report.value == 0.313_261_687_518_222_8)
  }

  /// Pairs in more than one tile, the last of which are not whole.
  private func manyPairs(_ type: ElementType) throws -> [String: Tensor] {
    var random = SeededRandom(seed: 137)
    let (images, noise) = (
      random.doubles(1100 * 9, in: -1...1), random.doubles(1100 * 9, in: -1...1)
    )
    return [
      "image": try tensor(images, as: type, [1100, 9]),
      "text": try tensor(zip(images, noise).map { $0 + $1 }, as: type, [1100, 9]),
    ]
  }

  @Test("any number of threads gives the same bits", arguments: Clip.Objective.allCases)
  func threads(objective: Clip.Objective) throws {
    var options = Clip.Options()
    (options.objective, options.normalizes, options.wantsMetrics) = (objective, true, true)
    options.scaling = .temperature(0.1)
    let inputs = try manyPairs(.float32)
    try expectSameBits(Clip(options), inputs)
  }

  // Texts 1 and 2 of 3 are swapped, so that only the first image finds its own.
  @Test("ranks are those of sorting the logits")
  func ranks() throws {
    var options = Clip.Options()
    options.wantsMetrics = true
    let report = try evaluate(
      Clip(options),
      [
        "image": float64([1, 0, 0, 0, 1, 0, 0, 0, 1], 3, 3),
        "text": float64([1, 0, 0, 0, 0, 1, 0, 1, 0.5], 3, 3),
      ]
    ).report
    let metrics = Dictionary(uniqueKeysWithValues: report.metrics.map { ($0.name, $0.value) })
    // The logits: [1, 0, 0], [0, 0, 1], [0, 1, 0.5].
    #expect(metrics["image_to_text_mean_rank"] == 5.0 / 3)
    #expect(metrics["image_to_text_median_rank"] == 2)
    #expect(metrics["image_to_text_recall_at_1"] == 1.0 / 3)
    #expect(metrics["image_to_text_recall_at_5"] == 1)
    #expect(metrics["text_to_image_mean_rank"] == 5.0 / 3)
    #expect(metrics.count == 12)
  }

  @Test("the metrics have the mean losses of both directions, whatever their weights")
  func directions() throws {
    let inputs = [
      "image": try float64([1, 2, -1, 0.5, 0, 1], 3, 2),
      "text": try float64([0.5, 1, 1, -1, 2, 0], 3, 2),
    ]
    func report(_ weight: Double) throws -> LossReport {
      var options = Clip.Options()
      (options.directionWeight, options.wantsMetrics) = (weight, true)
      return try evaluate(Clip(options), inputs).report
    }
    let (toTexts, toImages) = (try report(1), try report(0))
    #expect(toTexts.value != toImages.value)
    for found in [toTexts, toImages, try report(0.5)] {
      let metrics = Dictionary(uniqueKeysWithValues: found.metrics.map { ($0.name, $0.value) })
      #expect(metrics["image_to_text_loss"] == toTexts.value)
      #expect(metrics["text_to_image_loss"] == toImages.value)
    }
  }

  @Test("a logit that is not a number stands before all others")
  func rankOfNaN() throws {
    var options = Clip.Options()
    options.wantsMetrics = true
    let report = try evaluate(
      Clip(options),
      ["image": float64([1, .nan, 2], 3, 1), "text": float64([1, 1, 1], 3, 1)]
    ).report
    let metrics = Dictionary(uniqueKeysWithValues: report.metrics.map { ($0.name, $0.value) })
    #expect(metrics["image_to_text_mean_rank"] == 5.0 / 3)
    #expect(metrics["text_to_image_mean_rank"] == 8.0 / 3)
    #expect(report.nonFinite == 3)
  }

  @Test("vectors of zeros stay zeros, and the result says so")
  func zeroVectors() throws {
    var options = Clip.Options()
    options.normalizes = true
    let outcome = try evaluate(
      Clip(options),
      ["image": float64([0, 0, 3, 4], 2, 2), "text": float64([1, 0, 0.6, 0.8], 2, 2)])
    #expect(outcome.report.warnings == [.zeroVectors(input: "image", count: 1, firstRow: 0)])
    #expect(outcome.report.nonFinite == 0)
    // Logits [0, 0], [0.6, 1]: log 2 and log(1 + e^-0.4) by rows, log(1 + e^0.6) and log(1 + e^-1) by columns.
    #expect(
      outcome.values.doubles.map { ($0 * 1e12).rounded() / 1e12 } == [
        0.865_317_565_523, 0.413_138_469_959,
      ])
  }

  @Test("vectors whose squares leave the range of doubles have a length all the same")
  func hugeVectors() throws {
    var options = Clip.Options()
    options.normalizes = true
    func value(_ size: Double) throws -> Double? {
      try evaluate(
        Clip(options),
        [
          "image": float64([3 * size, 4 * size, -size, 0], 2, 2),
          "text": float64([1, 0, 0.6, 0.8], 2, 2),
        ]
      ).report.value
    }
    #expect(try value(0x1p600) == value(1))
  }

  @Test("options outside their ranges are errors")
  func options() throws {
    for number in [0, -1, .nan, .infinity, .leastNonzeroMagnitude] {
      var options = Clip.Options()
      options.scaling = .temperature(number)
      let error = try lossError { _ = try Clip(options) }
      #expect(
        error
          == .optionOutOfRange(
            option: "temperature", found: number.description,
            expected: "a finite number above 0"))
    }
    var options = Clip.Options()
    options.directionWeight = 1.5
    #expect(
      throws: LossError.optionOutOfRange(
        option: "direction-weight", found: "1.5", expected: "a number from 0 to 1")
    ) { try Clip(options) }
    (options.directionWeight, options.objective) = (0.75, .sigmoid)
    #expect(
      throws: LossError.optionConflict("--direction-weight", with: "--objective sigmoid")
    ) { try Clip(options) }
    (options.directionWeight, options.objective) = (0.5, .softmax)
    options.detachesTargets = true
    #expect(
      throws: LossError.optionConflict("--detach-targets", with: "--objective softmax")
    ) { try Clip(options) }
  }

  @Test("texts of another number or width are errors that say what was expected")
  func shapes() throws {
    let image = try float64([1, 2, 3, 4, 5, 6], 3, 2)
    for (shape, transposeMatches) in [([2, 2], false), ([3, 3], false), ([2, 3], true)] {
      let text = Tensor(
        [Double](repeating: 1, count: shape[0] * shape[1]), shape: try #require(Shape(shape)))
      #expect(
        throws: LossError.shapeMismatch(
          input: "text", found: text.shape, expected: "(3, 2), like image",
          transposeMatches: transposeMatches)
      ) { try LossEvaluation(Clip(), inputs: ["image": image, "text": text]) }
    }
  }
}
