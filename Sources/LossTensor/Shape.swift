/// The sizes of a tensor along each of its axes, outermost first; `()` is a scalar.
///
/// The element count is known to fit `Int`: a shape that overflows cannot be made.
public struct Shape: Hashable, Sendable {
  /// The size along each axis.
  public let dimensions: [Int]

  /// The product of the sizes; 1 for a scalar.
  public let elementCount: Int

  /// A shape of the given sizes, or nil where a size is negative or the product overflows `Int`.
  ///
  /// The product is taken over the non-zero sizes, so that (2⁶², 0, 4) is refused like (2⁶², 4): strides
  /// are products of a part of the sizes, and those must not overflow either.
  public init?(_ dimensions: [Int]) {
    var product = 1
    for size in dimensions {
      guard size >= 0 else { return nil }
      let (partial, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow else { return nil }
      product = partial
    }
    self.dimensions = dimensions
    elementCount = dimensions.contains(0) ? 0 : product
  }

  private init(unchecked dimensions: [Int], elementCount: Int) {
    self.dimensions = dimensions
    self.elementCount = elementCount
  }

  /// The shape of a single number.
  public static let scalar = Shape(unchecked: [], elementCount: 1)

  /// The shape of a vector of `count` elements.
  public static func vector(_ count: Int) -> Shape {
    Shape(unchecked: [count], elementCount: count)
  }

  /// How many axes there are.
  public var rank: Int { dimensions.count }

  /// The size of the outermost axis; a scalar counts as one row.
  public var rowCount: Int { dimensions.first ?? 1 }

  /// Elements in one step along the outermost axis; 1 for vectors and scalars.
  public var elementsPerRow: Int { dimensions.dropFirst().reduce(1, *) }

  /// The shape with its axes in the opposite order.
  public var transposed: Shape {
    Shape(unchecked: dimensions.reversed(), elementCount: elementCount)
  }

  /// The element steps of a packed tensor whose last axis varies fastest (C order).
  public var rowMajorStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * max(dimensions[axis + 1], 1)
    }
    return strides
  }

  /// The element steps of a packed tensor whose first axis varies fastest (Fortran order).
  public var columnMajorStrides: [Int] { transposed.rowMajorStrides.reversed() }

  /// The position along each axis of the element at `offset` in C order.
  public func index(at offset: Int) -> [Int] {
    var rest = offset
    var index = dimensions
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      let size = max(dimensions[axis], 1)
      (rest, index[axis]) = rest.quotientAndRemainder(dividingBy: size)
    }
    return index
  }
}

extension Shape: CustomStringConvertible {
  /// The shape as NumPy and PyTorch print it: `()`, `(3,)`, `(2, 3)`.
  public var description: String {
    let sizes = dimensions.map(String.init).joined(separator: ", ")
    return rank == 1 ? "(\(sizes),)" : "(\(sizes))"
  }
}
