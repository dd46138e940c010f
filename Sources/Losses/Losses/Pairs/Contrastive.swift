import LossKernels
import LossTensor

/// How far apart two vectors are.
public enum PairMetric: String, CaseIterable, Sendable {
  /// ‖a - b + ε‖₂.
  case euclidean
  /// 1 - a·b / (‖a‖ ‖b‖).
  case cosine
  /// ‖a - b + ε‖₁.
  case manhattan
}

/// The conventions by which papers and libraries define the contrastive loss.
public struct ContrastiveConvention: Sendable {
  /// How distances are measured.
  public var metric: PairMetric
  /// How far apart what is dissimilar is to be.
  public var margin: Double
  /// The label, 0 or 1, of pairs that are similar.
  public var similarLabel: Int
  /// Whether losses are halved.
  public var isHalved: Bool
  /// Whether distances and hinges are squared.
  public var isSquared: Bool
  /// ε, added to each difference.
  public var eps: Double

  /// Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", CVPR 2006.
  public static let hadsell = Self(
    metric: .euclidean, margin: 1, similarLabel: 0, isHalved: true, isSquared: true, eps: 0)

  /// sentence-transformers `ContrastiveLoss`.
  public static let sentenceTransformers = Self(
    metric: .cosine, margin: 0.5, similarLabel: 1, isHalved: true, isSquared: true, eps: 1e-6)

  /// TensorFlow Addons `ContrastiveLoss`.
  public static let tensorFlowAddons = Self(
    metric: .euclidean, margin: 1, similarLabel: 1, isHalved: false, isSquared: true, eps: 0)
}

/// Contrastive loss of pairs.
///
/// With D the distance of a pair, s its similarity from 0 to 1 and m the margin:
///
///     ℓ = ½ · (s · D² + (1 - s) · max(0, m - D)²)
///
/// The half and the squares are the convention's. s is the label, or 1 minus the label where label 0 means
/// similar.
///
/// - Shapes: `a` and `b` [N..., D], or `distance` [N...]; `label` [N...], from 0 to 1.
/// - Mean divisor: the number of pairs.
/// - Gradient: s · D · ∂D - (1 - s) · max(0, m - D) · ∂D in the halved and squared form, with ∂D = (a - b) / D for
///   the Euclidean metric, and 0 where D is 0.
/// - Edge cases: NaN in a vector makes its pair's loss NaN. A hinge that is exactly 0 has no derivative.
/// - Example: a = [0, 0], b = [0.3, 0.4], label 1 (dissimilar): D = 0.5, ½ · (1 - 0.5)² = 0.125.
/// - Reference: Hadsell, Chopra and LeCun, CVPR 2006; sentence-transformers; TensorFlow Addons.
public struct Contrastive: Loss {
  private let convention: ContrastiveConvention

  /// A contrastive loss.
  ///
  /// - Throws: `LossError.optionOutOfRange` for a margin below 0, a label that is neither 0 nor 1, or an ε below
  ///   0; none may be infinite.
  public init(_ convention: ContrastiveConvention = .hadsell) throws(LossError) {
    for (name, value) in [("margin", convention.margin), ("eps", convention.eps)] {
      guard value >= 0, value.isFinite else {
        throw .optionOutOfRange(option: name, found: value.description, expected: "0 or more")
      }
    }
    guard [0, 1].contains(convention.similarLabel) else {
      throw .optionOutOfRange(
        option: "similar-label", found: "\(convention.similarLabel)", expected: "0 or 1")
    }
    self.convention = convention
  }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "contrastive",
    summary: "contrastive loss of pairs of vectors, or of their distances",
    formula: "1/2 (s d(a, b)^2 + (1 - s) max(0, margin - d(a, b))^2)",
    meanDivisor: "pairs",
    reference: "Hadsell, Chopra and LeCun, CVPR 2006; sentence-transformers; TensorFlow Addons",
    inputs: [
      InputSpec("label", .checkedByLoss("[N...]")),
      InputSpec("a", .exactly("N... D"), isRequired: false, isDifferentiable: true),
      InputSpec("b", .exactly("N... D"), isRequired: false, isDifferentiable: true),
      InputSpec(
        "distance", .checkedByLoss("[N...], instead of a and b"), isRequired: false,
        isDifferentiable: true),
    ])

  /// The convention.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    let isGiven = inputs["distance"] != nil
    let metric: [(name: String, value: SettingValue)] =
      isGiven
      ? [] : [("metric", .text(convention.metric.rawValue)), ("eps", .number(convention.eps))]
    return metric + [
      ("margin", .number(convention.margin)),
      ("similar_label", .number(Double(convention.similarLabel))),
      ("half", .flag(convention.isHalved)), ("squared", .flag(convention.isSquared)),
    ]
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    let labels = try inputs.require("label")
    let label = RowInput("label", labels, width: 1)
    if let distances = inputs["distance"] {
      guard inputs["a"] == nil, inputs["b"] == nil else {
        throw .optionConflict("--distance", with: "--a and --b")
      }
      let rows = distances.shape
      try requireLabels(labels, rows, like: "distance")
      return PreparedKernel(
        RowKernel<Scalar, DistanceArithmetic>(
          DistanceArithmetic(hinge: PairHinge(convention, labels: labels.shape), rows: rows),
          rows: rows, [RowInput("distance", distances, width: 1), label], policies: policies))
    }
    let (a, b) = (try inputs.require("a"), try inputs.require("b"))
    let (rows, width) = try a.shape.vectors(input: "a")
    try requireLabels(labels, rows, like: "a")
    return PreparedKernel(
      RowKernel<Scalar, VectorArithmetic>(
        VectorArithmetic(
          hinge: PairHinge(convention, labels: labels.shape), metric: convention.metric,
          norm: NormDistance(p: convention.metric == .manhattan ? 1 : 2, eps: convention.eps)),
        rows: rows, [RowInput("a", a, width: width), RowInput("b", b, width: width), label],
        policies: policies))
  }

  private func requireLabels(
    _ labels: Tensor, _ rows: Shape, like input: String
  ) throws(LossError) {
    guard labels.shape == rows || (rows.rank == 0 && labels.shape == .vector(1)) else {
      throw .shapeMismatch(
        input: "label", found: labels.shape, expected: "\(rows), a label for each row of \(input)",
        transposeMatches: false)
    }
  }

  /// Nothing.
  public func warnings(for tally: BlockTally) -> [LossWarning] { [] }
}

