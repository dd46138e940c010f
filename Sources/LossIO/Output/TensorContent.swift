import LossTensor

/// A tensor to be written, block by block, in a type that may not be its own.
public struct TensorContent: Sendable {
  /// The file it comes from, for errors about its elements.
  let source: String

  private let conversion: ElementConversion

  /// The elements of `tensor` as `elementType`, or as they are where nil.
  ///
  /// - Parameter source: the file it comes from, for errors about its elements.
  public init(_ tensor: Tensor, as elementType: ElementType? = nil, from source: String = "") {
    conversion = ElementConversion(tensor, to: elementType)
    self.source = source
  }

  /// The type the elements are written in.
  var elementType: ElementType { conversion.elementType }

  /// The tensor's shape.
  var shape: Shape { conversion.tensor.shape }

  /// Bytes of all elements.
  var byteCount: Int { conversion.byteCount }

  /// Elements in a block: enough that a system call for each costs nothing.
  private static var blockSize: Int { 1 << 17 }

  /// Calls `body` with all elements in C order, a block at a time, packed in the machine's byte order.
  ///
  /// - Throws: `FileError.doesNotFit` for an element that `elementType` does not have, or what `body` throws.
  func forEachBlock(
    _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    let size = elementType.byteCount
    let count = shape.elementCount
    guard let memory = MutableByteStorage(byteCount: min(count, Self.blockSize) * size) else {
      throw FileError(source, .notEnoughMemory(bytes: Self.blockSize * size))
    }
    for start in stride(from: 0, to: count, by: Self.blockSize) {
      let range = start..<min(start + Self.blockSize, count)
      do throws(ConversionError) {
        try conversion.convert(range, into: memory.bytes)
      } catch {
        throw FileError(
          source,
          .doesNotFit(
            index: shape.index(at: error.offset), found: error.found, type: elementType.rawValue))
      }
      try body(UnsafeRawBufferPointer(rebasing: memory.bytes[..<(range.count * size)]))
    }
  }

  /// The tensor in the type it is written in, in memory where it is not so already.
  func packed() throws(FileError) -> Tensor {
    guard elementType != conversion.tensor.elementType else { return conversion.tensor }
    guard let memory = MutableByteStorage(byteCount: byteCount) else {
      throw FileError(source, .notEnoughMemory(bytes: byteCount))
    }
    var filled = 0
    try forEachBlock { block throws(FileError) in
      UnsafeMutableRawBufferPointer(rebasing: memory.bytes[filled...]).copyMemory(from: block)
      filled += block.count
    }
    let tensor = Tensor(storage: memory.frozen(), elementType: elementType, shape: shape)
    guard let tensor else { throw FileError(source, .notEnoughMemory(bytes: byteCount)) }
    return tensor
  }
}
