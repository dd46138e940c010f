import CFastFloat
import LossTensor

/// A type text is read as: one of the two that losses are computed in.
enum CSVElement: Sendable {
  case float32
  case float64

  init?(_ type: ElementType) {
    switch type {
    case .float32: self = .float32
    case .float64: self = .float64
    default: return nil
    }
  }

  var elementType: ElementType { self == .float32 ? .float32 : .float64 }

  /// The bits of a significand, and of the largest integer.
  private var significandBits: Int { self == .float32 ? 24 : 53 }
  private var integerBits: Int { self == .float32 ? 128 : 1024 }

  /// All integers below are exact.
  @inline(__always)
  var exactLimit: Double { self == .float32 ? 0x1p24 : 0x1p53 }

  /// Whether decimal digits are an integer that this type has; leading zeros count for nothing.
  func holds(integer digits: Slice<UnsafeRawBufferPointer>) -> Bool {
    let digits = digits.drop { $0 == UInt8(ascii: "0") }
    // The largest double has 309 digits.
    guard digits.count <= 309 else { return false }
    // Least significant word first.
    var words: [UInt64] = []
    for digit in digits {
      var carry = UInt64(digit & 0x0F)
      for position in words.indices {
        let (high, low) = words[position].multipliedFullWidth(by: 10)
        let (sum, overflow) = low.addingReportingOverflow(carry)
        words[position] = sum
        carry = high + (overflow ? 1 : 0)
      }
      if carry > 0 { words.append(carry) }
    }
    guard let highest = words.last, let lowest = words.firstIndex(where: { $0 != 0 }) else {
      return true
    }
    let length = words.count * 64 - highest.leadingZeroBitCount
    let zeros = lowest * 64 + words[lowest].trailingZeroBitCount
    return length <= integerBits && length - zeros <= significandBits
  }
}

/// Numbers as people and programs write them: `-1.5`, `+2`, `.5`, `1e-3`, `NaN`, `-inf`, `Infinity`; or
/// `-1,5` where the decimal mark is a comma.
enum CSVNumber {
  /// Reads the longest number at `offset`; nil where there is none. What follows is for the caller to
  /// check. A magnitude that double cannot hold becomes an infinity or zero, as in Python.
  @inline(__always)
  static func parse(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, mark: UInt8
  ) -> (value: Double, end: Int)? {
    guard offset < bytes.count, let base = bytes.baseAddress else { return nil }
    var start = offset
    if bytes[offset] == UInt8(ascii: "+") {
      start += 1
      // fast_float takes a minus sign, and this is the one place where it must not.
      guard start < bytes.count, bytes[start] != UInt8(ascii: "-") else { return nil }
    }
    let first = (base + start).assumingMemoryBound(to: CChar.self)
    let last = (base + bytes.count).assumingMemoryBound(to: CChar.self)
    var value = 0.0
    guard let next = lossctl_parse_double(first, last, CChar(bitPattern: mark), &value),
      next > first
    else { return nil }
    let end = start + (next - first)
    // C's spelling nan(payload) is not one of ours.
    if value.isNaN, bytes[end - 1] == UInt8(ascii: ")") { return nil }
    return (value, end)
  }

  /// Whether all of `range` is a number.
  static func isNumber(
    _ bytes: UnsafeRawBufferPointer, in range: Range<Int>, mark: UInt8
  ) -> Bool {
    parse(UnsafeRawBufferPointer(rebasing: bytes[range]), at: 0, mark: mark)?.end == range.count
  }

  /// The digits of a number written as a sign and digits only; nil where it has a point, an exponent
  /// or letters.
  static func integerDigits(
    _ bytes: UnsafeRawBufferPointer, in range: Range<Int>
  ) -> Slice<UnsafeRawBufferPointer>? {
    var digits = bytes[range]
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      digits.removeFirst()
    }
    let isInteger = digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    return isInteger && !digits.isEmpty ? digits : nil
  }
}
