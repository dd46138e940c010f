import LossKernels
import LossTensor
import Losses
import Testing

/// What PyTorch says of softmax cross entropy; Tests/Fixtures/softmax-ce/make.py explains the fields.
struct SoftmaxCrossEntropyFixture: Decodable, Sendable {
  struct Input: Decodable, Sendable {
    let dtype: String
    let shape: [Int]
    let values: [Double]

    func tensor() throws -> Tensor {
      try LossesTests.tensor(values, as: try #require(ElementType(rawValue: dtype)), shape)
    }
  }

  let tensors: [String: Input]
  let cases: [Case]

  private static let content = Result {
    try Fixtures.json("softmax-ce/cases.json", as: SoftmaxCrossEntropyFixture.self)
  }

  /// Cases whose definition is to be seen at once: infinite, NaN, huge, ignored or missing values.
  static func edgeCases() throws -> [Case] { try content.get().cases.filter(\.isEdge) }

  /// Every other case.
  static func grid() throws -> [Case] { try content.get().cases.filter { !$0.isEdge } }

  static func tensor(_ name: String) throws -> Tensor {
    try #require(try content.get().tensors[name], "\(name)").tensor()
  }
}

extension SoftmaxCrossEntropyFixture {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let source: String
    let dtype: String
    let inputs: [String: String]
    let options: [String: String]
    let expected: Expected

    var testDescription: String { name }
    var isEdge: Bool { name.hasPrefix("edge-") }

    func type() throws -> ElementType { try #require(ElementType(rawValue: dtype)) }

    /// The inputs but for the upstream gradient.
    func lossInputs() throws -> [String: Tensor] {
      try inputs.filter { $0.key != "grad-output" }.mapValues(SoftmaxCrossEntropyFixture.tensor)
    }

    func gradientOutput() throws -> Tensor? {
      try inputs["grad-output"].map(SoftmaxCrossEntropyFixture.tensor)
    }

    func loss() throws -> SoftmaxCrossEntropy {
      let kind = try #require(SoftmaxCrossEntropy.PredictionKind(rawValue: options["from"] ?? ""))
      return try SoftmaxCrossEntropy(
        from: kind, ignoreIndex: try number("ignore-index"),
        labelSmoothing: try number("label-smoothing") ?? 0,
        classAxis: try number("class-axis") ?? 1)
    }

    func policies(_ reduction: Reduction) throws -> EvaluationPolicies {
      let type = try options["compute-dtype"].map { try #require(ElementType(rawValue: $0)) }
      let zeroTimesInfinity = try options["zero-times-inf"].map {
        try #require(ZeroTimesInfinity(rawValue: $0))
      }
      return EvaluationPolicies(
        reduction, computeType: type, zeroTimesInfinity: zeroTimesInfinity ?? .zero)
    }

    private func number<Number: LosslessStringConvertible>(_ option: String) throws -> Number? {
      try options[option].map { try #require(Number($0)) }
    }
  }

  struct Expected: Decodable, Sendable {
    let unreduced: [Double]
    let unreducedShape: [Int]
    let unreducedTerms: [Double]?
    let sum: Double
    let mean: Double
    let denominator: Double
    let ignored: Int
    let gradientOfSum: [Double]?
    let gradientOfMean: [Double]?
    let gradientOfUpstream: [Double]?
    let gradientTerms: [Double]?
    let upstreamTerms: [Double]?

    enum CodingKeys: String, CodingKey {
      case unreduced
      case unreducedShape = "unreduced-shape"
      case unreducedTerms = "unreduced-terms"
      case sum, mean, denominator, ignored
      case gradientOfSum = "gradient-of-sum"
      case gradientOfMean = "gradient-of-mean"
      case gradientOfUpstream = "gradient-of-upstream"
      case gradientTerms = "gradient-terms"
      case upstreamTerms = "upstream-terms"
    }
  }
}

/// How far a number may be from what PyTorch has in float64.
///
/// PyTorch's float64 is as good as exact for float32. For float64 it is itself rounded: e^(x - lse)
/// multiplies the rounding of its exponent, of up to 10 in these cases.
struct ReferenceBound {
  /// Steps of float32 between neighbours, where nothing cancels.
  let float32Steps: UInt64
  let type: ElementType

  /// The relative bound where nothing cancels; of a sum too, whose terms then have one sign.
  var relative: Double {
    type == .float64 ? 1e-12 : Double(float32Steps) * Double(Float.ulpOfOne)
  }

  /// The bound in parts of the terms whose difference cancels. In float32, with u = 2⁻²⁴: p is within
  /// 6u, q within 5u and a sum of q that is not added up one by one in float32 as well, the products and
  /// the factor add up to 1u each and the difference another; 16u is 2⁻²⁰. In float64, 64 of its u, 2⁻⁴⁷.
  var ofTerms: Double { type == .float64 ? 0x1p-47 : 0x1p-20 }

  /// The first element beyond the bound, in words; nil where there is none.
  func firstMismatch(_ actual: [Double], _ expected: [Double], terms: [Double]?) -> String? {
    guard actual.count == expected.count else { return "\(actual.count) for \(expected.count)" }
    for index in actual.indices
    where !accepts(actual[index], expected[index], terms: terms?[index]) {
      return "[\(index)]: \(actual[index]) for \(expected[index])"
    }
    return nil
  }

  func accepts(_ actual: Double, _ expected: Double, terms: Double?) -> Bool {
    if actual == expected || (actual.isNaN && expected.isNaN) { return true }
    guard actual.isFinite, expected.isFinite else { return false }
    if let terms { return (actual - expected).magnitude <= ofTerms * terms }
    return type == .float64
      ? (actual - expected).magnitude <= relative * expected.magnitude
      : ulpDistance(actual, expected, in: .float32) <= float32Steps
  }
}
