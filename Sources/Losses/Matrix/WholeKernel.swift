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

  /// Computes the losses of all units.
  func losses(_ run: WholeRun) throws -> WholeLosses

  /// Computes and stores gradients, after the losses.
  ///
  /// - Parameters:
  ///   - upstream: what arrives at each unit.
  ///   - sinks: where gradients go, by the names of the inputs.
  func storeGradients(
    _ upstream: [Double], into sinks: [String: any TensorSink], _ run: WholeRun
  ) throws
}

/// The losses of all units, and what else came to light.
struct WholeLosses {
  var values: [Double]
  var metrics: [LossMetric] = []
  var warnings: [LossWarning] = []
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
    hasWeightedDivisor = false
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
        kernel: StoredLosses<Kernel.Scalar>(losses.values, shape: kernel.unitShape),
        request: request.withoutGradients
      ).run()
      (totals.metrics, totals.warnings) = (losses.metrics, losses.warnings)
      guard !gradients.isEmpty else { return totals }
      try kernel.storeGradients(
        request.upstream(unitCount: losses.values.count), into: gradients, run(0.25...1))
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

  /// What arrives at each of so many units, none of which is ignored.
  fileprivate func upstream(unitCount: Int) -> [Double] {
    guard policies.reduction == .none else {
      let factor = gradientOutput?.element(at: 0) ?? 1
      let divisor = policies.reduction == .mean ? Double(unitCount) : 1
      return [Double](repeating: factor / divisor, count: unitCount)
    }
    return (0..<unitCount).map { gradientOutput?.element(at: $0) ?? 1 }
  }
}

/// Losses that are known already, to be reduced and stored.
final class StoredLosses<Scalar: KernelScalar>: BlockKernel {
  private let losses: [Double]
  let unitShape: Shape

  init(_ losses: [Double], shape: Shape) {
    self.losses = losses
    unitShape = shape
  }

  var unitsPerRow: Int { unitShape.elementsPerRow }
  var mayIgnoreUnits: Bool { false }
  var bufferedGradient: String? { nil }

  func makeWorkspace(blockSize: Int) throws(LossError) {}

  func countKept(_ units: Range<Int>, _ workspace: Void) -> Int { units.count }

  func evaluate(
    _ units: Range<Int>, _ workspace: Void, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) {
    for (position, unit) in units.enumerated() { output.values[position] = Scalar(losses[unit]) }
  }
}
