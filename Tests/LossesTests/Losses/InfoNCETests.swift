import LossTensor
import Losses
import Testing

@Suite("InfoNCE")
struct InfoNCETests {
  static let cases = (try? Fixtures.json("info-nce/cases.json", as: [NamedCase].self)) ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 70) }

  // Similarities are at most 20, or 80 without lengths of 1: sums of products that are rounded in the inputs' type.
  @Test("equals PyTorch: each query, means and all gradients", arguments: cases)
  func torch(_ fixture: NamedCase) throws {
    var options = InfoNCE.Options()
    options.temperature = try fixture.number("temperature", 0.1)
    options.normalizes = fixture.flag("normalize", true)
    options.isSymmetric = fixture.flag("symmetric", false)
    options.isInBatch = fixture.flag("in-batch", false)
    // Those of the temperature are sums of similarities over its square.
    let terms = 1 / (options.temperature * options.temperature)
    try fixture.expectEqual(
      InfoNCE(options), ulps: options.normalizes ? 40 : 160, parameterTerms: terms)
  }

  @Test("the documented example comes out as it stands")
  func example() throws {
    var options = InfoNCE.Options()
    options.temperature = 1
    let report = try evaluate(
      InfoNCE(options),
      [
        "query": float64([1, 0], 1, 2), "key": float64([1, 0], 1, 2),
        "negatives": float64([0, 1], 1, 2),
      ]
    ).report
    #expect(report.value == 0.313_261_687_518_222_84)
    #expect(report.settings.contains { $0.name == "negatives" && $0.value == .text("shared") })
  }

  /// Queries and candidates in more than one tile, the last of which are not whole.
  private func many(_ negatives: [Int]) throws -> [String: Tensor] {
    var random = SeededRandom(seed: 161)
    let queries = random.doubles(600 * 9, in: -1...1)
    let noise = random.doubles(600 * 9, in: -1...1)
    let others = random.doubles(negatives.reduce(1, *), in: -1...1)
    return [
      "query": try tensor(queries, as: .float32, [600, 9]),
      "key": try tensor(zip(queries, noise).map { $0 + $1 }, as: .float32, [600, 9]),
      "negatives": try tensor(others, as: .float32, negatives),
    ]
  }

  @Test("any number of threads gives the same bits", arguments: [[700, 9], [600, 7, 9]])
  func threads(negatives: [Int]) throws {
    let inputs = try many(negatives)
    var options = InfoNCE.Options()
    options.isInBatch = negatives.count == 2
    try expectSameBits(InfoNCE(options), inputs)
  }

  @Test("vectors of zeros among the negatives are named", arguments: [[2, 2], [1, 2, 2]])
  func zeroVectors(shape: [Int]) throws {
    let outcome = try evaluate(
      InfoNCE(),
      [
        "query": float64([1, 0], 1, 2), "key": float64([1, 0], 1, 2),
        "negatives": tensor([1, 1, 0, 0], as: .float64, shape),
      ])
    #expect(
      outcome.report.warnings == [.zeroVectors(input: "negatives", count: 1, firstRow: 1)])
    #expect(outcome.report.nonFinite == 0)
  }

  @Test("a number that is none makes its queries' losses none, and is counted")
  func notANumber() throws {
    let inputs = [
      "query": try float64([1, 0, .nan, 1], 2, 2), "key": try float64([1, 0, 0, 1], 2, 2),
      "negatives": try float64([0.6, 0.8], 1, 2),
    ]
    let shared = try evaluate(InfoNCE(), inputs)
    #expect(shared.values.doubles.map(\.isNaN) == [false, true])
    #expect(shared.report.nonFinite == 1)
    let inBatch = try evaluate(InfoNCE(), inputs.filter { $0.key != "negatives" })
    #expect(inBatch.values.doubles.map(\.isNaN) == [false, true])
  }

  @Test("shapes and options that do not agree are errors")
  func errors() throws {
    func error(_ change: (inout InfoNCE.Options) -> Void, _ negatives: [Int]) throws -> LossError {
      var options = InfoNCE.Options()
      change(&options)
      let inputs = [
        "query": try float64([1, 2, 3, 4, 5, 6], 3, 2),
        "key": try float64([1, 2, 3, 4, 5, 6], 3, 2),
        "negatives": try tensor(
          [Double](repeating: 1, count: negatives.reduce(1, *)), as: .float64, negatives),
      ]
      return try lossError { _ = try LossEvaluation(InfoNCE(options), inputs: inputs) }
    }
    let expected = "[M, 2] for all queries, or [3, M, 2] for each its own"
    for (shape, transposeMatches) in [([4, 3], false), ([2, 5], true), ([4, 5, 2], false)] {
      #expect(
        try error({ _ in }, shape)
          == .shapeMismatch(
            input: "negatives", found: try #require(Shape(shape)), expected: expected,
            transposeMatches: transposeMatches))
    }
    #expect(
      try error({ $0.isSymmetric = true }, [4, 2])
        == .optionConflict("--symmetric", with: "--negatives"))
    #expect(
      try error({ $0.isInBatch = true }, [3, 4, 2])
        == .optionConflict("--in-batch", with: "negatives of three axes"))
    #expect(
      try error({ $0.temperature = 0 }, [4, 2])
        == .optionOutOfRange(
          option: "temperature", found: "0.0", expected: "a finite number above 0"))
  }
}
