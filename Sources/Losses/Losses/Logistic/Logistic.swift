import LossKernels
import LossTensor

/// The cost of logistic regression: the negative log-likelihood of labels under a linear model.
///
/// With the logit z = x·θ + b of a row of features x, its label y of 0 or 1 and its weight w:
///
///     ℓ = w · (y · softplus(-z) + (1 - y) · softplus(z))
///
/// which is w · (softplus(z) - y·z) without its cancellation. To the mean or the sum of the losses λ/2 · ‖θ‖² is
/// added once; the bias is not penalized.
///
/// - Shapes: `features` [N, D], `theta` [D], `bias` [] or [1], `label` [N], `sample-weight` [N].
/// - Mean divisor: N; weights do not count.
/// - Gradient: with g = w · (σ(z) - y) over the divisor, Σ gᵢ·xᵢ + λ·θ for `theta`, Σ gᵢ for `bias`, and gᵢ·θ for
///   row i of `features`. Without a reduction there is no penalty, and none in the gradient.
/// - Edge cases: NaN in a row makes its loss NaN. An infinite logit has the loss 0 or ∞; under
///   `--zero-times-inf nan` it is NaN where PyTorch's is.
/// - Example: x = [1, 2], θ = [0.5, -0.25], b = 0, y = 1: z = 0 and ℓ = log 2 = 0.6931; λ = 0.1 adds
///   0.05 · 0.3125 = 0.015625.
/// - Reference: Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 2009, section 4.4;
///   PyTorch BCEWithLogitsLoss. scikit-learn's C is 1/λ, for the sum of the losses.
public struct Logistic: Loss {
  /// What labels stand for the two classes.
  public enum LabelValues: String, CaseIterable, Sendable {
    /// 0 and 1.
    case zeroAndOne = "01"
    /// -1 and 1.
    case plusAndMinusOne = "pm1"

    /// The label of the class that is not 1's.
    var other: Double { self == .zeroAndOne ? 0 : -1 }

    /// The two, in words.
    var description: String { self == .zeroAndOne ? "0 or 1" : "-1 or 1" }

    /// What may have been meant by a label that is neither.
    func hint(for label: Double) -> String? {
      switch (self, label) {
      case (.zeroAndOne, -1): "for labels of -1 and 1, use --label-values pm1"
      case (.plusAndMinusOne, 0): "for labels of 0 and 1, use --label-values 01"
      default: nil
      }
    }
  }

  /// λ, what half the square of θ's length is multiplied by.
  public let l2: Double

  /// What labels stand for the two classes.
  public let labelValues: LabelValues

  /// A cost of logistic regression.
  ///
  /// - Throws: `LossError.optionOutOfRange` for a λ that is below 0 or not finite.
  public init(l2: Double = 0, labelValues: LabelValues = .zeroAndOne) throws(LossError) {
    guard l2 >= 0, l2.isFinite else {
      throw .optionOutOfRange(option: "l2", found: l2.description, expected: "0 or more")
    }
    self.l2 = l2
    self.labelValues = labelValues
  }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "logistic",
    summary: "cost of logistic regression, of features and a model's parameters",
    formula: "w (y softplus(-z) + (1 - y) softplus(z)), z = x theta + b; once l2/2 |theta|^2",
    meanDivisor: "rows",
    reference:
      "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning; PyTorch BCEWithLogitsLoss",
    inputs: [
      InputSpec("features", .exactly("N D"), isDifferentiable: true),
      InputSpec("theta", .exactly("D"), isDifferentiable: true),
      InputSpec("label", .exactly("N")),
      InputSpec(
        "bias", .checkedByLoss("[] or [1]"), isRequired: false, isDifferentiable: true),
      InputSpec("sample-weight", .exactly("N"), isRequired: false),
    ])

  /// The convention of the labels, and λ.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    [("label_values", .text(labelValues.rawValue)), ("l2", .number(l2))]
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    let features = try inputs.require("features")
    let (rows, width) = try features.shape.vectors(input: "features")
    if let bias = inputs["bias"], bias.shape != .scalar, bias.shape != .vector(1) {
      throw .shapeMismatch(
        input: "bias", found: bias.shape, expected: "() or (1,), one number",
        transposeMatches: false)
    }
    return PreparedKernel(
      LogisticKernel<Scalar>(
        self, rows: rows, features: features, labels: try inputs.require("label"),
        weights: inputs["sample-weight"],
        model: try LinearModel(
          Scalar.self, theta: try inputs.require("theta"), bias: inputs["bias"], width: width),
        policies: policies))
  }

  /// Nothing.
  public func warnings(for tally: BlockTally) -> [LossWarning] { [] }
}

/// The parameters of a linear model, rounded to the type of the features and held as doubles.
final class LinearModel: Sendable {
  /// Features of a row.
  let width: Int
  /// b, 0 where there is none.
  let bias: Double
  /// θ, and zeros up to a multiple of all lanes.
  private let memory: MutableByteStorage
  private let paddedWidth: Int

  init<Scalar: KernelScalar>(
    _ type: Scalar.Type, theta: Tensor, bias: Tensor?, width: Int
  ) throws(LossError) {
    self.width = width
    self.bias = bias.map { Scalar($0.element(at: 0)).asDouble } ?? 0
    paddedWidth = (width + 15) & ~15
    memory = try scratchMemory(max(paddedWidth, 1), of: Double.self)
    let target = memory.bytes.bindMemory(to: Double.self)
    target.initialize(repeating: 0)
    theta.read(0..<width, into: UnsafeMutableBufferPointer(rebasing: target[..<width]))
    for index in 0..<width { target[index] = Scalar(target[index]).asDouble }
  }

  /// θ; zeros lie behind it.
  var theta: UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(
      rebasing: UnsafeBufferPointer(memory.bytes.bindMemory(to: Double.self))[..<width])
  }

  /// λ/2 · ‖θ‖², with the sum of squares exact.
  func penalty(_ l2: Double) -> Double {
    var squares = ExactSum()
    for parameter in theta {
      let square = parameter * parameter
      squares.add(square)
      if square.isFinite { squares.add((-square).addingProduct(parameter, parameter)) }
    }
    return l2 / 2 * squares.rounded
  }
}
