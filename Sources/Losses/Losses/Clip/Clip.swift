import LossTensor

/// What multiplies similarities.
public enum LogitScaling: Equatable, Sendable {
  /// They are divided by τ.
  case temperature(Double)
  /// They are multiplied by s.
  case scale(Double)

  /// The factor.
  public var factor: Double {
    switch self {
    case .temperature(let temperature): 1 / temperature
    case .scale(let scale): scale
    }
  }

  /// The option's name.
  public var option: String {
    switch self {
    case .temperature: "temperature"
    case .scale: "logit-scale"
    }
  }

  private var number: Double {
    switch self {
    case .temperature(let number), .scale(let number): number
    }
  }

  /// The setting as it stands in results.
  var setting: (name: String, value: SettingValue) {
    (option == "temperature" ? option : "logit_scale", .number(number))
  }

  /// The factor's derivative with respect to the option.
  var derivative: Double {
    switch self {
    case .temperature(let temperature): -1 / (temperature * temperature)
    case .scale: 1
    }
  }

  /// Makes sure that it is above 0 and finite, and so is the factor.
  ///
  /// - Throws: `LossError.optionOutOfRange` where it is not.
  func requireValid() throws(LossError) {
    guard number > 0, number.isFinite, factor > 0, factor.isFinite else {
      throw .optionOutOfRange(
        option: option, found: number.description, expected: "a finite number above 0")
    }
  }
}

/// The contrastive loss of images and their texts.
///
/// With the logits L = s · I·Tᵀ + b, where image i and text i belong together:
///
///     softmax: ℓᵢ = λ · (log Σⱼ e^Lᵢⱼ - Lᵢᵢ) + (1 - λ) · (log Σⱼ e^Lⱼᵢ - Lᵢᵢ)
///     soft-target: ℓⱼ = ½ · (Σᵢ Yⱼᵢ · (log Σₖ e^Lₖⱼ - Lᵢⱼ) + Σᵢ Yᵢⱼ · (log Σₖ e^Lⱼₖ - Lⱼᵢ)),
///              Y = row softmax of (I·Iᵀ + T·Tᵀ) / (2 · s)
///     sigmoid: ℓᵢ = Σⱼ log(1 + e^(-zᵢⱼ·Lᵢⱼ)), z = 1 where j = i, else -1
///
/// - Shapes: `image` [N, D], `text` [N, D].
/// - Mean divisor: N.
/// - Gradient: s · G·T for `image` and s · Gᵀ·I for `text`, with G = ∂ℓ/∂L; Σ G ⊙ I·Tᵀ for the scale and, with
///   sigmoid, Σ G for the bias; with `normalize` through the lengths.
///   With soft targets G = ½ · (Pʳ - Y + Pᶜ · Σ Y - Y), turned, and what Y adds unless `detach-targets` is set.
/// - Edge cases: a single pair has loss 0 under softmax. Vectors of zeros stay zeros under `normalize`, and a
///   warning says so.
/// - Example: I = T = [[1, 0], [0, 1]], s = 1: each row's loss is log(1 + e⁻¹) = 0.3133.
/// - Reference: Radford et al., "Learning transferable visual models from natural language supervision", 2021;
///   Zhai et al., "Sigmoid loss for language image pre-training", 2023; Zhang et al., ConVIRT, 2020.
public struct Clip: Loss {
  /// How pairs are held against each other.
  public enum Objective: String, CaseIterable, Sendable {
    /// Each image against all texts, and each text against all images.
    case softmax
    /// Each pair by itself, as in SigLIP.
    case sigmoid
    /// As softmax, with the similarities within images and within texts as labels.
    case softTarget = "soft-target"
  }

