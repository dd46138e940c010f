import LossKernels
import LossTensor

/// Softmax cross entropy over blocks of rows, computed in `Compute` and handed out as `Scalar`.
///
/// Each block goes over its rows up to three times while they are in the cache: for the sums of their
/// exponentials, for their sums against the labels' distribution where that is more than one class, and
/// for the gradient.
final class SoftmaxCrossEntropyKernel<Scalar: KernelScalar, Compute: KernelScalar>: BlockKernel {
  let loss: SoftmaxCrossEntropy
  let predictions: Tensor
  let axis: ClassAxis
  let labels: ClassLabels
  let weights: ClassWeights
  let policies: EvaluationPolicies

  init(
    loss: SoftmaxCrossEntropy, predictions: Tensor, axis: ClassAxis, labels: ClassLabels,
    weights: ClassWeights, policies: EvaluationPolicies
  ) {
    self.loss = loss
    self.predictions = predictions
    self.axis = axis
    self.labels = labels
    self.weights = weights
    self.policies = policies
  }

  typealias Workspace = SoftmaxWorkspace<Compute>

  var unitShape: Shape { axis.rowsShape }
  var unitsPerRow: Int { axis.rowsShape.elementsPerRow }
  var unitsPerBlock: Int { axis.rowsPerBlock }
  var blocksPerGroup: Int { 1 }
  var bufferedGradient: String? { nil }
  var mayIgnoreUnits: Bool { labels.kind == .indices }
  var hasWeightedDivisor: Bool { labels.kind == .indices && weights.areGiven }

  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace {
    try SoftmaxWorkspace(predictions, labels, axis, rowCount: blockSize, policies.kernels)
  }

  func countKept(_ units: Range<Int>, _ workspace: Workspace) throws(LossError) -> Int {
    workspace.indices.map { labels.countKept($0.read(units)) } ?? units.count
  }

  func addWeights(
    _ units: Range<Int>, _ workspace: Workspace, to sum: inout ExactSum
  ) throws(LossError) {
    try workspace.readClasses(units, labels)
    for position in 0..<units.count where workspace.classes[position] != ClassLabels.ignored {
      sum.add(weights.padded[workspace.classes[position]])
    }
  }

  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws {
    try workspace.readClasses(units, labels)
    workspace.rows.reset(units.count)
    try axis.forEachPiece(units.count) { piece in
      guard let x = try workspace.predictions(piece, of: units, self) else { return }
      look(at: x, piece, workspace, &tally)
      if loss.predictionKind == .logits {
        let block = LogitRows(
          rowCount: piece.rows.count, classCount: piece.classes.count, logits: x)
        let rows = workspace.rows.advanced(by: piece.rows.lowerBound)
        if axis.count <= shortRowLimit {
          workspace.kernels.shortSoftmaxSums(block, rows)
        } else {
          workspace.kernels.softmaxSums(block, rows)
        }
      }
      workspace.gatherLabels(x, piece)
    }
    if loss.predictionKind == .logits {
      workspace.kernels.finishSoftmaxRows(workspace.rows, units.count)
    } else {
      workspace.clearSums(units.count)
    }
    if usesDistribution { try addTerms(units, workspace) }
    for position in 0..<units.count {
      let isIgnored = workspace.classes[position] == ClassLabels.ignored && labels.kind == .indices
      output.values[position] = isIgnored ? 0 : Scalar(value(position, workspace))
      tally.ignored += isIgnored ? 1 : 0
    }
    if let sink = output.gradientSink {
      try storeGradient(units, workspace, output.upstream, sink)
    }
  }

  /// Whether all classes of a row count, not only its label's.
  var usesDistribution: Bool { labels.kind == .distributions || loss.labelSmoothing > 0 }

  /// ε / C.
  private var smoothingPerClass: Double { loss.labelSmoothing / Double(max(axis.count, 1)) }

  /// The distribution of the rows of a piece, without the label's own part where labels are indices.
  func distribution(
    _ soft: UnsafePointer<Compute>?, _ weights: UnsafePointer<Double>, _ piece: ClassAxis.Piece
  ) -> LabelDistribution<Compute> {
    LabelDistribution(
      labels: soft, weights: weights + piece.classes.lowerBound,
      scale: soft == nil ? 0 : 1 - loss.labelSmoothing, offset: smoothingPerClass)
  }

  /// Adds Σ q·(m - x) and Σ q of each row.
  private func addTerms(_ units: Range<Int>, _ workspace: Workspace) throws {
    try axis.forEachPiece(units.count) { piece in
      guard let x = try workspace.predictions(piece, of: units, self) else { return }
      let soft = workspace.distributions?.read(piece, of: units.lowerBound)
      let isFinite = weights.padded.withUnsafeBufferPointer { weights in
        guard let start = weights.baseAddress else { return true }
        return workspace.kernels.labelTerms(
          LogitRows(rowCount: piece.rows.count, classCount: piece.classes.count, logits: x),
          distribution(soft, start, piece), workspace.rows.maxima + piece.rows.lowerBound,
          policies.zeroTimesInfinity == .zero, workspace.gaps + piece.rows.lowerBound,
          workspace.totals + piece.rows.lowerBound)
      }
      if !isFinite, let soft { try requireFinite(soft, piece, of: units) }
    }
  }

  private func requireFinite(
    _ soft: UnsafePointer<Compute>, _ piece: ClassAxis.Piece, of units: Range<Int>
  ) throws(LossError) {
    for position in 0..<piece.rows.count * piece.classes.count where !soft[position].isFinite {
      let (row, offset) = position.quotientAndRemainder(dividingBy: piece.classes.count)
      throw .valueOutOfRange(
        input: "label",
        index: axis.elementIndex(
          row: units.lowerBound + piece.rows.lowerBound + row,
          class: piece.classes.lowerBound + offset),
        found: soft[position].asDouble, expected: "a finite label", hint: nil)
    }
  }

  /// The loss of a row that is not ignored.
  private func value(_ position: Int, _ workspace: Workspace) -> Double {
    let logSum = workspace.rows.logSums[position]
    var value = 0.0
    if usesDistribution {
      value = workspace.gaps[position] + workspace.totals[position] * logSum
    }
    guard labels.kind == .indices else { return value }
    let label = workspace.classes[position]
    let gap = workspace.rows.maxima[position] - workspace.rows.labels[position]
    let coefficient = (1 - loss.labelSmoothing) * weights.padded[label]
    let skips = coefficient == 0 && gap.isInfinite && policies.zeroTimesInfinity == .zero
    return skips ? value : value + coefficient * (gap + logSum)
  }

  /// Looks for what a warning is due for; one number is enough, and it mostly comes soon.
  private func look(
    at x: UnsafePointer<Compute>, _ piece: ClassAxis.Piece, _ workspace: Workspace,
    _ tally: inout BlockTally
  ) {
    func contains(_ isSought: (Compute) -> Bool) -> Bool {
      (0..<piece.rows.count).contains { row in
        workspace.isKept(piece.rows.lowerBound + row)
          && (0..<piece.classes.count).contains { isSought(x[row * piece.classes.count + $0]) }
      }
    }
    switch loss.predictionKind {
    case .logits where !tally.hasPredictionOutsideUnitInterval:
      tally.hasPredictionOutsideUnitInterval = contains { !(0...1).contains($0) }
    case .logProbs where !tally.hasPositivePrediction:
      tally.hasPositivePrediction = contains { $0 > 0 }
    default: break
    }
  }
}
