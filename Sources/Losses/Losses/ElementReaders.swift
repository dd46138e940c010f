import LossKernels
import LossTensor

/// Reads the inputs of an elementwise loss block by block in one type.
final class ElementReaders<Scalar: KernelScalar> {
  let predictions: BlockReader<Scalar>
  let labels: BlockReader<Scalar>
  let weights: BlockReader<Scalar>?
  let positiveWeights: BlockReader<Scalar>?
  /// Stands for factors that were not given.
  private let ones: MutableByteStorage

  init(
    _ predictions: Tensor, _ labels: Tensor, _ weights: Tensor?, _ positiveWeights: Tensor?,
    capacity: Int, _ kernels: KernelTable
  ) throws(LossError) {
    func reader(_ tensor: Tensor?) throws(LossError) -> BlockReader<Scalar>? {
      guard let tensor else { return nil }
      return try BlockReader(tensor, capacity: capacity, kernels)
    }
    self.predictions = try BlockReader(predictions, capacity: capacity, kernels)
    self.labels = try BlockReader(labels, capacity: capacity, kernels)
    self.weights = try reader(weights)
    self.positiveWeights = try reader(positiveWeights)
    ones = try scratchMemory(capacity, of: Scalar.self)
    ones.bytes.bindMemory(to: Scalar.self).initialize(repeating: 1)
  }

  /// Hands the block of `units` to `body`, with factors where any are given.
  func withBlock(
    _ units: Range<Int>, _ output: BlockOutput<Scalar>,
    _ body: (ElementBlock<Scalar>) -> BlockFindings
  ) -> BlockFindings {
    guard let predictions = predictions.read(units).baseAddress,
      let labels = labels.read(units).baseAddress, let values = output.values.baseAddress,
      let ones = ones.bytes.bindMemory(to: Scalar.self).baseAddress
    else { return [] }
    let upstream = output.upstream.perUnit?.baseAddress
    let factors = [weights?.read(units).baseAddress, positiveWeights?.read(units).baseAddress]
    let isWeighted = upstream != nil || factors.contains { $0 != nil }
    return body(
      ElementBlock(
        count: units.count, predictions: predictions, labels: labels,
        factors: isWeighted
          ? ElementFactors(
            weights: factors[0] ?? UnsafePointer(ones),
            positiveWeights: factors[1] ?? UnsafePointer(ones),
            upstream: upstream ?? UnsafePointer(ones)) : nil,
        values: values, gradients: output.gradient?.baseAddress, scale: output.upstream.scale))
  }
}
