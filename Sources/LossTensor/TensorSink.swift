/// A place the elements of a result are stored in, in any order and from several threads.
public protocol TensorSink: AnyObject, Sendable {
  /// The type elements are stored as, in the machine's byte order.
  var elementType: ElementType { get }

  /// Stores `bytes` at `offset` bytes past the first element. Calls on several threads never overlap.
  ///
  /// - Throws: where the place cannot take them, such as a full disk.
  func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws
}

extension TensorSink {
  /// Stores computed values from element `position` (in C order) on, rounded to the sink's type.
  public func write<Scalar: ComputeScalar>(
    _ values: UnsafeBufferPointer<Scalar>, at position: Int
  ) throws {
    let size = elementType.byteCount
    guard elementType != Scalar.elementType else {
      return try store(UnsafeRawBufferPointer(values), at: position * size)
    }
    // A piece at a time, so that the converted copy stays small and in cache.
    let pieceCount = 16384
    try withUnsafeTemporaryAllocation(byteCount: pieceCount * size, alignment: 8) { piece in
      for start in stride(from: 0, to: values.count, by: pieceCount) {
        let count = min(pieceCount, values.count - start)
        let part = UnsafeBufferPointer(rebasing: values[start..<start + count])
        encode(part, as: elementType, into: piece)
        let bytes = UnsafeRawBufferPointer(rebasing: piece[..<(count * size)])
        try store(bytes, at: (position + start) * size)
      }
    }
  }
}

extension FixedWidthInteger {
  /// The nearest integer that fits; 0 for NaN.
  fileprivate init(saturating value: Double) {
    let rounded = value.rounded(.toNearestOrEven)
    if let exact = Self(exactly: rounded) {
      self = exact
    } else {
      self = rounded.isNaN ? 0 : (rounded < 0 ? .min : .max)
    }
  }
}

/// A sink in memory, from which a tensor can be read afterwards.
public final class MemorySink: TensorSink {
  /// The type elements are kept in.
  public let elementType: ElementType

  /// The shape the finished tensor has.
  public let shape: Shape
  private let memory: MutableByteStorage

  /// A sink for a tensor of this type and shape, or nil where the memory is not to be had.
  public init?(elementType: ElementType, shape: Shape) {
    let (size, overflow) = shape.elementCount.multipliedReportingOverflow(by: elementType.byteCount)
    guard !overflow, let memory = MutableByteStorage(byteCount: size) else { return nil }
    self.elementType = elementType
    self.shape = shape
    self.memory = memory
  }

  /// Copies `bytes` to their place.
  public func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    UnsafeMutableRawBufferPointer(rebasing: memory.bytes[offset...]).copyMemory(from: bytes)
  }

  /// What was stored. Nothing may be stored afterwards.
  public var tensor: Tensor? {
    Tensor(storage: memory.frozen(), elementType: elementType, shape: shape)
  }
}

/// Rounds values to a type. Of no protocol's extension, so that it can be specialised: unspecialised it takes a
/// hundred times as long.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func encode<Scalar: ComputeScalar>(
  _ values: UnsafeBufferPointer<Scalar>, as elementType: ElementType,
  into bytes: UnsafeMutableRawBufferPointer
) {
  func fill<Bits>(_ bits: (Double) -> Bits) {
    guard let target = bytes.baseAddress else { return }
    for position in 0..<values.count {
      target.storeBytes(
        of: bits(values[position].asDouble), toByteOffset: position * MemoryLayout<Bits>.size,
        as: Bits.self)
    }
  }
  switch elementType {
  case .float16: fill { StoredHalf(rounding: $0).bits }
  case .bfloat16: fill { StoredBrainFloat(rounding: $0).bits }
  case .float32: fill { Float($0).bitPattern }
  case .float64: fill { $0.bitPattern }
  case .bool: fill { UInt8($0 == 0 ? 0 : 1) }
  case .int8: fill { Int8(saturating: $0) }
  case .uint8: fill { UInt8(saturating: $0) }
  case .int16: fill { Int16(saturating: $0) }
  case .uint16: fill { UInt16(saturating: $0) }
  case .int32: fill { Int32(saturating: $0) }
  case .uint32: fill { UInt32(saturating: $0) }
  case .int64: fill { Int64(saturating: $0) }
  case .uint64: fill { UInt64(saturating: $0) }
  }
}
