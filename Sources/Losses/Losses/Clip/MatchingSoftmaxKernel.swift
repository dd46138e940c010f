import LossKernels
import LossTensor

/// Softmax cross entropy of pairs that belong together against all others: by rows, by columns, or both.
final class MatchingSoftmaxKernel<Scalar: KernelScalar>: WholeKernel, @unchecked Sendable {
  private let pairs: SimilarityPairs
  /// λ, the rows' weight.
  private let rowWeight: Double
  /// What the losses found out; written before gradients are asked for.
  private var found: (matrix: LogitMatrix, sums: SoftmaxPass<Scalar>)?

  init(_ pairs: SimilarityPairs, directionWeight: Double) {
    self.pairs = pairs
    rowWeight = directionWeight
  }

  var unitShape: Shape { pairs.unitShape }

  func losses(_ run: WholeRun) throws -> WholeLosses {
    let matrix = try pairs.logits()
    let sums = try SoftmaxPass<Scalar>(
      matrix, own: .diagonal, sumsRows: rowWeight > 0 || pairs.ranks != nil,
      sumsColumns: rowWeight < 1 || pairs.ranks != nil, run)
    found = (matrix, sums)
    var result = WholeLosses(values: [], warnings: matrix.a.warnings + matrix.b.warnings)
    let (rows, columns) = (losses(sums.rows, sums), losses(sums.columns, sums))
    result.values = (0..<matrix.a.count).map {
      (rowWeight > 0 ? rowWeight * rows[$0] : 0)
        + (rowWeight < 1 ? (1 - rowWeight) * columns[$0] : 0)
    }
    result.metrics = try pairs.metrics(matrix, as: Scalar.self, losses: (rows, columns), run)
    return result
  }

  /// The losses of one direction; none where its sums are not known.
  private func losses(_ direction: LogSums?, _ sums: SoftmaxPass<Scalar>) -> [Double] {
    guard let direction else { return [] }
    return sums.own.indices.map { direction.gap($0, above: sums.own[$0]) }
  }

  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws {
    guard let (matrix, sums) = found else { return }
    try pairs.gradients(matrix, into: sinks, as: Scalar.self).store(
      run,
      makeState: {
        try SoftmaxDerivatives<Scalar>(
          matrix, rows: self.rowWeight > 0 ? sums.rows : nil,
          columns: self.rowWeight < 1 ? sums.columns : nil, rowWeight: self.rowWeight)
      },
      derive: { tile, state in
        state.write(tile, rows: upstream, columns: upstream)
        tile.forEachOwn(.diagonal) { pair, _, offset in
          tile.derivatives[offset] = Scalar(self.ownDerivative(pair, sums) * upstream[pair])
        }
      })
  }

  /// -(1 - p), of both directions.
  private func ownDerivative(_ pair: Int, _ sums: SoftmaxPass<Scalar>) -> Double {
    let own = sums.own[pair]
    let rows = rowWeight > 0 ? sums.rows.map { rowWeight * $0.complement(pair, of: own) } : nil
    let columns =
      rowWeight < 1 ? sums.columns.map { (1 - rowWeight) * $0.complement(pair, of: own) } : nil
    return -((rows ?? 0) + (columns ?? 0))
  }
}

/// A thread's memory for the probabilities of a tile.
final class SoftmaxDerivatives<Scalar: KernelScalar> {
  private let rowSums: LogSums?
  private let columnSums: LogSums?
  private let rowWeight: Double
  private let rows: RowStates<Scalar>
  private let columns: RowStates<Scalar>

  init(
    _ matrix: LogitMatrix, rows rowSums: LogSums?, columns columnSums: LogSums?, rowWeight: Double
  ) throws(LossError) {
    (self.rowSums, self.columnSums) = (rowSums, columnSums)
    self.rowWeight = rowWeight
    rows = try RowStates(capacity: LogitMatrix.tileRows, matrix.policies)
    columns = try RowStates(capacity: LogitMatrix.tileColumns, matrix.policies)
  }

  /// Writes each logit's probabilities, weighted and times what arrives at its row and its column, as its
  /// derivative. The tile's logits are lost where there are columns.
  func write(
    _ tile: LogitTile<Scalar>, rows rowUpstream: [Double], columns columnUpstream: [Double]
  ) {
    if let sums = rowSums {
      rows.restore(sums, tile.rows, weight: rowWeight, upstream: rowUpstream)
      rows.writeProbabilities(
        UnsafePointer(tile.logits), rowCount: tile.rows.count, classCount: tile.columns.count,
        to: tile.derivatives)
    } else {
      tile.derivatives.update(repeating: 0, count: tile.count)
    }
    guard let sums = columnSums else { return }
    tile.turn()
    columns.restore(sums, tile.columns, weight: 1 - rowWeight, upstream: columnUpstream)
    columns.writeProbabilities(
      UnsafePointer(tile.turned), rowCount: tile.columns.count, classCount: tile.rows.count,
      to: tile.turned)
    tile.turnBack()
    let (derivatives, others) = (tile.derivatives, tile.logits)
    for offset in 0..<tile.count { derivatives[offset] += others[offset] }
  }
}
