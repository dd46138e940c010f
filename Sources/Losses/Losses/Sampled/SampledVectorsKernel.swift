import LossKernels
import LossTensor
import LossThreads

/// The losses of query vectors held against the weights of their labels and of sampled classes, in double.
final class SampledVectorsKernel<Scalar: KernelScalar>: WholeKernel, @unchecked Sendable {
  private let problem: SampledVectors

  init(_ problem: SampledVectors) { self.problem = problem }

  var unitShape: Shape { .vector(problem.queries.count) }

  func losses(_ run: WholeRun) throws -> WholeLosses {
    let shared = try SharedSamples(problem)
    let memory = try scratchMemory(max(problem.queries.count, 1), of: Double.self)
    // nonisolated(unsafe): each thread writes the rows of its own blocks.
    nonisolated(unsafe) let losses = memory.bytes.bindMemory(to: Double.self)
    _ = try run.forEach(
      problem.blockCount, makeState: { try SampledBlock(self.problem, shared) },
      body: { state, block in
        try state.evaluate(block, upstream: nil)
        for (position, row) in state.range.enumerated() {
          losses[row] = state.rows.losses[position]
        }
      })
    return WholeLosses(values: Array(losses[..<problem.queries.count]))
  }

  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws {
    let shared = try SharedSamples(problem)
    let classes = try ClassGradients(problem, sinks)
    let turns = OrderedTurns(places: 1)
    let states = try run.forEach(
      problem.blockCount, turns: turns,
      makeState: { try SampledGradients(self.problem, shared, hasClasses: classes != nil) },
      body: { state, block in
        try state.block.evaluate(block, upstream: upstream)
        try state.storeQueries(sinks["query"])
        state.addUpDerivatives()
        guard let classes else { return }
        state.multiplySamples()
        try turns.take(block, at: 0) { classes.add(state) }
      })
    try classes?.store(shared)
    let sum = states.reduce(into: ExactSum()) { $0.add($1.derivativeSum) }
    try sinks["log-z"]?.writeNumber(-sum.rounded)
  }
}

/// A thread's gradients of a block of queries.
final class SampledGradients {
  let block: SampledBlock
  /// The sum of all derivatives.
  private(set) var derivativeSum = ExactSum()
  /// What the block adds to the vectors of shared samples.
  let sampleVectors: UnsafeMutablePointer<Double>?
  fileprivate let shared: SharedSamples?
  private let problem: SampledVectors
  private let packed: MutableByteStorage
  private let queries: MutableByteStorage
  private let samples: MutableByteStorage

  init(
    _ problem: SampledVectors, _ shared: SharedSamples?, hasClasses: Bool
  ) throws(LossError) {
    (self.problem, self.shared) = (problem, shared)
    block = try SampledBlock(problem, shared)
    let (count, width) = (problem.rowsPerBlock, problem.queries.width)
    let sampleCount = shared?.count ?? 0
    packed = try scratchMemory(max(count * sampleCount, 1), of: Double.self)
    queries = try scratchMemory(max(count * width, 1), of: Double.self)
    samples = try scratchMemory(max(hasClasses ? sampleCount * width : 1, 1), of: Double.self)
    sampleVectors = shared == nil ? nil : samples.bytes.bindMemory(to: Double.self).baseAddress
  }

  /// The derivatives of a row of the block.
  func derivatives(_ position: Int) -> UnsafePointer<Double> {
    UnsafePointer(block.rows.derivatives + position * block.rows.width)
  }

  func addUpDerivatives() {
    let count = block.range.count * block.rows.width
    _ = derivativeSum.add(
      UnsafeBufferPointer(start: block.rows.derivatives, count: count), problem.policies.kernels)
  }

  /// Computes and stores the gradients of the queries: Σ d · w.
  func storeQueries(_ sink: (any TensorSink)?) throws {
    let (rowCount, width) = (block.range.count, problem.queries.width)
    guard let target = queries.bytes.bindMemory(to: Double.self).baseAddress else { return }
    packSamples()
    guard let sink else { return }
    if let shared, let packed = packed.bytes.bindMemory(to: Double.self).baseAddress {
      shared.products.multiply(
        .rowsByColumns, MatrixProducts.Sizes(m: rowCount, n: width, k: shared.count),
        UnsafePointer(packed), shared.vectors, to: target)
    } else {
      target.update(repeating: 0, count: rowCount * width)
    }
    for (position, row) in block.range.enumerated() {
      let d = derivatives(position)
      let ids = problem.labels.row(row) + (shared == nil ? problem.samples.row(row) : [])
      for (index, id) in ids.enumerated() {
        addProduct(d[index], block.vector(id), to: target + position * width)
      }
    }
    try sink.write(
      UnsafeBufferPointer(start: target, count: rowCount * width),
      at: block.range.lowerBound * width)
  }

  /// Puts the derivatives of shared samples side by side.
  private func packSamples() {
    guard let shared, let packed = packed.bytes.bindMemory(to: Double.self).baseAddress else {
      return
    }
    for position in 0..<block.range.count {
      (packed + position * shared.count).update(
        from: derivatives(position) + block.rows.trueCount, count: shared.count)
    }
  }

  /// Computes what the block adds to the vectors of shared samples: Σ d · q.
  func multiplySamples() {
    guard let shared, let sampleVectors, let query = block.query,
      let packed = packed.bytes.bindMemory(to: Double.self).baseAddress
    else { return }
    shared.products.multiply(
      .columnsByColumns,
      MatrixProducts.Sizes(m: shared.count, n: shared.width, k: block.range.count),
      UnsafePointer(packed), query, to: sampleVectors)
  }
}

/// Adds factor · vector to `target`.
func addProduct(
  _ factor: Double, _ vector: UnsafeBufferPointer<Double>, to target: UnsafeMutablePointer<Double>
) {
  guard let start = vector.baseAddress else { return }
  for index in 0..<vector.count { target[index] += factor * start[index] }
}
