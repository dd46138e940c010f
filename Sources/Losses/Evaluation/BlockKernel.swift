import LossTensor

/// The arithmetic of one loss over a block of values: the one part a new loss has to write.
///
/// The loss's result is a tensor of *units* (elements for an elementwise loss, rows for a row loss). A
/// kernel hands out unit values and what each adds to the divisor, never a mean: evaluation cuts units
/// into blocks, runs them on threads, adds exactly and reduces.
public protocol BlockKernel<Scalar>: Sendable {
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

  /// Counts the units that are not ignored, without computing them.
  func countKept(_ units: Range<Int>, _ workspace: Workspace) -> Int

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
  ) throws(LossError)
}

/// Where a kernel writes one block.
public struct BlockOutput<Scalar: KernelScalar> {
  /// One loss a unit.
  public let values: UnsafeMutableBufferPointer<Scalar>

  /// The gradient of the block's units with respect to the differentiable input, where asked for.
  public let gradient: UnsafeMutableBufferPointer<Scalar>?

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

  /// factor / divisor in two pieces: 1/N is seldom a float, and rounding it would show in every gradient.
  var scale: (high: Scalar, low: Scalar) { Scalar.quotient(factor, divisor) }
}

/// What a block adds to the totals besides its values.
public struct BlockTally: Sendable {
  /// Units left out of sum and divisor.
  public var ignored = 0

  /// Whether some prediction that counts lies outside [0, 1].
  public var hasPredictionOutsideUnitInterval = false

  mutating func merge(_ other: BlockTally) {
    ignored += other.ignored
    hasPredictionOutsideUnitInterval =
      hasPredictionOutsideUnitInterval || other.hasPredictionOutsideUnitInterval
  }
}
