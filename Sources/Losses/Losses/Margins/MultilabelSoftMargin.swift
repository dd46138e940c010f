import LossKernels
import LossTensor

/// Multi-label soft margin loss: the mean of the binary cross entropies of a row's classes.
///
/// With x a row of C logits, y its labels from 0 to 1 and sp the softplus function log(1 + exp(x)):
///
///     ℓ = 1 / C · Σ_c w[c] · (y[c] · sp(-x[c]) + (1 - y[c]) · sp(x[c]))
///
/// - Shapes: `pred` [S..., C]; `label` of the same shape; `class-weight` [C].
/// - Mean divisor: the number of rows. Each row divides by C, not by the sum of the weights.
/// - Gradient: w[c] · (σ(x[c]) - y[c]) / C.
/// - Edge cases: those of binary cross entropy with logits.
/// - Example: the 3 × 3 example of `bce` has rows of 0.8166, 0.6558 and 0.6855, and their mean, 0.7193.
/// - Reference: PyTorch MultiLabelSoftMarginLoss.
public struct MultilabelSoftMargin: Loss {
  /// A multi-label soft margin loss.
  public init() {}

  /// What the loss is.
  public static let spec = LossSpec(
    name: "multilabel-soft-margin",
    summary: "mean of the binary cross entropies of each row's classes",
    formula: "1 / C sum_c w[c] (y[c] softplus(-x[c]) + (1 - y[c]) softplus(x[c]))",
    meanDivisor: "rows",
    reference: "PyTorch MultiLabelSoftMarginLoss",
    inputs: [
      InputSpec("pred", .exactly("S... C"), isDifferentiable: true),
      InputSpec("label", .exactly("S... C")),
      InputSpec("class-weight", .checkedByLoss("[C]"), isRequired: false),
    ])

  /// Nothing.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] { [] }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    let predictions = try inputs.require("pred")
    let axis = try ClassAxis(-1, of: predictions.shape, input: "pred")
    // Checks the weights' shape and values.
    _ = try ClassWeights(inputs["class-weight"], axis)
    let elements = BinaryCrossEntropyKernel<Scalar>(
      loss: try BinaryCrossEntropy(), predictions: predictions, labels: try inputs.require("label"),
      weights: inputs["class-weight"]?.broadcast(to: predictions.shape), positiveWeights: nil,
      policies: policies)
    return PreparedKernel(
      RowMeanKernel<Scalar>(
        elements, rows: axis.rowsShape, rowLength: axis.count, policies: policies))
  }

  /// Logits that are all in [0, 1] are more likely probabilities.
  public func warnings(for tally: BlockTally) -> [LossWarning] {
    tally.hasPredictionOutsideUnitInterval ? [] : [.logitsLookLikeProbabilities(input: "pred")]
  }
}

/// The means of the losses of binary cross entropy along the last axis.
final class RowMeanKernel<Scalar: KernelScalar>: BlockKernel {
  private let elements: BinaryCrossEntropyKernel<Scalar>
  private let rowLength: Int
  private let policies: EvaluationPolicies
  let unitShape: Shape

  init(
    _ elements: BinaryCrossEntropyKernel<Scalar>, rows: Shape, rowLength: Int,
    policies: EvaluationPolicies
  ) {
    self.elements = elements
    self.rowLength = rowLength
    self.policies = policies
    unitShape = rows
  }

  /// A thread's scratch memory: a loss, a derivative and an upstream gradient for each element.
  final class Workspace {
    let elements: BinaryCrossEntropyKernel<Scalar>.Workspace
    let values: MutableByteStorage
    let gradient: MutableByteStorage
    let upstream: MutableByteStorage

    init(_ kernel: RowMeanKernel, rowCount: Int) throws(LossError) {
      let count = max(rowCount * kernel.rowLength, 1)
      elements = try kernel.elements.makeWorkspace(blockSize: count)
      values = try scratchMemory(count, of: Scalar.self)
      gradient = try scratchMemory(count, of: Scalar.self)
      upstream = try scratchMemory(count, of: Scalar.self)
    }
  }

  var unitsPerRow: Int { unitShape.elementsPerRow }
  var mayIgnoreUnits: Bool { false }
  var unitsPerBlock: Int { max(1, 2048 / max(rowLength, 1)) }
  var blocksPerGroup: Int { 32 }
  var bufferedGradient: String? { nil }

  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace {
    try Workspace(self, rowCount: blockSize)
  }

  func countKept(_ units: Range<Int>, _ workspace: Workspace) -> Int { units.count }

  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws {
    let range = units.lowerBound * rowLength..<units.upperBound * rowLength
    let values = part(workspace.values, range.count)
    let gradient = output.gradientSink == nil ? nil : part(workspace.gradient, range.count)
    let inner = BlockOutput(
      values: values, gradient: gradient, gradientSinks: [:],
      upstream: upstream(output.upstream, units.count, workspace))
    try elements.evaluate(range, workspace.elements, into: inner, tally: &tally)
    for position in 0..<units.count {
      var sum = ExactSum()
      let row = UnsafeBufferPointer(
        rebasing: values[position * rowLength..<(position + 1) * rowLength])
      _ = sum.add(row, policies.kernels)
      output.values[position] = Scalar(sum.divided(by: Double(rowLength)))
    }
    if let gradient {
      try output.gradientSink?.write(UnsafeBufferPointer(gradient), at: range.lowerBound)
    }
  }

  private func part(
    _ memory: MutableByteStorage, _ count: Int
  ) -> UnsafeMutableBufferPointer<Scalar> {
    UnsafeMutableBufferPointer(rebasing: memory.bytes.bindMemory(to: Scalar.self)[..<count])
  }

  /// What arrives at each element: a row's share for each of its elements.
  private func upstream(
    _ rows: Upstream<Scalar>, _ count: Int, _ workspace: Workspace
  ) -> Upstream<Scalar> {
    let divisor = rows.divisor * Double(rowLength)
    guard let perRow = rows.perUnit else {
      return Upstream(perUnit: nil, factor: rows.factor, divisor: divisor)
    }
    let target = part(workspace.upstream, count * rowLength)
    for row in 0..<count {
      target[row * rowLength..<(row + 1) * rowLength].update(repeating: perRow[row])
    }
    return Upstream(perUnit: UnsafeBufferPointer(target), factor: rows.factor, divisor: divisor)
  }
}
