import LossKernels
import LossTensor

/// The cost of logistic regression over blocks of rows.
///
/// Logits and losses are double whatever the features are, so that a logit's rounding does not show in a small
/// loss. The gradients of what all rows share are added up in each block, and blocks in pairs, so that their bits
/// do not depend on threads.
final class LogisticKernel<Scalar: KernelScalar>: BlockKernel {
  private let loss: Logistic
  private let features: Tensor
  private let labels: Tensor
  private let weights: Tensor?
  private let model: LinearModel
  private let policies: EvaluationPolicies
  private let thetaSums = PairwiseSums()
  let unitShape: Shape

  init(
    _ loss: Logistic, rows: Shape, features: Tensor, labels: Tensor, weights: Tensor?,
    model: LinearModel, policies: EvaluationPolicies
  ) {
    self.loss = loss
    self.features = features
    self.labels = labels
    self.weights = weights
    self.model = model
    self.policies = policies
    unitShape = rows
  }

  /// A thread's readers and scratch memory.
  final class Workspace {
    fileprivate let features: BlockReader<Scalar>
    fileprivate let labels: BlockReader<Double>
    fileprivate let weights: BlockReader<Double>?
    fileprivate let thetaSum: MutableByteStorage
    fileprivate let featureGradient: MutableByteStorage
    fileprivate let spare: MutableByteStorage
    fileprivate var biasSum = ExactSum()
    private let numbers: MutableByteStorage
    private let capacity: Int

    fileprivate init(_ kernel: LogisticKernel, rowCount: Int) throws(LossError) {
      let (width, kernels) = (kernel.model.width, kernel.policies.kernels)
      let count = max(rowCount * width, 1)
      capacity = max(rowCount, 1)
      features = try BlockReader(kernel.features, capacity: count, kernels)
      labels = try BlockReader(kernel.labels, capacity: capacity, kernels)
      if let tensor = kernel.weights {
        weights = try BlockReader(tensor, capacity: capacity, kernels)
      } else {
        weights = nil
      }
      thetaSum = try scratchMemory(max(width, 1), of: Double.self)
      featureGradient = try scratchMemory(count, of: Scalar.self)
      spare = try scratchMemory(Scalar.laneCount, of: Scalar.self)
      spare.bytes.bindMemory(to: Scalar.self).initialize(repeating: 0)
      numbers = try scratchMemory(Slot.allCases.count * capacity, of: Double.self)
    }

    fileprivate enum Slot: Int, CaseIterable {
      case logits, labels, values, derivatives, upstream, ones
    }

    /// Room for a double for each row.
    fileprivate func slot(_ slot: Slot, _ count: Int) -> UnsafeMutableBufferPointer<Double> {
      let start = slot.rawValue * capacity
      return UnsafeMutableBufferPointer(
        rebasing: numbers.bytes.bindMemory(to: Double.self)[start..<start + count])
    }
  }

  var unitsPerRow: Int { unitShape.elementsPerRow }
  var mayIgnoreUnits: Bool { false }
  var bufferedGradient: String? { nil }
  var blocksPerGroup: Int { 4 }

  /// What fits into a core's second cache, as gradients read the features of a block again.
  var unitsPerBlock: Int {
    let rowSize = max(model.width, 1) * MemoryLayout<Scalar>.size
    return min(max(262_144 / rowSize, 16), 4096)
  }

  /// λ/2 · ‖θ‖²; nil for λ = 0.
  var penalty: Double? { loss.l2 == 0 ? nil : model.penalty(loss.l2) }

  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace {
    try Workspace(self, rowCount: blockSize)
  }

  func countKept(_ units: Range<Int>, _ workspace: Workspace) -> Int { units.count }

  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws {
    let width = model.width
    let features = workspace.features.read(units.lowerBound * width..<units.upperBound * width)
    guard let start = features.baseAddress, let theta = model.theta.baseAddress else { return }
    try readLabels(units, workspace)
    let logits = workspace.slot(.logits, units.count)
    let rows = PackedRows(start, count: units.count, width: width)
    let spare = workspace.spare.bytes.bindMemory(to: Scalar.self)
    guard let logitStart = logits.baseAddress, let spareStart = spare.baseAddress else { return }
    Scalar.kernels(policies.kernels).products
      .rowProducts(rows, theta, model.bias, spareStart, logitStart)
    try computeLosses(units, workspace, output)
    guard !output.gradientSinks.isEmpty else { return }
    try storeGradients(units, rows, workspace, output)
  }

