import LossKernels
import LossTensor

/// Softmax cross entropy of each query's own key against negatives that are the same for all queries, and
/// perhaps against the other queries' keys.
final class SharedNegativesKernel<Scalar: KernelScalar>: WholeKernel, @unchecked Sendable {
  private let pairs: SimilarityPairs
  private let negatives: VectorSet
  private let isInBatch: Bool
  /// What the losses found out; written before gradients are asked for.
  private var found: Candidates?

  private struct Candidates {
    /// Queries against keys, of which only the diagonal counts unless all do.
    let keys: LogitMatrix
    let negatives: LogitMatrix
    /// The logits of the queries' own keys.
    let own: [Double]
    /// Those of all candidates of a query.
    let sums: LogSums
  }

  init(_ pairs: SimilarityPairs, _ negatives: VectorSet, isInBatch: Bool) {
    (self.pairs, self.negatives, self.isInBatch) = (pairs, negatives, isInBatch)
  }

  var unitShape: Shape { pairs.unitShape }

  func losses(_ run: WholeRun) throws -> WholeLosses {
    let keys = try pairs.logits()
    var others = keys
    others.b = pairs.normalizes ? try negatives.normalized(pairs.policies) : negatives
    let (own, sums) = try ownLogits(keys, run)
    let pass = try SoftmaxPass<Scalar>(
      others, own: .none, sumsRows: true, sumsColumns: false, run)
    if let rows = pass.rows { sums.add(rows) }
    found = Candidates(keys: keys, negatives: others, own: own, sums: sums)
    return WholeLosses(
      values: own.indices.map { sums.gap($0, above: own[$0]) },
      warnings: keys.a.warnings + keys.b.warnings + others.b.warnings)
  }

  /// The logits of the queries' own keys, and the sums of all keys that count.
  private func ownLogits(_ keys: LogitMatrix, _ run: WholeRun) throws -> ([Double], LogSums) {
    if isInBatch {
      let pass = try SoftmaxPass<Scalar>(
        keys, own: .diagonal, sumsRows: true, sumsColumns: false, run)
      if let rows = pass.rows { return (Array(pass.own), rows) }
    }
    let sums = try LogSums(count: keys.a.count)
    let (queries, positives) = (
      try VectorReader<Double>(keys.a, capacity: 1, keys.policies),
      try VectorReader<Double>(keys.b, capacity: 1, keys.policies)
    )
    let own = (0..<keys.a.count).map { row in
      let pair = VectorPair(queries, positives, row)
      // Rounded as the others are: a largest logit is kept in their type.
      let logit = Scalar(pair.products().ab * keys.scale).asDouble
      sums.add(logit, to: row)
      return logit
    }
    return (own, sums)
  }

  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws {
    guard let found else { return }
    let total = try pairs.gradients(found.keys, into: sinks, as: Scalar.self).makeRows()
    func store(
      _ matrix: LogitMatrix, _ mend: @escaping (LogitTile<Scalar>) -> Void
    ) throws {
      try pairs.gradients(matrix, into: sinks, as: Scalar.self).add(
        to: total, run,
        makeState: {
          try SoftmaxDerivatives<Scalar>(matrix, rows: found.sums, columns: nil, rowWeight: 1)
        },
        derive: { tile, state in
          state.write(tile, rows: upstream, columns: upstream)
          mend(tile)
        })
    }
    try store(found.negatives) { _ in }
    func ownDerivative(_ row: Int) -> Double {
      -found.sums.complement(row, of: found.own[row]) * upstream[row]
    }
    if isInBatch {
      try store(found.keys) { tile in
        tile.forEachOwn(.diagonal) { row, _, offset in
          tile.derivatives[offset] = Scalar(ownDerivative(row))
        }
      }
    } else {
      try addOwn(found.keys, ownDerivative, to: total, sinks["key"])
    }
    try pairs.gradients(found.keys, into: sinks, as: Scalar.self).storeRows(total)
  }

  /// Adds what comes from the queries' own keys alone.
  private func addOwn(
    _ keys: LogitMatrix, _ derivative: (Int) -> Double, to total: RowGradients<Scalar>?,
    _ sink: (any TensorSink)?
  ) throws {
    let width = keys.a.width
    let (queries, positives) = (
      try VectorReader<Scalar>(keys.a, capacity: 1, keys.policies),
      try VectorReader<Scalar>(keys.b, capacity: 1, keys.policies)
    )
    let memory = try scratchMemory(max(width, 1), of: Scalar.self)
    let gradient = UnsafeMutableBufferPointer(
      rebasing: memory.bytes.bindMemory(to: Scalar.self)[..<width])
    for row in 0..<keys.a.count {
      guard let query = queries.read(row..<row + 1), let key = positives.read(row..<row + 1) else {
        continue
      }
      let factor = keys.scale * derivative(row)
      if let total {
        for index in 0..<width {
          let place = row * width + index
          total.values[place] = Scalar(total.values[place].asDouble + factor * key[index].asDouble)
        }
      }
      guard let sink else { continue }
      for index in 0..<width { gradient[index] = Scalar(factor * query[index].asDouble) }
      keys.b.unnormalize(gradient, key, from: row)
      try sink.write(UnsafeBufferPointer(gradient), at: row * width)
    }
  }
}

extension VectorPair {
  /// The vectors of the same number; empty where there are none.
  init(_ a: VectorReader<Double>, _ b: VectorReader<Double>, _ row: Int) {
    self.init(
      a: UnsafeBufferPointer(start: a.read(row..<row + 1), count: a.width),
      b: UnsafeBufferPointer(start: b.read(row..<row + 1), count: b.width))
  }
}
