import LossKernels
import LossTensor

/// Binary cross entropy of true scores and of noise, each as it is, added up by rows.
///
/// Scores are read where they lie: to put those of a row side by side first takes half as long again.
final class PlainScoresKernel<Scalar: KernelScalar>: BlockKernel {
  private let positive: ScoreSource
  private let negative: ScoreSource
  private let policies: EvaluationPolicies
  let unitShape: Shape

  /// Scores of one label, so many in each row.
  struct ScoreSource: Sendable {
    let name: String
    let tensor: Tensor
    let perRow: Int
    let label: Double
  }

  /// - Parameters:
  ///   - positive: [N].
  ///   - negative: [N, K].
  init(positive: Tensor, negative: Tensor, policies: EvaluationPolicies) {
    self.positive = ScoreSource(name: "pos", tensor: positive, perRow: 1, label: 1)
    self.negative = ScoreSource(
      name: "neg", tensor: negative, perRow: negative.shape.elementsPerRow, label: 0)
    self.policies = policies
    unitShape = .vector(positive.shape.rowCount)
  }

  /// A thread's scores of both kinds.
  final class Workspace {
    fileprivate let positive: Scores
    fileprivate let negative: Scores

    fileprivate init(_ kernel: PlainScoresKernel, rowCount: Int) throws(LossError) {
      positive = try Scores(kernel.positive, rowCount, kernel.policies)
      negative = try Scores(kernel.negative, rowCount, kernel.policies)
    }
  }

  /// A thread's scores of one label, with their losses and derivatives.
  fileprivate final class Scores {
    private let source: ScoreSource
    private let reader: BlockReader<Scalar>
    private let kernels: ScalarKernels<Scalar>
    private let memory: MutableByteStorage
    private let labels: UnsafeMutablePointer<Scalar>
    private let derivatives: UnsafeMutablePointer<Scalar>
    let values: UnsafeMutablePointer<Scalar>

    init(
      _ source: ScoreSource, _ rowCount: Int, _ policies: EvaluationPolicies
    ) throws(LossError) {
      self.source = source
      let count = max(rowCount * source.perRow, 1)
      reader = try BlockReader(source.tensor, capacity: count, policies.kernels)
      memory = try scratchMemory(3 * count, of: Scalar.self)
      guard let start = memory.bytes.bindMemory(to: Scalar.self).baseAddress else {
        throw .notEnoughMemory(bytes: memory.bytes.count)
      }
      (labels, values, derivatives) = (start, start + count, start + 2 * count)
      labels.update(repeating: Scalar(source.label), count: count)
      kernels = Scalar.kernels(policies.kernels)
    }

    /// Computes the losses of some rows, and stores the gradient where it is wanted.
    func evaluate(_ rows: Range<Int>, _ output: BlockOutput<Scalar>) throws {
      let range = rows.lowerBound * source.perRow..<rows.upperBound * source.perRow
      guard let scores = reader.read(range).baseAddress else { return }
      let sink = output.gradientSinks[source.name]
      let upstream = output.upstream
      let block = ElementBlock<Scalar>(
        count: range.count, predictions: scores, labels: labels, factors: nil, values: values,
        gradients: sink == nil ? nil : derivatives,
        scale: upstream.perUnit == nil ? upstream.scale : (1, 0))
      _ = block.padded(to: Scalar.laneCount, kernels.logitCrossEntropy)
      guard let sink else { return }
      if upstream.perUnit != nil {
        for index in 0..<range.count {
          let factor = upstream.total(index / source.perRow)
          derivatives[index] = Scalar(derivatives[index].asDouble * factor)
        }
      }
      try sink.write(
        UnsafeBufferPointer(start: derivatives, count: range.count), at: range.lowerBound)
    }
  }

  var unitsPerRow: Int { 1 }
  var mayIgnoreUnits: Bool { false }
  var unitsPerBlock: Int { max(1, 8192 / max(1 + negative.perRow, 1)) }
  var blocksPerGroup: Int { 8 }
  var bufferedGradient: String? { nil }

  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace {
    try Workspace(self, rowCount: blockSize)
  }

  func countKept(_ units: Range<Int>, _ workspace: Workspace) -> Int { units.count }

  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws {
    try workspace.positive.evaluate(units, output)
    try workspace.negative.evaluate(units, output)
    guard let values = output.values.baseAddress else { return }
    let (own, noise, count) = (
      workspace.positive.values, workspace.negative.values, negative.perRow
    )
    var position = 0
    for row in 0..<units.count {
      // Nothing below 0 is added: a double has room for more terms than there are.
      var sum = own[row].asDouble
      for _ in 0..<count {
        sum += noise[position].asDouble
        position &+= 1
      }
      values[row] = Scalar(sum)
    }
  }
}
