import LossKernels
import LossTensor

/// What is true held against noise: negative sampling, noise-contrastive estimation and sampled softmax.
///
/// With the scores s of T true classes and K samples of noise, of which c is expected ν·p times, and
/// sp(x) = log(1 + eˣ):
///
///     negative-sampling: ℓ = Σ sp(-s⁺) + Σ sp(s⁻)
///     nce:               ℓ = Σ sp(-Δ⁺) + Σ sp(Δ⁻), Δ = s - log Z - log(ν·p)
///     sampled-softmax:   ℓ = log Σ e^Δ - mean Δ⁺, the sum over true classes and noise
///
/// Of T > 1 true classes each has the label 1/T, as in TensorFlow.
///
/// - Shapes: `pos` [N] or [N, T] and `neg` [N, K]; or `query` [N, D], `weights` [C, D], `bias` [C], `label` [N] or
///   [N, T], and `samples` [K] for all queries or [N, K], with s = q·w + b. `log-noise-pos`, `expected-pos` broadcast to
///   the true scores, `log-noise-neg`, `expected-neg` to those of noise. `counts` [C].
/// - Mean divisor: N.
/// - Gradient: σ(Δ) - label, or p - label, with respect to each score; Σ d·w for a query, Σ d·q for weights, Σ d for
///   biases, and -Σ d for log Z.
/// - Edge cases: noise that is never drawn, p = 0, is an error. A sample that is a query's own label counts for
///   nothing where accidental hits are removed.
/// - Example: s⁺ = 1, s⁻ = [0, -1], negative sampling: 0.3133 + 0.6931 + 0.3133 = 1.3197.
/// - Reference: Mikolov et al. 2013; Gutmann and Hyvärinen, "Noise-contrastive estimation", 2010; Jean et al. 2015;
///   TensorFlow nce_loss and sampled_softmax_loss.
public struct NCE: Loss {
  /// How true scores are held against noise.
  public enum Objective: String, CaseIterable, Sendable {
    /// Each by itself, as it is.
    case negativeSampling = "negative-sampling"
    /// Each by itself, less how often noise would be it.
    case nce
    /// All together.
    case sampledSoftmax = "sampled-softmax"
  }

  /// The definition's numbers and choices.
  public struct Options: Sendable {
    /// How true scores are held against noise.
    public var objective = Objective.negativeSampling
    /// ν, samples of noise for each true one; nil for K.
    public var noiseRatio: Double?
    /// log Z, the logarithm of what scores are normalized by.
    public var logZ = 0.0
    /// Whether samples that are a query's own labels count for nothing; nil for what is usual.
    public var removesHits: Bool?
    /// What draws the noise; nil where it is given.
    public var sampler: NoiseSampler?

    /// The defaults.
    public init() {}
  }

  let options: Options

  /// A loss with these options.
  ///
  /// - Throws: `LossError.optionOutOfRange` for a noise ratio that is not above 0, a log Z or distortion that is not
  ///   finite, or a negative number of samples; `LossError.optionConflict` for an option the objective has no use for.
  public init(_ options: Options = Options()) throws(LossError) {
    if let ratio = options.noiseRatio, !(ratio > 0 && ratio.isFinite) {
      throw .optionOutOfRange(
        option: "noise-ratio", found: ratio.description, expected: "a finite number above 0")
    }
    guard options.logZ.isFinite else {
      throw .optionOutOfRange(
        option: "log-z", found: options.logZ.description, expected: "a finite number")
    }
    guard options.logZ == 0 || options.objective == .nce else {
      throw .optionConflict("--log-z", with: "--objective \(options.objective.rawValue)")
    }
    if let sampler = options.sampler {
      guard sampler.count >= 0, sampler.count <= 1 << 32 else {
        throw .optionOutOfRange(
          option: "num-samples", found: "\(sampler.count)", expected: "a number from 0")
      }
      guard sampler.distortion.isFinite else {
        throw .optionOutOfRange(
          option: "distortion", found: sampler.distortion.description, expected: "a finite number")
      }
    }
    self.options = options
  }

