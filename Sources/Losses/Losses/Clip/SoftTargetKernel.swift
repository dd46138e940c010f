import LossKernels
import LossTensor
import LossThreads

/// Softmax cross entropy of texts against images, both ways, with the similarities within both as labels.
///
/// S = T·Iᵀ / τ, and the labels Y are the row softmax of τ · (I·Iᵀ + T·Tᵀ) / 2. Their columns do not add up to 1.
final class SoftTargetKernel<Scalar: KernelScalar>: WholeKernel, @unchecked Sendable {
  private let pairs: SimilarityPairs
  private let detachesTargets: Bool
  /// What the losses found out; written before gradients are asked for.
  private var found: SoftTargets<Scalar>?

  init(_ pairs: SimilarityPairs, detachesTargets: Bool) {
    (self.pairs, self.detachesTargets) = (pairs, detachesTargets)
  }

  var unitShape: Shape { pairs.unitShape }

  func losses(_ run: WholeRun) throws -> WholeLosses {
    let logits = try pairs.logits()
    let targets = try SoftTargets<Scalar>(logits, run)
    found = targets
    var result = WholeLosses(values: [], warnings: logits.a.warnings + logits.b.warnings)
    result.values = targets.rowLosses.indices.map {
      0.5 * (targets.rowLosses[$0] + targets.columnLosses[$0])
    }
    // Images are the columns of what the targets are held against.
    result.metrics = try pairs.metrics(
      logits, as: Scalar.self, losses: (targets.columnLosses, targets.rowLosses), run)
    return result
  }

  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws {
    guard let found else { return }
    let gradients = SoftTargetGradients(
      targets: found, upstream: upstream, scaling: pairs.scaling, detachesTargets: detachesTargets)
    try gradients.store(into: sinks, run)
  }
}

/// What one pass over the labels finds out.
struct SoftTargets<Scalar: KernelScalar>: @unchecked Sendable {
  /// S, the texts' rows against the images' columns.
  let logits: LogitMatrix
  /// What the labels are the softmax of, from images and texts side by side.
  let similarities: LogitMatrix
  /// The log-sum-exps of S by rows and by columns, and those of the labels by rows.
  let sums: SoftmaxPass<Scalar>
  let labelSums: LogSums
  /// Σⱼ Yᵢⱼ · (log Σ e^S - Sᵢⱼ), with the sum over the row.
  private(set) var rowLosses: [Double]
  /// Σᵢ Yᵢⱼ · (log Σ e^S - Sᵢⱼ), with the sum over the column.
  private(set) var columnLosses: [Double]
  /// Σᵢ Yᵢⱼ.
  private(set) var columnTotals: [Double]

  /// - Parameter pairs: the logits of images against texts.
  init(_ pairs: LogitMatrix, _ run: WholeRun) throws {
    var turned = pairs
    (turned.a, turned.b) = (pairs.b, pairs.a)
    logits = turned
    let both = try VectorSet(
      "image and text", joining: pairs.a, pairs.b, as: Scalar.self, pairs.policies)
    similarities = LogitMatrix(
      a: both, b: both, scale: 0.5 / pairs.scale, products: pairs.products,
      policies: pairs.policies)
    sums = try SoftmaxPass(logits, own: .none, sumsRows: true, sumsColumns: true, run)
    let labels = try SoftmaxPass<Scalar>(
      similarities, own: .none, sumsRows: true, sumsColumns: false, run)
    labelSums = try labels.rows ?? LogSums(count: 0)
    let count = logits.a.count
    (rowLosses, columnLosses, columnTotals) = (
      [Double](repeating: 0, count: count), [Double](repeating: 0, count: count),
      [Double](repeating: 0, count: count)
    )
    let all = try TargetSums(self, run)
    (rowLosses, columnLosses, columnTotals) = (all.rows, all.columns, all.columnTotals)
  }

  /// Σⱼ Yᵢⱼ · gⱼ · (log Σ e^S - Sᵢⱼ), with the sum over the column, for each row.
  func weighted(_ columns: [Double], _ run: WholeRun) throws -> [Double] {
    try TargetSums(self, weights: columns, run).weighted
  }
}

/// A thread's tile of S with its labels.
final class TargetTile<Scalar: KernelScalar> {
  let targets: SoftTargets<Scalar>
  let logits: LogitTile<Scalar>
  private let similarities: LogitTile<Scalar>
  private let states: RowStates<Scalar>
  private let ones: [Double]

  init(_ targets: SoftTargets<Scalar>) throws(LossError) {
    self.targets = targets
    logits = try LogitTile(targets.logits)
    similarities = try LogitTile(targets.similarities)
    states = try RowStates(capacity: LogitMatrix.tileRows, targets.logits.policies)
    ones = [Double](repeating: 1, count: targets.logits.a.count)
  }

  /// Computes S of a tile.
  func computeLogits(rows: Range<Int>, columns: Range<Int>) {
    logits.compute(rows: rows, columns: columns)
  }

  /// Computes the labels of a tile, and where they are.
  func computeLabels(rows: Range<Int>, columns: Range<Int>) -> UnsafePointer<Scalar> {
    similarities.compute(rows: rows, columns: columns)
    return labels(of: similarities)
  }

  /// The labels of a tile whose similarities are computed, and where they are.
  func labels(of tile: LogitTile<Scalar>) -> UnsafePointer<Scalar> {
    states.restore(targets.labelSums, tile.rows, weight: 1, upstream: ones)
    states.writeProbabilities(
      UnsafePointer(tile.logits), rowCount: tile.rows.count, classCount: tile.columns.count,
      to: similarities.derivatives)
    return UnsafePointer(similarities.derivatives)
  }
}
