import LossKernels
import LossTensor

/// Binary cross entropy of logits or probabilities, element by element.
///
/// With label y, logit x, weight w and positive weight q:
///
///     from logits: ℓ = w · [(1 - y) · softplus(x) + q · y · softplus(-x)]
///     from probs:  ℓ = -w · [y · max(log p, -100) + (1 - y) · max(log(1 - p), -100)]
///
/// Label smoothing a first makes y into y(1 - a) + a/2.
///
/// Shapes: `pred` and `label` [S...]; `weight` and `pos-weight` broadcastable to [S...].
///
/// Mean divisor: the number of elements that are not ignored; weights do not count.
///
/// Gradient: ∂ℓ/∂x = w[(1 - y) σ(x) - q y σ(-x)], and for probabilities as ``ProbabilityClamp`` says.
///
/// Edge cases: logits of ±∞ give 0 or ∞ as mathematics has it, NaN under `--zero-times-inf nan`. A NaN
/// logit gives a NaN loss. Labels must be finite, with probabilities in [0, 1]. An ignored element has
/// loss and gradient 0, whatever its prediction.
///
/// Example: x = -1.2471, y = 1 gives log(1 + e^1.2471) = log(4.4803) = 1.4997.
///
/// Reference: PyTorch's BCEWithLogitsLoss and BCELoss; with the cancellation of the first removed.
public struct BinaryCrossEntropy: Loss {
  /// What predictions are.
  public enum PredictionKind: String, CaseIterable, Sendable {
    /// Any real number, before the sigmoid.
    case logits
    /// A probability, after it.
    case probs
  }

  /// What `pred` holds.
  public let predictionKind: PredictionKind

  /// How much of each label is moved towards 1/2, from 0 to 1.
  public let labelSmoothing: Double

  /// The label of elements to leave out; may be NaN.
  public let ignoredLabel: Double?

  /// How logarithms of probabilities are kept finite. Nil is PyTorch's way.
  public let probabilityClamp: ProbabilityClampOption

  /// A binary cross entropy with these options.
  ///
  /// - Throws: `LossError.optionOutOfRange` where smoothing or clamp lie outside their range.
  public init(
    from predictionKind: PredictionKind = .logits, labelSmoothing: Double = 0,
    ignoredLabel: Double? = nil, probabilityClamp: ProbabilityClampOption = .standard
  ) throws(LossError) {
    guard (0...1).contains(labelSmoothing) else {
      throw .optionOutOfRange(
        option: "label-smoothing", found: labelSmoothing.description,
        expected: "a number from 0 to 1")
    }
    if predictionKind == .logits, probabilityClamp != .standard {
      throw .optionConflict("--prob-clamp", with: "--from logits")
    }
    self.predictionKind = predictionKind
    self.labelSmoothing = labelSmoothing
    self.ignoredLabel = ignoredLabel
    self.probabilityClamp = probabilityClamp
  }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "bce",
    summary: "binary cross entropy of logits or probabilities",
    formula: "w [(1 - y) softplus(x) + q y softplus(-x)]",
    meanDivisor: "elements not ignored",
    reference: "PyTorch BCEWithLogitsLoss and BCELoss",
    inputs: [
      InputSpec("pred", .exactly("S..."), isDifferentiable: true),
      InputSpec("label", .exactly("S...")),
      InputSpec("weight", .broadcastable(to: "S..."), isRequired: false),
      InputSpec("pos-weight", .broadcastable(to: "S..."), isRequired: false),
    ])

  /// `from`, and what differs from the defaults.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    var settings: [(name: String, value: SettingValue)] = [("from", .text(predictionKind.rawValue))]
    if labelSmoothing != 0 { settings.append(("label_smoothing", .number(labelSmoothing))) }
    if let ignoredLabel { settings.append(("ignore_label", .number(ignoredLabel))) }
    if predictionKind == .probs {
      settings.append(("prob_clamp", .text(probabilityClamp.description)))
    }
    return settings
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    if predictionKind == .probs, inputs["pos-weight"] != nil {
      throw .optionConflict("--pos-weight", with: "--from probs")
    }
    return PreparedKernel(
      BinaryCrossEntropyKernel<Scalar>(
        loss: self, predictions: try inputs.require("pred"), labels: try inputs.require("label"),
        weights: inputs["weight"], positiveWeights: inputs["pos-weight"],
        policies: policies))
  }

  /// Logits that are all in [0, 1] are more likely probabilities.
  public func warnings(for tally: BlockTally) -> [LossWarning] {
    let isSuspect = predictionKind == .logits && !tally.hasPredictionOutsideUnitInterval
    return isSuspect ? [.logitsLookLikeProbabilities(input: "pred")] : []
  }
}
