import LossKernels
import LossTensor

/// The gradients of softmax cross entropy.
extension SoftmaxCrossEntropyKernel {
  /// Computes and stores the gradients of a block whose rows are complete.
  func storeGradient(
    _ units: Range<Int>, _ workspace: Workspace, _ upstream: Upstream<Scalar>,
    _ sink: any TensorSink
  ) throws {
    for row in 0..<units.count {
      let g = workspace.isKept(row) ? upstream.total(row) : 0
      workspace.upstream[row] = g
      workspace.factors[row] = workspace.rows.factors[row] * (g * total(row, workspace))
    }
    let writer = try workspace.gradientWriter(sink, axis)
    try axis.forEachPiece(units.count) { piece in
      if loss.predictionKind == .logits {
        guard let x = try workspace.predictions(piece, of: units, self) else { return }
        try writer.write(piece, of: units.lowerBound) { output in
          fill(output, x, piece, units, workspace)
          mendLabels(output, piece, workspace) { row, _ in labelDerivative(row, workspace) }
        }
      } else {
        let x = workspace.probabilities(piece, of: units)
        let soft = workspace.distributions?.read(piece, of: units.lowerBound)
        try writer.write(piece, of: units.lowerBound) { output in
          fillDirect(output, x, soft, piece, workspace)
        }
      }
    }
  }

  /// Σ q of a row.
  private func total(_ row: Int, _ workspace: Workspace) -> Double {
    let spread = usesDistribution ? workspace.totals[row] : 0
    guard labels.kind == .indices, workspace.isKept(row) else { return spread }
    return spread + (1 - loss.labelSmoothing) * weights.padded[workspace.classes[row]]
  }

  /// Writes p·Q·g, less the distribution's part.
  private func fill(
    _ output: UnsafeMutablePointer<Compute>, _ x: UnsafePointer<Compute>, _ piece: ClassAxis.Piece,
    _ units: Range<Int>, _ workspace: Workspace
  ) {
    let block = LogitRows(
      rowCount: piece.rows.count, classCount: piece.classes.count, logits: x)
    let rows = workspace.rows.advanced(by: piece.rows.lowerBound)
    let gradient = GradientRows(
      factors: workspace.factors + piece.rows.lowerBound,
      upstream: workspace.upstream + piece.rows.lowerBound)
    guard usesDistribution else {
      return workspace.kernels.labelGradient(block, rows, gradient, output)
    }
    let soft = workspace.distributions?.read(piece, of: units.lowerBound)
    weights.padded.withUnsafeBufferPointer { weights in
      guard let start = weights.baseAddress else { return }
      workspace.kernels.distributionGradient(
        block, rows, gradient, distribution(soft, start, piece), output)
    }
  }

  /// Writes the derivatives at the labels, and 0 all over ignored rows.
  private func mendLabels(
    _ output: UnsafeMutablePointer<Compute>, _ piece: ClassAxis.Piece, _ workspace: Workspace,
    _ derivative: (_ row: Int, _ offset: Int) -> Double
  ) {
    guard labels.kind == .indices else { return }
    for position in 0..<piece.rows.count {
      let row = piece.rows.lowerBound + position
      let start = position * piece.classes.count
      if !workspace.isKept(row) {
        (output + start).update(repeating: 0, count: piece.classes.count)
      } else if piece.classes.contains(workspace.classes[row]) {
        let offset = start + workspace.classes[row] - piece.classes.lowerBound
        output[offset] = Compute(derivative(row, offset))
      }
    }
  }

  /// g·(p·Q - q) at the label, as g·((Q - q) - Q·(1 - p)): 1 - p is known without cancellation, and Q - q
  /// is 0 without smoothing.
  private func labelDerivative(_ row: Int, _ workspace: Workspace) -> Double {
    let weight = weights.padded[workspace.classes[row]]
    let others = loss.labelSmoothing / Double(axis.count) * (weights.total - weight)
    let q = total(row, workspace)
    return workspace.upstream[row] * (others - q * workspace.rows.complements[row])
  }

  /// Writes -g·q for log-probabilities, -g·q/p for probabilities.
  private func fillDirect(
    _ output: UnsafeMutablePointer<Compute>, _ x: UnsafePointer<Compute>?,
    _ soft: UnsafePointer<Compute>?, _ piece: ClassAxis.Piece, _ workspace: Workspace
  ) {
    let spread = loss.labelSmoothing / Double(axis.count)
    func derivative(_ row: Int, _ offset: Int, _ q: Double) -> Double {
      guard q != 0 else { return 0 }
      let divisor = loss.predictionKind == .probs ? x?[offset].asDouble ?? 1 : 1
      return -workspace.upstream[row] * q / divisor
    }
    for position in 0..<piece.rows.count {
      let row = piece.rows.lowerBound + position
      for (line, index) in piece.classes.enumerated() {
        let offset = position * piece.classes.count + line
        let label = soft.map { (1 - loss.labelSmoothing) * $0[offset].asDouble } ?? 0
        output[offset] = Compute(derivative(row, offset, weights.padded[index] * (label + spread)))
      }
    }
    mendLabels(output, piece, workspace) { row, offset in
      let weight = weights.padded[workspace.classes[row]]
      return derivative(row, offset, weight * (1 - loss.labelSmoothing + spread))
    }
  }
}
