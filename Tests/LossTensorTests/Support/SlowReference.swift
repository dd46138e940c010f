import LossTensor
import Testing

/// Reading one element at a time, byte by byte: slow, and plain to see that it is right.
struct SlowReference {
  let bytes: [UInt8]
  let type: ElementType
  let isBigEndian: Bool

  /// The element that starts at byte `offset`, as a double and as a float.
  func element(at offset: Int) -> (double: Double, float: Float) {
    var stored = Array(bytes[offset..<offset + type.byteCount])
    if isBigEndian { stored.reverse() }
    let bits = stored.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch type {
    case .bool: return bits == 0 ? (0, 0) : (1, 1)
    case .uint8, .uint16, .uint32, .uint64: return (Double(bits), Float(bits))
    case .int8, .int16, .int32, .int64:
      let unused = 64 - 8 * type.byteCount
      let number = Int64(bitPattern: bits << unused) >> unused
      return (Double(number), Float(number))
    case .float16:
      let half = Float16(bitPattern: UInt16(bits))
      return (Double(half), Float(half))
    case .bfloat16:
      let float = Float(bitPattern: UInt32(bits) << 16)
      return (Double(float), float)
    case .float32:
      let float = Float(bitPattern: UInt32(bits))
      return (Double(float), float)
    case .float64:
      let double = Double(bitPattern: bits)
      return (double, Float(double))
    }
  }
}

/// Whether two numbers are the same, zeros told apart by sign and any NaN equal to any other.
func isSame<Number: BinaryFloatingPoint>(_ first: Number, _ second: Number) -> Bool {
  first.isNaN ? second.isNaN : first == second && first.sign == second.sign
}

/// Whether two lists hold the same numbers.
func areSame<Number: BinaryFloatingPoint>(_ first: [Number], _ second: [Number]) -> Bool {
  first.count == second.count && zip(first, second).allSatisfy { isSame($0, $1) }
}

/// The shape of the given sizes; the test fails where there is none.
func shape(_ dimensions: Int...) throws -> Shape { try #require(Shape(dimensions)) }
