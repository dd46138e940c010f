import LossKernels
import LossTensor

/// Reads blocks of a tensor as `Scalar`: in place where the tensor already is that, else converted into
/// memory of its own.
final class BlockReader<Scalar: KernelScalar> {
  private let tensor: Tensor
  private let kernels: KernelTable
  private let source: Source
  private let capacity: Int

  private enum Source {
    /// The elements as they are wanted.
    case inPlace(UnsafePointer<Scalar>)
    /// Packed elements of another type, and where they are converted to.
    case packed(UnsafeRawPointer, StoredType, MutableByteStorage)
    /// Any other layout, read by the tensor itself.
    case strided(MutableByteStorage)
    /// Several tensors, and memory for blocks with elements of more than one.
    case joined(TensorParts, MutableByteStorage)
  }

  /// The part of a joined tensor that blocks were last read from.
  private var current: (index: Int, reader: BlockReader)?

  /// A reader for blocks of at most `capacity` elements.
  init(_ tensor: Tensor, capacity: Int, _ kernels: KernelTable) throws(LossError) {
    self.tensor = tensor
    self.kernels = kernels
    self.capacity = capacity
    if let parts = tensor.parts {
      source = .joined(parts, try scratchMemory(capacity, of: Scalar.self))
      return
    }
    let start = tensor.storage.bytes.baseAddress.map { $0 + tensor.byteOffset }
    guard let start, tensor.isContiguous, !tensor.isByteSwapped else {
      source = .strided(try scratchMemory(capacity, of: Scalar.self))
      return
    }
    let isAligned = Int(bitPattern: start) % MemoryLayout<Scalar>.alignment == 0
    if tensor.elementType == Scalar.elementType, isAligned {
      source = .inPlace(start.assumingMemoryBound(to: Scalar.self))
    } else {
      source = .packed(
        start, StoredType(tensor.elementType), try scratchMemory(capacity, of: Scalar.self))
    }
  }

  /// The elements at `range`; valid until the next read.
  func read(_ range: Range<Int>) -> UnsafeBufferPointer<Scalar> {
    switch source {
    case .inPlace(let start):
      return UnsafeBufferPointer(start: start + range.lowerBound, count: range.count)
    case .packed(let start, let type, let memory):
      let target = memory.bytes.bindMemory(to: Scalar.self)
      guard let output = target.baseAddress else { break }
      let offset = range.lowerBound * tensor.elementType.byteCount
      Scalar.kernels(kernels).widen(start + offset, type, range.count, output)
      return UnsafeBufferPointer(rebasing: target[..<range.count])
    case .strided(let memory):
      let target = memory.bytes.bindMemory(to: Scalar.self)
      tensor.read(range, into: target)
      return UnsafeBufferPointer(rebasing: target[..<range.count])
    case .joined(let parts, let memory):
      return read(range, of: parts, memory.bytes.bindMemory(to: Scalar.self))
    }
    return UnsafeBufferPointer(start: nil, count: 0)
  }

  /// A block of one part as that part is read, a block of several copied together.
  private func read(
    _ range: Range<Int>, of parts: TensorParts, _ target: UnsafeMutableBufferPointer<Scalar>
  ) -> UnsafeBufferPointer<Scalar> {
    if !range.isEmpty {
      let index = parts.index(of: range.lowerBound)
      let whole = parts.range(of: index)
      if range.upperBound <= whole.upperBound, let reader = reader(of: index, parts) {
        let start = range.lowerBound - whole.lowerBound
        return reader.read(start..<start + range.count)
      }
      tensor.read(range, into: target)
    }
    return UnsafeBufferPointer(rebasing: target[..<range.count])
  }

  /// One reader at a time: there may be thousands of parts. Nil where there is no memory for another.
  private func reader(of index: Int, _ parts: TensorParts) -> BlockReader? {
    if let current, current.index == index { return current.reader }
    current = nil
    let reader = try? BlockReader(parts.tensors[index], capacity: capacity, kernels)
    current = reader.map { (index, $0) }
    return reader
  }
}

extension StoredType {
  /// The kernels' name for an element type.
  init(_ type: ElementType) {
    switch type {
    case .bool: self = .bool
    case .int8: self = .int8
    case .uint8: self = .uint8
    case .int16: self = .int16
    case .uint16: self = .uint16
    case .int32: self = .int32
    case .uint32: self = .uint32
    case .int64: self = .int64
    case .uint64: self = .uint64
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .float32: self = .float32
    case .float64: self = .float64
    }
  }
}

/// Memory for `count` numbers.
func scratchMemory<Scalar>(
  _ count: Int, of type: Scalar.Type
) throws(LossError) -> MutableByteStorage {
  let byteCount = count * MemoryLayout<Scalar>.stride
  guard let memory = MutableByteStorage(byteCount: byteCount) else {
    throw .notEnoughMemory(bytes: byteCount)
  }
  return memory
}
