import LossKernels
import LossTensor
import LossThreads

/// A loss whose options have been checked.
public protocol Loss: Sendable {
  /// What the loss is.
  static var spec: LossSpec { get }

  /// The settings a result has to name: what was computed, and what differs from the defaults.
  func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)]

  /// The arithmetic for these inputs in the given type. Implementations are to be specialised for `Float`
  /// and `Double`, so that all that is done for each block is, too.
  ///
  /// - Throws: `LossError` where inputs and options do not go together.
  func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel

  /// What the user should know about a result.
  func warnings(for tally: BlockTally) -> [LossWarning]

  /// The loss's own numbers that have a gradient, such as a scale; none of them has the name of an input.
  func differentiableParameters(for inputs: BoundInputs) -> [String]
}

extension Loss {
  /// None.
  public func differentiableParameters(for inputs: BoundInputs) -> [String] { [] }
}

/// How every loss is to be evaluated.
public struct EvaluationPolicies: Sendable {
  /// How losses become one.
  public var reduction = Reduction.mean
  /// The type to compute in; by the inputs where nil.
  public var computeType: ElementType?
  /// What the mean of nothing is.
  public var empty = EmptyPolicy.nan
  /// What a loss that is not finite is.
  public var nonFinite = NonFinitePolicy.allow
  /// What 0 · ∞ is.
  public var zeroTimesInfinity = ZeroTimesInfinity.zero
  /// Threads to use; `availableProcessorCount()` where nil.
  public var threadCount: Int?
  /// The variant of the kernels; all give the same bits.
  public var kernels = KernelSelection.best

  /// The defaults.
  public init() {}
}

/// Where the tensors of a result go; nil where they are not wanted.
public struct LossSinks: Sendable {
  /// The unreduced loss.
  public var values: (any TensorSink)?
  /// The loss of each row.
  public var perRow: (any TensorSink)?
  /// The gradients, by the names of inputs and parameters; each of its input's shape, a parameter's of none.
  public var gradients: [String: any TensorSink] = [:]

  /// No tensor wanted.
  public init() {}
}

/// A loss bound to its inputs: everything is checked but the elements.
public struct LossEvaluation: Sendable {
  /// The type computed in.
  public let computeType: ElementType

  /// The shape of the unreduced loss.
  public let unitShape: Shape

  /// The shape of the per-row losses.
  public let rowShape: Shape

  /// The gradients that can be asked for, with their shapes: the inputs' own, and none for a parameter.
  public let gradients: [(input: String, shape: Shape)]

  private let loss: any Loss
  private let inputs: BoundInputs
  private let policies: EvaluationPolicies
  private let gradientOutput: Tensor?

  /// Binds `loss` to `inputs`.
  ///
  /// - Parameters:
  ///   - inputs: the loss's inputs by name.
  ///   - gradientOutput: the upstream gradient: one number for a mean or a sum, else of the unreduced
  ///     loss's shape.
  /// - Throws: `LossError` where an input is missing or a shape does not agree.
  public init(
    _ loss: any Loss, inputs: [String: Tensor], gradientOutput: Tensor? = nil,
    policies: EvaluationPolicies = EvaluationPolicies()
  ) throws(LossError) {
    self.loss = loss
    self.policies = policies
    self.inputs = try BoundInputs(inputs, to: type(of: loss).spec)
    computeType = policies.computeType ?? self.inputs.naturalComputeType
    let kernel = try loss.makeKernel(self.inputs, policies: policies, as: Double.self)
    unitShape = kernel.unitShape
    rowShape = .vector(unitShape.rowCount)
    let parameters = loss.differentiableParameters(for: self.inputs)
    gradients = self.inputs.gradients + parameters.map { ($0, .scalar) }
    if let gradientOutput {
      let expected = policies.reduction == .none ? unitShape : .scalar
      guard gradientOutput.shape.elementCount == expected.elementCount,
        policies.reduction != .none || gradientOutput.shape == expected
      else {
        throw .shapeMismatch(
          input: "grad-output", found: gradientOutput.shape,
          expected: "\(expected), the shape of the result", transposeMatches: false)
      }
    }
    self.gradientOutput = gradientOutput
  }

  /// Computes the loss.
  ///
  /// - Parameters:
  ///   - sinks: where result tensors go.
  ///   - progress: called now and then with the part done, from 0 to 1.
  /// - Throws: `LossError` for an element out of range, or what a sink throws.
  public func run(
    into sinks: LossSinks = LossSinks(), progress: (@Sendable (Double) -> Void)? = nil
  ) throws -> LossReport {
    let kernel =
      computeType == .float64
      ? try loss.makeKernel(inputs, policies: policies, as: Double.self)
      : try loss.makeKernel(inputs, policies: policies, as: Float.self)
    let request = BlockRequest(
      sinks: sinks, policies: policies, gradientOutput: gradientOutput, progress: progress)
    let totals: EvaluationTotals
    do {
      totals = try kernel.evaluate(request)
    } catch let error as LossError {
      throw inputs.located(error)
    }
    let kept = unitShape.elementCount - totals.tally.ignored
    let divisor = kernel.hasWeightedDivisor ? totals.weights.rounded : Double(kept)
    if kept == 0 || divisor == 0, policies.empty == .error {
      throw LossError.nothingToReduce(
        elements: unitShape.elementCount, ignored: totals.tally.ignored)
    }
    if let penalty = kernel.penalty, !penalty.isFinite, policies.nonFinite == .error {
      throw LossError.nonFinitePenalty(found: penalty)
    }
    let reduced = policies.reduction.reduce(
      sum: totals.sum, divisor: divisor, empty: policies.empty)
    return LossReport(
      loss: type(of: loss).spec.name, reduction: policies.reduction,
      value: reduced.map { $0 + (kernel.penalty ?? 0) },
      denominator: divisor, sum: totals.sum.rounded, penalty: kernel.penalty, shape: unitShape,
      rows: unitShape.rowCount, elements: unitShape.elementCount,
      ignored: totals.tally.ignored, nonFinite: totals.nonFinite, computeType: computeType,
      settings: loss.settings(for: inputs), metrics: totals.metrics, warnings: warnings(totals))
  }

  private func warnings(_ totals: EvaluationTotals) -> [LossWarning] {
    var warnings = totals.warnings
    if totals.tally.ignored < unitShape.elementCount {
      warnings += loss.warnings(for: totals.tally)
    }
    if let first = totals.firstNonFinite {
      warnings.append(
        .nonFiniteLosses(
          count: totals.nonFinite, firstIndex: unitShape.index(at: first.unit), first: first.value))
    }
    return warnings
  }
}

extension Reduction {
  /// The one place a sum and a divisor become a result; nil for no reduction.
  func reduce(sum: ExactSum, divisor: Double, empty: EmptyPolicy) -> Double? {
    switch self {
    case .none: nil
    case .sum: sum.rounded
    case .mean: divisor == 0 && empty == .zero ? 0 : sum.divided(by: divisor)
    }
  }
}
