/// A floating-point type losses are computed in: `Float` or `Double`.
public protocol ComputeScalar: BinaryFloatingPoint, Sendable {
  /// The element type tensors of this scalar have.
  static var elementType: ElementType { get }

  /// This value as a double, exactly.
  var asDouble: Double { get }
}

extension Float: ComputeScalar {
  /// `float32`.
  @inlinable @inline(__always)
  public static var elementType: ElementType { .float32 }

  /// This value as a double, exactly.
  @inlinable @inline(__always)
  public var asDouble: Double { Double(self) }
}

extension Double: ComputeScalar {
  /// `float64`.
  @inlinable @inline(__always)
  public static var elementType: ElementType { .float64 }

  /// This value.
  @inlinable @inline(__always)
  public var asDouble: Double { self }
}
