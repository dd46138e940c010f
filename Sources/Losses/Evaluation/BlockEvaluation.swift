import LossTensor
import LossThreads

/// What all blocks of an evaluation add up to.
struct EvaluationTotals {
  var sum = ExactSum()
  /// What a weighted divisor is made of.
  var weights = ExactSum()
  var tally = BlockTally()
  var nonFinite = 0
  var firstNonFinite: (unit: Int, value: Double)?
  /// What kernels of all units at once say besides.
  var metrics: [LossMetric] = []
  var warnings: [LossWarning] = []

  mutating func merge(_ other: EvaluationTotals) {
    sum.add(other.sum)
    weights.add(other.weights)
    tally.merge(other.tally)
    nonFinite += other.nonFinite
    if let theirs = other.firstNonFinite, firstNonFinite.map({ theirs.unit < $0.unit }) ?? true {
      firstNonFinite = theirs
    }
  }
}

/// Runs a kernel over all units: cuts them into blocks, spreads the blocks over threads, adds exactly and
/// stores what is asked for. A class, so that threads and blocks share it and copy nothing.
final class BlockEvaluation<Kernel: BlockKernel> {
  typealias Scalar = Kernel.Scalar

  let kernel: Kernel
  let request: BlockRequest

  init(kernel: Kernel, request: BlockRequest) {
    self.kernel = kernel
    self.request = request
  }

  fileprivate var sinks: LossSinks { request.sinks }
  fileprivate var policies: EvaluationPolicies { request.policies }

  fileprivate var largestBlock: Int { max(kernel.unitsPerBlock, 1) }

  /// The units whose results are kept before they are stored.
  fileprivate var largestGroup: Int { largestBlock * max(kernel.blocksPerGroup, 1) }

  fileprivate var unitCount: Int { kernel.unitShape.elementCount }

  /// The units one thread takes at a time: a group of blocks, or whole rows where rows are added up.
  private var unitsPerItem: Int {
    let row = max(kernel.unitsPerRow, 1)
    guard sinks.perRow != nil else { return largestGroup }
    return row * max(1, largestGroup / row)
  }

  private func work(progress: (@Sendable (Double) -> Void)?) -> ParallelWork {
    let items = (unitCount + unitsPerItem - 1) / unitsPerItem
    // Counting processors reads files, which is not worth it for a single block.
    let threads = items > 1 ? policies.threadCount ?? availableProcessorCount() : 1
    let report = progress.map { progress in
      { @Sendable (finished: Int) in progress(Double(finished) / Double(max(items, 1))) }
    }
    return ParallelWork(itemCount: items, threadCount: threads, progress: report)
  }

  func run() throws -> EvaluationTotals {
    let divisor = try gradientDivisor()
    let states = try work(progress: request.progress).run(
      makeState: { try ThreadState(self, divisor: divisor) },
      body: { [self] state, item in try state.evaluate(units(of: item)) })
    if let rows = sinks.perRow, unitCount == 0 { try storeEmptyRows(into: rows) }
    if !sinks.gradients.isEmpty {
      let upstream =
        policies.reduction == .none ? 0 : request.gradientOutput?.element(at: 0) ?? 1
      try kernel.finish(states.map(\.workspace), into: sinks.gradients, upstream: upstream)
    }
    return states.reduce(into: EvaluationTotals()) { $0.merge($1.totals) }
  }

  /// What gradients are divided by. With ignored units it takes a look at the labels first.
  private func gradientDivisor() throws -> Double {
    guard !sinks.gradients.isEmpty, policies.reduction == .mean else { return 1 }
    guard kernel.mayIgnoreUnits || kernel.hasWeightedDivisor else { return Double(unitCount) }
    // Not reported: progress is that of the evaluation proper, and would fall back to 0 after this.
    let parts = try work(progress: nil).run(
      makeState: { [self] in
        (kept: 0, weights: ExactSum(), try kernel.makeWorkspace(blockSize: largestBlock))
      },
      body: { [self] state, item in
        let all = units(of: item)
        for start in stride(from: all.lowerBound, to: all.upperBound, by: largestBlock) {
          let block = start..<min(start + largestBlock, all.upperBound)
          if kernel.hasWeightedDivisor {
            try kernel.addWeights(block, state.2, to: &state.weights)
          } else {
            state.kept += try kernel.countKept(block, state.2)
          }
        }
      })
    guard kernel.hasWeightedDivisor else { return Double(parts.reduce(0) { $0 + $1.kept }) }
    return parts.reduce(into: ExactSum()) { $0.add($1.weights) }.rounded
  }

