import LossKernels
import LossTensor

/// The losses of rows whose true and noise scores are given, computed in double.
final class SampledScoresKernel<Scalar: KernelScalar>: BlockKernel {
  private let form: SampledForm
  private let positive: Tensor
  private let negative: Tensor
  private let correction: NoiseCorrection?
  private let logZ: Double
  private let policies: EvaluationPolicies
  private let trueCount: Int
  private let noiseCount: Int
  let unitShape: Shape

  init(
    _ form: SampledForm, positive: Tensor, negative: Tensor, correction: NoiseCorrection?,
    logZ: Double, policies: EvaluationPolicies
  ) {
    (self.form, self.positive, self.negative) = (form, positive, negative)
    (self.correction, self.logZ, self.policies) = (correction, logZ, policies)
    trueCount = positive.shape.rank == 1 ? 1 : positive.shape.elementsPerRow
    noiseCount = negative.shape.elementsPerRow
    unitShape = .vector(positive.shape.rowCount)
  }

  /// A thread's readers, rows and gradients.
  final class Workspace {
    fileprivate let positive: BlockReader<Double>
    fileprivate let negative: BlockReader<Double>
    fileprivate let corrections:
      (positive: NoiseCorrection.Reader, negative: NoiseCorrection.Reader)?
    fileprivate let rows: SampledRows
    fileprivate let memory: MutableByteStorage
    fileprivate var derivativeSum = ExactSum()

    fileprivate init(_ kernel: SampledScoresKernel, rowCount: Int) throws(LossError) {
      let (trueCount, noiseCount) = (kernel.trueCount, kernel.noiseCount)
      let table = kernel.policies.kernels
      positive = try BlockReader(kernel.positive, capacity: max(rowCount * trueCount, 1), table)
      negative = try BlockReader(kernel.negative, capacity: max(rowCount * noiseCount, 1), table)
      corrections = try kernel.correction?.readers(rowCount: rowCount, kernel.policies)
      rows = try SampledRows(
        kernel.form, rowCount: rowCount, trueCount: trueCount, noiseCount: noiseCount,
        kernel.policies)
      memory = try scratchMemory(
        max(rowCount * max(trueCount, noiseCount), 1), of: Double.self)
    }
  }

  var unitsPerRow: Int { 1 }
  var mayIgnoreUnits: Bool { false }
  var unitsPerBlock: Int { max(1, 8192 / max(trueCount + noiseCount, 1)) }
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
    let rows = workspace.rows
    try read(units, workspace)
    rows.evaluate(
      units.count,
      upstream: output.gradientSinks.isEmpty ? nil : Self.upstream(output.upstream))
    for position in 0..<units.count { output.values[position] = Scalar(rows.losses[position]) }
    try store(output.gradientSinks["pos"], units, workspace, from: 0, count: trueCount)
    try store(output.gradientSinks["neg"], units, workspace, from: trueCount, count: noiseCount)
    if output.gradientSinks["log-z"] != nil {
      _ = workspace.derivativeSum.add(
        UnsafeBufferPointer(start: rows.derivatives, count: units.count * rows.width),
        policies.kernels)
    }
  }

  private static func upstream(_ upstream: Upstream<Scalar>) -> SampledRows.Upstream {
    guard upstream.perUnit != nil else {
      return .init(scale: Double.quotient(upstream.factor, upstream.divisor))
    }
    return .init(scale: (1, 0), perRow: { upstream.total($0) })
  }

  /// Puts true and noise scores of each row side by side, less what is to be taken off.
  private func read(_ units: Range<Int>, _ workspace: Workspace) throws(LossError) {
    let rows = workspace.rows
    let width = rows.width
    let positive = workspace.positive.read(
      units.lowerBound * trueCount..<units.upperBound * trueCount)
    let negative = workspace.negative.read(
      units.lowerBound * noiseCount..<units.upperBound * noiseCount)
    copy(positive, count: trueCount, to: rows.logits, stride: width)
    copy(negative, count: noiseCount, to: rows.logits + trueCount, stride: width)
    if logZ != 0 {
      for index in 0..<units.count * width {
        rows.logits[index] = rows.logits[index] - logZ
      }
    }
    try workspace.corrections?.positive.subtract(
      units, count: trueCount, from: rows.logits, stride: width)
    try workspace.corrections?.negative.subtract(
      units, count: noiseCount, from: rows.logits + trueCount, stride: width)
  }

  /// Copies packed rows to rows that begin `stride` apart.
  private func copy(
    _ source: UnsafeBufferPointer<Double>, count: Int, to target: UnsafeMutablePointer<Double>,
    stride: Int
  ) {
    guard let start = source.baseAddress, count > 0 else { return }
    var (from, to) = (start, target)
    for _ in 0..<source.count / count {
      for index in 0..<count { to[index] = from[index] }
      from += count
      to += stride
    }
  }

  private func store(
    _ sink: (any TensorSink)?, _ units: Range<Int>, _ workspace: Workspace, from offset: Int,
    count: Int
  ) throws {
    guard let sink, count > 0 else { return }
    let target = workspace.memory.bytes.bindMemory(to: Double.self)
    guard var to = target.baseAddress else { return }
    var from = workspace.rows.derivatives + offset
    for _ in 0..<units.count {
      for index in 0..<count { to[index] = from[index] }
      from += workspace.rows.width
      to += count
    }
    try sink.write(
      UnsafeBufferPointer(rebasing: target[..<(units.count * count)]),
      at: units.lowerBound * count)
  }

  func finish(
    _ workspaces: [Workspace], into gradients: [String: any TensorSink], upstream: Double
  ) throws {
    let sum = workspaces.reduce(into: ExactSum()) { $0.add($1.derivativeSum) }
    try gradients["log-z"]?.writeNumber(-sum.rounded)
  }
}
