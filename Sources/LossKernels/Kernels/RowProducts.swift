/// Rows of numbers, packed, to be multiplied by a vector from the right or from the left.
@frozen
public struct PackedRows<Scalar: BinaryFloatingPoint & Sendable> {
  /// The rows, one after the other.
  public var values: UnsafePointer<Scalar>
  /// How many rows there are.
  public var count: Int
  /// Numbers in a row.
  public var width: Int

  /// Rows of `width` numbers each.
  @inlinable
  public init(_ values: UnsafePointer<Scalar>, count: Int, width: Int) {
    self.values = values
    self.count = count
    self.width = width
  }
}

/// The product of each row with a vector, and one number more: Σⱼ xᵢⱼ·vⱼ + b.
///
/// Products of floats are exact in double, and those of doubles carry along what they round off, so that a sum
/// is off by little more than its last place unless it cancels.
///
/// - Parameters:
///   - vector: v, filled up with zeros to a multiple of the lanes.
///   - spare: zeros, as many as there are lanes.
@inlinable @inline(__always)
public func rowProducts<L: Lanes>(
  _ rows: PackedRows<L.Scalar>, _ vector: UnsafePointer<Double>, plus offset: Double,
  spare: UnsafeMutablePointer<L.Scalar>, to products: UnsafeMutablePointer<Double>,
  _ lanes: L.Type
) {
  let whole = rows.width &- rows.width % L.count
  let rest = rows.width &- whole
  var row = rows.values
  var position = 0
  while position < rows.count {
    var sum = L.Sum()
    var column = 0
    while column < whole {
      sum.add(L(loadingFrom: row + column), times: vector + column)
      column &+= L.count
    }
    if rest > 0 {
      // What lies behind the row may be another's, or no memory at all.
      column = 0
      while column < rest {
        spare[column] = row[whole &+ column]
        column &+= 1
      }
      sum.add(L(loadingFrom: spare), times: vector + whole)
    }
    products[position] = sum.total + offset
    row += rows.width
    position &+= 1
  }
}

/// Adds each row, times its factor, to a sum of rows, in the order of the rows: sⱼ + Σᵢ cᵢ·xᵢⱼ.
@inlinable @inline(__always)
public func addRows<L: Lanes>(
  _ rows: PackedRows<L.Scalar>, times factors: UnsafePointer<Double>,
  to sums: UnsafeMutablePointer<Double>, _ lanes: L.Type
) {
  let whole = rows.count & ~3
  var position = 0
  while position < whole {
    addFourRows(
      rows.values + position &* rows.width, rows.width, times: factors + position, to: sums, lanes)
    position &+= 4
  }
  while position < rows.count {
    addRow(
      rows.values + position &* rows.width, rows.width, times: factors[position], to: sums, lanes)
    position &+= 1
  }
}

/// Adds four rows, for which the sums are read and written once.
@inlinable @inline(__always)
func addFourRows<L: Lanes>(
  _ a: UnsafePointer<L.Scalar>, _ width: Int, times factors: UnsafePointer<Double>,
  to sums: UnsafeMutablePointer<Double>, _ lanes: L.Type
) {
  typealias Wide = DoubleLanes<L.Set>
  let (b, c, d) = (a + width, a + 2 &* width, a + 3 &* width)
  let (byA, byB) = (Wide(factors[0]), Wide(factors[1]))
  let (byC, byD) = (Wide(factors[2]), Wide(factors[3]))
  let whole = width & ~7
  var column = 0
  while column < whole {
    Wide(loadingFrom: sums + column)
      .adding(L.widened(from: a + column), times: byA)
      .adding(L.widened(from: b + column), times: byB)
      .adding(L.widened(from: c + column), times: byC)
      .adding(L.widened(from: d + column), times: byD)
      .store(to: sums + column)
    column &+= 8
  }
  while column < width {
    sums[column] = sums[column]
      .addingProduct(Double(a[column]), factors[0])
      .addingProduct(Double(b[column]), factors[1])
      .addingProduct(Double(c[column]), factors[2])
      .addingProduct(Double(d[column]), factors[3])
    column &+= 1
  }
}

@inlinable @inline(__always)
func addRow<L: Lanes>(
  _ row: UnsafePointer<L.Scalar>, _ width: Int, times factor: Double,
  to sums: UnsafeMutablePointer<Double>, _ lanes: L.Type
) {
  typealias Wide = DoubleLanes<L.Set>
  let whole = width & ~7
  var column = 0
  while column < whole {
    Wide(loadingFrom: sums + column).adding(L.widened(from: row + column), times: Wide(factor))
      .store(to: sums + column)
    column &+= 8
  }
  while column < width {
    sums[column] = sums[column].addingProduct(Double(row[column]), factor)
    column &+= 1
  }
}

/// The products of each factor with a vector, rounded once: cᵢ·vⱼ.
@inlinable @inline(__always)
public func outerProduct<L: Lanes>(
  _ factors: UnsafePointer<Double>, count: Int, _ vector: UnsafePointer<Double>, width: Int,
  to target: UnsafeMutablePointer<L.Scalar>, _ lanes: L.Type
) {
  typealias Wide = DoubleLanes<L.Set>
  let whole = width & ~7
  var row = target
  var position = 0
  while position < count {
    let factor = Wide(factors[position])
    var column = 0
    while column < whole {
      L.store(Wide(loadingFrom: vector + column) * factor, to: row + column)
      column &+= 8
    }
    while column < width {
      row[column] = L.Scalar(vector[column] * factors[position])
      column &+= 1
    }
    row += width
    position &+= 1
  }
}