  private func units(of item: Int) -> Range<Int> {
    let start = item * unitsPerItem
    return start..<min(start + unitsPerItem, unitCount)
  }

  /// Rows without elements have no blocks; each is the mean of nothing.
  private func storeEmptyRows(into sink: any TensorSink) throws {
    let count = kernel.unitShape.rowCount
    let value = policies.rowValue(ExactSum(), kept: 0)
    let rows = [Scalar](repeating: Scalar(value), count: min(count, largestBlock))
    for start in stride(from: 0, to: count, by: largestBlock) {
      try rows.withUnsafeBufferPointer { rows in
        let part = UnsafeBufferPointer(rebasing: rows.prefix(count - start))
        try sink.write(part, at: start)
      }
    }
  }
}

extension EvaluationPolicies {
  /// One row's loss: its sum under `sum`, else the mean of what is kept of it.
  func rowValue(_ sum: ExactSum, kept: Int) -> Double {
    let reduction: Reduction = reduction == .sum ? .sum : .mean
    return reduction.reduce(sum: sum, divisor: Double(kept), empty: empty) ?? .nan
  }
}

/// One thread's scratch memory and totals.
private struct ThreadState<Kernel: BlockKernel> {
  typealias Scalar = Kernel.Scalar

  var totals = EvaluationTotals()
  private let evaluation: BlockEvaluation<Kernel>
  let workspace: Kernel.Workspace
  private let values: MutableByteStorage
  private let gradient: MutableByteStorage?
  private let gradientSink: (any TensorSink)?
  private let upstream: BlockReader<Scalar>?
  private let factor: Double
  private let divisor: Double
  private let blockSize: Int
  private let groupSize: Int

  init(_ evaluation: BlockEvaluation<Kernel>, divisor: Double) throws {
    self.evaluation = evaluation
    self.divisor = divisor
    blockSize = min(evaluation.largestBlock, max(evaluation.unitCount, 1))
    groupSize = min(evaluation.largestGroup, max(evaluation.unitCount, 1))
    workspace = try evaluation.kernel.makeWorkspace(blockSize: blockSize)
    let storesValues = evaluation.sinks.values != nil
    values = try scratchMemory(storesValues ? groupSize : blockSize, of: Scalar.self)
    gradientSink = evaluation.kernel.bufferedGradient.flatMap { evaluation.sinks.gradients[$0] }
    gradient = gradientSink == nil ? nil : try scratchMemory(groupSize, of: Scalar.self)
    let output = evaluation.request.gradientOutput
    let isPerUnit = evaluation.policies.reduction == .none
    factor = isPerUnit ? 1 : output?.element(at: 0) ?? 1
    upstream =
      isPerUnit
      ? try output.map {
        try BlockReader($0, capacity: evaluation.largestBlock, evaluation.policies.kernels)
      } : nil
  }

  /// Computes an item: blocks one after another, and rows where they are asked for.
  mutating func evaluate(_ units: Range<Int>) throws {
    let perRow = evaluation.sinks.perRow == nil ? nil : evaluation.kernel.unitsPerRow
    var rows = perRow.map {
      RowSums<Scalar>(unitsPerRow: max($0, 1), policies: evaluation.policies)
    }
    for start in stride(from: units.lowerBound, to: units.upperBound, by: groupSize) {
      try evaluateGroup(start..<min(start + groupSize, units.upperBound), rows: &rows)
    }
    if let rows, let sink = evaluation.sinks.perRow, let perRow {
      try rows.finished.withUnsafeBufferPointer {
        try sink.write($0, at: units.lowerBound / max(perRow, 1))
      }
    }
  }

