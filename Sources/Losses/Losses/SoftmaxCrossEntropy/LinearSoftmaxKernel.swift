import LossKernels
import LossTensor

/// Softmax cross entropy of logits that are products of hidden vectors and a head, which are never stored.
final class LinearSoftmaxKernel<Scalar: KernelScalar>: WholeKernel, @unchecked Sendable {
  private let problem: LinearSoftmax
  /// What the losses found out; written before gradients are asked for.
  private var found: (matrix: LogitMatrix, labels: RowLabels, sums: SoftmaxPass<Scalar>)?

  init(_ problem: LinearSoftmax) { self.problem = problem }

  var unitShape: Shape { problem.rows }
  var hasWeightedDivisor: Bool { problem.weights.areGiven }

  func losses(_ run: WholeRun) throws -> WholeLosses {
    let labels = try problem.rowLabels()
    let matrix = try problem.logits(labels)
    let sums = try SoftmaxPass<Scalar>(
      matrix, own: .indices(labels.classes), sumsRows: true, sumsColumns: false,
      distribution: problem.distribution, run)
    found = (matrix, labels, sums)
    var result = WholeLosses(values: [], isIgnored: labels.isIgnored)
    result.values = labels.classes.indices.map { row in
      guard labels.classes[row] >= 0, let rows = sums.rows else { return 0 }
      let gap = rows.gap(row, above: sums.own[row])
      var value = problem.skips(labels.ownShares[row], gap) ? 0 : labels.ownShares[row] * gap
      if problem.spread > 0 {
        value += problem.spreadTotal * rows.gap(row, above: 0) + sums.spread[row]
      }
      return value
    }
    result.weights = hasWeightedDivisor ? labels.weights : nil
    return result
  }

  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws {
    guard let (matrix, labels, sums) = found, let rows = sums.rows else { return }
    // What the derivatives of a row add up to before the labels' part is taken off.
    let totals = zip(labels.ownShares, upstream).map { ($0 + problem.spreadTotal) * $1 }
    let gradients = MatrixGradients<Scalar>(matrix: matrix, sinks: sinks, biasName: "head-bias")
    try gradients.store(
      run, makeState: { try RowStates<Scalar>(capacity: LogitMatrix.tileRows, matrix.policies) },
      derive: { [problem] tile, states in
        states.restore(rows, tile.rows, weight: 1, upstream: totals)
        problem.write(tile, states, upstream)
        for (position, row) in tile.rows.enumerated() where labels.classes[row] < 0 {
          // Not times 0, which NaN withstands.
          (tile.derivatives + position * tile.columns.count).update(
            repeating: 0, count: tile.columns.count)
        }
        tile.forEachOwn(.indices(labels.classes)) { row, label, offset in
          // g·(p·Q - q) as g·((Q - q) - Q·(1 - p)): 1 - p is known without cancellation.
          let others = problem.spreadTotal - problem.spread * problem.weights.padded[label]
          tile.derivatives[offset] = Scalar(
            upstream[row] * others - totals[row] * rows.complement(row, of: sums.own[row]))
        }
      })
  }
}
