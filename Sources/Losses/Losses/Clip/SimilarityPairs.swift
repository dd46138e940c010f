import LossTensor

/// Two sets of vectors of which those of the same number belong together, and how their similarities become
/// logits.
struct SimilarityPairs: Sendable {
  let a: VectorSet
  let b: VectorSet
  let scaling: LogitScaling
  /// What is added to each logit; nil for nothing.
  let bias: Double?
  /// Whether vectors are brought to length 1.
  let normalizes: Bool
  /// The names of both directions, where ranks are wanted.
  let ranks: [String]?
  let policies: EvaluationPolicies

  /// One loss for each pair.
  var unitShape: Shape { .vector(a.count) }

  /// The matrix of logits. Lengths are found, and the library for products opened, only now.
  func logits() throws(LossError) -> LogitMatrix {
    let products = try MatrixProducts()
    let bias: LogitMatrix.Bias = bias.map { .all($0) } ?? .none
    return LogitMatrix(
      a: normalizes ? try a.normalized(policies) : a,
      b: normalizes ? try b.normalized(policies) : b, scale: scaling.factor, bias: bias,
      products: products, policies: policies)
  }

  /// The ranks that are wanted, and the mean losses of both directions where there are such.
  func metrics<Scalar: KernelScalar>(
    _ matrix: LogitMatrix, as type: Scalar.Type, losses: (rows: [Double], columns: [Double])? = nil,
    _ run: WholeRun
  ) throws -> [LossMetric] {
    guard let ranks, ranks.count == 2 else { return [] }
    let found = try MatchRanks<Scalar>(matrix, run)
    let means = losses.map {
      [Self.mean("\(ranks[0])_loss", $0.rows), Self.mean("\(ranks[1])_loss", $0.columns)]
    }
    return (means ?? []) + found.metrics(found.rows, ranks[0])
      + found.metrics(found.columns, ranks[1])
  }

  private static func mean(_ name: String, _ losses: [Double]) -> LossMetric {
    let sum = losses.reduce(into: ExactSum()) { $0.add($1) }
    return LossMetric(name, sum.divided(by: Double(losses.count)))
  }

  /// What turns derivatives with respect to logits into gradients.
  func gradients<Scalar: KernelScalar>(
    _ matrix: LogitMatrix, into sinks: [String: any TensorSink], as type: Scalar.Type
  ) -> MatrixGradients<Scalar> {
    MatrixGradients(
      matrix: matrix, sinks: sinks, scaleName: scaling.option, biasName: "logit-bias",
      scaleFactor: scaling.derivative)
  }
}