  /// The definition's numbers and choices.
  public struct Options: Sendable {
    /// How pairs are held against each other.
    public var objective = Objective.softmax
    /// What multiplies similarities.
    public var scaling = LogitScaling.scale(1)
    /// What is added to each logit; nil for nothing.
    public var logitBias: Double?
    /// Whether vectors are brought to length 1.
    public var normalizes = false
    /// λ, the weight of the direction from image to text.
    public var directionWeight = 0.5
    /// Whether labels that are similarities count as given, without a gradient of their own.
    public var detachesTargets = false
    /// Whether ranks are found too.
    public var wantsMetrics = false

    /// The defaults.
    public init() {}
  }

  private let options: Options

  /// A loss with these options.
  ///
  /// - Throws: `LossError.optionOutOfRange` for a temperature or scale that is not above 0, a bias that is not
  ///   finite or a direction weight outside 0 to 1; `LossError.optionConflict` for a direction weight with the
  ///   sigmoid objective.
  public init(_ options: Options = Options()) throws(LossError) {
    try options.scaling.requireValid()
    if let bias = options.logitBias, !bias.isFinite {
      throw .optionOutOfRange(
        option: "logit-bias", found: bias.description, expected: "a finite number")
    }
    guard (0...1).contains(options.directionWeight) else {
      throw .optionOutOfRange(
        option: "direction-weight", found: options.directionWeight.description,
        expected: "a number from 0 to 1")
    }
    let objective = "--objective \(options.objective.rawValue)"
    guard options.objective == .softmax || options.directionWeight == 0.5 else {
      throw .optionConflict("--direction-weight", with: objective)
    }
    guard options.objective == .softTarget || !options.detachesTargets else {
      throw .optionConflict("--detach-targets", with: objective)
    }
    self.options = options
  }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "clip",
    summary: "contrastive loss of images and their texts",
    formula:
      "w (log sum_j e^L[i,j] - L[i,i]) + (1 - w) (log sum_j e^L[j,i] - L[i,i]), L = s I T' + b",
    meanDivisor: "pairs",
    reference: "Radford et al. 2021 (CLIP); Zhai et al. 2023 (SigLIP); Zhang et al. 2020 (ConVIRT)",
    inputs: [
      InputSpec("image", .exactly("N D"), isDifferentiable: true),
      InputSpec("text", .exactly("N D"), isDifferentiable: true),
    ])

  /// The objective and its numbers.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    var settings: [(name: String, value: SettingValue)] = [
      ("objective", .text(options.objective.rawValue)), options.scaling.setting,
      ("normalize", .flag(options.normalizes)),
    ]
    if let bias = options.logitBias { settings.append(("logit_bias", .number(bias))) }
    if options.objective == .softmax {
      settings.append(("direction_weight", .number(options.directionWeight)))
    }
    if options.objective == .softTarget {
      settings.append(("detach_targets", .flag(options.detachesTargets)))
    }
    return settings
  }

  /// The scale, and the bias where it does not cancel.
  public func differentiableParameters(for inputs: BoundInputs) -> [String] {
    [options.scaling.option] + (options.objective == .sigmoid ? ["logit-bias"] : [])
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    let pairs = SimilarityPairs(
      a: try VectorSet("image", try inputs.require("image")),
      b: try VectorSet("text", try inputs.require("text")), scaling: options.scaling,
      bias: options.objective == .sigmoid ? options.logitBias ?? 0 : options.logitBias,
      normalizes: options.normalizes,
      ranks: options.wantsMetrics ? ["image_to_text", "text_to_image"] : nil, policies: policies)
    switch options.objective {
    case .softmax:
      return PreparedKernel(
        whole: MatchingSoftmaxKernel<Scalar>(pairs, directionWeight: options.directionWeight))
    case .sigmoid:
      return PreparedKernel(whole: MatchingSigmoidKernel<Scalar>(pairs))
    case .softTarget:
      return PreparedKernel(
        whole: SoftTargetKernel<Scalar>(pairs, detachesTargets: options.detachesTargets))
    }
  }

  /// Nothing.
  public func warnings(for tally: BlockTally) -> [LossWarning] { [] }
}
