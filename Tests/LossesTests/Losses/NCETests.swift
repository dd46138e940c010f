import LossTensor
import Losses
import Testing

@Suite("NCE, negative sampling and sampled softmax")
struct NCETests {
  static let cases = (try? Fixtures.json("nce/cases.json", as: [NamedCase].self)) ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 90) }

  private func makeLoss(_ fixture: NamedCase) throws -> NCE {
    var options = NCE.Options()
    options.objective = try #require(NCE.Objective(rawValue: fixture.options["objective"] ?? ""))
    options.noiseRatio = try fixture.options["noise-ratio"].map { try #require(Double($0)) }
    options.logZ = try fixture.number("log-z", 0)
    options.removesHits = fixture.options["remove-accidental-hits"].map { $0 == "true" }
    return try NCE(options)
  }

  // Scores are below 20 in size, and a correction is off by an ulp of that; a loss of the plain objective by an ulp.
  @Test("equal PyTorch: each row, means and all gradients", arguments: cases)
  func torch(_ fixture: NamedCase) throws {
    try fixture.expectEqual(makeLoss(fixture), ulps: fixture.type == .float64 ? 40 : 4)
  }

  @Test("the documented example comes out as it stands")
  func example() throws {
    let outcome = try evaluate(
      NCE(), ["pos": float64([1], 1), "neg": float64([0, -1], 1, 2)])
    // log 2 + 2 log(1 + 1/e), of terms that are each rounded.
    let (value, expected) = (try #require(outcome.report.value), 1.319_670_555_596_391)
    #expect((value - expected).magnitude <= expected.ulp)
  }

  /// Queries, classes and samples in more blocks than one.
  private func many(_ samples: [Int], _ type: ElementType) throws -> [String: Tensor] {
    var random = SeededRandom(seed: 171)
    func ids(_ shape: [Int]) throws -> Tensor {
      try tensor(
        random.doubles(shape.reduce(1, *), in: 0...299.99).map { $0.rounded(.down) }, as: type,
        shape)
    }
    let labels = try ids([1300, 2])
    return [
      "query": try tensor(random.doubles(1300 * 9, in: -1...1), as: type, [1300, 9]),
      "weights": try tensor(random.doubles(300 * 9, in: -1...1), as: type, [300, 9]),
      "bias": try tensor(random.doubles(300, in: -1...1), as: type, [300]),
      "label": labels, "samples": try ids(samples),
    ]
  }

  @Test(
    "any number of threads gives the same bits", arguments: [[40], [1300, 7]],
    [NCE.Objective.negativeSampling, .sampledSoftmax])
  func threads(samples: [Int], objective: NCE.Objective) throws {
    let inputs = try many(samples, .float32)
    var options = NCE.Options()
    options.objective = objective
    try expectSameBits(NCE(options), inputs)
  }

  @Test("scores of any size have losses, infinite only where the truth is impossible")
  func extremes() throws {
    let outcome = try evaluate(
      NCE(),
      [
        "pos": float64([1e4, -1e4, .infinity, -.infinity, .nan], 5),
        "neg": float64([-1e4, 1e4, -.infinity, 0, 0], 5, 1),
      ])
    let values = outcome.values.doubles
    #expect(values[..<4] == [0, 2e4, 0, .infinity])
    #expect(values[4].isNaN)
    #expect(outcome.report.nonFinite == 2)
    #expect(outcome.gradients["neg"]?.doubles[..<3] == [0, 0.2, 0])
  }

  @Test("without noise the true scores are left")
  func noNoise() throws {
    let report = try evaluate(
      NCE(), ["pos": float64([0, 0], 2), "neg": tensor([], as: .float64, [2, 0])]
    ).report
    #expect(report.value == 0.693_147_180_559_945_3)
  }

  @Test("accidental hits are removed by sampled softmax, and by the others where asked for")
  func accidentalHits() throws {
    let inputs = [
      "query": try float64([1, 2], 1, 2), "weights": try float64([1, 0, 0, 1, 1, 1], 3, 2),
      "label": try float64([1], 1), "samples": try float64([1, 0], 2),
    ]
    func value(_ objective: NCE.Objective, _ removes: Bool?) throws -> Double {
      var options = NCE.Options()
      (options.objective, options.removesHits) = (objective, removes)
      return try #require(evaluate(NCE(options), inputs).report.value)
    }
    // Scores: 2 for the label, and 2, 1 for the samples.
    #expect(try value(.sampledSoftmax, nil) == 0.313_261_687_518_222_84)
    #expect(try value(.sampledSoftmax, false) == 0.861_994_804_058_251_1)
    #expect(try value(.negativeSampling, nil) == 3.567_117_709_604_168)
    #expect(try value(.negativeSampling, true) == 1.440_189_698_561_195_3)
  }
}

@Suite("Samplers of noise")
struct NoiseSamplerTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let distribution: String
    let classes, count: Int
    let seed: UInt64
    let unique: Bool
    let counts: [Double]
    let distortion: Double
    let ids: [Int]
    let expected: [Double]

    var testDescription: String { "\(count) of \(classes), \(distribution), seed \(seed)" }
  }

  static let cases = (try? Fixtures.json("nce/samplers.json", as: [Case].self)) ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 8) }

  // Expected counts of rare classes are differences of sums of all.
  @Test("draw what their description says, and expect it as often", arguments: cases)
  func draw(_ fixture: Case) throws {
    let sampler = NoiseSampler(
      try #require(NoiseSampler.Distribution(rawValue: fixture.distribution)),
      count: fixture.count, seed: fixture.seed, isUnique: fixture.unique,
      distortion: fixture.distortion)
    let sample = try sampler.draw(
      classCount: fixture.classes, counts: fixture.counts.isEmpty ? nil : fixture.counts)
    #expect(sample.ids == fixture.ids)
    for (id, expected) in fixture.expected.enumerated() {
      let found = sample.expectedCount(id)
      #expect((found - expected).magnitude <= 1e-14 * Double(fixture.count), "class \(id)")
    }
  }

  @Test("more different classes than there are is an error")
  func tooMany() throws {
    #expect(
      throws: LossError.optionOutOfRange(
        option: "num-samples", found: "4", expected: "at most 3, the classes there are")
    ) { try NoiseSampler(.uniform, count: 4, isUnique: true).draw(classCount: 3) }
    #expect(
      throws: LossError.optionOutOfRange(
        option: "num-samples", found: "3", expected: "at most 2, the classes there are")
    ) {
      try NoiseSampler(.unigram, count: 3, isUnique: true).draw(classCount: 3, counts: [1, 0, 2])
    }
    #expect(
      throws: LossError.optionOutOfRange(
        option: "num-samples", found: "1", expected: "0, as there is no class")
    ) { try NoiseSampler(.unigram, count: 1).draw(classCount: 2, counts: [0, 0]) }
  }

  @Test("a count that is none is an error with its place")
  func badCount() throws {
    #expect(
      throws: LossError.valueOutOfRange(
        input: "counts", index: [1], found: -1, expected: "a finite count, 0 or more", hint: nil)
    ) { try NoiseSampler(.unigram, count: 1).draw(classCount: 2, counts: [1, -1]) }
  }

  @Test("a loss with drawn noise is that of the same samples and expected counts from files")
  func lossOfDrawnNoise() throws {
    var random = SeededRandom(seed: 181)
    let labels = [3.0, 0, 7, 3]
    var inputs = [
      "query": try float64(random.doubles(12, in: -1...1), 4, 3),
      "weights": try float64(random.doubles(30, in: -1...1), 10, 3),
      "label": try float64(labels, 4),
    ]
    let sampler = NoiseSampler(.logUniform, count: 6, seed: 5, isUnique: true)
    var options = NCE.Options()
    options.objective = .sampledSoftmax
    var drawn = options
    drawn.sampler = sampler
    let expected = try evaluate(NCE(drawn), inputs)
    let sample = try sampler.draw(classCount: 10)
    inputs["samples"] = try float64(sample.ids.map { Double($0) }, 6)
    inputs["expected-neg"] = try float64(sample.ids.map { sample.expectedCount($0) }, 6)
    inputs["expected-pos"] = try float64(labels.map { sample.expectedCount(Int($0)) }, 4)
    let actual = try evaluate(NCE(options), inputs)
    #expect(actual.values.bits == expected.values.bits)
    #expect(actual.gradients.mapValues(\.bits) == expected.gradients.mapValues(\.bits))
  }
}
