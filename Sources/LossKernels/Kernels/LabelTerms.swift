/// The distribution rows of logits are held against: a = w · (α·t + β) for each class.
@frozen
public struct LabelDistribution<Scalar: BinaryFloatingPoint & Sendable> {
  /// t, row after row; 1 where nil.
  public var labels: UnsafePointer<Scalar>?
  /// w, with room for whole steps.
  public var weights: UnsafePointer<Double>
  /// α.
  public var scale: Double
  /// β.
  public var offset: Double

  /// A distribution.
  @inlinable
  public init(
    labels: UnsafePointer<Scalar>?, weights: UnsafePointer<Double>, scale: Double, offset: Double
  ) {
    self.labels = labels
    self.weights = weights
    self.scale = scale
    self.offset = offset
  }

  /// The distribution from element `position` of row `row` on.
  @inlinable @inline(__always)
  func terms<L: Lanes>(
    _ labels: UnsafePointer<Scalar>?, _ position: Int, _ lanes: L.Type
  ) -> DoubleLanes<L.Set> where L.Scalar == Scalar {
    typealias Wide = DoubleLanes<L.Set>
    let w = Wide(loadingFrom: weights + position)
    guard let labels else { return w * Wide(scale + offset) }
    return w * Wide(offset).adding(L.widened(from: labels + position), times: Wide(scale))
  }
}

/// For each row, adds Σ a·(m - x) to `gaps` and Σ a to `totals`.
///
/// - Parameters:
///   - bases: m.
///   - skipsZeros: whether 0·∞ is 0.
/// - Returns: whether all labels are finite.
@inlinable @inline(__always)
public func labelTerms<L: Lanes>(
  _ block: LogitRows<L.Scalar>, _ distribution: LabelDistribution<L.Scalar>,
  bases: UnsafePointer<Double>, skipsZeros: Bool, gaps: UnsafeMutablePointer<Double>,
  totals: UnsafeMutablePointer<Double>, _ lanes: L.Type
) -> Bool {
  typealias Wide = DoubleLanes<L.Set>
  let spare = RowSpare<L.Scalar>()
  defer { spare.deallocate() }
  var isFinite = Wide.Mask.all
  var row = 0
  while row < block.rowCount {
    let base = Wide(bases[row])
    let logits = block.logits + row &* block.classCount
    let labels = distribution.labels.map { $0 + row &* block.classCount }
    var (gap, total) = (DoubleSum<L.Set>(), DoubleSum<L.Set>())
    var position = 0
    while position < block.classCount {
      let rest = block.classCount &- position
      var x: Wide
      var a: Wide
      if rest >= Wide.count {
        x = L.widened(from: logits + position)
        a = distribution.terms(labels, position, lanes)
      } else {
        spare.fill(logits + position, labels.map { $0 + position }, rest)
        x = L.widened(from: spare.logits)
        var last = distribution
        last.weights += position
        a = last.terms(labels == nil ? nil : spare.labels, 0, lanes)
        let isBeyond = Wide.indices >= Wide(Double(rest))
        x = x.replaced(with: base, where: isBeyond)
        a = a.replaced(with: Wide(0), where: isBeyond)
      }
      isFinite = isFinite & a.isFinite
      let difference = base - x
      var product = a * difference
      if skipsZeros {
        product = product.replaced(
          with: Wide(0), where: (a == Wide(0)) & difference.isInfinite)
      }
      gap.add(product)
      total.add(a)
      position &+= Wide.count
    }
    gaps[row] += gap.total
    totals[row] += total.total
    row &+= 1
  }
  return isFinite.isAllTrue
}

/// Memory for the last step of a row.
@frozen @usableFromInline
struct RowSpare<Scalar: BinaryFloatingPoint & Sendable> {
  @usableFromInline let logits: UnsafeMutablePointer<Scalar>
  @usableFromInline let labels: UnsafeMutablePointer<Scalar>

  @inlinable @inline(__always)
  init() {
    logits = .allocate(capacity: 32)
    labels = logits + 16
    logits.initialize(repeating: 0, count: 32)
  }

  @inlinable @inline(__always)
  func deallocate() { logits.deallocate() }

  @inlinable @inline(__always)
  func fill(_ newLogits: UnsafePointer<Scalar>, _ newLabels: UnsafePointer<Scalar>?, _ count: Int) {
    var index = 0
    while index < count {
      logits[index] = newLogits[index]
      labels[index] = newLabels.map { $0[index] } ?? 0
      index &+= 1
    }
  }
}
