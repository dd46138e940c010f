import LossKernels
import LossTensor

/// The arithmetic of a loss of rows of numbers, a row at a time: the one part such a loss has to write.
protocol RowArithmetic: Sendable {
  /// A thread's own scratch memory.
  associatedtype Scratch

  /// Scratch memory for rows of `count` numbers.
  func makeScratch(count: Int) -> Scratch

  /// The loss of a row.
  ///
  /// - Parameters:
  ///   - row: the row's offset, for errors.
  ///   - label: the row's labels: as many as each row has.
  ///   - derivative: where dℓ/dx goes, zeros so far; nil where it is not wanted.
  /// - Throws: `LossError.valueOutOfRange` for a label that is out of range.
  func loss(
    ofRow row: Int, _ x: UnsafeBufferPointer<Double>, _ label: UnsafeBufferPointer<Double>,
    derivative: UnsafeMutableBufferPointer<Double>?, _ scratch: inout Scratch
  ) throws(LossError) -> Double
}

/// Losses of rows along the last axis of the predictions, computed in double and handed out as `Scalar`.
///
/// Double is not for precision alone: comparisons of margins decide whether a pair counts, and those of
/// float32 numbers are exact in it.
final class RowKernel<Scalar: KernelScalar, Arithmetic: RowArithmetic>: BlockKernel {
  private let arithmetic: Arithmetic
  private let predictions: Tensor
  private let labels: Tensor
  private let labelsPerRow: Int
  private let classCount: Int
  private let policies: EvaluationPolicies
  let unitShape: Shape

  /// - Parameters:
  ///   - predictions: at least one axis; the last is that of a row.
  ///   - labels: `labelsPerRow` for each row, in C order.
  init(
    _ arithmetic: Arithmetic, predictions: Tensor, labels: Tensor, labelsPerRow: Int,
    rows: Shape, policies: EvaluationPolicies
  ) {
    self.arithmetic = arithmetic
    self.predictions = predictions
    self.labels = labels
    self.labelsPerRow = labelsPerRow
    self.policies = policies
    classCount = predictions.shape.dimensions.last ?? 0
    unitShape = rows
  }

  /// A thread's readers and rows.
  final class Workspace {
    let predictions: BlockReader<Double>
    let labels: BlockReader<Double>
    let derivative: MutableByteStorage
    var scratch: Arithmetic.Scratch

    init(_ kernel: RowKernel, rowCount: Int) throws(LossError) {
      let (count, kernels) = (rowCount * kernel.classCount, kernel.policies.kernels)
      predictions = try BlockReader(kernel.predictions, capacity: max(count, 1), kernels)
      labels = try BlockReader(
        kernel.labels, capacity: max(rowCount * kernel.labelsPerRow, 1), kernels)
      derivative = try scratchMemory(max(count, 1), of: Double.self)
      scratch = kernel.arithmetic.makeScratch(count: kernel.classCount)
    }
  }

  var unitsPerRow: Int { unitShape.elementsPerRow }
  var mayIgnoreUnits: Bool { false }
  var unitsPerBlock: Int { max(1, 8192 / max(classCount, 1)) }
  var blocksPerGroup: Int { 1 }
  var bufferedGradient: String? { nil }

  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace {
    try Workspace(self, rowCount: blockSize)
  }

  func countKept(_ units: Range<Int>, _ workspace: Workspace) -> Int { units.count }

  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws {
    let elements = units.lowerBound * classCount..<units.upperBound * classCount
    let x = workspace.predictions.read(elements)
    let labels = workspace.labels.read(
      units.lowerBound * labelsPerRow..<units.upperBound * labelsPerRow)
    let memory = workspace.derivative.bytes.bindMemory(to: Double.self)
    let all = UnsafeMutableBufferPointer(rebasing: memory[..<elements.count])
    if output.gradientSink != nil { all.update(repeating: 0) }
    for position in 0..<units.count {
      let range = position * classCount..<(position + 1) * classCount
      let own = position * labelsPerRow..<(position + 1) * labelsPerRow
      let derivative =
        output.gradientSink == nil ? nil : UnsafeMutableBufferPointer(rebasing: all[range])
      let loss = try arithmetic.loss(
        ofRow: units.lowerBound + position, UnsafeBufferPointer(rebasing: x[range]),
        UnsafeBufferPointer(rebasing: labels[own]), derivative: derivative, &workspace.scratch)
      output.values[position] = Scalar(loss)
      guard let derivative else { continue }
      let upstream = output.upstream.total(position)
      for index in derivative.indices { derivative[index] *= upstream }
    }
    try output.gradientSink?.write(UnsafeBufferPointer(all), at: elements.lowerBound)
  }
}
