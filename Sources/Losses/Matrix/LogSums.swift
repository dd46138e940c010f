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
  /// Numbers are written on several threads, each to its own rows or in its turn.
  private let maxima: UnsafeMutableBufferPointer<Double>
  private let ties: UnsafeMutableBufferPointer<Double>
  private let ratios: UnsafeMutableBufferPointer<Double>
  private let memory: MutableByteStorage

  /// `count` rows without logits.
  init(count: Int) throws(LossError) {
    memory = try scratchMemory(3 * max(count, 1), of: Double.self)
    let all = memory.bytes.bindMemory(to: Double.self)
    maxima = UnsafeMutableBufferPointer(rebasing: all[..<count])
    ties = UnsafeMutableBufferPointer(rebasing: all[count..<2 * count])
    ratios = UnsafeMutableBufferPointer(rebasing: all[2 * count..<3 * count])
    maxima.update(repeating: -.infinity)
    ties.update(repeating: 0)
    ratios.update(repeating: 0)
  }

  /// Adds the first `count` rows of `rows`, which are finished, to those from `start` on.
  func add(_ rows: SoftmaxRows, count: Int, at start: Int) {
    for row in 0..<count {
      add(maximum: rows.maxima[row], ties: rows.ties[row], ratio: rows.below[row], to: start + row)
    }
  }

  /// Adds what is known of the same rows' other logits.
  func add(_ others: LogSums) {
    for row in maxima.indices {
      add(
        maximum: others.maxima[row], ties: others.ties[row], ratio: others.ratios[row], to: row)
    }
  }

  /// Adds one logit to a row.
  func add(_ logit: Double, to row: Int) { add(maximum: logit, ties: 1, ratio: 0, to: row) }

  private func add(maximum: Double, ties: Double, ratio: Double, to row: Int) {
    let old = maxima[row]
    if old.isNaN || (self.ties[row] > 0 && maximum == -.infinity) { return }
    if self.ties[row] == 0 || maximum.isNaN {
      (maxima[row], self.ties[row], ratios[row]) = (maximum, ties, ratio)
    } else if maximum > old {
      ratios[row] = ratio + (self.ties[row] + ratios[row]) * exp(old - maximum)
      (maxima[row], self.ties[row]) = (maximum, ties)
    } else if maximum == old {
      self.ties[row] += ties
      ratios[row] += ratio
    } else {
      ratios[row] += (ties + ratio) * exp(maximum - old)
    }
  }

  /// The largest logit of a row.
  func maximum(_ row: Int) -> Double { maxima[row] }

  /// Σ e^(x - m) of a row.
  func sum(_ row: Int) -> Double { ties[row] + ratios[row] }

  /// log Σ e^x - `logit` of a row.
  func gap(_ row: Int, above logit: Double) -> Double {
    let logSum = ties[row] == 1 ? log1p(ratios[row]) : log(sum(row))
    return (maxima[row] - logit) + logSum
  }

  /// p of a row's `logit`.
  func probability(_ row: Int, of logit: Double) -> Double {
    exp(logit - maxima[row]) / sum(row)
  }

  /// 1 - p of a row's `logit`, without cancellation where it is the largest.
  func complement(_ row: Int, of logit: Double) -> Double {
    guard logit == maxima[row] else { return 1 - exp(logit - maxima[row]) / sum(row) }
    return ((ties[row] - 1) + ratios[row]) / sum(row)
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

  /// Adds -Σ a · x of each row of a tile to `sums`.
  func addTerms(
    _ tile: LogitTile<Scalar>, _ distribution: ColumnDistribution,
    to sums: UnsafeMutablePointer<Double>
  ) {
    let (rowCount, classCount) = (tile.rows.count, tile.columns.count)
    // The sums of a are the same for all rows, and known.
    let (bases, totals) = (upstream, factors)
    bases.update(repeating: 0, count: rowCount)
    totals.update(repeating: 0, count: rowCount)
    distribution.withPart(tile.columns, as: Scalar.self) { part in
      _ = kernels.labelTerms(
        LogitRows(
          rowCount: rowCount, classCount: classCount, logits: UnsafePointer(tile.logits)), part,
        bases, distribution.skipsZeros, sums, totals)
    }
  }

  /// Completes the rows.
  func finish(_ count: Int) { kernels.finishSoftmaxRows(rows, count) }

  /// Brings back rows whose sums are known, with factors that make their exponentials probabilities times
  /// `weight` and what arrives at each.
  func restore(_ sums: LogSums, _ range: Range<Int>, weight: Double, upstream: [Double]) {
    reset(range.count)
    for (row, place) in range.enumerated() { largest[row] = Scalar(sums.maximum(place)) }
    // A row of its largest logit alone: then its sum is put in place of that.
    add(UnsafePointer(largest), rowCount: range.count, classCount: 1)
    for (row, place) in range.enumerated() { rows.ties[row] = sums.sum(place) }
    finish(range.count)
    for (row, place) in range.enumerated() {
      factors[row] = rows.factors[row] * (upstream[place] * weight)
    }
  }

  /// Writes p times factor for each logit, less a distribution over the classes times what arrives at the row.
  func writeProbabilities(
    _ logits: UnsafePointer<Scalar>, rowCount: Int, classCount: Int,
    less distribution: LabelDistribution<Scalar>, to output: UnsafeMutablePointer<Scalar>
  ) {
    kernels.distributionGradient(
      LogitRows(rowCount: rowCount, classCount: classCount, logits: logits), rows,
      GradientRows(factors: factors, upstream: upstream), distribution, output)
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
