import LossKernels
import LossTensor

/// Query vectors, a table of classes' weights, and which classes each query is held against; checked.
struct SampledVectors: Sendable {
  let form: SampledForm
  let queries: VectorSet
  let table: VectorSet
  /// A number for each class; nil where there are none.
  let biases: [Double]?
  /// The true classes, T for each query.
  let labels: ClassIDs
  /// The classes drawn as noise, for all queries or K for each.
  let samples: ClassIDs
  let correction: NoiseCorrection?
  let logZ: Double
  /// Whether samples that are a query's own labels are left out.
  let removesHits: Bool
  let policies: EvaluationPolicies

  /// Logits of a query.
  var width: Int { labels.perRow + samples.perRow }

  /// Queries of a block: enough for products of matrices, few enough for memory.
  var rowsPerBlock: Int { max(8, min(512, (1 << 19) / max(width, 1))) }

  var blockCount: Int { (queries.count + rowsPerBlock - 1) / rowsPerBlock }

  /// The queries of a block.
  func rows(_ block: Int) -> Range<Int> {
    block * rowsPerBlock..<min((block + 1) * rowsPerBlock, queries.count)
  }
}

/// Classes by number, some for each row or the same for all.
struct ClassIDs: Sendable {
  let ids: [Int]
  let perRow: Int
  /// Whether they are the same for all rows.
  let areShared: Bool

  /// The classes of a row.
  func row(_ row: Int) -> ArraySlice<Int> {
    areShared ? ids[...] : ids[row * perRow..<(row + 1) * perRow]
  }

  /// Classes that were drawn for all rows.
  init(shared ids: [Int]) { (self.ids, perRow, areShared) = (ids, ids.count, true) }

  /// Reads class numbers.
  ///
  /// - Parameter isShared: whether they are the same for all rows; else the rows are those of the first axis.
  /// - Throws: `LossError.valueOutOfRange` for the first that is no class.
  init(
    _ name: String, _ tensor: Tensor, isShared: Bool, classCount: Int
  ) throws(LossError) {
    var found: [Int] = []
    found.reserveCapacity(tensor.shape.elementCount)
    for (offset, number) in tensor.values(as: Double.self).enumerated() {
      guard let id = Int(exactly: number), id >= 0, id < classCount else {
        throw .valueOutOfRange(
          input: name, index: tensor.shape.index(at: offset), found: number,
          expected: classCount > 1 ? "a class from 0 to \(classCount - 1)" : "the class 0",
          hint: "classes are rows of weights")
      }
      found.append(id)
    }
    ids = found
    areShared = isShared
    perRow = isShared ? found.count : tensor.shape.rank == 1 ? 1 : tensor.shape.elementsPerRow
  }
}

/// A thread's block of queries and their logits.
final class SampledBlock {
  let rows: SampledRows
  private let problem: SampledVectors
  private let queries: VectorReader<Double>
  private let weights: VectorReader<Double>
  private let corrections: (positive: NoiseCorrection.Reader, negative: NoiseCorrection.Reader)?
  private let shared: SharedSamples?
  private(set) var range = 0..<0
  private(set) var query: UnsafePointer<Double>?

  init(_ problem: SampledVectors, _ shared: SharedSamples?) throws(LossError) {
    (self.problem, self.shared) = (problem, shared)
    let (count, policies) = (problem.rowsPerBlock, problem.policies)
    rows = try SampledRows(
      problem.form, rowCount: count, trueCount: problem.labels.perRow,
      noiseCount: problem.samples.perRow, policies)
    queries = try VectorReader(problem.queries, capacity: count, policies)
    weights = try VectorReader(problem.table, capacity: 1, policies)
    corrections = try problem.correction?.readers(rowCount: count, policies)
  }

  /// The weights of a class; valid until those of another are read.
  func vector(_ id: Int) -> UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(start: weights.read(id..<id + 1), count: problem.table.width)
  }

  /// Reads the queries of a block and computes their losses and, where something arrives at them, derivatives.
  func evaluate(_ block: Int, upstream: [Double]?) throws(LossError) {
    range = problem.rows(block)
    query = queries.read(range)
    shared?.multiply(query, range.count, to: rows)
    for (position, row) in range.enumerated() { fill(position, row) }
    let width = rows.width
    try corrections?.positive.subtract(
      range, count: rows.trueCount, from: rows.logits, stride: width)
    try corrections?.negative.subtract(
      range, count: rows.noiseCount, from: rows.logits + rows.trueCount, stride: width)
    if problem.removesHits { removeHits() }
    let start = range.lowerBound
    rows.evaluate(
      range.count,
      upstream: upstream.map { all in .init(scale: (1, 0), perRow: { all[start + $0] }) })
  }

  /// Computes the logits of a row that are no products of whole blocks.
  private func fill(_ position: Int, _ row: Int) {
    let logits = rows.logits + position * rows.width
    let width = problem.queries.width
    let vector = UnsafeBufferPointer(start: query.map { $0 + position * width }, count: width)
    func logit(_ id: Int) -> Double {
      VectorPair(a: vector, b: self.vector(id)).dot() + (problem.biases?[id] ?? 0) - problem.logZ
    }
    for (index, id) in problem.labels.row(row).enumerated() { logits[index] = logit(id) }
    let noise = logits + rows.trueCount
    if shared == nil {
      for (index, id) in problem.samples.row(row).enumerated() { noise[index] = logit(id) }
    } else {
      for (index, id) in problem.samples.row(row).enumerated() {
        noise[index] += (problem.biases?[id] ?? 0) - problem.logZ
      }
    }
  }

  /// Makes noise that is a query's own label impossible.
  private func removeHits() {
    for (position, row) in range.enumerated() {
      let noise = rows.logits + position * rows.width + rows.trueCount
      let labels = problem.labels.row(row)
      for (index, id) in problem.samples.row(row).enumerated() where labels.contains(id) {
        noise[index] = -.infinity
      }
    }
  }
}

/// The vectors of samples that are the same for all queries, side by side.
final class SharedSamples: @unchecked Sendable {
  let products: MatrixProducts
  let vectors: UnsafePointer<Double>
  let count: Int
  let width: Int
  private let memory: MutableByteStorage

  /// Gathers them; nil where each query has samples of its own.
  init?(_ problem: SampledVectors) throws(LossError) {
    guard problem.samples.areShared, !problem.samples.ids.isEmpty else { return nil }
    products = try MatrixProducts()
    (count, width) = (problem.samples.ids.count, problem.table.width)
    memory = try scratchMemory(max(count * width, 1), of: Double.self)
    guard let start = memory.bytes.bindMemory(to: Double.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    let reader = try VectorReader<Double>(problem.table, capacity: 1, problem.policies)
    for (position, id) in problem.samples.ids.enumerated() {
      guard let vector = reader.read(id..<id + 1) else { continue }
      (start + position * width).update(from: vector, count: width)
    }
    vectors = UnsafePointer(start)
  }

  /// Computes the products of queries with all samples, as the rows' noise logits.
  func multiply(_ queries: UnsafePointer<Double>?, _ rowCount: Int, to rows: SampledRows) {
    guard let queries else { return }
    products.multiply(
      .rowsByRows, MatrixProducts.Sizes(m: rowCount, n: count, k: width), queries, vectors,
      to: rows.derivatives)
    // Derivatives come later; until then there is room for packed products.
    for row in 0..<rowCount {
      (rows.logits + row * rows.width + rows.trueCount).update(
        from: rows.derivatives + row * count, count: count)
    }
  }
}

extension VectorPair {
  /// Σ a·b
  func dot() -> Double { products().ab }
}