  /// Computes blocks, which are small for the cache's sake, and stores their results at once.
  private mutating func evaluateGroup(_ units: Range<Int>, rows: inout RowSums<Scalar>?) throws {
    let values = values.bytes.bindMemory(to: Scalar.self)
    let gradient = gradient?.bytes.bindMemory(to: Scalar.self)
    let storesValues = evaluation.sinks.values != nil
    for start in stride(from: units.lowerBound, to: units.upperBound, by: blockSize) {
      let block = start..<min(start + blockSize, units.upperBound)
      let offset = start - units.lowerBound
      let part = offset..<(offset + block.count)
      let output = BlockOutput(
        values: UnsafeMutableBufferPointer(
          rebasing: values[storesValues ? part : 0..<block.count]),
        gradient: gradient.map { UnsafeMutableBufferPointer(rebasing: $0[part]) },
        gradientSinks: evaluation.sinks.gradients,
        upstream: Upstream(perUnit: upstream?.read(block), factor: factor, divisor: divisor))
      try evaluate(block, into: output, rows: &rows)
    }
    try evaluation.sinks.values?.write(
      UnsafeBufferPointer(rebasing: values[..<units.count]), at: units.lowerBound)
    if let gradient {
      try gradientSink?.write(
        UnsafeBufferPointer(rebasing: gradient[..<units.count]), at: units.lowerBound)
    }
  }

  private mutating func evaluate(
    _ block: Range<Int>, into output: BlockOutput<Scalar>, rows: inout RowSums<Scalar>?
  ) throws {
    try evaluation.kernel.evaluate(block, workspace, into: output, tally: &totals.tally)
    if evaluation.kernel.hasWeightedDivisor {
      try evaluation.kernel.addWeights(block, workspace, to: &totals.weights)
    }
    try add(output.values, of: block)
    if rows != nil { try addRows(output.values, of: block, to: &rows) }
  }

  private mutating func add(
    _ values: UnsafeMutableBufferPointer<Scalar>, of block: Range<Int>
  ) throws {
    let kernels = evaluation.policies.kernels
    guard !totals.sum.add(UnsafeBufferPointer(values), kernels) else { return }
    for position in values.indices where !values[position].isFinite {
      let unit = block.lowerBound + position
      let value = values[position].asDouble
      if evaluation.policies.nonFinite == .error {
        let index = evaluation.kernel.unitShape.index(at: unit)
        throw LossError.nonFiniteLoss(index: index, found: value)
      }
      totals.nonFinite += 1
      if totals.firstNonFinite == nil { totals.firstNonFinite = (unit, value) }
    }
  }

  private func addRows(
    _ values: UnsafeMutableBufferPointer<Scalar>, of block: Range<Int>,
    to rows: inout RowSums<Scalar>?
  ) throws {
    let kernel = evaluation.kernel
    var position = 0
    while position < values.count {
      let unit = block.lowerBound + position
      let row = max(kernel.unitsPerRow, 1)
      let end = min(position + row - unit % row, values.count)
      let kept =
        kernel.mayIgnoreUnits
        ? try kernel.countKept(unit..<(block.lowerBound + end), workspace) : end - position
      rows?.add(values[position..<end], kept: kept)
      position = end
    }
  }
}

/// Adds up rows, which may arrive in pieces.
private struct RowSums<Scalar: KernelScalar> {
  let unitsPerRow: Int
  let policies: EvaluationPolicies
  /// The rows that are complete.
  private(set) var finished: [Scalar] = []
  private var sum = ExactSum()
  private var kept = 0
  private var count = 0

  init(unitsPerRow: Int, policies: EvaluationPolicies) {
    self.unitsPerRow = unitsPerRow
    self.policies = policies
  }

  mutating func add(_ values: Slice<UnsafeMutableBufferPointer<Scalar>>, kept: Int) {
    // A row of one loss is that loss, 0 where it is ignored.
    if unitsPerRow == 1 {
      finished += values
      return
    }
    _ = sum.add(UnsafeBufferPointer(UnsafeMutableBufferPointer(rebasing: values)), policies.kernels)
    self.kept += kept
    count += values.count
    if count == unitsPerRow {
      finished.append(Scalar(policies.rowValue(sum, kept: self.kept)))
      (sum, self.kept, count) = (ExactSum(), 0, 0)
    }
  }
}
