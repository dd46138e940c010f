import LossKernels
import LossTensor

/// Softmax cross entropy of each query's own key against negatives of its own, in double.
final class PairedNegativesKernel<Scalar: KernelScalar>: WholeKernel, @unchecked Sendable {
  private let pairs: SimilarityPairs
  private let negatives: VectorSet
  /// What the losses found out; written before gradients are asked for.
  private var found: (sets: CandidateSets, sums: LogSums)?

  init(_ pairs: SimilarityPairs, _ negatives: VectorSet) {
    (self.pairs, self.negatives) = (pairs, negatives)
  }

  var unitShape: Shape { pairs.unitShape }

  func losses(_ run: WholeRun) throws -> WholeLosses {
    let sets = try CandidateSets(pairs, negatives)
    let sums = try LogSums(count: sets.count)
    let own = try scratchMemory(max(sets.count, 1), of: Double.self)
    // nonisolated(unsafe): each thread writes the rows of its own blocks.
    nonisolated(unsafe) let ownLogits = own.bytes.bindMemory(to: Double.self)
    _ = try run.forEach(
      sets.blockCount, makeState: { try CandidateRows(sets) },
      body: { rows, block in
        for row in rows.read(block) {
          for (position, logit) in rows.logits(row).enumerated() {
            sums.add(logit, to: row)
            if position == 0 { ownLogits[row] = logit }
          }
        }
      })
    found = (sets, sums)
    return WholeLosses(
      values: (0..<sets.count).map { sums.gap($0, above: ownLogits[$0]) },
      warnings: sets.queries.warnings + sets.keys.warnings + sets.negatives.warnings)
  }

  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws {
    guard let (sets, sums) = found else { return }
    let products = try scratchMemory(max(sets.count, 1), of: Double.self)
    // nonisolated(unsafe): as above.
    nonisolated(unsafe) let scaleProducts = products.bytes.bindMemory(to: Double.self)
    _ = try run.forEach(
      sets.blockCount, makeState: { try CandidateRows(sets) },
      body: { rows, block in
        let range = rows.read(block)
        for row in range {
          scaleProducts[row] = rows.addGradients(row, sums, upstream[row])
        }
        try rows.store(into: sinks)
      })
    let sum = (0..<sets.count).reduce(into: ExactSum()) { $0.add(scaleProducts[$1]) }
    try sinks[pairs.scaling.option]?.writeNumber(sum.rounded * pairs.scaling.derivative)
  }
}

/// Queries, keys and each query's negatives, ready to be read.
private struct CandidateSets: Sendable {
  let queries: VectorSet
  let keys: VectorSet
  let negatives: VectorSet
  let scale: Double
  let policies: EvaluationPolicies
  /// Negatives of a query.
  let negativeCount: Int
  private let rowsPerBlock: Int

  init(_ pairs: SimilarityPairs, _ negatives: VectorSet) throws(LossError) {
    policies = pairs.policies
    queries = pairs.normalizes ? try pairs.a.normalized(policies) : pairs.a
    keys = pairs.normalizes ? try pairs.b.normalized(policies) : pairs.b
    self.negatives = pairs.normalizes ? try negatives.normalized(policies) : negatives
    scale = pairs.scaling.factor
    negativeCount = pairs.a.count == 0 ? 0 : negatives.count / pairs.a.count
    rowsPerBlock = max(1, 32768 / max((negativeCount + 2) * pairs.a.width, 1))
  }

  var count: Int { queries.count }
  var blockCount: Int { (count + rowsPerBlock - 1) / rowsPerBlock }
  var largestBlock: Int { min(rowsPerBlock, max(count, 1)) }

  func rows(_ block: Int) -> Range<Int> {
    block * rowsPerBlock..<min((block + 1) * rowsPerBlock, count)
  }
}

/// A thread's block of queries with all their candidates, and their gradients.
private final class CandidateRows {
  private let sets: CandidateSets
  private let readers: [VectorReader<Double>]
  private var vectors: [UnsafePointer<Double>?] = [nil, nil, nil]
  private let gradients: [MutableByteStorage]
  private var range = 0..<0
  private var found: [Double] = []

