/// A type elements are stored in, with the conversions losses need.
///
/// Concrete conversions are named one by one because the standard library's generic ones go through a
/// slow general path.
protocol StoredElement {
  /// The bits of one element, for exchanging its byte order.
  associatedtype Bits: FixedWidthInteger

  /// The element with these bits (in the machine's byte order).
  init(storedBits: Bits)

  /// The element as `Float`, rounded to nearest, ties to even.
  var asFloat: Float { get }

  /// The element as `Double`, rounded to nearest, ties to even (exact for all but 64-bit integers).
  var asDouble: Double { get }
}

extension StoredElement {
  /// The element rounded to nearest where `Scalar` cannot hold it. The branch is decided when the
  /// function is specialised.
  @inline(__always)
  func widened<Scalar: ComputeScalar>(to type: Scalar.Type = Scalar.self) -> Scalar {
    Scalar.elementType == .float32 ? Scalar(asFloat) : Scalar(asDouble)
  }
}

extension StoredElement where Self: FixedWidthInteger, Bits == Self {
  @inline(__always)
  init(storedBits: Bits) { self = storedBits }
}

extension Int8: StoredElement {
  typealias Bits = Int8
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
}

extension UInt8: StoredElement {
  typealias Bits = UInt8
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
}

extension Int16: StoredElement {
  typealias Bits = Int16
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
}

extension UInt16: StoredElement {
  typealias Bits = UInt16
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
}

extension Int32: StoredElement {
  typealias Bits = Int32
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
}

extension UInt32: StoredElement {
  typealias Bits = UInt32
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
}

extension Int64: StoredElement {
  typealias Bits = Int64
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
}

extension UInt64: StoredElement {
  typealias Bits = UInt64
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
}

extension Float: StoredElement {
  @inline(__always)
  init(storedBits: UInt32) { self.init(bitPattern: storedBits) }
  @inline(__always) var asFloat: Float { self }
}

extension Double: StoredElement {
  @inline(__always)
  init(storedBits: UInt64) { self.init(bitPattern: storedBits) }
  @inline(__always) var asFloat: Float { Float(self) }
}

/// A stored truth value: any non-zero byte is true, as in NumPy and PyTorch.
struct StoredBool: StoredElement {
  let byte: UInt8
  @inline(__always)
  init(storedBits: UInt8) { byte = storedBits }
  @inline(__always) var asFloat: Float { byte == 0 ? 0 : 1 }
  @inline(__always) var asDouble: Double { byte == 0 ? 0 : 1 }
}
