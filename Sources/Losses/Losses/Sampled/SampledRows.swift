import LossKernels
import LossTensor

/// How a row's true logits are held against those of noise.
enum SampledForm: Sendable {
  /// Binary cross entropy of each, with the label 1/T for T true ones and 0 for noise, added up.
  case binary
  /// Softmax cross entropy, with the label 1/T for each of T true ones.
  case softmax
}

/// A thread's block of rows of logits, true ones first, and what becomes of them, in double.
final class SampledRows {
  let trueCount: Int
  let noiseCount: Int
  /// The logits, row after row.
  let logits: UnsafeMutablePointer<Double>
  /// Their derivatives, after ``evaluate``.
  let derivatives: UnsafeMutablePointer<Double>
  /// The rows' losses.
  let losses: UnsafeMutablePointer<Double>
  private let form: SampledForm
  private let labels: UnsafeMutablePointer<Double>
  private let values: UnsafeMutablePointer<Double>
  private let states: RowStates<Double>
  private let kernels: ScalarKernels<Double>
  private let memory: MutableByteStorage
  private let lossMemory: MutableByteStorage

  init(
    _ form: SampledForm, rowCount: Int, trueCount: Int, noiseCount: Int,
    _ policies: EvaluationPolicies
  ) throws(LossError) {
    (self.form, self.trueCount, self.noiseCount) = (form, trueCount, noiseCount)
    let width = trueCount + noiseCount
    let count = max(rowCount * width, 1)
    memory = try scratchMemory(4 * count, of: Double.self)
    lossMemory = try scratchMemory(max(rowCount, 1), of: Double.self)
    let start = memory.bytes.bindMemory(to: Double.self).baseAddress
    guard let start, let sums = lossMemory.bytes.bindMemory(to: Double.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    (logits, derivatives) = (start, start + count)
    (labels, values, losses) = (start + 2 * count, start + 3 * count, sums)
    labels.update(repeating: 0, count: count)
    for row in 0..<rowCount {
      (labels + row * width).update(
        repeating: 1 / Double(max(trueCount, 1)), count: trueCount)
    }
    states = try RowStates(capacity: form == .softmax ? rowCount : 1, policies)
    kernels = Double.kernels(policies.kernels)
  }

  /// Logits of a row.
  var width: Int { trueCount + noiseCount }

  /// What arrives at the rows of a block.
  struct Upstream {
    /// What arrives at all of them, in two pieces; 1 where it differs.
    var scale: (high: Double, low: Double)
    /// What arrives at each, where it differs.
    var perRow: ((Int) -> Double)?

    /// What arrives at a row.
    fileprivate func at(_ row: Int) -> Double {
      perRow?(row) ?? scale.high + scale.low
    }
  }

  /// Computes the losses of the first rows and, where something arrives at them, the derivatives of their logits.
  func evaluate(_ rowCount: Int, upstream: Upstream?) {
    switch form {
    case .binary: evaluateBinary(rowCount, upstream)
    case .softmax: evaluateSoftmax(rowCount, upstream)
    }
  }

  private func evaluateBinary(_ rowCount: Int, _ upstream: Upstream?) {
    let block = ElementBlock<Double>(
      count: rowCount * width, predictions: logits, labels: labels, factors: nil, values: values,
      gradients: upstream.map { _ in derivatives }, scale: upstream?.scale ?? (1, 0))
    _ = block.padded(to: Double.laneCount, kernels.logitCrossEntropy)
    var position = 0
    for row in 0..<rowCount {
      // Nothing below 0 is added: a double has room for more terms than there are.
      var sum = 0.0
      for _ in 0..<width {
        sum += values[position]
        position &+= 1
      }
      losses[row] = sum
    }
    guard let upstream, upstream.perRow != nil else { return }
    for row in 0..<rowCount {
      let factor = upstream.at(row)
      for index in row * width..<(row + 1) * width {
        derivatives[index] *= factor
      }
    }
  }

  private func evaluateSoftmax(_ rowCount: Int, _ upstream: Upstream?) {
    states.reset(rowCount)
    for row in 0..<rowCount { states.rows.labels[row] = logits[row * width] }
    states.add(UnsafePointer(logits), rowCount: rowCount, classCount: width)
    states.finish(rowCount)
    let share = 1 / Double(max(trueCount, 1))
    for row in 0..<rowCount {
      var gap = 0.0
      for index in row * width..<row * width + trueCount {
        gap += share * (states.rows.maxima[row] - logits[index])
      }
      losses[row] = gap + states.rows.logSums[row]
    }
    guard let upstream else { return }
    for row in 0..<rowCount {
      states.factors[row] = states.rows.factors[row] * upstream.at(row)
      states.upstream[row] = upstream.at(row)
    }
    states.writeProbabilities(
      UnsafePointer(logits), rowCount: rowCount, classCount: width, to: derivatives)
    for row in 0..<rowCount {
      let start = row * width
      guard trueCount > 1 else {
        // 1 - p is known without cancellation.
        derivatives[start] = -states.rows.complements[row] * upstream.at(row)
        continue
      }
      for index in start..<start + trueCount {
        derivatives[index] -= share * upstream.at(row)
      }
    }
  }
}
