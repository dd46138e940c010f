/// Completes rows of which all logits have been added: logarithm of the sum, and what gradients need.
///
/// With r the sum of the exponentials below m relative to e^m, and n the number of logits equal to m,
/// log Σ e^(x - m) = log(n + r), which for n = 1 is log1p(r): no digit of a small r is lost. For rows without
/// a finite maximum everything is NaN.
///
/// - Parameter count: how many rows; all of the last step's are computed.
@inlinable @inline(__always)
public func finishSoftmaxRows<L: Lanes>(_ rows: SoftmaxRows, count: Int, _ lanes: L.Type) {
  typealias Wide = DoubleLanes<L.Set>
  let scale = Wide(1 / L.exponentScalePower)
  // Three loops, as the compiler takes lanes apart where several of these functions stand in one.
  var row = 0
  while row < count {
    let m = Wide(loadingFrom: rows.maxima + row)
    let center = Wide(loadingFrom: rows.centers + row)
    let power = Wide.exponential(
      rows.reduced(m - center, Wide(loadingFrom: rows.exponents + row)))
    let ratio = Wide(loadingFrom: rows.below + row) / power * scale
    let sum = Wide(loadingFrom: rows.ties + row) + ratio
    ratio.store(to: rows.below + row)
    // m - m is 0, or NaN where m is not finite.
    (Wide(1) / (power * sum) + (m - m)).store(to: rows.factors + row)
    row &+= Wide.count
  }
  row = 0
  while row < count {
    let m = Wide(loadingFrom: rows.maxima + row)
    let ties = Wide(loadingFrom: rows.ties + row)
    let ratio = Wide(loadingFrom: rows.below + row)
    let sum = ties + ratio
    let part = sum - ties
    let rest = (ties - (sum - part)) + (ratio - part)
    (Wide.logarithm(sum, rest: rest) + (m - m)).store(to: rows.logSums + row)
    row &+= Wide.count
  }
  row = 0
  while row < count {
    let m = Wide(loadingFrom: rows.maxima + row)
    let label = Wide(loadingFrom: rows.labels + row)
    let ties = Wide(loadingFrom: rows.ties + row)
    let ratio = Wide(loadingFrom: rows.below + row)
    let sum = ties + ratio
    let others = (sum - Wide.exponential(label - m))
      .replaced(with: (ties - Wide(1)) + ratio, where: label == m)
    (others / sum + (m - m)).store(to: rows.complements + row)
    row &+= Wide.count
  }
}
