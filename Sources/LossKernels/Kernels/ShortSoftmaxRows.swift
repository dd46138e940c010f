/// Rows of at most this many classes are worked on side by side.
@inlinable
public var shortRowLimit: Int { 40 }

/// The sums of rows that are short: each lane holds a row, so that nothing is added across lanes and no
/// lane is idle. The rows are whole, and nothing was known of them.
///
/// - Precondition: there are at most ``shortRowLimit`` classes.
@inlinable @inline(__always)
public func shortSoftmaxSums<L: Lanes>(
  _ block: LogitRows<L.Scalar>, _ rows: SoftmaxRows, _ lanes: L.Type
) {
  let columns = UnsafeMutablePointer<L.Scalar>.allocate(capacity: shortRowLimit * L.count)
  defer { columns.deallocate() }
  columns.initialize(repeating: 0, count: shortRowLimit * L.count)
  var row = 0
  while row < block.rowCount {
    let count = min(L.count, block.rowCount &- row)
    let source = block.logits + row &* block.classCount
    var lane = 0
    while lane < count {
      var index = 0
      while index < block.classCount {
        columns[index &* L.count &+ lane] = source[lane &* block.classCount &+ index]
        index &+= 1
      }
      lane &+= 1
    }
    sumColumns(UnsafePointer(columns), block.classCount, rows, row, lanes)
    row &+= L.count
  }
}

/// The sums of as many rows as there are lanes, of which `columns` holds one class after another.
@inlinable @inline(__always)
func sumColumns<L: Lanes>(
  _ columns: UnsafePointer<L.Scalar>, _ classCount: Int, _ rows: SoftmaxRows, _ row: Int,
  _ lanes: L.Type
) {
  var best = L(-.infinity)
  var isNumber = L.Mask.all
  var index = 0
  while index < classCount {
    let x = L(loadingFrom: columns + index &* L.count)
    isNumber = isNumber & (x == x)
    best = best.replaced(with: x, where: x > best)
    index &+= 1
  }
  let maximum = L(.nan).replaced(with: best, where: isNumber)
  let limit = L(L.Scalar(L.largestUncentered))
  let center = L(0).replaced(with: maximum, where: maximum.magnitude > limit)
  let exponent = ((maximum - center) * L(L.Scalar(1.442_695_040_888_963_4))).rounded
  let shift = L(L.Scalar(L.exponentScale)) - exponent
  let lowest = (maximum - center) - L(L.Scalar(L.exponentReach))
  var below = L.Sum()
  var ties = L(0)
  index = 0
  while index < classCount {
    let x = L(loadingFrom: columns + index &* L.count)
    let difference = x - center
    below.add(
      L(0).replaced(
        with: L.exponential(difference, exponentShift: shift),
        where: (x < maximum) & (difference > lowest)))
    ties = ties + L(0).replaced(with: L(1), where: x == maximum)
    index &+= 1
  }
  maximum.storeWidened(to: rows.maxima + row)
  center.storeWidened(to: rows.centers + row)
  exponent.storeWidened(to: rows.exponents + row)
  below.store(to: rows.below + row)
  ties.storeWidened(to: rows.ties + row)
}
