import LossTensor

/// At which place, by the size of its logit, what belongs to each row stands in it, and in its column.
struct MatchRanks<Scalar: KernelScalar> {
  /// The place of each row's own column: 1 where no logit of the row is larger.
  let rows: [Int]
  /// The place of each column's own row.
  let columns: [Int]

  /// Computes all logits once more.
  init(_ matrix: LogitMatrix, _ run: WholeRun) throws {
    let own = try Self.ownLogits(matrix, run)
    let states = try run.forEach(
      matrix.rowBlocks, makeState: { (tile: try LogitTile<Scalar>(matrix), RankCounts(matrix)) },
      body: { state, block in
        for columnBlock in 0..<matrix.columnBlocks {
          state.tile.compute(rows: matrix.rows(block), columns: matrix.columns(columnBlock))
          state.1.add(state.tile, own)
        }
      })
    var totals = RankCounts(matrix)
    for state in states { totals.merge(state.1) }
    // What is not a number belongs last; it was counted as its own superior.
    rows = zip(totals.rows, own).map { $1.isNaN ? $0 : $0 + 1 }
    columns = zip(totals.columns, own).map { $1.isNaN ? $0 : $0 + 1 }
  }

  /// The logits on the diagonal, from the same products as in the pass over all tiles.
  private static func ownLogits(_ matrix: LogitMatrix, _ run: WholeRun) throws -> [Scalar] {
    let tile = try LogitTile<Scalar>(matrix)
    var own = [Scalar](repeating: .nan, count: matrix.a.count)
    for block in 0..<min(matrix.rowBlocks, matrix.columnBlocks) {
      tile.compute(rows: matrix.rows(block), columns: matrix.columns(block))
      tile.forEachOwn(.diagonal) { row, _, offset in own[row] = tile.logits[offset] }
    }
    return own
  }

  /// The mean and median of ranks, and the part of them among the first 1, 5 and 10.
  func metrics(_ ranks: [Int], _ direction: String) -> [LossMetric] {
    let count = Double(ranks.count)
    let sorted = ranks.sorted()
    let middle = sorted.count / 2
    let median =
      sorted.isEmpty
      ? .nan
      : sorted.count % 2 == 1
        ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
    let recalls = [1, 5, 10].map { limit in
      LossMetric("\(direction)_recall_at_\(limit)", Double(ranks.count { $0 <= limit }) / count)
    }
    return [
      LossMetric("\(direction)_mean_rank", Double(ranks.reduce(0, +)) / count),
      LossMetric("\(direction)_median_rank", median),
    ] + recalls
  }
}

/// How many logits stand before each row's and each column's own.
private struct RankCounts {
  var rows: [Int]
  var columns: [Int]

  init(_ matrix: LogitMatrix) {
    rows = [Int](repeating: 0, count: matrix.a.count)
    columns = [Int](repeating: 0, count: matrix.b.count)
  }

  mutating func merge(_ other: RankCounts) {
    for row in rows.indices { rows[row] += other.rows[row] }
    for column in columns.indices { columns[column] += other.columns[column] }
  }

  mutating func add<Scalar: KernelScalar>(_ tile: LogitTile<Scalar>, _ own: [Scalar]) {
    let width = tile.columns.count
    own.withUnsafeBufferPointer { own in
      columns.withUnsafeMutableBufferPointer { columns in
        for (position, row) in tile.rows.enumerated() {
          let logits = tile.logits + position * width
          let mine = own[row]
          var count = 0
          for column in 0..<width {
            // Not `>`, which NaN never is.
            count += logits[column] <= mine ? 0 : 1
            columns[tile.columns.lowerBound + column] +=
              logits[column] <= own[tile.columns.lowerBound + column] ? 0 : 1
          }
          rows[row] += count
        }
      }
    }
  }
}
