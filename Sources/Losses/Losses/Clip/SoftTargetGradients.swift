import LossKernels
import LossTensor

/// The gradients of contrastive losses with similarities as labels, through the labels unless these are detached.
///
/// With g what arrives at the pairs and Pʳ, Pᶜ the softmax of S by rows and by columns:
///
///     dS = ½ · (gᵢ · (Pʳ - Y) + gⱼ · (Pᶜ · Σᵢ Yᵢⱼ - Y))
///     dA = Y · (dY - Σⱼ Yᵢⱼ · dYᵢⱼ), dY = -½ · (gᵢ · log Pʳ + gⱼ · log Pᶜ)
struct SoftTargetGradients<Scalar: KernelScalar> {
  let targets: SoftTargets<Scalar>
  let upstream: [Double]
  let scaling: LogitScaling
  let detachesTargets: Bool

  /// Computes and stores the gradients of both sets of vectors and of the scale.
  func store(into sinks: [String: any TensorSink], _ run: WholeRun) throws {
    let (texts, images) = (targets.logits.a, targets.logits.b)
    let count = texts.count * texts.width
    let textRows = try RowGradients<Scalar>(count: count)
    let imageRows = try RowGradients<Scalar>(count: count)
    let matrix = MatrixGradients<Scalar>(
      matrix: targets.logits, sinks: [images.name: imageRows])
    try matrix.add(
      to: textRows, run, makeState: { try LogitDerivatives(self) },
      derive: { tile, state in state.write(tile) })
    var scale = try matrix.product(textRows) / targets.logits.scale
    var shares: (rows: RowGradients<Scalar>, columns: RowGradients<Scalar>)?
    if !detachesTargets {
      let both = try labelGradients(run)
      let labelMatrix = MatrixGradients<Scalar>(matrix: targets.similarities, sinks: [:])
      scale -= try labelMatrix.product(both.rows) / targets.logits.scale
      shares = both
    }
    try sinks[scaling.option]?.writeNumber(scale * scaling.derivative)
    try store(texts, textRows, isNormalized: false, shares, half: 1, sinks[texts.name])
    // The columns' gradients went through the lengths as they were stored.
    try store(images, imageRows, isNormalized: true, shares, half: 0, sinks[images.name])
  }

  /// The gradients of images and texts side by side through the labels.
  private func labelGradients(
    _ run: WholeRun
  ) throws -> (rows: RowGradients<Scalar>, columns: RowGradients<Scalar>) {
    let set = targets.similarities.a
    let rows = try RowGradients<Scalar>(count: set.count * set.width)
    let columns = try RowGradients<Scalar>(count: set.count * set.width)
    let weighted = try targets.weighted(upstream, run)
    // Σⱼ Yᵢⱼ · dYᵢⱼ
    let means = upstream.indices.map {
      0.5 * (upstream[$0] * targets.rowLosses[$0] + weighted[$0])
    }
    try MatrixGradients<Scalar>(
      matrix: targets.similarities, sinks: [set.name: columns]
    ).add(
      to: rows, run, makeState: { try TargetTile(targets) },
      derive: { tile, state in write(tile, state, means) })
    return (rows, columns)
  }

  /// Writes dA of a tile of similarities.
  private func write(
    _ tile: LogitTile<Scalar>, _ state: TargetTile<Scalar>, _ means: [Double]
  ) {
    guard let rows = targets.sums.rows, let columns = targets.sums.columns else { return }
    state.computeLogits(rows: tile.rows, columns: tile.columns)
    let labels = state.labels(of: tile)
    let columnLogs = tile.columns.map { columns.gap($0, above: 0) }
    for (position, row) in tile.rows.enumerated() {
      let (start, rowLog) = (position * tile.columns.count, rows.gap(row, above: 0))
      for (offset, column) in tile.columns.enumerated() {
        let x = state.logits.logits[start + offset].asDouble
        let derivative =
          0.5 * (upstream[row] * (rowLog - x) + upstream[column] * (columnLogs[offset] - x))
        tile.derivatives[start + offset] = Scalar(
          labels[start + offset].asDouble * (derivative - means[row]))
      }
    }
  }

  /// Stores one set's gradient, with its half of what comes through the labels.
  private func store(
    _ set: VectorSet, _ own: RowGradients<Scalar>, isNormalized: Bool,
    _ shares: (rows: RowGradients<Scalar>, columns: RowGradients<Scalar>)?, half: Int,
    _ sink: (any TensorSink)?
  ) throws {
    guard let sink else { return }
    let width = set.width
    let reader = try VectorReader<Scalar>(set, capacity: 1, targets.logits.policies)
    let memory = try scratchMemory(max(width, 1), of: Scalar.self)
    let gradient = UnsafeMutableBufferPointer(
      rebasing: memory.bytes.bindMemory(to: Scalar.self)[..<width])
    for row in 0..<set.count {
      guard let vector = reader.read(row..<row + 1) else { continue }
      for index in 0..<width {
        let place = (2 * row + half) * width + index
        var sum = shares.map { $0.rows.values[place] + $0.columns.values[place] } ?? 0
        if !isNormalized { sum += own.values[row * width + index] }
        gradient[index] = sum
      }
      set.unnormalize(gradient, vector, from: row)
      if isNormalized {
        for index in 0..<width { gradient[index] += own.values[row * width + index] }
      }
      try sink.write(UnsafeBufferPointer(gradient), at: row * width)
    }
  }
}

/// A thread's memory for dS.
private final class LogitDerivatives<Scalar: KernelScalar> {
  private let gradients: SoftTargetGradients<Scalar>
  private let probabilities: SoftmaxDerivatives<Scalar>
  private let tile: TargetTile<Scalar>
  /// What arrives at a column times what its labels add up to.
  private let columnUpstream: [Double]

  init(_ gradients: SoftTargetGradients<Scalar>) throws(LossError) {
    self.gradients = gradients
    let targets = gradients.targets
    probabilities = try SoftmaxDerivatives(
      targets.logits, rows: targets.sums.rows, columns: targets.sums.columns, rowWeight: 0.5)
    tile = try TargetTile(targets)
    columnUpstream = zip(gradients.upstream, targets.columnTotals).map { $0 * $1 }
  }

  func write(_ logits: LogitTile<Scalar>) {
    let labels = tile.computeLabels(rows: logits.rows, columns: logits.columns)
    probabilities.write(logits, rows: gradients.upstream, columns: columnUpstream)
    let upstream = gradients.upstream
    for (position, row) in logits.rows.enumerated() {
      let start = position * logits.columns.count
      for (offset, column) in logits.columns.enumerated() {
        let label = labels[start + offset].asDouble
        logits.derivatives[start + offset] = Scalar(
          logits.derivatives[start + offset].asDouble
            - 0.5 * (upstream[row] + upstream[column]) * label)
      }
    }
  }
}