  init(_ sets: CandidateSets) throws(LossError) {
    self.sets = sets
    let (count, width) = (sets.largestBlock, sets.queries.width)
    readers = [
      try VectorReader(sets.queries, capacity: count, sets.policies),
      try VectorReader(sets.keys, capacity: count, sets.policies),
      try VectorReader(sets.negatives, capacity: count * sets.negativeCount, sets.policies),
    ]
    gradients = [
      try scratchMemory(max(count * width, 1), of: Double.self),
      try scratchMemory(max(count * width, 1), of: Double.self),
      try scratchMemory(max(count * width * sets.negativeCount, 1), of: Double.self),
    ]
  }

  /// Reads a block; its rows.
  func read(_ block: Int) -> Range<Int> {
    range = sets.rows(block)
    let others = range.lowerBound * sets.negativeCount..<range.upperBound * sets.negativeCount
    vectors = [readers[0].read(range), readers[1].read(range), readers[2].read(others)]
    return range
  }

  /// The vectors of a row's candidate: its key, then its negatives.
  private func candidate(_ position: Int, of row: Int) -> (set: Int, offset: Int) {
    let place = row - range.lowerBound
    let width = sets.queries.width
    guard position > 0 else { return (1, place * width) }
    return (2, (place * sets.negativeCount + position - 1) * width)
  }

  private func vector(_ set: Int, _ offset: Int) -> UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(start: vectors[set].map { $0 + offset }, count: sets.queries.width)
  }

  private func gradient(_ set: Int, _ offset: Int) -> UnsafeMutablePointer<Double>? {
    gradients[set].bytes.bindMemory(to: Double.self).baseAddress.map { $0 + offset }
  }

  /// The logits of a row's candidates, its key's first.
  func logits(_ row: Int) -> [Double] {
    let query = vector(0, (row - range.lowerBound) * sets.queries.width)
    found.removeAll(keepingCapacity: true)
    for position in 0...sets.negativeCount {
      let (set, offset) = candidate(position, of: row)
      found.append(VectorPair(a: query, b: vector(set, offset)).products().ab * sets.scale)
    }
    return found
  }

  /// Computes the gradients of a row; what it adds to that of the scale.
  func addGradients(_ row: Int, _ sums: LogSums, _ upstream: Double) -> Double {
    let width = sets.queries.width
    let start = (row - range.lowerBound) * width
    guard let query = vectors[0], let queryGradient = gradient(0, start) else { return 0 }
    queryGradient.update(repeating: 0, count: width)
    var product = 0.0
    for (position, logit) in logits(row).enumerated() {
      let share =
        position == 0 ? -sums.complement(row, of: logit) : sums.probability(row, of: logit)
      let (set, offset) = candidate(position, of: row)
      guard let candidate = vectors[set], let target = gradient(set, offset) else { continue }
      let factor = share * upstream * sets.scale
      for index in 0..<width {
        queryGradient[index] += factor * candidate[offset + index]
        target[index] = factor * query[start + index]
      }
      product += share * upstream * (logit / sets.scale)
    }
    return product
  }

  /// Stores the gradients of the block.
  func store(into sinks: [String: any TensorSink]) throws {
    let all = [sets.queries, sets.keys, sets.negatives]
    for (index, set) in all.enumerated() {
      guard let sink = sinks[set.name], let vectors = vectors[index] else { continue }
      let perRow = index == 2 ? sets.negativeCount : 1
      let first = range.lowerBound * perRow
      let gradient = UnsafeMutableBufferPointer(
        rebasing: gradients[index].bytes.bindMemory(to: Double.self)[
          ..<(range.count * perRow * set.width)])
      set.unnormalize(gradient, vectors, from: first)
      try sink.write(UnsafeBufferPointer(gradient), at: first * set.width)
    }
  }
}
