import LossTensor
import Losses
import Testing

@Suite("Errors of NCE")
struct NCEErrorTests {
  private func error(
    _ inputs: [String: Tensor], _ change: (inout NCE.Options) -> Void = { _ in }
  ) throws -> LossError {
    var options = NCE.Options()
    change(&options)
    let loss = options
    return try lossError { _ = try evaluate(NCE(loss), inputs) }
  }

  private func scores() throws -> [String: Tensor] {
    [
      "pos": try float64([1, 2, 3], 3), "neg": try float64([1, 2, 3, 4, 5, 6], 3, 2),
      "log-noise-pos": try float64([-1, -2, -3], 3), "log-noise-neg": try float64([-1, -2], 2),
    ]
  }

  private func vectors() throws -> [String: Tensor] {
    [
      "query": try float64([1, 2, 3, 4], 2, 2), "weights": try float64([1, 2, 3, 4, 5, 6], 3, 2),
      "label": try float64([0, 2], 2), "samples": try float64([1, 2, 0], 3),
    ]
  }

  @Test("noise that is never drawn is an error with its place")
  func impossibleNoise() throws {
    var inputs = try scores()
    let hint = "noise that is never drawn has no place here"
    inputs["log-noise-pos"] = try float64([-1, -.infinity, -3], 3)
    let logarithm = "a finite number, the logarithm of a probability above 0"
    #expect(
      try error(inputs) { $0.objective = .nce }
        == .valueOutOfRange(
          input: "log-noise-pos", index: [1], found: -.infinity, expected: logarithm, hint: hint))
    inputs = try scores()
    inputs["log-noise-neg"] = try float64([-1, -.infinity], 2)
    #expect(
      try error(inputs) { $0.objective = .sampledSoftmax }
        == .valueOutOfRange(
          input: "log-noise-neg", index: [1], found: -.infinity, expected: logarithm, hint: hint))
    inputs = try scores().filter { !$0.key.hasPrefix("log") }
    inputs["expected-pos"] = try float64([1, 1, 1], 3)
    inputs["expected-neg"] = try float64([1, 1, 1, 0, 1, 1], 3, 2)
    #expect(
      try error(inputs) { $0.objective = .nce }
        == .valueOutOfRange(
          input: "expected-neg", index: [1, 1], found: 0, expected: "a finite number above 0",
          hint: hint))
  }

  @Test("a class outside the table is an error with its place", arguments: ["label", "samples"])
  func classOutOfRange(input: String) throws {
    for number in [3, -1, 0.5] {
      var inputs = try vectors()
      inputs[input] = try float64(input == "label" ? [0, number] : [1, number, 0])
      #expect(
        try error(inputs)
          == .valueOutOfRange(
            input: input, index: [1], found: number, expected: "a class from 0 to 2",
            hint: "classes are rows of weights"))
    }
  }

  @Test("a label that is never drawn as noise is an error with its place")
  func labelNeverDrawn() throws {
    var inputs = try vectors().filter { $0.key != "samples" }
    inputs["counts"] = try float64([3, 1, 0], 3)
    #expect(
      try error(inputs) {
        $0.objective = .nce
        $0.sampler = NoiseSampler(.unigram, count: 2)
      }
        == .valueOutOfRange(
          input: "label", index: [1], found: 2,
          expected: "a class that noise is drawn from, with a count above 0", hint: nil))
  }

  @Test("shapes that do not agree are errors")
  func shapes() throws {
    func mismatch(
      _ all: [String: Tensor], _ input: String, _ shape: [Int], _ expected: String, _ turned: Bool
    ) throws {
      let ones = [Double](repeating: 1, count: shape.reduce(1, *))
      let inputs = try all.merging([input: tensor(ones, as: .float64, shape)]) { $1 }
      #expect(
        try error(inputs) { $0.objective = input.hasPrefix("log") ? .nce : .negativeSampling }
          == .shapeMismatch(
            input: input, found: try #require(Shape(shape)), expected: expected,
            transposeMatches: turned))
    }
    let plain = try scores().filter { !$0.key.hasPrefix("log") }
    try mismatch(plain, "neg", [2, 3], "[3, K], the scores of noise for each row of pos", true)
    try mismatch(plain, "neg", [3], "[3, K], the scores of noise for each row of pos", false)
    try mismatch(plain, "pos", [3, 1, 1], "[N] or [N, T], what is true of each row", false)
    try mismatch(plain, "pos", [3, 0], "[N] or [N, T], what is true of each row", false)
    let all = try vectors()
    try mismatch(all, "label", [3], "[2] or [2, T], the classes of each query", false)
    try mismatch(all, "samples", [3, 2], "[K] for all queries, or [2, K] for each its own", true)
    try mismatch(all, "bias", [2], "(3,), like weights", false)
  }

  @Test("noise that does not fit the scores is an error")
  func noiseShape() throws {
    let inputs = try scores().merging(["log-noise-neg": float64([1, 2, 3], 3)]) { $1 }
    #expect(
      try error(inputs) { $0.objective = .nce }
        == .notBroadcastable(
          input: "log-noise-neg", found: .vector(3), target: try #require(Shape([3, 2])),
          like: "neg"))
  }

  @Test("inputs and options that exclude each other are errors")
  func conflicts() throws {
    let (all, plain) = (try scores(), try scores().filter { !$0.key.hasPrefix("log") })
    let table = try vectors()
    #expect(
      try error(all)
        == .optionConflict("--log-noise-pos", with: "--objective negative-sampling"))
    #expect(try error(plain) { $0.objective = .nce } == .missingInput("log-noise-pos"))
    #expect(
      try error(all.filter { $0.key != "log-noise-neg" }) { $0.objective = .nce }
        == .missingInput("log-noise-neg"))
    #expect(
      try error(plain) { $0.logZ = 1 }
        == .optionConflict("--log-z", with: "--objective negative-sampling"))
    #expect(
      try error(plain) { $0.noiseRatio = 2 }
        == .optionConflict("--noise-ratio", with: "noise without --log-noise-pos"))
    #expect(
      try error(plain) { $0.removesHits = true }
        == .optionConflict("--remove-accidental-hits", with: "--pos, which says of no class"))
    #expect(
      try error(plain.merging(table) { $1 }) == .optionConflict("--query", with: "--pos"))
    #expect(
      try error(table.filter { $0.key != "samples" }) == .missingInput("samples"))
    #expect(
      try error(table) { $0.sampler = NoiseSampler(.uniform, count: 2) }
        == .optionConflict("--sampler", with: "--samples"))
    #expect(
      try error(table.filter { $0.key != "samples" }) {
        $0.sampler = NoiseSampler(.unigram, count: 2)
      } == .missingInput("counts"))
  }

  @Test("options outside their ranges are errors")
  func ranges() throws {
    #expect(
      try error(scores()) { $0.noiseRatio = 0 }
        == .optionOutOfRange(
          option: "noise-ratio", found: "0.0", expected: "a finite number above 0"))
    let none = try scores().merging(["neg": tensor([], as: .float64, [3, 0])]) { $1 }
      .merging(["log-noise-neg": tensor([], as: .float64, [0])]) { $1 }
    #expect(
      try error(none) { $0.objective = .nce }
        == .optionOutOfRange(
          option: "noise-ratio", found: "0.0, the noise of a row", expected: "a number above 0"))
  }
}
