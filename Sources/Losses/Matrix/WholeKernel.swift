import LossKernels
import LossTensor
import LossThreads

/// The arithmetic of a loss whose units depend on all rows at once, such as those of a matrix of similarities.
///
/// It computes all units in one go, on threads of its own; evaluation reduces them as it does any others, and
/// asks for the gradients when it knows what arrives at each unit.
protocol WholeKernel<Scalar>: AnyObject, Sendable {
  /// The type of products and results.
  associatedtype Scalar: KernelScalar

  /// The shape of the unreduced loss.
  var unitShape: Shape { get }

  /// Whether the divisor is a sum of weights, not a count of units.
  var hasWeightedDivisor: Bool { get }

  /// Computes the losses of all units.
  func losses(_ run: WholeRun) throws -> WholeLosses

  /// Computes and stores gradients, after the losses.
  ///
  /// - Parameters:
  ///   - upstream: what arrives at each unit, 0 at those left out.
  ///   - sinks: where gradients go, by the names of the inputs.
  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws
}

extension WholeKernel {
  /// False: the divisor is a count.
  var hasWeightedDivisor: Bool { false }
}

/// The losses of all units, and what else came to light.
struct WholeLosses {
  /// The losses, 0 for units left out.
  var values: [Double]
  /// What each unit adds to a weighted divisor, 0 for units left out.
  var weights: [Double]?
  /// Which units are left out; nil where none is.
  var isIgnored: [Bool]?
  var metrics: [LossMetric] = []
  var warnings: [LossWarning] = []

  /// What a mean divides by.
  fileprivate var divisor: Double {
    if let weights { return weights.reduce(into: ExactSum()) { $0.add($1) }.rounded }
    return Double(isIgnored.map { $0.count { !$0 } } ?? values.count)
  }
}

/// How the work of a whole kernel is run.
struct WholeRun {
  let threadCount: Int
  /// Called with the part of this phase done.
  let progress: (@Sendable (Double) -> Void)?

  /// Runs `body` for every item, in order, on all threads; where one fails, those that wait for its turns end
  /// too.
  func forEach<State>(
    _ itemCount: Int, turns: OrderedTurns? = nil, makeState: @escaping () throws -> State,
    body: @escaping (inout State, Int) throws -> Void
  ) throws -> [State] {
    let report = progress.map { progress in
      { @Sendable (finished: Int) in progress(Double(finished) / Double(max(itemCount, 1))) }
    }
    return try ParallelWork(itemCount: itemCount, threadCount: threadCount, progress: report)
      .run(
        makeState: makeState,
        body: { state, item in
          do {
            try body(&state, item)
          } catch {
            turns?.abandon()
            throw error
          }
        })
  }
}

extension PreparedKernel {
  /// A kernel of all units at once, ready to be evaluated.
  @inline(__always)
  init<Kernel: WholeKernel>(whole kernel: Kernel) {
    unitShape = kernel.unitShape
    hasWeightedDivisor = kernel.hasWeightedDivisor
    penalty = nil
    evaluate = { request in
      let gradients = request.sinks.gradients
      let threads = request.policies.threadCount ?? availableProcessorCount()
      func run(_ part: ClosedRange<Double>) -> WholeRun {
        let progress = request.progress.map { report in
          { @Sendable (done: Double) in
            report(part.lowerBound + done * (part.upperBound - part.lowerBound))
          }
        }
        return WholeRun(threadCount: threads, progress: progress)
      }
      // With gradients the losses are a quarter of the work.
      let losses = try kernel.losses(run(0...(gradients.isEmpty ? 1 : 0.25)))
      var totals = try BlockEvaluation(
        kernel: StoredLosses<Kernel.Scalar>(losses, shape: kernel.unitShape),
        request: request.withoutGradients
      ).run()
      (totals.metrics, totals.warnings) = (losses.metrics, losses.warnings)
      guard !gradients.isEmpty else { return totals }
      try kernel.storeGradients(
        request.upstream(losses), into: gradients, run(0.25...1))
      return totals
    }
  }
}

extension BlockRequest {
  fileprivate var withoutGradients: BlockRequest {
    var sinks = sinks
    sinks.gradients = [:]
    return BlockRequest(
      sinks: sinks, policies: policies, gradientOutput: gradientOutput, progress: nil)
  }

  /// What arrives at each unit.
  fileprivate func upstream(_ losses: WholeLosses) -> [Double] {
    let isPerUnit = policies.reduction == .none
    let factor = isPerUnit ? 1 : gradientOutput?.element(at: 0) ?? 1
    let each = factor / (policies.reduction == .mean ? losses.divisor : 1)
    return losses.values.indices.map { unit in
      if let isIgnored = losses.isIgnored, isIgnored[unit] { return 0 }
      return isPerUnit ? gradientOutput?.element(at: unit) ?? 1 : each
    }
  }
}

/// Losses that are known already, to be reduced and stored.
final class StoredLosses<Scalar: KernelScalar>: BlockKernel {
  private let losses: WholeLosses
  let unitShape: Shape

  init(_ losses: WholeLosses, shape: Shape) {
    self.losses = losses
    unitShape = shape
  }

  var unitsPerRow: Int { unitShape.elementsPerRow }
  var mayIgnoreUnits: Bool { losses.isIgnored != nil }
  var hasWeightedDivisor: Bool { losses.weights != nil }
  var bufferedGradient: String? { nil }

  func makeWorkspace(blockSize: Int) throws(LossError) {}

  func countKept(_ units: Range<Int>, _ workspace: Void) -> Int {
    losses.isIgnored.map { $0[units].count { !$0 } } ?? units.count
  }

  func addWeights(_ units: Range<Int>, _ workspace: Void, to sum: inout ExactSum) {
    for weight in losses.weights?[units] ?? [] { sum.add(weight) }
  }

  func evaluate(
    _ units: Range<Int>, _ workspace: Void, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) {
    for (position, unit) in units.enumerated() {
      output.values[position] = Scalar(losses.values[unit])
    }
    // What a loss computed itself is not what a user may have mistaken for something else.
    tally.hasPredictionOutsideUnitInterval = true
    tally.ignored += units.count - countKept(units, workspace)
  }
}
