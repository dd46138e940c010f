import LossKernels
import LossTensor
import LossThreads

/// The functions that turn logits into probabilities.
public enum TensorTransform: Hashable, Sendable {
  /// 1 / (1 + exp(-x)) of each element.
  case sigmoid
  /// exp(x) over the sum of the exponentials along an axis; negative axes count from the last, -1.
  case softmax(axis: Int)
  /// The logarithm of that.
  case logSoftmax(axis: Int)

  /// Computes the transform of all elements in `type`, `float32` or `float64`.
  ///
  /// Each result is within 2 ulp of the true value, probabilities that are subnormal included.
  ///
  /// - Parameters:
  ///   - sink: gets the results, in the tensor's shape.
  ///   - threadCount: `availableProcessorCount()` where nil; the result is the same for any.
  /// - Throws: `LossError` where there is no such axis, or what the sink throws.
  public func apply(
    to tensor: Tensor, as type: ElementType, into sink: any TensorSink, threadCount: Int? = nil,
    kernels: KernelTable = KernelSelection.best
  ) throws {
    let job = TransformJob(tensor: tensor, sink: sink, threadCount: threadCount, table: kernels)
    switch (self, type) {
    case (.sigmoid, .float64): try job.sigmoid(Double.self)
    case (.sigmoid, _): try job.sigmoid(Float.self)
    case (.softmax(let axis), .float64): try job.softmax(axis, isLogarithm: false, Double.self)
    case (.softmax(let axis), _): try job.softmax(axis, isLogarithm: false, Float.self)
    case (.logSoftmax(let axis), .float64): try job.softmax(axis, isLogarithm: true, Double.self)
    case (.logSoftmax(let axis), _): try job.softmax(axis, isLogarithm: true, Float.self)
    }
  }
}

/// One transform of one tensor.
private struct TransformJob {
  let tensor: Tensor
  let sink: any TensorSink
  let threadCount: Int?
  let table: KernelTable

  /// Spreads `count` rows or elements over threads, `size` at a time.
  private func forEachPart<State>(
    of count: Int, size: Int, makeState: @escaping () throws -> State,
    _ body: @escaping (inout State, Range<Int>) throws -> Void
  ) throws {
    let items = (count + size - 1) / size
    let threads = items > 1 ? threadCount ?? availableProcessorCount() : 1
    _ = try ParallelWork(itemCount: items, threadCount: threads).run(
      makeState: makeState,
      body: { state, item in try body(&state, item * size..<min((item + 1) * size, count)) })
  }

  /// The derivative of binary cross entropy for the label 0 is the sigmoid.
  func sigmoid<Scalar: KernelScalar>(_ type: Scalar.Type) throws {
    let size = 8192
    try forEachPart(
      of: tensor.shape.elementCount, size: size,
      makeState: {
        (
          reader: try BlockReader<Scalar>(tensor, capacity: size, table),
          memory: try scratchMemory(3 * size, of: Scalar.self)
        )
      },
      { state, range in
        let memory = state.memory.bytes.bindMemory(to: Scalar.self)
        guard let x = state.reader.read(range).baseAddress, let labels = memory.baseAddress
        else { return }
        let sigmoids = labels + 2 * size
        let block = ElementBlock(
          count: range.count, predictions: x, labels: UnsafePointer(labels), factors: nil,
          values: labels + size, gradients: sigmoids, scale: (1, 0))
        let kernels = Scalar.kernels(table)
        _ = block.padded(to: Scalar.laneCount) { kernels.logitCrossEntropy($0) }
        try sink.write(
          UnsafeBufferPointer(start: sigmoids, count: range.count), at: range.lowerBound)
      })
  }

  func softmax<Scalar: KernelScalar>(
    _ axis: Int, isLogarithm: Bool, _ type: Scalar.Type
  ) throws {
    let axis = try ClassAxis(axis, of: tensor.shape, input: "the tensor")
    try forEachPart(
      of: axis.rowsShape.elementCount, size: axis.rowsPerBlock,
      makeState: { try SoftmaxTransform<Scalar>(tensor, axis, sink, table) },
      { state, rows in try state.write(rows, isLogarithm: isLogarithm) })
  }
}

/// A thread's rows on their way to probabilities.
private final class SoftmaxTransform<Scalar: KernelScalar> {
  private let axis: ClassAxis
  private let kernels: ScalarKernels<Scalar>
  private let reader: ClassRowReader<Scalar>
  private let writer: ClassRowWriter<Scalar>
  private let memory: MutableByteStorage
  private let rows: SoftmaxRows
  private let zeros: UnsafePointer<Double>

  init(
    _ tensor: Tensor, _ axis: ClassAxis, _ sink: any TensorSink, _ table: KernelTable
  ) throws(LossError) {
    self.axis = axis
    kernels = Scalar.kernels(table)
    let count = axis.rowsPerBlock
    reader = try ClassRowReader(tensor, axis, rowCount: count, table)
    writer = try ClassRowWriter(sink, axis, rowCount: count, table)
    let padding = SoftmaxRows.padding
    let capacity = (count + padding - 1) / padding * padding
    memory = try scratchMemory((SoftmaxRows.arrayCount + 1) * capacity, of: Double.self)
    guard let start = memory.bytes.bindMemory(to: Double.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    rows = SoftmaxRows(start, capacity: capacity)
    zeros = UnsafePointer(start + SoftmaxRows.arrayCount * capacity)
  }

  /// Computes and stores rows; each goes by twice while it is in the cache, for its sum and for the result.
  func write(_ range: Range<Int>, isLogarithm: Bool) throws {
    rows.reset(range.count)
    axis.forEachPiece(range.count) { piece in
      guard let block = block(piece, range) else { return }
      let rows = rows.advanced(by: piece.rows.lowerBound)
      if axis.count <= shortRowLimit {
        kernels.shortSoftmaxSums(block, rows)
      } else {
        kernels.softmaxSums(block, rows)
      }
    }
    kernels.finishSoftmaxRows(rows, range.count)
    try axis.forEachPiece(range.count) { piece in
      guard let block = block(piece, range) else { return }
      try writer.write(piece, of: range.lowerBound) { target in
        if isLogarithm {
          fillLogarithms(block, piece, target)
        } else {
          let rows = rows.advanced(by: piece.rows.lowerBound)
          let factors = GradientRows(factors: UnsafePointer(rows.factors), upstream: zeros)
          kernels.labelGradient(block, rows, factors, target)
        }
      }
    }
  }

  private func block(_ piece: ClassAxis.Piece, _ range: Range<Int>) -> LogitRows<Scalar>? {
    reader.read(piece, of: range.lowerBound).map {
      LogitRows(rowCount: piece.rows.count, classCount: piece.classes.count, logits: $0)
    }
  }

  private func fillLogarithms(
    _ block: LogitRows<Scalar>, _ piece: ClassAxis.Piece, _ target: UnsafeMutablePointer<Scalar>
  ) {
    for row in 0..<block.rowCount {
      let maximum = rows.maxima[piece.rows.lowerBound + row]
      let logSum = rows.logSums[piece.rows.lowerBound + row]
      for position in row * block.classCount..<(row + 1) * block.classCount {
        target[position] = Scalar((block.logits[position].asDouble - maximum) - logSum)
      }
    }
  }
}
