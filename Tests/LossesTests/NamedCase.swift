import LossTensor
import Losses
import Testing

/// A case of fixtures whose inputs go by their names, with several gradients.
struct NamedCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Input: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]
  }

  let loss: String
  let options: [String: String]
  let dtype: String
  let inputs: [String: Input]
  let upstream, unreduced: [Double]
  let upstreamShape: [Int]
  let mean: Double
  let gradients, upstreamGradients: [String: [Double]]

  enum CodingKeys: String, CodingKey {
    case loss, options, dtype, inputs, upstream, unreduced, mean, gradients
    case upstreamShape = "upstream-shape"
    case upstreamGradients = "upstream-gradients"
  }

  var testDescription: String { "\(loss) \(options) \(dtype) \(inputs.mapValues(\.shape))" }

  var type: ElementType { dtype == "float64" ? .float64 : .float32 }

  var tensors: [String: Tensor] {
    get throws { try inputs.mapValues { try tensor($0.values, as: type, $0.shape) } }
  }

  func number(_ option: String, _ standard: Double) throws -> Double {
    try options[option].map { try #require(Double($0)) } ?? standard
  }

  func flag(_ option: String, _ standard: Bool) -> Bool {
    options[option].map { $0 == "true" } ?? standard
  }

  /// Holds the loss against the expected values and gradients: within `ulps` of the largest of each, as
  /// float64 sums in the reference are not exact.
  ///
  /// - Parameters:
  ///   - terms: the size of what losses are differences of, where it is more than theirs.
  ///   - gradientTerms: the size of what gradients are sums of, where the reference's terms cancel.
  ///   - parameterTerms: the size of what the gradients of parameters are sums of, which cancel.
  func expectEqual(
    _ loss: any Loss, ulps: Double = 4, terms: Double = 0, gradientTerms: Double = 0,
    parameterTerms: Double = 1,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    func compare(_ found: [Double], _ expected: [Double], _ what: String, terms: Double = 0) {
      let scale = max(expected.map(\.magnitude).max() ?? 0, terms)
      let ulp = type == .float64 ? scale.ulp : Double(Float(scale).ulp)
      let isClose =
        found.count == expected.count
        && zip(found, expected).allSatisfy {
          ($0 - $1).magnitude <= ulps * ulp || ($0.isNaN && $1.isNaN)
        }
      #expect(
        isClose, "\(what): found \(found), expected \(expected)", sourceLocation: sourceLocation)
    }
    let tensors = try tensors
    let outcome = try evaluate(loss, tensors, EvaluationPolicies(.mean))
    compare(outcome.values.doubles, unreduced, "losses", terms: terms)
    compare([outcome.report.value ?? 0], [mean], "mean", terms: terms)
    #expect(Set(outcome.gradients.keys) == Set(gradients.keys), sourceLocation: sourceLocation)
    for (input, expected) in gradients {
      compare(
        outcome.gradients[input]?.doubles ?? [], expected, "gradient of \(input)",
        terms: inputs[input] == nil ? parameterTerms : gradientTerms)
    }
    let upstream = try tensor(upstream, as: type, upstreamShape)
    let product = try evaluate(
      loss, tensors, gradientOutput: upstream, EvaluationPolicies(.none))
    for (input, expected) in upstreamGradients {
      compare(
        product.gradients[input]?.doubles ?? [], expected, "product with \(input)",
        terms: inputs[input] == nil ? parameterTerms : gradientTerms)
    }
  }
}
