import LossKernels
import LossTensor
import LossThreads

/// Sums of labels times the logarithms of probabilities, of rows and of columns.
final class TargetSums: @unchecked Sendable {
  private(set) var rows: [Double]
  private(set) var columns: [Double]
  private(set) var columnTotals: [Double]
  private(set) var weighted: [Double]

  /// - Parameter weights: what each column's part counts in `weighted`; all 1 where nil.
  init<Scalar: KernelScalar>(
    _ targets: SoftTargets<Scalar>, weights: [Double]? = nil, _ run: WholeRun
  ) throws {
    let matrix = targets.logits
    let zeros = [Double](repeating: 0, count: matrix.a.count)
    (rows, columns, columnTotals, weighted) = (zeros, zeros, zeros, zeros)
    let counts = weights ?? [Double](repeating: 1, count: matrix.b.count)
    let turns = OrderedTurns(places: 1)
    _ = try run.forEach(
      matrix.rowBlocks, turns: turns,
      makeState: { (try TargetTile(targets), try TileSums(columnCount: matrix.b.count)) },
      body: { [self] state, block in
        let range = matrix.rows(block)
        state.1.reset()
        for columnBlock in 0..<matrix.columnBlocks {
          let columns = matrix.columns(columnBlock)
          state.0.computeLogits(rows: range, columns: columns)
          let labels = state.0.computeLabels(rows: range, columns: columns)
          state.1.add(state.0.logits, labels, targets.sums, counts)
        }
        try turns.take(block, at: 0) { add(state.1, range) }
      })
  }

  private func add(_ sums: TileSums, _ range: Range<Int>) {
    for (position, row) in range.enumerated() {
      rows[row] = sums.rows[position]
      weighted[row] = sums.weighted[position]
    }
    for column in columns.indices {
      columns[column] += sums.columns[column]
      columnTotals[column] += sums.columnTotals[column]
    }
  }
}

/// Those sums over a block of rows, in memory that loops may write without asking whose it is.
private struct TileSums {
  let rows: UnsafeMutableBufferPointer<Double>
  let weighted: UnsafeMutableBufferPointer<Double>
  let columns: UnsafeMutableBufferPointer<Double>
  let columnTotals: UnsafeMutableBufferPointer<Double>
  private let memory: MutableByteStorage

  init(columnCount: Int) throws(LossError) {
    let rowCount = LogitMatrix.tileRows
    memory = try scratchMemory(2 * (rowCount + columnCount), of: Double.self)
    let all = memory.bytes.bindMemory(to: Double.self)
    rows = UnsafeMutableBufferPointer(rebasing: all[..<rowCount])
    weighted = UnsafeMutableBufferPointer(rebasing: all[rowCount..<2 * rowCount])
    let rest = UnsafeMutableBufferPointer(
      rebasing: all[(2 * rowCount)..<(2 * (rowCount + columnCount))])
    columns = UnsafeMutableBufferPointer(rebasing: rest[..<columnCount])
    columnTotals = UnsafeMutableBufferPointer(rebasing: rest[columnCount...])
  }

  func reset() {
    for numbers in [rows, weighted, columns, columnTotals] { numbers.update(repeating: 0) }
  }

  func add<Scalar: KernelScalar>(
    _ tile: LogitTile<Scalar>, _ labels: UnsafePointer<Scalar>, _ sums: SoftmaxPass<Scalar>,
    _ weights: [Double]
  ) {
    guard let rowSums = sums.rows, let columnSums = sums.columns else { return }
    let (width, first) = (tile.columns.count, tile.columns.lowerBound)
    let columnLogs = tile.columns.map { columnSums.gap($0, above: 0) }
    columnLogs.withUnsafeBufferPointer { columnLogs in
      weights.withUnsafeBufferPointer { weights in
        for (position, row) in tile.rows.enumerated() {
          let (x, y) = (tile.logits + position * width, labels + position * width)
          let rowLog = rowSums.gap(row, above: 0)
          var (rowSum, weightedSum) = (0.0, 0.0)
          for column in 0..<width {
            let (logit, label) = (x[column].asDouble, y[column].asDouble)
            let own = label * (columnLogs[column] - logit)
            rowSum += label * (rowLog - logit)
            weightedSum += own * weights[first + column]
            columns[first + column] += own
            columnTotals[first + column] += label
          }
          rows[position] += rowSum
          weighted[position] += weightedSum
        }
      }
    }
  }
}
