import LossTensor

/// The arithmetic of one loss over a block of values: the one part a new loss has to write.
///
/// The loss's result is a tensor of *units* (elements for an elementwise loss, rows for a row loss). A
/// kernel hands out unit values and what each adds to the divisor, never a mean: evaluation cuts units
/// into blocks, runs them on threads, adds exactly and reduces. It is a class because every block uses it, and
/// a copy of a structure retains each tensor in it.
public protocol BlockKernel<Scalar>: AnyObject, Sendable {
  /// The type values are computed in and handed out as.
  associatedtype Scalar: KernelScalar

  /// A thread's own scratch memory.
  associatedtype Workspace

  /// The shape of the unreduced loss; its elements are the units.
  var unitShape: Shape { get }

  /// How many units make one row of the per-row output.
  var unitsPerRow: Int { get }

  /// Whether some units may be left out, so that the divisor is known only after looking at the labels.
  var mayIgnoreUnits: Bool { get }

  /// Scratch memory for blocks of at most `blockSize` units.
  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace

  /// Units in a block: values and inputs of so many are to stay in a core's first cache.
  var unitsPerBlock: Int { get }

  /// Blocks that a thread takes at a time, and whose results are stored at once.
  var blocksPerGroup: Int { get }

  /// The input whose gradient is handed out in `BlockOutput.gradient`, one number a unit; all others the
  /// kernel stores itself by way of `BlockOutput.gradientSinks`, or at the end in `finish`.
  var bufferedGradient: String? { get }

  /// Whether the divisor is a sum of weights, not a count of units.
  var hasWeightedDivisor: Bool { get }

  /// What is added to the reduced loss once, whatever the reduction, such as the penalty of a model's
  /// parameters; nil where the loss has no such term. Losses that are not reduced are left as they are.
  var penalty: Double? { get }

  /// Counts the units that are not ignored, without computing them.
  func countKept(_ units: Range<Int>, _ workspace: Workspace) throws(LossError) -> Int

  /// Adds what each unit adds to a weighted divisor.
  func addWeights(
    _ units: Range<Int>, _ workspace: Workspace, to sum: inout ExactSum
  ) throws(LossError)

  /// Computes the units of one block.
  ///
  /// - Parameters:
  ///   - units: offsets in C order of `unitShape`.
  ///   - output: where values and gradients go; every element is to be written, 0 for ignored units.
  ///   - tally: what the block adds to the totals besides its values.
  /// - Throws: `LossError.valueOutOfRange` for the first unit whose input is out of range.
  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws

  /// Stores what only all blocks together give, such as the gradient of what every row shares.
  ///
  /// - Parameters:
  ///   - workspaces: those of all threads, in no order that means anything: what is added up in them is to
  ///     be added exactly.
  ///   - gradients: where gradients go, by the names of the inputs.
  ///   - upstream: what arrives at the reduced loss, and with that at the penalty; 0 for no reduction.
  func finish(
    _ workspaces: [Workspace], into gradients: [String: any TensorSink], upstream: Double
  ) throws
}

/// What elementwise kernels are.
extension BlockKernel {
  /// What 8 KB hold: values, inputs and gradients of so many fit into 48 KB.
  public var unitsPerBlock: Int { 8192 / MemoryLayout<Scalar>.size }

  /// 32: threads that take fewer at a time disturb each other.
  public var blocksPerGroup: Int { 32 }

  /// The predictions: one derivative a unit.
  public var bufferedGradient: String? { "pred" }

  /// False: the divisor is a count.
  public var hasWeightedDivisor: Bool { false }

  /// None.
  public var penalty: Double? { nil }

  /// Nothing.
  public func addWeights(
    _ units: Range<Int>, _ workspace: Workspace, to sum: inout ExactSum
  ) throws(LossError) {}

  /// Nothing.
  public func finish(
    _ workspaces: [Workspace], into gradients: [String: any TensorSink], upstream: Double
  ) throws {}
}

/// Where a kernel writes one block.
public struct BlockOutput<Scalar: KernelScalar> {
  /// One loss a unit.
  public let values: UnsafeMutableBufferPointer<Scalar>

  /// The gradient of the block's units with respect to the kernel's `bufferedGradient`, where asked for.
  public let gradient: UnsafeMutableBufferPointer<Scalar>?

  /// Where gradients are stored that are asked for, by the names of the inputs; each is all of a tensor of
  /// its input's shape, of which the kernel stores the block's part unless it hands it out in `gradient`.
  public let gradientSinks: [String: any TensorSink]

  /// Where the gradient of the predictions is stored.
  public var gradientSink: (any TensorSink)? { gradientSinks["pred"] }

  /// What multiplies each derivative.
  public let upstream: Upstream<Scalar>
}

/// The gradient that arrives at each unit from the reduction and the user's `--grad-output`.
public struct Upstream<Scalar: KernelScalar> {
  /// The user's gradient for each unit of the block, or nil for one factor for all.
  let perUnit: UnsafeBufferPointer<Scalar>?
  /// The factor for all units.
  let factor: Double
  /// The mean's divisor, or 1.
  let divisor: Double

  /// What arrives at unit `position` of the block.
  func total(_ position: Int) -> Double {
    (perUnit?[position].asDouble ?? factor) / divisor
  }

  /// factor / divisor in two pieces: 1/N is seldom a float, and rounding it would show in every gradient.
  var scale: (high: Scalar, low: Scalar) { Scalar.quotient(factor, divisor) }
}

/// What a block adds to the totals besides its values.
public struct BlockTally: Sendable {
  /// Units left out of sum and divisor.
  public var ignored = 0

  /// Whether some prediction that counts lies outside [0, 1].
  public var hasPredictionOutsideUnitInterval = false

  /// Whether some prediction that counts is above 0.
  public var hasPositivePrediction = false

  mutating func merge(_ other: BlockTally) {
    ignored += other.ignored
    hasPredictionOutsideUnitInterval =
      hasPredictionOutsideUnitInterval || other.hasPredictionOutsideUnitInterval
    hasPositivePrediction = hasPositivePrediction || other.hasPositivePrediction
  }
}
