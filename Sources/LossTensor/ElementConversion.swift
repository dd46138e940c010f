/// An element that the type it is to be converted to does not have.
public struct ConversionError: Error, Equatable, Sendable {
  /// The element's offset in C order.
  public let offset: Int

  /// The element as text.
  public let found: String
}

/// The elements of a tensor as another type, strictly.
///
/// Floating-point numbers are rounded to nearest, ties to even, but a finite one may not become infinite.
/// Everything else is exact or an error: a fraction, a NaN or a number out of range as an integer, an integer
/// that a floating-point type does not have.
public struct ElementConversion: Sendable {
  /// What is converted.
  public let tensor: Tensor

  /// The type it is converted to.
  public let elementType: ElementType

  /// A conversion to `elementType`; to the tensor's own type where nil.
  public init(_ tensor: Tensor, to elementType: ElementType? = nil) {
    self.tensor = tensor
    self.elementType = elementType ?? tensor.elementType
  }

  /// Bytes of all elements.
  public var byteCount: Int { tensor.shape.elementCount * elementType.byteCount }

  /// Converts the elements at `range` (offsets in C order) into packed bytes in the machine's byte order.
  ///
  /// - Precondition: `target` holds as many.
  /// - Throws: `ConversionError` for the first element that does not fit.
  public func convert(
    _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer
  ) throws(ConversionError) {
    precondition(target.count >= range.count * elementType.byteCount)
    switch tensor.elementType {
    case elementType:
      tensor.copyElements(range, into: target)
      // Any byte but 0 is true; written are 0 and 1.
      if elementType == .bool {
        for index in 0..<range.count where target[index] > 1 { target[index] = 1 }
      }
    case .int64: try convert(range, through: Int64.self, into: target)
    case .uint64: try convert(range, through: UInt64.self, into: target)
    default: try convertThroughDoubles(range, into: target)
    }
  }

  /// All other types are exact as doubles.
  private func convertThroughDoubles(
    _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer
  ) throws(ConversionError) {
    let values = [Double](unsafeUninitializedCapacity: range.count) { buffer, count in
      tensor.read(range, into: buffer)
      count = range.count
    }
    let isExact = !tensor.elementType.isFloatingPoint
    switch elementType {
    case .float64: try fill(target, range, values) { $0 }
    case .float32: try fill(target, range, values) { Self.rounded($0, Float($0), isExact) }
    case .float16:
      try fill(target, range, values) { value -> UInt16? in
        let half = StoredHalf(rounding: value)
        return Self.rounded(value, half.asFloat, isExact).map { _ in half.bits }
      }
    case .bfloat16:
      try fill(target, range, values) { value -> UInt16? in
        let half = StoredBrainFloat(rounding: value)
        return Self.rounded(value, half.asFloat, isExact).map { _ in half.bits }
      }
    default: try fillIntegers(target, range, values)
    }
  }

  /// 64-bit integers, of which doubles do not have all.
  private func convert<Integer: FixedWidthInteger & ExactNumber>(
    _ range: Range<Int>, through type: Integer.Type, into target: UnsafeMutableRawBufferPointer
  ) throws(ConversionError) {
    let values = [Integer](unsafeUninitializedCapacity: range.count) { buffer, count in
      tensor.copyElements(range, into: UnsafeMutableRawBufferPointer(buffer))
      count = range.count
    }
    switch elementType {
    case .float64: try fill(target, range, values) { Double(exactly: $0) }
    case .float32: try fill(target, range, values) { Float(exactly: $0) }
    case .float16:
      try fill(target, range, values) { value -> UInt16? in
        let half = StoredHalf(rounding: Double(value))
        return Integer(exactly: half.asFloat) == value ? half.bits : nil
      }
    case .bfloat16:
      try fill(target, range, values) { value -> UInt16? in
        let half = StoredBrainFloat(rounding: Double(value))
        return Integer(exactly: half.asFloat) == value ? half.bits : nil
      }
    default: try fillIntegers(target, range, values)
    }
  }

  /// Integers and truth values.
  private func fillIntegers<Value: ExactNumber>(
    _ target: UnsafeMutableRawBufferPointer, _ range: Range<Int>, _ values: [Value]
  ) throws(ConversionError) {
    func fill<Stored: FixedWidthInteger>(_ type: Stored.Type) throws(ConversionError) {
      try self.fill(target, range, values) { $0.exactly(type) }
    }
    switch elementType {
    case .bool:
      try self.fill(target, range, values) { value -> UInt8? in
        value.exactly(UInt8.self).flatMap { $0 > 1 ? nil : $0 }
      }
    case .int8: try fill(Int8.self)
    case .uint8: try fill(UInt8.self)
    case .int16: try fill(Int16.self)
    case .uint16: try fill(UInt16.self)
    case .int32: try fill(Int32.self)
    case .uint32: try fill(UInt32.self)
    case .int64: try fill(Int64.self)
    case .uint64: try fill(UInt64.self)
    // These were dealt with before, each by its own rounding.
    case .float16, .bfloat16, .float32, .float64: break
    }
  }

  /// `result`, unless rounding made a finite number infinite, or changed one that has to stay.
  @inline(__always)
  private static func rounded(_ value: Double, _ result: Float, _ isExact: Bool) -> Float? {
    if value.isFinite, !result.isFinite { return nil }
    return isExact && Double(result) != value ? nil : result
  }

  /// A value as short as the type it is stored in allows.
  private func describe(_ value: some CustomStringConvertible) -> String {
    guard let number = value as? Double else { return value.description }
    switch tensor.elementType {
    case .float64: return number.description
    case .float16, .bfloat16, .float32: return Float(number).description
    default: return Int64(number).description
    }
  }

  @inline(__always)
  private func fill<Value: CustomStringConvertible, Stored>(
    _ target: UnsafeMutableRawBufferPointer, _ range: Range<Int>, _ values: [Value],
    _ convert: (Value) -> Stored?
  ) throws(ConversionError) {
    for (position, value) in values.enumerated() {
      guard let stored = convert(value) else {
        throw ConversionError(offset: range.lowerBound + position, found: describe(value))
      }
      target.storeBytes(
        of: stored, toByteOffset: position * MemoryLayout<Stored>.size, as: Stored.self)
    }
  }
}

/// A number that knows whether an integer type has it.
private protocol ExactNumber: CustomStringConvertible {
  /// The number in `type`; nil where it is not exactly there.
  func exactly<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer?
}

extension Double: ExactNumber {
  fileprivate func exactly<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
    Integer(exactly: self)
  }
}

extension Int64: ExactNumber {
  fileprivate func exactly<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
    Integer(exactly: self)
  }
}

extension UInt64: ExactNumber {
  fileprivate func exactly<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
    Integer(exactly: self)
  }
}
