import LossKernels
import LossTensor
import LossThreads

/// What one pass over all logits finds out about the softmax of rows, of columns, or of both.
final class SoftmaxPass<Scalar: KernelScalar>: @unchecked Sendable {
  let rows: LogSums?
  let columns: LogSums?
  /// The logit of each row's own column; NaN where it has none.
  let own: UnsafeMutableBufferPointer<Double>
  /// -Σ a · x of each row, with the distribution a over the columns; zeros where there is none.
  let spread: UnsafeMutableBufferPointer<Double>
  private let memory: MutableByteStorage

  /// Computes all logits once.
  init(
    _ matrix: LogitMatrix, own columnsOfRows: OwnColumns, sumsRows: Bool, sumsColumns: Bool,
    distribution: ColumnDistribution? = nil, _ run: WholeRun
  ) throws {
    rows = sumsRows ? try LogSums(count: matrix.a.count) : nil
    columns = sumsColumns ? try LogSums(count: matrix.b.count) : nil
    let count = matrix.a.count
    memory = try scratchMemory(max(2 * count, 1), of: Double.self)
    let numbers = memory.bytes.bindMemory(to: Double.self)
    own = UnsafeMutableBufferPointer(rebasing: numbers[..<count])
    own.update(repeating: .nan)
    spread = UnsafeMutableBufferPointer(rebasing: numbers[count..<2 * count])
    spread.update(repeating: 0)
    let turns = OrderedTurns(places: matrix.columnBlocks)
    _ = try run.forEach(
      matrix.rowBlocks, turns: turns, makeState: { try PassState<Scalar>(matrix) },
      body: { [self] state, block in
        let tile = state.tile
        let range = matrix.rows(block)
        state.rows.reset(range.count)
        for columnBlock in 0..<matrix.columnBlocks {
          tile.compute(rows: range, columns: matrix.columns(columnBlock))
          tile.forEachOwn(columnsOfRows) { row, _, offset in own[row] = tile.logits[offset].asDouble
          }
          if sumsRows {
            state.rows.add(
              UnsafePointer(tile.logits), rowCount: range.count, classCount: tile.columns.count)
          }
          if let distribution, let start = spread.baseAddress {
            state.rows.addTerms(tile, distribution, to: start + range.lowerBound)
          }
          if let columns {
            state.sumColumns()
            try turns.take(block, at: columnBlock) {
              columns.add(
                state.columns.rows, count: tile.columns.count, at: tile.columns.lowerBound)
            }
          }
        }
        state.rows.finish(range.count)
        rows?.add(state.rows.rows, count: range.count, at: range.lowerBound)
      })
  }
}

/// A distribution over the columns that all rows are held against: a = w · scale.
struct ColumnDistribution: Sendable {
  /// w, with zeros for whole steps of every kernel behind.
  let weights: [Double]
  let scale: Double
  /// Whether 0·∞ is 0.
  let skipsZeros: Bool

  /// Calls `body` with the part of it over a range of columns.
  func withPart<Scalar: KernelScalar>(
    _ columns: Range<Int>, as type: Scalar.Type, _ body: (LabelDistribution<Scalar>) -> Void
  ) {
    weights.withUnsafeBufferPointer { weights in
      guard let start = weights.baseAddress else { return }
      body(
        LabelDistribution(
          labels: nil, weights: start + columns.lowerBound, scale: 0, offset: scale))
    }
  }
}

/// A thread's memory for the pass.
private struct PassState<Scalar: KernelScalar> {
  let tile: LogitTile<Scalar>
  let rows: RowStates<Scalar>
  let columns: RowStates<Scalar>

  init(_ matrix: LogitMatrix) throws(LossError) {
    tile = try LogitTile(matrix)
    rows = try RowStates(capacity: LogitMatrix.tileRows, matrix.policies)
    columns = try RowStates(capacity: LogitMatrix.tileColumns, matrix.policies)
  }

  /// The sums of the tile's columns.
  func sumColumns() {
    let count = tile.columns.count
    tile.turn()
    columns.reset(count)
    columns.add(UnsafePointer(tile.turned), rowCount: count, classCount: tile.rows.count)
    columns.finish(count)
  }
}
