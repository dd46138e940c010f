import LossKernels
import LossTensor

/// Softmax cross entropy of rows of classes with class indices or distributions as labels.
///
/// With lp the logarithm of a row's softmax, class weights w, label smoothing ε and C classes:
///
///     index y:        ℓ = -(1 - ε) · w[y] · lp[y] - (ε / C) · Σ w[c] · lp[c]
///     distribution t: ℓ = -Σ w[c] · ((1 - ε) · t[c] + ε / C) · lp[c]
///
/// Shapes: `pred` [N, C, S...] or [C], the classes along `--class-axis`; `label` that shape without the
/// axis for indices, or all of it for distributions; `class-weight` [C]. Instead of `pred`, `hidden` [N..., D]
/// and `head` [C, D], with `head-bias` [C] or without: x = h·Wᵀ + b, of which only tiles are ever in memory;
/// labels are indices [N...] then.
///
/// Mean divisor: for indices the sum of w[y] over the rows that are not ignored, for distributions the
/// number of rows, as PyTorch has both.
///
/// Gradient: ∂ℓ/∂x = p · Σ q - q with p the softmax and q[c] = w[c] · ((1 - ε) · [c = y] + ε / C), or
/// w[c] · ((1 - ε) · t[c] + ε / C); of log-probabilities -q, of probabilities -q / p. With G = ∂ℓ/∂x, that of
/// `hidden` is G·W, of `head` Gᵀ·h and of `head-bias` the sum of G over the rows.
///
/// Edge cases: a logit of -∞ is a class of probability 0, and infinite loss only where the label asks for
/// it; +∞, NaN and a row of only -∞ give NaN. An ignored row has loss and gradient 0, whatever its logits.
///
/// Example: x = [1, 2, 3], y = 0 gives log(e + e² + e³) - 1 = 3.4076 - 1 = 2.4076.
///
/// Reference: PyTorch's CrossEntropyLoss and NLLLoss. Unlike there, no digit is lost where p[y] is near 1:
/// the loss is log1p(Σ e^(x[j] - x[y])) over the other classes then.
public struct SoftmaxCrossEntropy: Loss {
  /// What predictions are.
  public enum PredictionKind: String, CaseIterable, Sendable {
    /// Any real numbers, before the softmax.
    case logits
    /// Logarithms of probabilities, after a log-softmax.
    case logProbs = "log-probs"
    /// Probabilities, after it.
    case probs
  }

  /// The class index of rows to leave out where none is named: PyTorch's.
  public static let standardIgnoredIndex = -100

  /// What `pred` holds.
  public let predictionKind: PredictionKind

  /// The class index of rows to leave out; nil for PyTorch's -100.
  public let ignoredIndex: Int?

  /// How much of each label is spread over all classes, from 0 to 1.
  public let labelSmoothing: Double

  /// The axis of the classes; negative ones count from the end.
  public let classAxis: Int

  /// A softmax cross entropy with these options.
  ///
  /// - Throws: `LossError.optionOutOfRange` where the smoothing lies outside its range.
  public init(
    from predictionKind: PredictionKind = .logits, ignoreIndex: Int? = nil,
    labelSmoothing: Double = 0, classAxis: Int = 1
  ) throws(LossError) {
    guard (0...1).contains(labelSmoothing) else {
      throw .optionOutOfRange(
        option: "label-smoothing", found: labelSmoothing.description,
        expected: "a number from 0 to 1")
    }
    self.predictionKind = predictionKind
    ignoredIndex = ignoreIndex
    self.labelSmoothing = labelSmoothing
    self.classAxis = classAxis
  }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "softmax-ce",
    summary: "softmax cross entropy with class indices or distributions as labels",
    formula: "-sum_c q[c] log softmax(x)[c], q[c] = w[c] ((1 - a) [c = y] + a/C)",
    meanDivisor: "for indices the sum of w[y] over rows not ignored, for distributions the rows",
    reference: "PyTorch CrossEntropyLoss and NLLLoss",
    inputs: [
      InputSpec("pred", .checkedByLoss("[N, C, S...] or [C]"), isDifferentiable: true),
      InputSpec("label", .checkedByLoss("[N, S...], or like pred")),
      InputSpec(
        "hidden", .checkedByLoss("[N..., D]"), isDifferentiable: true, replaces: ["pred"]),
      InputSpec("head", .checkedByLoss("[C, D]"), isDifferentiable: true, replaces: ["pred"]),
      InputSpec(
        "head-bias", .checkedByLoss("[C]"), isRequired: false, isDifferentiable: true,
        replaces: ["pred"]),
      InputSpec("class-weight", .checkedByLoss("[C]"), isRequired: false),
    ])

  /// `from`, what the labels are, and what differs from the defaults.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    let hasIndices = inputs["hidden"] != nil || inputs["pred"]?.shape != inputs["label"]?.shape
    var settings: [(name: String, value: SettingValue)] = [
      ("from", .text(predictionKind.rawValue)),
      ("labels", .text(hasIndices ? "indices" : "distributions")),
    ]
    if labelSmoothing != 0 { settings.append(("label_smoothing", .number(labelSmoothing))) }
    if let ignoredIndex { settings.append(("ignore_index", .number(Double(ignoredIndex)))) }
    if classAxis != 1 { settings.append(("class_axis", .number(Double(classAxis)))) }
    return settings
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    if inputs["hidden"] != nil {
      return PreparedKernel(
        whole: LinearSoftmaxKernel<Scalar>(
          try LinearSoftmax(inputs, loss: self, policies: policies)))
    }
    let predictions = try inputs.require("pred")
    let axis = try ClassAxis(classAxis, of: predictions.shape, input: "pred")
    let labels = try ClassLabels(
      try inputs.require("label"), like: predictions.shape, axis, ignoredIndex: ignoredIndex)
    let weights = try ClassWeights(inputs["class-weight"], axis)
    // Probabilities and their logarithms are single numbers to be read, not sums to be fast at.
    if predictionKind == .logits {
      return PreparedKernel(
        SoftmaxCrossEntropyKernel<Scalar, Scalar>(
          loss: self, predictions: predictions, axis: axis, labels: labels, weights: weights,
          policies: policies))
    }
    return PreparedKernel(
      SoftmaxCrossEntropyKernel<Scalar, Double>(
        loss: self, predictions: predictions, axis: axis, labels: labels, weights: weights,
        policies: policies))
  }

  /// Logits that are all in [0, 1] are more likely probabilities, and positive log-probabilities logits.
  public func warnings(for tally: BlockTally) -> [LossWarning] {
    switch predictionKind {
    case .logits where !tally.hasPredictionOutsideUnitInterval:
      [.logitsLookLikeProbabilities(input: "pred")]
    case .logProbs where tally.hasPositivePrediction:
      [.positiveLogProbabilities(input: "pred")]
    default: []
    }
  }
}
