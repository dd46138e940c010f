/// The type of a tensor's elements, as stored.
///
/// The raw value is the name used on the command line and in results; it is PyTorch's and NumPy's.
public enum ElementType: String, CaseIterable, Sendable {
  case bool
  case int8
  case uint8
  case int16
  case uint16
  case int32
  case uint32
  case int64
  case uint64
  case float16
  case bfloat16
  case float32
  case float64

  /// Bytes one element takes.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// Whether the elements are floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}
