import LossKernels
import LossTensor

/// A thread's readers and scratch memory for softmax cross entropy.
final class SoftmaxWorkspace<Compute: KernelScalar> {
  let kernels: ScalarKernels<Compute>
  /// The labels' indices, where they are.
  let indices: BlockReader<Double>?
  /// The labels' distributions, where they are.
  let distributions: ClassRowReader<Compute>?
  let rows: SoftmaxRows
  /// The class of each row; for distributions 0.
  let classes: UnsafeMutableBufferPointer<Int>
  /// Σ q·(m - x) and Σ q over the distribution.
  let gaps: UnsafeMutablePointer<Double>
  let totals: UnsafeMutablePointer<Double>
  /// What gradients of rows are made of.
  let factors: UnsafeMutablePointer<Double>
  let upstream: UnsafeMutablePointer<Double>

  private let reader: ClassRowReader<Compute>
  private let table: KernelTable
  private let capacity: Int
  private let classMemory: MutableByteStorage
  private let memory: MutableByteStorage
  /// Logarithms of probabilities, and what else the kernel for them writes.
  private var logarithms: MutableByteStorage?
  private var writer: ClassRowWriter<Compute>?

  init(
    _ predictions: Tensor, _ labels: ClassLabels, _ axis: ClassAxis, rowCount: Int,
    _ table: KernelTable
  ) throws(LossError) {
    let padding = SoftmaxRows.padding
    capacity = (rowCount + padding - 1) / padding * padding
    self.table = table
    kernels = Compute.kernels(table)
    reader = try ClassRowReader(predictions, axis, rowCount: rowCount, table)
    let isIndexed = labels.kind == .indices
    indices = isIndexed ? try BlockReader(labels.tensor, capacity: rowCount, table) : nil
    distributions =
      isIndexed ? nil : try ClassRowReader(labels.tensor, axis, rowCount: rowCount, table)
    classMemory = try scratchMemory(capacity, of: Int.self)
    classes = classMemory.bytes.bindMemory(to: Int.self)
    memory = try scratchMemory((SoftmaxRows.arrayCount + 4) * capacity, of: Double.self)
    guard let start = memory.bytes.bindMemory(to: Double.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    rows = SoftmaxRows(start, capacity: capacity)
    let rest = start + SoftmaxRows.arrayCount * capacity
    (gaps, totals) = (rest, rest + capacity)
    (factors, upstream) = (rest + 2 * capacity, rest + 3 * capacity)
  }

  /// Reads the classes of a block's rows and forgets what was known of the last block.
  func readClasses(_ units: Range<Int>, _ labels: ClassLabels) throws(LossError) {
    gaps.update(repeating: 0, count: capacity)
    totals.update(repeating: 0, count: capacity)
    guard let indices else { return classes.update(repeating: 0) }
    try labels.classes(indices.read(units), of: units.lowerBound, into: classes)
  }

  /// Whether a row of the block is not ignored.
  func isKept(_ row: Int) -> Bool { classes[row] != ClassLabels.ignored }

  /// The logits of a piece of the block's rows, or the logarithms of its probabilities.
  func predictions<Scalar>(
    _ piece: ClassAxis.Piece, of units: Range<Int>,
    _ kernel: SoftmaxCrossEntropyKernel<Scalar, Compute>
  ) throws(LossError) -> UnsafePointer<Compute>? {
    guard let x = reader.read(piece, of: units.lowerBound) else { return nil }
    guard kernel.loss.predictionKind == .probs else { return x }
    try requireProbabilities(x, piece, of: units, kernel.axis)
    return try logarithms(x, count: piece.rows.count * piece.classes.count)
  }

  /// The probabilities themselves of a piece that was read.
  func probabilities(
    _ piece: ClassAxis.Piece, of units: Range<Int>
  ) -> UnsafePointer<Compute>? { reader.read(piece, of: units.lowerBound) }

  private func requireProbabilities(
    _ x: UnsafePointer<Compute>, _ piece: ClassAxis.Piece, of units: Range<Int>, _ axis: ClassAxis
  ) throws(LossError) {
    for row in 0..<piece.rows.count where isKept(piece.rows.lowerBound + row) {
      for position in 0..<piece.classes.count {
        let found = x[row * piece.classes.count + position]
        guard !(0...1).contains(found) else { continue }
        throw .valueOutOfRange(
          input: "pred",
          index: axis.elementIndex(
            row: units.lowerBound + piece.rows.lowerBound + row,
            class: piece.classes.lowerBound + position),
          found: found.asDouble, expected: "a probability from 0 to 1",
          hint: "if these are logits, use --from logits; if logarithms, --from log-probs")
      }
    }
  }

  private func logarithms(
    _ x: UnsafePointer<Compute>, count: Int
  ) throws(LossError) -> UnsafePointer<Compute>? {
    if logarithms.map({ $0.bytes.count < 2 * count * MemoryLayout<Double>.stride }) ?? true {
      logarithms = try scratchMemory(2 * count, of: Double.self)
    }
    guard let target = logarithms?.bytes.bindMemory(to: Double.self).baseAddress,
      // Probabilities are always computed with in double.
      let x = x as? UnsafePointer<Double>
    else { return nil }
    LogarithmBlock(
      count: count, probabilities: x, logarithms: target, complements: target + count
    ).padded(to: Double.laneCount, table.logarithms)
    return UnsafePointer(target) as? UnsafePointer<Compute>
  }

  /// Keeps the prediction for the label of each row of a piece that holds it.
  func gatherLabels(_ x: UnsafePointer<Compute>, _ piece: ClassAxis.Piece) {
    for position in 0..<piece.rows.count {
      let row = piece.rows.lowerBound + position
      let label = classes[row]
      guard piece.classes.contains(label) else { continue }
      let offset = position * piece.classes.count + label - piece.classes.lowerBound
      rows.labels[row] = x[offset].asDouble
    }
  }

  /// Makes rows whose predictions are logarithms of probabilities already.
  func clearSums(_ count: Int) {
    rows.maxima.update(repeating: 0, count: count)
    rows.logSums.update(repeating: 0, count: count)
  }

  /// What writes gradients.
  func gradientWriter(
    _ sink: any TensorSink, _ axis: ClassAxis
  ) throws(LossError) -> ClassRowWriter<Compute> {
    if let writer { return writer }
    let made = try ClassRowWriter<Compute>(sink, axis, rowCount: capacity, table)
    writer = made
    return made
  }
}