  private static let replaced = ["pos", "neg"]

  /// What the loss is.
  public static let spec = LossSpec(
    name: "nce",
    summary: "what is true held against noise: negative sampling, NCE and sampled softmax",
    formula: "sum log(1 + e^-d[pos]) + sum log(1 + e^d[neg]), d = s - log Z - log(v p)",
    meanDivisor: "rows",
    reference:
      "Mikolov et al. 2013; Gutmann and Hyvarinen 2010; TensorFlow nce_loss, sampled_softmax_loss",
    inputs: [
      InputSpec("pos", .checkedByLoss("[N] or [N, T]"), isDifferentiable: true),
      InputSpec("neg", .checkedByLoss("[N, K]"), isDifferentiable: true),
      InputSpec("query", .exactly("N D"), isDifferentiable: true, replaces: replaced),
      InputSpec("weights", .exactly("C D"), isDifferentiable: true, replaces: replaced),
      InputSpec("label", .checkedByLoss("[N] or [N, T]"), replaces: replaced),
      InputSpec(
        "bias", .exactly("C"), isRequired: false, isDifferentiable: true, replaces: replaced),
      InputSpec("samples", .checkedByLoss("[K] or [N, K]"), isRequired: false, replaces: replaced),
      InputSpec("counts", .checkedByLoss("[C]"), isRequired: false, replaces: replaced),
      InputSpec("log-noise-pos", .checkedByLoss("broadcastable to pos"), isRequired: false),
      InputSpec("log-noise-neg", .checkedByLoss("broadcastable to neg"), isRequired: false),
      InputSpec("expected-pos", .checkedByLoss("broadcastable to pos"), isRequired: false),
      InputSpec("expected-neg", .checkedByLoss("broadcastable to neg"), isRequired: false),
    ])

  /// The objective, and what noise is.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    var settings: [(name: String, value: SettingValue)] = [
      ("objective", .text(options.objective.rawValue))
    ]
    if options.objective == .nce { settings.append(("log_z", .number(options.logZ))) }
    if let ratio = options.noiseRatio { settings.append(("noise_ratio", .number(ratio))) }
    if inputs["query"] != nil {
      settings.append(("remove_accidental_hits", .flag(removesHits)))
    }
    guard let sampler = options.sampler else { return settings }
    settings += [
      ("sampler", .text(sampler.distribution.rawValue)),
      ("num_samples", .number(Double(sampler.count))), ("seed", .text("\(sampler.seed)")),
      ("unique", .flag(sampler.isUnique)),
    ]
    if sampler.distribution == .unigram {
      settings.append(("distortion", .number(sampler.distortion)))
    }
    return settings
  }

  /// Sampled softmax does, as in TensorFlow.
  var removesHits: Bool { options.removesHits ?? (options.objective == .sampledSoftmax) }

  /// log Z, where the objective has one.
  public func differentiableParameters(for inputs: BoundInputs) -> [String] {
    options.objective == .nce ? ["log-z"] : []
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    if inputs["query"] != nil {
      return PreparedKernel(
        whole: SampledVectorsKernel<Scalar>(try vectors(inputs, policies)))
    }
    let scores = try scores(inputs)
    let correction = try correction(
      inputs, positive: scores.positive.shape, negative: scores.negative.shape)
    // What is held against 0 or 1 as it is loses nothing in the inputs' type.
    if options.objective == .negativeSampling, scores.positive.shape.rank == 1 {
      return PreparedKernel(
        PlainScoresKernel<Scalar>(
          positive: scores.positive, negative: scores.negative, policies: policies))
    }
    return PreparedKernel(
      SampledScoresKernel<Scalar>(
        form, positive: scores.positive, negative: scores.negative, correction: correction,
        logZ: options.logZ, policies: policies))
  }

  var form: SampledForm { options.objective == .sampledSoftmax ? .softmax : .binary }

  /// Nothing.
  public func warnings(for tally: BlockTally) -> [LossWarning] { [] }
}
