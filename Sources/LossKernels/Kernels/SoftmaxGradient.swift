/// What turns the exponentials of each row into its gradient, p·Q·g - a·g.
@frozen
public struct GradientRows {
  /// Q·g times the row's factor.
  public var factors: UnsafePointer<Double>
  /// g.
  public var upstream: UnsafePointer<Double>

  /// Per-row numbers.
  @inlinable
  public init(factors: UnsafePointer<Double>, upstream: UnsafePointer<Double>) {
    self.factors = factors
    self.upstream = upstream
  }
}

/// Writes p·Q·g for each logit: the gradient of rows with one label each, but for the label itself.
@inlinable @inline(__always)
public func softmaxGradient<L: Lanes>(
  _ block: LogitRows<L.Scalar>, _ rows: SoftmaxRows, _ gradient: GradientRows,
  to output: UnsafeMutablePointer<L.Scalar>, _ lanes: L.Type
) {
  let spare = RowSpare<L.Scalar>()
  defer { spare.deallocate() }
  let scale = 1 / L.exponentScalePower
  var row = 0
  while row < block.rowCount {
    let exponential = RowExponential<L>(rows, row)
    let factor = gradient.factors[row]
    let logits = block.logits + row &* block.classCount
    let target = output + row &* block.classCount
    var position = 0
    while position &+ L.count <= block.classCount {
      exponential(L(loadingFrom: logits + position), where: .all).product(factor, scale)
        .store(to: target + position)
      position &+= L.count
    }
    if position < block.classCount {
      exponential(block.tail(row, position, spare.logits, lanes), where: .all)
        .product(factor, scale).store(to: spare.labels)
      copy(spare.labels, block.classCount &- position, to: target + position)
    }
    row &+= 1
  }
}

/// Writes p·Q·g - a·g for each logit: the gradient of rows held against a distribution.
///
/// In double arithmetic whatever the type, as the two terms may nearly cancel.
@inlinable @inline(__always)
public func softmaxGradient<L: Lanes>(
  _ block: LogitRows<L.Scalar>, _ rows: SoftmaxRows, _ gradient: GradientRows,
  _ distribution: LabelDistribution<L.Scalar>, to output: UnsafeMutablePointer<L.Scalar>,
  _ lanes: L.Type
) {
  typealias Wide = DoubleLanes<L.Set>
  let spare = RowSpare<L.Scalar>()
  defer { spare.deallocate() }
  let scale = 1 / Wide.exponentScalePower
  var row = 0
  while row < block.rowCount {
    let exponential = RowExponential<Wide>(rows, row)
    let factor = gradient.factors[row]
    let upstream = Wide(gradient.upstream[row])
    let logits = block.logits + row &* block.classCount
    let labels = distribution.labels.map { $0 + row &* block.classCount }
    let target = output + row &* block.classCount
    var position = 0
    while position &+ Wide.count <= block.classCount {
      let p = exponential(L.widened(from: logits + position), where: .all).product(factor, scale)
      let a = distribution.terms(labels, position, lanes)
      L.store(p.subtracting(a, times: upstream), to: target + position)
      position &+= Wide.count
    }
    if position < block.classCount {
      let rest = block.classCount &- position
      spare.fill(logits + position, labels.map { $0 + position }, rest)
      var last = distribution
      last.weights += position
      let p = exponential(L.widened(from: spare.logits), where: .all).product(factor, scale)
      let a = last.terms(labels == nil ? nil : spare.labels, 0, lanes)
      L.store(p.subtracting(a, times: upstream), to: spare.logits)
      copy(spare.logits, rest, to: target + position)
    }
    row &+= 1
  }
}

@inlinable @inline(__always)
func copy<Scalar>(
  _ source: UnsafeMutablePointer<Scalar>, _ count: Int, to target: UnsafeMutablePointer<Scalar>
) {
  var index = 0
  while index < count {
    target[index] = source[index]
    index &+= 1
  }
}

/// Copies a matrix of `rowCount` rows of `columnCount` numbers, packed, so that columns become rows.
///
/// By tiles of sixteen by sixteen, so that each cache line is read and written once.
@inlinable @inline(__always)
public func transpose<Scalar, ISA: InstructionSet>(
  _ source: UnsafePointer<Scalar>, rowCount: Int, columnCount: Int,
  to target: UnsafeMutablePointer<Scalar>, _ set: ISA.Type
) {
  var top = 0
  while top < rowCount {
    let bottom = min(top &+ 16, rowCount)
    var left = 0
    while left < columnCount {
      let right = min(left &+ 16, columnCount)
      var column = left
      while column < right {
        var row = top
        while row < bottom {
          target[column &* rowCount &+ row] = source[row &* columnCount &+ column]
          row &+= 1
        }
        column &+= 1
      }
      left = right
    }
    top = bottom
  }
}
