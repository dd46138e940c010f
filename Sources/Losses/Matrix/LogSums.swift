import LossKernels
import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What is known of the logits of each of many rows once all were seen: the largest, m, how many equal it, and
/// the sum of the exponentials of the rest over e^m. log Σ e^(x - m) is then log1p of the rest, where m is single,
/// and no digit of a small rest is lost.
final class LogSums: @unchecked Sendable {
  /// Numbers are written on several threads, each to its own rows.
  let maxima: UnsafeMutableBufferPointer<Double>
  let ties: UnsafeMutableBufferPointer<Double>
  let ratios: UnsafeMutableBufferPointer<Double>
  private let memory: MutableByteStorage

  init(count: Int) throws(LossError) {
    memory = try scratchMemory(3 * max(count, 1), of: Double.self)
    let all = memory.bytes.bindMemory(to: Double.self)
    maxima = UnsafeMutableBufferPointer(rebasing: all[..<count])
    ties = UnsafeMutableBufferPointer(rebasing: all[count..<2 * count])
    ratios = UnsafeMutableBufferPointer(rebasing: all[2 * count..<3 * count])
  }

  /// Keeps the first `count` rows, which are finished, as those from `start` on.
  func store(_ rows: SoftmaxRows, count: Int, at start: Int) {
    for row in 0..<count {
      maxima[start + row] = rows.maxima[row]
      ties[start + row] = rows.ties[row]
      ratios[start + row] = rows.below[row]
    }
  }

  /// Σ e^(x - m) of a row.
  func sum(_ row: Int) -> Double { ties[row] + ratios[row] }

  /// log Σ e^x - `logit` of a row.
  func gap(_ row: Int, above logit: Double) -> Double {
    let logSum = ties[row] == 1 ? log1p(ratios[row]) : log(sum(row))
    return (maxima[row] - logit) + logSum
  }

  /// 1 - p of a row's `logit`, without cancellation where it is the largest.
  func complement(_ row: Int, of logit: Double) -> Double {
    guard logit == maxima[row] else { return 1 - exp(logit - maxima[row]) / sum(row) }
    return ((ties[row] - 1) + ratios[row]) / sum(row)
  }

  /// The sums of rows whose logits lie in several parts, `parts` times `count` of them, in the order of the parts.
  init(merging all: LogSums, parts: Int, count: Int) throws(LossError) {
    memory = try scratchMemory(3 * max(count, 1), of: Double.self)
    let numbers = memory.bytes.bindMemory(to: Double.self)
    maxima = UnsafeMutableBufferPointer(rebasing: numbers[..<count])
    ties = UnsafeMutableBufferPointer(rebasing: numbers[count..<2 * count])
    ratios = UnsafeMutableBufferPointer(rebasing: numbers[2 * count..<3 * count])
    for row in 0..<count { merge(all, parts: parts, stride: count, row: row) }
  }

  private func merge(_ all: LogSums, parts: Int, stride: Int, row: Int) {
    var largest = -Double.infinity
    for part in 0..<parts {
      let m = all.maxima[part * stride + row]
      if m > largest || m.isNaN { largest = m }
      if m.isNaN { break }
    }
    var (tieSum, ratioSum) = (0.0, 0.0)
    for part in 0..<parts {
      let place = part * stride + row
      let m = all.maxima[place]
      if m == largest {
        tieSum += all.ties[place]
        ratioSum += all.ratios[place]
      } else {
        ratioSum += (all.ties[place] + all.ratios[place]) * exp(m - largest)
      }
    }
    (maxima[row], ties[row], ratios[row]) = (largest, tieSum, ratioSum)
  }
}

/// A thread's memory for the state of rows in the kernels' form.
final class RowStates<Scalar: KernelScalar> {
  let rows: SoftmaxRows
  /// What turns exponentials into derivatives.
  let factors: UnsafeMutablePointer<Double>
  let upstream: UnsafeMutablePointer<Double>
  private let largest: UnsafeMutablePointer<Scalar>
  private let memory: MutableByteStorage
  private let kernels: ScalarKernels<Scalar>

  init(capacity: Int, _ policies: EvaluationPolicies) throws(LossError) {
    let padding = SoftmaxRows.padding
    let count = (capacity + padding) / padding * padding
    kernels = Scalar.kernels(policies.kernels)
    memory = try scratchMemory((SoftmaxRows.arrayCount + 3) * count, of: Double.self)
    guard let start = memory.bytes.bindMemory(to: Double.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    rows = SoftmaxRows(start, capacity: count)
    factors = start + SoftmaxRows.arrayCount * count
    upstream = factors + count
    largest = UnsafeMutableRawPointer(upstream + count).bindMemory(to: Scalar.self, capacity: count)
  }

  /// Makes `count` rows without logits.
  func reset(_ count: Int) { rows.reset(count) }

  /// Adds a piece of each row.
  func add(_ logits: UnsafePointer<Scalar>, rowCount: Int, classCount: Int) {
    kernels.softmaxSums(
      LogitRows(rowCount: rowCount, classCount: classCount, logits: logits), rows)
  }

  /// Completes the rows.
  func finish(_ count: Int) { kernels.finishSoftmaxRows(rows, count) }

  /// Brings back rows whose sums are known, with factors that make their exponentials probabilities times
  /// `weight` and what arrives at each.
  func restore(_ sums: LogSums, _ range: Range<Int>, weight: Double, upstream: [Double]) {
    reset(range.count)
    for (row, place) in range.enumerated() { largest[row] = Scalar(sums.maxima[place]) }
    // A row of its largest logit alone: then its sum is put in place of that.
    add(UnsafePointer(largest), rowCount: range.count, classCount: 1)
    for (row, place) in range.enumerated() { rows.ties[row] = sums.sum(place) }
    finish(range.count)
    for (row, place) in range.enumerated() {
      factors[row] = rows.factors[row] * (upstream[place] * weight)
    }
  }

  /// Writes p times factor for each logit.
  func writeProbabilities(
    _ logits: UnsafePointer<Scalar>, rowCount: Int, classCount: Int,
    to output: UnsafeMutablePointer<Scalar>
  ) {
    kernels.labelGradient(
      LogitRows(rowCount: rowCount, classCount: classCount, logits: logits), rows,
      GradientRows(factors: factors, upstream: upstream), output)
  }
}
