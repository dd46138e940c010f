import LossKernels
import LossTensor

/// Binary cross entropy of every pair, those that belong together against all others.
final class MatchingSigmoidKernel<Scalar: KernelScalar>: WholeKernel, @unchecked Sendable {
  private let pairs: SimilarityPairs
  /// The logits; written before gradients are asked for.
  private var found: LogitMatrix?

  init(_ pairs: SimilarityPairs) { self.pairs = pairs }

  var unitShape: Shape { pairs.unitShape }

  func losses(_ run: WholeRun) throws -> WholeLosses {
    let matrix = try pairs.logits()
    found = matrix
    let memory = try scratchMemory(max(matrix.a.count, 1), of: Double.self)
    // nonisolated(unsafe): each thread writes the rows of its own blocks.
    nonisolated(unsafe) let sums = memory.bytes.bindMemory(to: Double.self)
    _ = try run.forEach(
      matrix.rowBlocks, makeState: { try TileSigmoids<Scalar>(matrix) },
      body: { state, block in
        let rows = matrix.rows(block)
        var rowSums = [ExactSum](repeating: ExactSum(), count: rows.count)
        for columnBlock in 0..<matrix.columnBlocks {
          state.tile.compute(rows: rows, columns: matrix.columns(columnBlock))
          for row in 0..<rows.count {
            _ = rowSums[row].add(
              state.evaluate(state.tile, row: row, upstream: nil), matrix.policies.kernels)
          }
        }
        for row in 0..<rows.count { sums[rows.lowerBound + row] = rowSums[row].rounded }
      })
    var result = WholeLosses(
      values: Array(sums[..<matrix.a.count]), warnings: matrix.a.warnings + matrix.b.warnings)
    result.metrics = try pairs.metrics(matrix, as: Scalar.self, run)
    return result
  }

  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws {
    guard let matrix = found else { return }
    try pairs.gradients(matrix, into: sinks, as: Scalar.self).store(
      run, makeState: { try TileSigmoids<Scalar>(matrix) },
      derive: { tile, state in
        for row in 0..<tile.rows.count {
          _ = state.evaluate(tile, row: row, upstream: upstream[tile.rows.lowerBound + row])
        }
      })
  }
}

/// A thread's memory for binary cross entropies of a tile.
private final class TileSigmoids<Scalar: KernelScalar> {
  let tile: LogitTile<Scalar>
  private let kernels: ScalarKernels<Scalar>
  private let memory: MutableByteStorage
  private let labels: UnsafeMutablePointer<Scalar>
  private let values: UnsafeMutablePointer<Scalar>

  init(_ matrix: LogitMatrix) throws(LossError) {
    tile = try LogitTile(matrix)
    kernels = Scalar.kernels(matrix.policies.kernels)
    memory = try scratchMemory(2 * LogitMatrix.tileColumns, of: Scalar.self)
    guard let start = memory.bytes.bindMemory(to: Scalar.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    labels = start
    values = start + LogitMatrix.tileColumns
    labels.update(repeating: 0, count: LogitMatrix.tileColumns)
  }

  /// The losses of a row of the tile and, where something arrives at it, its derivatives in the tile.
  func evaluate(
    _ tile: LogitTile<Scalar>, row: Int, upstream: Double?
  ) -> UnsafeBufferPointer<Scalar> {
    let count = tile.columns.count
    let own = tile.rows.lowerBound + row
    let ownOffset = tile.columns.contains(own) ? own - tile.columns.lowerBound : nil
    if let ownOffset { labels[ownOffset] = 1 }
    let block = ElementBlock<Scalar>(
      count: count, predictions: tile.logits + row * count, labels: labels, factors: nil,
      values: values, gradients: upstream.map { _ in tile.derivatives + row * count },
      scale: Scalar.quotient(upstream ?? 1, 1))
    _ = block.padded(to: Scalar.laneCount, kernels.logitCrossEntropy)
    if let ownOffset { labels[ownOffset] = 0 }
    return UnsafeBufferPointer(start: values, count: count)
  }
}
