import LossTensor
import Losses
import Testing

@Suite("Losses of embeddings of real sentences")
struct SentenceTests {
  struct Expected: Decodable, Sendable {
    let unreduced: [Double]
    let mean: Double
  }

  private func compare(
    _ name: String, _ loss: any Loss, _ inputs: [String: Tensor], bound: Double
  ) throws {
    let all = try Fixtures.json("sentences/expected.json", as: [String: Expected].self)
    let expected = try #require(all[name])
    let outcome = try evaluate(loss, inputs)
    let found = outcome.values.doubles
    #expect(found.count == 150)
    #expect(expected.unreduced.count == 150)
    for (row, pair) in zip(found, expected.unreduced).enumerated() {
      #expect((pair.0 - pair.1).magnitude <= bound, "row \(row): \(pair.0) for \(pair.1)")
    }
    let mean = try #require(outcome.report.value)
    #expect((mean - expected.mean).magnitude <= bound / 4)
  }

  private func vectors() throws -> (a: Tensor, b: Tensor) {
    (try Fixtures.tensor("sentences/a.npy"), try Fixtures.tensor("sentences/b.npy"))
  }

  // Computed in double; a loss below 1 is rounded to float32 by 2⁻²⁵ at most.
  @Test("contrastive equals PyTorch by the convention of sentence-transformers")
  func contrastive() throws {
    let (a, b) = try vectors()
    try compare(
      "contrastive", Contrastive(.sentenceTransformers),
      ["a": a, "b": b, "label": Fixtures.tensor("sentences/labels.npy")], bound: 0x1p-25)
  }

  @Test("triplet equals PyTorch")
  func triplet() throws {
    let (a, b) = try vectors()
    // The negative of each is what belongs to the one 17 before.
    let numbers = b.doubles
    let moved = (0..<numbers.count).map { numbers[($0 + numbers.count - 17 * 24) % numbers.count] }
    try compare(
      "triplet", Triplet(margin: 0.25),
      ["anchor": a, "positive": b, "negative": tensor(moved, as: .float32, [150, 24])],
      bound: 0x1p-24)
  }

  // Directions are rounded to float32, by 2⁻²⁴ of each number, and so are their products and sums: about 4 · 2⁻²⁴ of
  // 20, the largest logit, and twice that for a difference of logits, which is below 2⁻¹⁶.
  @Test("info-nce equals PyTorch")
  func infoNCE() throws {
    let (a, b) = try vectors()
    var options = InfoNCE.Options()
    options.temperature = 0.05
    try compare("info-nce", InfoNCE(options), ["query": a, "key": b], bound: 0x1p-16)
  }

  @Test("clip equals PyTorch")
  func clip() throws {
    let (a, b) = try vectors()
    var options = Clip.Options()
    (options.scaling, options.normalizes) = (.temperature(0.07), true)
    try compare("clip", Clip(options), ["image": a, "text": b], bound: 0x1p-16)
  }
}
