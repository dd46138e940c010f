import LossKernels
import LossTensor

/// InfoNCE: each query against its own key and others.
///
/// With the similarity s(u, v) = û·v̂ / τ of a query qᵢ, its key kᵢ and the negatives nⱼ:
///
///     ℓᵢ = log (e^s(qᵢ, kᵢ) + Σⱼ e^s(qᵢ, nⱼ)) - s(qᵢ, kᵢ)
///
/// Without negatives all other keys are them; with `symmetric` the loss is half of that and half of the keys against
/// all queries.
///
/// - Shapes: `query` [N, D], `key` [N, D], `negatives` [M, D] for all queries, or [N, M, D] for each its own.
/// - Mean divisor: N.
/// - Gradient: with G = p - [own] of a query's candidates, Σⱼ Gᵢⱼ · v̂ⱼ / τ for the query and Gᵢⱼ · q̂ᵢ / τ for
///   each candidate, with `normalize` through the lengths; -Σ G ⊙ s / τ for the temperature.
/// - Edge cases: a query without negatives has loss 0. Vectors of zeros stay zeros under `normalize`, and a
///   warning says so.
/// - Example: q = [1, 0], k = [1, 0], a negative [0, 1], τ = 1: log(1 + e⁻¹) = 0.3133.
/// - Reference: van den Oord et al., "Representation learning with contrastive predictive coding", 2018; He et al.,
///   MoCo, 2020; sentence-transformers' MultipleNegativesRankingLoss, which is `in-batch` with temperature 0.05.
public struct InfoNCE: Loss {
  /// The definition's numbers and choices.
  public struct Options: Sendable {
    /// τ, what similarities are divided by.
    public var temperature = 0.1
    /// Whether vectors are brought to length 1.
    public var normalizes = true
    /// Whether keys are held against queries, too.
    public var isSymmetric = false
    /// Whether the keys of other queries are negatives, besides those given.
    public var isInBatch = false

    /// The defaults.
    public init() {}
  }

  private let options: Options
  private let scaling: LogitScaling

  /// A loss with these options.
  ///
  /// - Throws: `LossError.optionOutOfRange` for a temperature that is not above 0.
  public init(_ options: Options = Options()) throws(LossError) {
    scaling = .temperature(options.temperature)
    try scaling.requireValid()
    self.options = options
  }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "info-nce",
    summary: "contrastive loss of queries, their keys and negatives",
    formula: "log (e^s(q,k) + sum_j e^s(q,n[j])) - s(q,k), s(u,v) = u v / (|u| |v| t)",
    meanDivisor: "queries",
    reference: "van den Oord et al. 2018; He et al. 2020 (MoCo)",
    inputs: [
      InputSpec("query", .exactly("N D"), isDifferentiable: true),
      InputSpec("key", .exactly("N D"), isDifferentiable: true),
      InputSpec(
        "negatives", .checkedByLoss("[M, D] or [N, M, D]"), isRequired: false,
        isDifferentiable: true),
    ])

  /// All that similarities are made of, and what the negatives are.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    let rank = inputs["negatives"]?.shape.rank
    let negatives = rank.map {
      $0 == 3 ? "paired" : options.isInBatch ? "in-batch and shared" : "shared"
    }
    return [
      scaling.setting, ("normalize", .flag(options.normalizes)),
      ("symmetric", .flag(options.isSymmetric)), ("negatives", .text(negatives ?? "in-batch")),
    ]
  }

  /// The temperature.
  public func differentiableParameters(for inputs: BoundInputs) -> [String] { [scaling.option] }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    let (query, key) = (try inputs.require("query"), try inputs.require("key"))
    let pairs = SimilarityPairs(
      a: try VectorSet("query", query), b: try VectorSet("key", key), scaling: scaling, bias: nil,
      normalizes: options.normalizes, ranks: nil, policies: policies)
    guard let tensor = inputs["negatives"] else {
      return PreparedKernel(
        whole: MatchingSoftmaxKernel<Scalar>(
          pairs, directionWeight: options.isSymmetric ? 0.5 : 1))
    }
    let isPaired = try requireNegatives(tensor, query.shape)
    let negatives = try VectorSet("negatives", tensor)
    guard isPaired else {
      return PreparedKernel(
        whole: SharedNegativesKernel<Scalar>(pairs, negatives, isInBatch: options.isInBatch))
    }
    return PreparedKernel(whole: PairedNegativesKernel<Scalar>(pairs, negatives))
  }

  /// Whether each query has negatives of its own.
  private func requireNegatives(_ tensor: Tensor, _ query: Shape) throws(LossError) -> Bool {
    let (rows, width) = (query.rowCount, query.elementsPerRow)
    let sizes = tensor.shape.dimensions
    let isPaired = sizes.count == 3
    guard sizes.last == width, sizes.count == 2 || (isPaired && sizes.first == rows) else {
      throw .shapeMismatch(
        input: "negatives", found: tensor.shape,
        expected: "[M, \(width)] for all queries, or [\(rows), M, \(width)] for each its own",
        transposeMatches: sizes.count == 2 && sizes.first == width)
    }
    guard !options.isSymmetric else { throw .optionConflict("--symmetric", with: "--negatives") }
    guard !options.isInBatch || !isPaired else {
      throw .optionConflict("--in-batch", with: "negatives of three axes")
    }
    return isPaired
  }

  /// Nothing.
  public func warnings(for tally: BlockTally) -> [LossWarning] { [] }
}
