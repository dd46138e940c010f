import LossTensor

/// A kernel of any type, with the evaluation of its blocks compiled for that type.
///
/// Where a loss makes one, in a function specialised for the types of numbers, the compiler knows the
/// kernel's type, and no block pays for finding out what it is.
public struct PreparedKernel: Sendable {
  /// The shape of the unreduced loss.
  let unitShape: Shape

  /// Whether the divisor is a sum of weights, not a count of units.
  let hasWeightedDivisor: Bool

  /// What is added to the reduced loss once.
  let penalty: Double?

  /// Evaluates all blocks.
  let evaluate: @Sendable (BlockRequest) throws -> EvaluationTotals

  /// A kernel ready to be evaluated.
  @inline(__always)
  public init<Kernel: BlockKernel>(_ kernel: Kernel) {
    unitShape = kernel.unitShape
    hasWeightedDivisor = kernel.hasWeightedDivisor
    penalty = kernel.penalty
    evaluate = { try BlockEvaluation(kernel: kernel, request: $0).run() }
  }
}

/// What is asked of an evaluation, whatever the kernel.
struct BlockRequest {
  let sinks: LossSinks
  let policies: EvaluationPolicies
  let gradientOutput: Tensor?
  let progress: (@Sendable (Double) -> Void)?
}
