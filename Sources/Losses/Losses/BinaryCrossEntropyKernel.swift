import LossKernels
import LossTensor

/// Binary cross entropy over blocks of elements.
///
/// Logits go through the kernel of their own type. Elements of float32 whose label is neither 0 nor 1, where
/// the gradient cancels, and probabilities and smoothed labels are computed in double and rounded.
final class BinaryCrossEntropyKernel<Scalar: KernelScalar>: BlockKernel {
  let loss: BinaryCrossEntropy
  let predictions: Tensor
  let labels: Tensor
  let weights: Tensor?
  let positiveWeights: Tensor?
  let policies: EvaluationPolicies

  init(
    loss: BinaryCrossEntropy, predictions: Tensor, labels: Tensor, weights: Tensor?,
    positiveWeights: Tensor?, policies: EvaluationPolicies
  ) {
    self.loss = loss
    self.predictions = predictions
    self.labels = labels
    self.weights = weights
    self.positiveWeights = positiveWeights
    self.policies = policies
  }

  /// A thread's readers and scratch memory.
  final class Workspace {
    let inputs: ElementReaders<Scalar>
    let precise: PreciseCrossEntropy

    init(_ kernel: BinaryCrossEntropyKernel, capacity: Int) throws(LossError) {
      inputs = try ElementReaders(
        kernel.predictions, kernel.labels, kernel.weights, kernel.positiveWeights,
        capacity: capacity, kernel.policies.kernels)
      precise = PreciseCrossEntropy(
        loss: kernel.loss, predictions: kernel.predictions, labels: kernel.labels,
        weights: kernel.weights, positiveWeights: kernel.positiveWeights, policies: kernel.policies,
        capacity: capacity)
    }
  }

  var unitShape: Shape { predictions.shape }
  var unitsPerRow: Int { predictions.shape.elementsPerRow }
  var mayIgnoreUnits: Bool { loss.ignoredLabel != nil }

  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace {
    try Workspace(self, capacity: blockSize)
  }

  func countKept(_ units: Range<Int>, _ workspace: Workspace) -> Int {
    workspace.inputs.labels.read(units).count { !isIgnored($0) }
  }

  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws(LossError) {
    let isLogits = loss.predictionKind == .logits
    if !isLogits || loss.labelSmoothing != 0 {
      try check(units, workspace)
      try workspace.precise.evaluate(units, into: output)
    } else {
      let findings = workspace.inputs.withBlock(units, output) {
        $0.padded(to: Scalar.laneCount) { Scalar.kernels(policies.kernels).logitCrossEntropy($0) }
      }
      if findings.contains(.invalid) { try check(units, workspace) }
      if Scalar.self == Float.self, findings.contains(.softLabels) {
        // Element by element, so that no result depends on its neighbours or on what else is asked for.
        let labels = workspace.inputs.labels.read(units)
        try workspace.precise.evaluate(units, into: output) { labels[$0] != 0 && labels[$0] != 1 }
      }
      if findings.contains(.nonFinitePredictions), policies.zeroTimesInfinity == .nan {
        workspace.precise.replaceInfinite(workspace.inputs, units, into: output)
      }
    }
    if mayIgnoreUnits { ignore(workspace.inputs.labels.read(units), output, &tally) }
    if isLogits, !tally.hasPredictionOutsideUnitInterval {
      lookAtRange(units, workspace, &tally)
    }
  }

  /// Takes back what was computed for ignored elements.
  private func ignore(
    _ labels: UnsafeBufferPointer<Scalar>, _ output: BlockOutput<Scalar>, _ tally: inout BlockTally
  ) {
    for position in labels.indices where isIgnored(labels[position]) {
      output.values[position] = 0
      output.gradient?[position] = 0
      tally.ignored += 1
    }
  }

  private func isIgnored(_ label: Scalar) -> Bool {
    guard let ignored = loss.ignoredLabel else { return false }
    return label == Scalar(ignored) || (label.isNaN && ignored.isNaN)
  }

  /// Looks for a prediction that cannot be a probability; one is enough, and it mostly comes soon.
  private func lookAtRange(
    _ units: Range<Int>, _ workspace: Workspace, _ tally: inout BlockTally
  ) {
    let predictions = workspace.inputs.predictions.read(units)
    let labels = mayIgnoreUnits ? workspace.inputs.labels.read(units) : nil
    tally.hasPredictionOutsideUnitInterval = predictions.indices.contains { position in
      !(0...1).contains(predictions[position]) && !(labels.map { isIgnored($0[position]) } ?? false)
    }
  }

  /// Finds the first element that is out of range.
  private func check(_ units: Range<Int>, _ workspace: Workspace) throws(LossError) {
    let predictions = workspace.inputs.predictions.read(units)
    let labels = workspace.inputs.labels.read(units)
    let weights = workspace.inputs.weights?.read(units)
    let positiveWeights = workspace.inputs.positiveWeights?.read(units)
    for position in labels.indices where !isIgnored(labels[position]) {
      let unit = units.lowerBound + position
      try check(prediction: predictions[position], label: labels[position], unit: unit)
      for (name, weights) in [("weight", weights), ("pos-weight", positiveWeights)] {
        guard let weight = weights?[position], !weight.isFinite else { continue }
        throw outOfRange(name, unit, weight, "a finite weight", nil)
      }
    }
  }

  private func check(prediction: Scalar, label: Scalar, unit: Int) throws(LossError) {
    let hint = label.isNaN ? "--ignore-label nan leaves such elements out" : nil
    switch loss.predictionKind {
    case .logits:
      guard label.isFinite else { throw outOfRange("label", unit, label, "a finite label", hint) }
    case .probs:
      guard (0...1).contains(prediction) else {
        throw outOfRange(
          "pred", unit, prediction, "a probability from 0 to 1",
          "if these are logits, use --from logits")
      }
      guard (0...1).contains(label) else {
        throw outOfRange("label", unit, label, "a label from 0 to 1", hint)
      }
    }
  }

  private func outOfRange(
    _ input: String, _ unit: Int, _ found: Scalar, _ expected: String, _ hint: String?
  ) -> LossError {
    .valueOutOfRange(
      input: input, index: unitShape.index(at: unit), found: found.asDouble, expected: expected,
      hint: hint)
  }
}
