/// A read-only tensor: a view of stored bytes, converted only where and when it is read.
///
/// Broadcasting, Fortran order and transposition are all strides over the same bytes, so none of them
/// copies anything.
public struct Tensor: Sendable {
  /// The bytes the elements lie in.
  public let storage: ByteStorage

  /// Where the first element starts in `storage`; any offset, aligned or not.
  public let byteOffset: Int

  /// The stored type of each element.
  public let elementType: ElementType

  /// Whether elements are stored in the byte order that is not this machine's.
  public let isByteSwapped: Bool

  /// The logical shape.
  public let shape: Shape

  /// Elements to step for one step along each axis; 0 along a broadcast axis.
  public let strides: [Int]

  /// The tensors this one is made of, where it is several joined along axis 0; `storage`, `byteOffset` and
  /// `strides` then say nothing.
  public let parts: TensorParts?

  /// A view of `storage`, or nil where an element would lie outside it.
  ///
  /// - Parameters:
  ///   - byteOffset: where the element at index (0, …, 0) starts.
  ///   - strides: in elements, none negative; C order where nil.
  public init?(
    storage: ByteStorage,
    byteOffset: Int = 0,
    elementType: ElementType,
    isByteSwapped: Bool = false,
    shape: Shape,
    strides: [Int]? = nil
  ) {
    let strides = strides ?? shape.rowMajorStrides
    guard byteOffset >= 0, strides.count == shape.rank, strides.allSatisfy({ $0 >= 0 }),
      let end = Self.byteEnd(byteOffset, elementType, shape, strides),
      end <= storage.bytes.count
    else { return nil }
    self.init(
      storage: storage, uncheckedOffset: byteOffset, elementType: elementType,
      isByteSwapped: isByteSwapped, shape: shape, strides: strides)
  }

  private init(
    storage: ByteStorage, uncheckedOffset: Int, elementType: ElementType, isByteSwapped: Bool,
    shape: Shape, strides: [Int]
  ) {
    self.storage = storage
    byteOffset = uncheckedOffset
    self.elementType = elementType
    self.isByteSwapped = isByteSwapped && elementType.byteCount > 1
    self.shape = shape
    self.strides = strides
    parts = nil
  }

  /// Joined tensors.
  init(parts: TensorParts, elementType: ElementType, shape: Shape) {
    storage = ByteStorage(copying: [])
    byteOffset = 0
    self.elementType = elementType
    isByteSwapped = false
    self.shape = shape
    strides = shape.rowMajorStrides
    self.parts = parts
  }

  /// One past the last byte of the last element, or nil on overflow.
  private static func byteEnd(
    _ offset: Int, _ type: ElementType, _ shape: Shape, _ strides: [Int]
  ) -> Int? {
    guard shape.elementCount > 0 else { return offset }
    var elements = 1
    for (size, stride) in zip(shape.dimensions, strides) {
      let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = elements.addingReportingOverflow(reach)
      guard !overflow, !sumOverflow else { return nil }
      elements = sum
    }
    let (bytes, overflow) = elements.multipliedReportingOverflow(by: type.byteCount)
    let (end, endOverflow) = offset.addingReportingOverflow(bytes)
    return overflow || endOverflow ? nil : end
  }

  /// A tensor holding `values`.
  ///
  /// - Precondition: there are as many values as `shape` has elements.
  public init(_ values: [Float], shape: Shape) {
    precondition(values.count == shape.elementCount)
    self.init(
      storage: values.withUnsafeBytes { ByteStorage(copying: $0) }, uncheckedOffset: 0,
      elementType: .float32, isByteSwapped: false, shape: shape, strides: shape.rowMajorStrides)
  }

  /// A tensor holding `values`.
  ///
  /// - Precondition: there are as many values as `shape` has elements.
  public init(_ values: [Double], shape: Shape) {
    precondition(values.count == shape.elementCount)
    self.init(
      storage: values.withUnsafeBytes { ByteStorage(copying: $0) }, uncheckedOffset: 0,
      elementType: .float64, isByteSwapped: false, shape: shape, strides: shape.rowMajorStrides)
  }

  /// Whether the elements lie packed in C order.
  public var isContiguous: Bool {
    guard parts == nil else { return false }
    guard shape.elementCount > 0 else { return true }
    var expected = 1
    for axis in stride(from: shape.rank - 1, through: 0, by: -1) where shape.dimensions[axis] != 1 {
      guard strides[axis] == expected else { return false }
      expected *= shape.dimensions[axis]
    }
    return true
  }

  /// This tensor read as if it had `target`'s shape, by NumPy's rules: axes are matched from the last
  /// one backwards, and an axis that is missing or of size 1 is repeated. Nil where they do not match.
  public func broadcast(to target: Shape) -> Tensor? {
    guard shape.rank <= target.rank else { return nil }
    // A copy, unless there is nothing to repeat: what is repeated is small.
    if parts != nil { return shape == target ? self : packed()?.broadcast(to: target) }
    let missing = target.rank - shape.rank
    var repeated = [Int](repeating: 0, count: target.rank)
    for (axis, size) in shape.dimensions.enumerated() {
      let wanted = target.dimensions[axis + missing]
      guard size == wanted || size == 1 else { return nil }
      repeated[axis + missing] = size == 1 ? 0 : strides[axis]
    }
    return Tensor(
      storage: storage, uncheckedOffset: byteOffset, elementType: elementType,
      isByteSwapped: isByteSwapped, shape: target, strides: repeated)
  }

  /// The same bytes read as another type of the same size, such as bfloat16 kept in uint16.
  /// Nil where the sizes differ.
  public func reinterpreted(as type: ElementType) -> Tensor? {
    guard type.byteCount == elementType.byteCount else { return nil }
    if let parts { return Tensor.joined(parts.tensors.compactMap { $0.reinterpreted(as: type) }) }
    return Tensor(
      storage: storage, uncheckedOffset: byteOffset, elementType: type,
      isByteSwapped: isByteSwapped, shape: shape, strides: strides)
  }
}