/// The loss of a pair whose distance is known.
struct PairHinge: Sendable {
  private let convention: ContrastiveConvention
  /// For errors.
  private let labels: Shape

  init(_ convention: ContrastiveConvention, labels: Shape) {
    self.convention = convention
    self.labels = labels
  }

  /// The loss and its derivative with respect to the distance.
  func loss(
    distance: Double, label: Double, row: Int
  ) throws(LossError) -> (value: Double, derivative: Double) {
    guard (0...1).contains(label) else {
      throw .valueOutOfRange(
        input: "label", index: labels.index(at: row), found: label,
        expected: "0 or 1, or a number between", hint: nil)
    }
    let similarity = convention.similarLabel == 1 ? label : 1 - label
    let gap = convention.margin - distance
    let isNear = !(gap <= 0)
    let factor = convention.isHalved ? 0.5 : 1
    guard convention.isSquared else {
      return (
        factor * (term(similarity, distance) + (isNear ? term(1 - similarity, gap) : 0)),
        factor * (similarity - (isNear ? 1 - similarity : 0))
      )
    }
    return (
      factor
        * (term(similarity, distance * distance) + (isNear ? term(1 - similarity, gap * gap) : 0)),
      2 * factor * (term(similarity, distance) - (isNear ? term(1 - similarity, gap) : 0))
    )
  }

  /// 0 of anything is nothing; of NaN it is NaN.
  @inline(__always)
  private func term(_ weight: Double, _ value: Double) -> Double {
    weight == 0 && value.isInfinite ? 0 : weight * value
  }
}

extension Contrastive {
  /// Losses of distances.
  struct DistanceArithmetic: RowArithmetic {
    let hinge: PairHinge
    /// For errors.
    let rows: Shape

    func makeScratch(count: Int) {}

    func loss(
      ofRow row: Int, _ inputs: RowValues, _ scratch: inout Void
    ) throws(LossError) -> Double {
      let distance = inputs[0][0]
      guard !(distance < 0) else {
        throw .valueOutOfRange(
          input: "distance", index: rows.index(at: row), found: distance,
          expected: "a distance, 0 or more", hint: nil)
      }
      let loss = try hinge.loss(distance: distance, label: inputs[1][0], row: row)
      inputs.derivative(0)?[0] = loss.derivative
      return loss.value
    }
  }

  /// Losses of pairs of vectors.
  struct VectorArithmetic: RowArithmetic {
    let hinge: PairHinge
    let metric: PairMetric
    let norm: NormDistance

    func makeScratch(count: Int) {}

    func loss(
      ofRow row: Int, _ inputs: RowValues, _ scratch: inout Void
    ) throws(LossError) -> Double {
      let pair = VectorPair(a: inputs[0], b: inputs[1])
      let (a, b) = (inputs.derivative(0), inputs.derivative(1))
      let label = inputs[2][0]
      guard metric == .cosine else {
        let distance = norm(pair)
        let loss = try hinge.loss(distance: distance, label: label, row: row)
        norm.addDerivatives(pair, distance: distance, times: loss.derivative, a: a, b: b)
        return loss.value
      }
      let cosine = CosineDistance()
      let parts = cosine(pair)
      let loss = try hinge.loss(distance: parts.distance, label: label, row: row)
      if a != nil || b != nil {
        cosine.addDerivatives(pair, parts, times: loss.derivative, a: a, b: b)
      }
      return loss.value
    }
  }
}