  /// The labels as 0 and 1.
  private func readLabels(_ units: Range<Int>, _ workspace: Workspace) throws(LossError) {
    let labels = workspace.slot(.labels, units.count)
    let given = workspace.labels.read(units)
    let other = loss.labelValues.other
    var invalid: UInt8 = 0
    for position in given.indices {
      let isOne = given[position] == 1
      labels[position] = isOne ? 1 : 0
      // One comparison after the other would be a branch for each label.
      invalid |= isOne != (given[position] == other) ? 0 : 1
    }
    guard invalid != 0 else { return }
    for position in given.indices where given[position] != 1 && given[position] != other {
      throw .valueOutOfRange(
        input: "label", index: unitShape.index(at: units.lowerBound + position),
        found: given[position], expected: loss.labelValues.description,
        hint: loss.labelValues.hint(for: given[position]))
    }
  }

  /// Losses, and what each adds to the gradients, of logits.
  private func computeLosses(
    _ units: Range<Int>, _ workspace: Workspace, _ output: BlockOutput<Scalar>
  ) throws(LossError) {
    let logits = workspace.slot(.logits, units.count)
    let labels = workspace.slot(.labels, units.count)
    let values = workspace.slot(.values, units.count)
    let derivatives = workspace.slot(.derivatives, units.count)
    let weights = workspace.weights?.read(units)
    guard let logitStart = logits.baseAddress, let labelStart = labels.baseAddress,
      let valueStart = values.baseAddress
    else { return }
    let block = ElementBlock(
      count: units.count, predictions: UnsafePointer(logitStart),
      labels: UnsafePointer(labelStart), factors: factors(weights, output.upstream, workspace),
      values: valueStart,
      gradients: output.gradientSinks.isEmpty ? nil : derivatives.baseAddress,
      scale: Double.quotient(output.upstream.factor, output.upstream.divisor))
    let findings = block.padded(to: Double.laneCount) {
      Double.kernels(policies.kernels).logitCrossEntropy($0)
    }
    if findings.contains(.invalid), let weights { try requireFinite(weights, units) }
    if findings.contains(.nonFinitePredictions), policies.zeroTimesInfinity == .nan {
      for position in logits.indices where logits[position].isInfinite {
        let (z, y) = (logits[position], labels[position])
        // PyTorch's form, whose infinities meet zeros and each other.
        values[position] = (weights?[position] ?? 1) * ((1 - y) * z + (z > 0 ? 0 : .infinity))
      }
    }
    for position in values.indices { output.values[position] = Scalar(values[position]) }
  }

  /// What multiplies losses and derivatives, where it is not one number for all.
  private func factors(
    _ weights: UnsafeBufferPointer<Double>?, _ upstream: Upstream<Scalar>, _ workspace: Workspace
  ) -> ElementFactors<Double>? {
    guard let count = weights?.count ?? upstream.perUnit?.count, count > 0 else { return nil }
    let ones = workspace.slot(.ones, count)
    ones.update(repeating: 1)
    let arriving = workspace.slot(.upstream, count)
    if let perUnit = upstream.perUnit {
      for position in perUnit.indices { arriving[position] = perUnit[position].asDouble }
    } else {
      arriving.update(repeating: 1)
    }
    let onesStart = ones.baseAddress.map { UnsafePointer($0) }
    guard let onesStart, let arrivingStart = arriving.baseAddress else { return nil }
    return ElementFactors(
      weights: weights?.baseAddress ?? onesStart, positiveWeights: onesStart,
      upstream: UnsafePointer(arrivingStart))
  }

