import LossKernels
import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Binary cross entropy of a block in double whatever its type, for what the plain kernels do not do: soft
/// labels in float32 with their gradients, smoothed labels, probabilities.
final class PreciseCrossEntropy {
  private let loss: BinaryCrossEntropy
  private let predictions: Tensor
  private let labels: Tensor
  private let weights: Tensor?
  private let positiveWeights: Tensor?
  private let policies: EvaluationPolicies
  private let capacity: Int
  private var memory: Memory?

  /// What is needed only once a block comes this way.
  private struct Memory {
    let readers: ElementReaders<Double>
    let scratch: MutableByteStorage
  }

  init(
    loss: BinaryCrossEntropy, predictions: Tensor, labels: Tensor, weights: Tensor?,
    positiveWeights: Tensor?, policies: EvaluationPolicies, capacity: Int
  ) {
    self.loss = loss
    self.predictions = predictions
    self.labels = labels
    self.weights = weights
    self.positiveWeights = positiveWeights
    self.policies = policies
    self.capacity = capacity
  }

  /// Computes the block of `units` in double and rounds the results to their type.
  ///
  /// - Parameter isWanted: whether the result at a position of the block is to replace what stands there.
  func evaluate<Scalar: KernelScalar>(
    _ units: Range<Int>, into output: BlockOutput<Scalar>,
    where isWanted: (Int) -> Bool = { _ in true }
  ) throws(LossError) {
    let memory = try prepared()
    let slots = memory.scratch.bytes.bindMemory(to: Double.self)
    func slot(_ index: Int) -> UnsafeMutableBufferPointer<Double> {
      UnsafeMutableBufferPointer(
        rebasing: slots[(index * capacity)..<(index * capacity + units.count)])
    }
    var upstream: UnsafeBufferPointer<Double>?
    if let given = output.upstream.perUnit {
      for position in given.indices { slot(2)[position] = given[position].asDouble }
      upstream = UnsafeBufferPointer(slot(2))
    }
    let precise = BlockOutput(
      values: slot(0), gradient: output.gradient == nil ? nil : slot(1), gradientSinks: [:],
      upstream: Upstream(
        perUnit: upstream, factor: output.upstream.factor, divisor: output.upstream.divisor))
    if loss.predictionKind == .logits {
      logits(units, memory.readers, precise, smoothed: slot(3))
    } else {
      probabilities(units, memory.readers, precise, slot(3), slot(4), slot(5))
    }
    for position in 0..<units.count where isWanted(position) {
      output.values[position] = Scalar(precise.values[position])
      if let gradient = precise.gradient { output.gradient?[position] = Scalar(gradient[position]) }
    }
  }

  private func prepared() throws(LossError) -> Memory {
    if let memory { return memory }
    let made = Memory(
      readers: try ElementReaders(
        predictions, labels, weights, positiveWeights, capacity: capacity, policies.kernels),
      scratch: try scratchMemory(6 * capacity, of: Double.self))
    memory = made
    return made
  }

  private func smoothed(_ label: Double) -> Double {
    let a = loss.labelSmoothing
    return a == 0 ? label : label * (1 - a) + a / 2
  }

  private func logits(
    _ units: Range<Int>, _ readers: ElementReaders<Double>, _ output: BlockOutput<Double>,
    smoothed labels: UnsafeMutableBufferPointer<Double>
  ) {
    let given = readers.labels.read(units)
    for position in given.indices { labels[position] = smoothed(given[position]) }
    let findings = readers.withBlock(units, output) { block in
      var block = block
      if let start = labels.baseAddress { block.labels = UnsafePointer(start) }
      return block.padded(to: Double.laneCount) {
        Double.kernels(policies.kernels).logitCrossEntropy($0)
      }
    }
    if findings.contains(.nonFinitePredictions), policies.zeroTimesInfinity == .nan {
      replaceInfinite(readers, units, into: output)
    }
  }

  /// Gives infinite logits the losses PyTorch's own form has, whose infinities meet zeros and each other.
  func replaceInfinite<Scalar: KernelScalar>(
    _ readers: ElementReaders<Scalar>, _ units: Range<Int>, into output: BlockOutput<Scalar>
  ) {
    let predictions = readers.predictions.read(units)
    let labels = readers.labels.read(units)
    let weights = readers.weights?.read(units)
    let positiveWeights = readers.positiveWeights?.read(units)
    for position in predictions.indices where predictions[position].isInfinite {
      let x = predictions[position].asDouble
      let y = smoothed(labels[position].asDouble)
      let q = positiveWeights?[position].asDouble ?? 1
      let softplus = x > 0 ? 0 : Double.infinity
      let value = (1 - y) * x + (1 + (q - 1) * y) * softplus
      output.values[position] = Scalar((weights?[position].asDouble ?? 1) * value)
    }
  }

  private func probabilities(
    _ units: Range<Int>, _ readers: ElementReaders<Double>, _ output: BlockOutput<Double>,
    _ clamped: UnsafeMutableBufferPointer<Double>, _ logs: UnsafeMutableBufferPointer<Double>,
    _ complements: UnsafeMutableBufferPointer<Double>
  ) {
    let arithmetic = ProbabilityCrossEntropy(
      clamp: loss.probabilityClamp.clamp(for: predictions.elementType),
      zeroTimesInfinity: policies.zeroTimesInfinity)
    let predictions = readers.predictions.read(units)
    let labels = readers.labels.read(units)
    let weights = readers.weights?.read(units)
    for position in predictions.indices {
      clamped[position] = arithmetic.clamped(predictions[position])
    }
    guard let probabilities = clamped.baseAddress, let logStart = logs.baseAddress,
      let complementStart = complements.baseAddress
    else { return }
    LogarithmBlock(
      count: units.count, probabilities: probabilities, logarithms: logStart,
      complements: complementStart
    ).padded(to: Double.laneCount, policies.kernels.logarithms)
    let (factor, divisor) = (output.upstream.factor, output.upstream.divisor)
    for position in predictions.indices {
      let result = arithmetic(
        probability: predictions[position], logarithms: (logs[position], complements[position]),
        label: smoothed(labels[position]), weight: weights?[position] ?? 1)
      output.values[position] = result.value
      let upstream = output.upstream.perUnit?[position] ?? factor
      output.gradient?[position] = result.derivative * upstream / divisor
    }
  }
}
