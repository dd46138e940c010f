import LossTensor
import Losses
import Testing

@Suite("Losses of triplets and pairs")
struct PairTests {
  static let cases = (try? Fixtures.json("pairs/cases.json", as: [NamedCase].self)) ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 142) }

  private func makeLoss(_ fixture: NamedCase) throws -> any Loss {
    guard fixture.loss == "contrastive" else {
      return try Triplet(
        margin: fixture.number("margin", 1), p: fixture.number("p", 2),
        eps: fixture.number("eps", 1e-6), swap: fixture.flag("swap", false))
    }
    var convention =
      switch fixture.options["preset"] {
      case "sentence-transformers": ContrastiveConvention.sentenceTransformers
      case "tf-addons": ContrastiveConvention.tensorFlowAddons
      default: ContrastiveConvention.hadsell
      }
    convention.margin = try fixture.number("margin", convention.margin)
    convention.isHalved = fixture.flag("half", convention.isHalved)
    convention.isSquared = fixture.flag("squared", convention.isSquared)
    if let metric = fixture.options["metric"] {
      convention.metric = try #require(PairMetric(rawValue: metric))
    }
    return try Contrastive(convention)
  }

  // PyTorch's distances are sums of 25 squares, and its 1 - cosine cancels to 0.15 here: 16 ulp in float64.
  @Test("equal PyTorch: each row, means and all gradients", arguments: cases)
  func torch(_ fixture: NamedCase) throws {
    try fixture.expectEqual(makeLoss(fixture), ulps: fixture.type == .float64 ? 16 : 1, terms: 4)
  }

  @Test("the documented examples come out as they stand")
  func examples() throws {
    let triplet = try evaluate(
      Triplet(eps: 0),
      [
        "anchor": float64([0, 0], 1, 2), "positive": float64([3, 4], 1, 2),
        "negative": float64([0, 2], 1, 2),
      ])
    #expect(triplet.report.value == 4)
    let pair = try evaluate(
      Contrastive(),
      ["a": float64([0, 0], 1, 2), "b": float64([0.3, 0.4], 1, 2), "label": float64([1])])
    #expect(pair.report.value == 0.125)
  }

  // PyTorch passes the gradient of a hinge that is exactly 0 on.
  @Test("a triplet whose hinge is 0 has PyTorch's gradient, a farther negative none")
  func tie() throws {
    func gradient(_ negative: Double) throws -> [Double] {
      try evaluate(
        Triplet(eps: 0),
        [
          "anchor": float64([0, 0], 1, 2), "positive": float64([3, 4], 1, 2),
          "negative": float64([0, negative], 1, 2),
        ]
      ).gradient.doubles
    }
    let tie = try gradient(6)
    #expect((tie[0] + 0.6).magnitude < 1e-15)
    #expect((tie[1] - 0.2).magnitude < 1e-15)
    #expect(try gradient(6.5) == [0, 0])
  }

  @Test("equal vectors have no derivative, and no NaN")
  func equalVectors() throws {
    let same = try float64([1, -2, 0.5], 1, 3)
    for label in [0.0, 1] {
      let outcome = try evaluate(
        Contrastive(), ["a": same, "b": same, "label": try float64([label])])
      #expect(outcome.values.doubles == [label / 2])
      #expect(outcome.gradients["a"]?.doubles == [0, 0, 0])
      #expect(outcome.gradients["b"]?.doubles == [0, 0, 0])
    }
  }

  // The angle is 2⁻²⁰: 1 - cos is 2⁻⁴¹ (1 - 2⁻⁴²·…), where 1 - cosine has 12 bits left.
  @Test("vectors that are near have an exact cosine distance")
  func nearVectors() throws {
    var convention = ContrastiveConvention.sentenceTransformers
    (convention.isSquared, convention.isHalved) = (false, false)
    let outcome = try evaluate(
      Contrastive(convention),
      [
        "a": float64([1, 0], 1, 2), "b": float64([1, 0x1p-20], 1, 2), "label": float64([1]),
      ])
    // 1 - 1/√(1 + t²) = t²/2 - 3t⁴/8 + …
    let expected = 0x1p-41 - 3 * 0x1p-83
    #expect((outcome.values.doubles[0] - expected).magnitude <= 4 * expected.ulp)
  }

  @Test("distances of huge and tiny vectors neither overflow nor vanish")
  func scales() throws {
    for scale in [1e-200, 1e200] {
      let outcome = try evaluate(
        Triplet(margin: 1e-300, eps: 0),
        [
          "anchor": float64([0, 0], 1, 2), "positive": float64([3 * scale, 4 * scale], 1, 2),
          "negative": float64([0, 2 * scale], 1, 2),
        ])
      #expect((outcome.values.doubles[0] / scale - 3).magnitude < 1e-14)
    }
  }

  @Test("NaN in a vector makes its row NaN and no other")
  func nan() throws {
    let clean: [Double] = [1, 2, 3, 4, 5, 6]
    var dirty = clean
    dirty[3] = .nan
    let (a, b) = (try float64(dirty, 2, 3), try float64(clean.reversed(), 2, 3))
    for metric in PairMetric.allCases {
      var convention = ContrastiveConvention.hadsell
      convention.metric = metric
      let values = try evaluate(
        Contrastive(convention), ["a": a, "b": b, "label": try float64([1, 0])]
      ).values.doubles
      #expect(!values[0].isNaN)
      #expect(values[1].isNaN)
    }
    let values = try evaluate(
      Triplet(swap: true), ["anchor": b, "positive": a, "negative": b]
    ).values.doubles
    #expect(!values[0].isNaN)
    #expect(values[1].isNaN)
  }

  @Test("what does not go together or is out of range is an error with its place")
  func errors() throws {
    let (a, b) = (try float64([1, 2, 3, 4], 2, 2), try float64([1, 2, 3, 5], 2, 2))
    let label = try float64([0, 1])
    let distance = try float64([0.5, -0.25])
    #expect(
      throws: LossError.valueOutOfRange(
        input: "label", index: [1], found: 2, expected: "0 or 1, or a number between", hint: nil)
    ) { try evaluate(Contrastive(), ["a": a, "b": b, "label": float64([0, 2])]) }
    #expect(
      throws: LossError.valueOutOfRange(
        input: "distance", index: [1], found: -0.25, expected: "a distance, 0 or more", hint: nil)
    ) { try evaluate(Contrastive(), ["distance": distance, "label": label]) }
    #expect(throws: LossError.optionConflict("--distance", with: "--a and --b")) {
      try evaluate(Contrastive(), ["a": a, "b": b, "distance": distance, "label": label])
    }
    #expect(throws: LossError.missingInput("b")) {
      try evaluate(Contrastive(), ["a": a, "label": label])
    }
    #expect(
      throws: LossError.shapeMismatch(
        input: "label", found: .vector(3), expected: "(2,), a label for each row of a",
        transposeMatches: false)
    ) { try evaluate(Contrastive(), ["a": a, "b": b, "label": float64([0, 1, 0])]) }
    #expect(
      throws: LossError.optionOutOfRange(
        option: "margin", found: "0.0", expected: "a number above 0")
    ) { try Triplet(margin: 0) }
    #expect(
      throws: LossError.optionOutOfRange(option: "p", found: "0.5", expected: "1 or more, or inf")
    ) { try Triplet(p: 0.5) }
    #expect(
      throws: LossError.optionOutOfRange(option: "similar-label", found: "2", expected: "0 or 1")
    ) {
      var convention = ContrastiveConvention.hadsell
      convention.similarLabel = 2
      _ = try Contrastive(convention)
    }
  }
}