  private func requireFinite(
    _ weights: UnsafeBufferPointer<Double>, _ units: Range<Int>
  ) throws(LossError) {
    for position in weights.indices where !weights[position].isFinite {
      throw .valueOutOfRange(
        input: "sample-weight", index: unitShape.index(at: units.lowerBound + position),
        found: weights[position], expected: "a finite weight", hint: nil)
    }
  }
}

// MARK: - Gradients

extension LogisticKernel {
  private func storeGradients(
    _ units: Range<Int>, _ rows: PackedRows<Scalar>, _ workspace: Workspace,
    _ output: BlockOutput<Scalar>
  ) throws {
    let derivatives = UnsafeBufferPointer(workspace.slot(.derivatives, units.count))
    if output.gradientSinks["bias"] != nil {
      _ = workspace.biasSum.add(derivatives, policies.kernels)
    }
    if output.gradientSinks["theta"] != nil {
      let sum = workspace.thetaSum.bytes.bindMemory(to: Double.self)
      addRows(rows, derivatives, to: sum)
      thetaSums.add(
        UnsafeBufferPointer(rebasing: sum[..<model.width]),
        ofBlock: units.lowerBound / max(unitsPerBlock, 1))
    }
    if let sink = output.gradientSinks["features"] {
      let gradient = UnsafeMutableBufferPointer(
        rebasing: workspace.featureGradient.bytes.bindMemory(to: Scalar.self)[
          ..<(units.count * model.width)])
      multiply(derivatives, into: gradient)
      try sink.write(UnsafeBufferPointer(gradient), at: units.lowerBound * model.width)
    }
  }

  /// Σ gᵢ·xᵢ over a block.
  private func addRows(
    _ rows: PackedRows<Scalar>, _ derivatives: UnsafeBufferPointer<Double>,
    to sum: UnsafeMutableBufferPointer<Double>
  ) {
    guard let factors = derivatives.baseAddress, let start = sum.baseAddress else { return }
    sum.update(repeating: 0)
    Scalar.kernels(policies.kernels).products.addRows(rows, factors, start)
    // An infinite feature whose row adds nothing has made it NaN.
    guard policies.zeroTimesInfinity == .zero, derivatives.contains(0),
      sum[..<rows.width].contains(where: \.isNaN)
    else { return }
    sum.update(repeating: 0)
    for position in 0..<rows.count where factors[position] != 0 {
      let row = rows.values + position * rows.width
      Scalar.kernels(policies.kernels).products
        .addRows(PackedRows(row, count: 1, width: rows.width), factors + position, start)
    }
  }

  /// gᵢ·θ for the rows of a block.
  private func multiply(
    _ derivatives: UnsafeBufferPointer<Double>, into gradient: UnsafeMutableBufferPointer<Scalar>
  ) {
    guard let factors = derivatives.baseAddress, let theta = model.theta.baseAddress,
      let start = gradient.baseAddress
    else { return }
    let width = model.width
    Scalar.kernels(policies.kernels).products
      .outerProduct(factors, derivatives.count, theta, width, start)
    guard policies.zeroTimesInfinity == .zero, model.theta.contains(where: \.isInfinite) else {
      return
    }
    for position in derivatives.indices where factors[position] == 0 {
      gradient[position * width..<(position + 1) * width].update(repeating: 0)
    }
  }

  func finish(
    _ workspaces: [Workspace], into gradients: [String: any TensorSink], upstream: Double
  ) throws {
    if let sink = gradients["bias"] {
      var sum = ExactSum()
      for workspace in workspaces { sum.add(workspace.biasSum) }
      try withUnsafePointer(to: sum.rounded) {
        try sink.write(UnsafeBufferPointer(start: $0, count: 1), at: 0)
      }
    }
    guard let sink = gradients["theta"] else { return }
    var sum = thetaSums.total ?? [Double](repeating: 0, count: model.width)
    if loss.l2 != 0, upstream != 0 {
      for index in sum.indices { sum[index] += upstream * loss.l2 * model.theta[index] }
    }
    try sum.withUnsafeBufferPointer { try sink.write($0, at: 0) }
  }
}
