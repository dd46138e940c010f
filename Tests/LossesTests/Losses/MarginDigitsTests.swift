import LossTensor
import Losses
import Testing

@Suite("Margin losses of real scores")
struct MarginDigitsTests {
  /// A loss, its inputs among the fixtures, and whether it is a sum of hinges, which are computed in double.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let loss: any Loss
    let inputs: [String: String]
    let hasHinges: Bool

    var testDescription: String { name }
  }

  static func cases() throws -> [Case] {
    let digits = ["pred": "digit-scores", "label": "digits"]
    let attributes = ["pred": "attribute-scores", "label": "attributes"]
    let lists = ["pred": "attribute-scores", "label": "attribute-lists"]
    func weighted(_ inputs: [String: String], _ weights: String) -> [String: String] {
      inputs.merging(["class-weight": weights]) { $1 }
    }
    return [
      Case(name: "multi-margin", loss: try MultiMargin(), inputs: digits, hasHinges: true),
      Case(
        name: "multi-margin-squared", loss: try MultiMargin(power: 2, margin: 0.75),
        inputs: weighted(digits, "digit-weights"), hasHinges: true),
      Case(
        name: "multilabel-margin", loss: MultilabelMargin(labelFormat: .classList), inputs: lists,
        hasHinges: true),
      Case(
        name: "multilabel-margin", loss: MultilabelMargin(labelFormat: .multiHot),
        inputs: attributes, hasHinges: true),
      Case(
        name: "multilabel-soft-margin", loss: MultilabelSoftMargin(), inputs: attributes,
        hasHinges: false),
      Case(
        name: "multilabel-soft-margin-weighted", loss: MultilabelSoftMargin(),
        inputs: weighted(attributes, "attribute-weights"), hasHinges: false),
    ]
  }

  private struct Expected: Decodable {
    let mean: Double
  }

  /// Checks losses, gradient and mean; `bound` is how much each number may be off by.
  private func expect(
    _ item: Case, as type: ElementType, _ bound: (_ expected: Double) -> Double,
    ofMean meanBound: Double
  ) throws {
    let outcome = try evaluate(
      item.loss, try item.inputs.mapValues { try Fixtures.tensor("digits-margins/\($0).npy") },
      EvaluationPolicies(.mean, computeType: type))
    for (part, found) in [("unreduced", outcome.values), ("gradient", outcome.gradient)] {
      let expected = try Fixtures.tensor("digits-margins/\(item.name)-\(part).npy")
      #expect(found.shape == expected.shape)
      for (index, pair) in zip(found.doubles, expected.doubles).enumerated() {
        #expect(
          (pair.0 - pair.1).magnitude <= bound(pair.1),
          "\(part) \(index): \(pair.0) for \(pair.1)")
      }
    }
    let all: [String: Expected] = try Fixtures.json("digits-margins/expected.json")
    let mean = try #require(all[item.name]).mean
    let value = try #require(outcome.report.value)
    #expect((value - mean).magnitude <= meanBound * mean, "\(value) for \(mean)")
    #expect(outcome.report.denominator == 200)
  }

  // Hinges are doubles rounded once; the thousandth of an ulp is for what doubles are off by. With u = 2⁻²⁴,
  // float32 cross entropies are within 2 ulp, or 4u, of which sums are exact; a weight and the row's own rounding
  // add u each. PyTorch's float64, 18 · 2⁻⁵³ off at most, as below, is nothing beside it.
  @Test("in float32 are PyTorch's float64, within half an ulp or 6 · 2⁻²⁴", arguments: try cases())
  func float32(_ item: Case) throws {
    if item.hasHinges {
      try expect(item, as: .float32, { 0.501 * Double(Float($0).ulp) }, ofMean: 0.501 * 0x1p-23)
    } else {
      try expect(item, as: .float32, { 0x6p-24 * $0.magnitude }, ofMean: 0x6p-24)
    }
  }

  // No term has another's sign, so that roundings, each u = 2⁻⁵³, only add up; hinges themselves are differences of
  // float32 numbers, which doubles hold. A row of them has nine at most: a square each, eight additions, weight, C
  // and N make 12u in PyTorch's, and fewer in ours, whose sums carry along what they round off. A row of five cross
  // entropies: 5u each and seven for sums and factors in PyTorch's; 4u, a weight and a rounding in ours.
  // PyTorch adds the 200 losses in a cascade, for less than as much again in the mean.
  @Test("in float64 are PyTorch's, within 18 · 2⁻⁵³", arguments: try cases())
  func float64(_ item: Case) throws {
    try expect(item, as: .float64, { 0x12p-53 * $0.magnitude }, ofMean: 0x24p-53)
  }
}
