/// Tensors one after another along axis 0, each where it is.
public final class TensorParts: Sendable {
  /// The parts, in order; none of them is joined itself.
  public let tensors: [Tensor]

  /// Where each part's elements start in the whole, and behind them where the whole ends.
  public let starts: [Int]

  fileprivate init(_ tensors: [Tensor]) {
    self.tensors = tensors
    starts = tensors.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.shape.elementCount) }
  }

  /// The part that holds the element at `offset`.
  ///
  /// - Precondition: `offset` lies within the elements.
  public func index(of offset: Int) -> Int {
    // The last part that starts at or before it; empty parts start where their successor does.
    var (low, high) = (0, tensors.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The elements of part `index` within the whole.
  public func range(of index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

  /// Calls `body` with each part that has elements in `range`, the range within the part, and where the
  /// part's elements stand in `range`.
  public func forEach(in range: Range<Int>, _ body: (Tensor, Range<Int>, Int) -> Void) {
    var position = range.lowerBound
    while position < range.upperBound {
      let index = index(of: position)
      let end = min(range.upperBound, starts[index + 1])
      let start = starts[index]
      body(tensors[index], position - start..<end - start, position - range.lowerBound)
      position = end
    }
  }
}

extension Tensor {
  /// Tensors joined along axis 0 without copying any; nil where their types or the other axes differ, where
  /// one of several is a scalar, or where there are too many elements.
  public static func joined(_ tensors: [Tensor]) -> Tensor? {
    guard let first = tensors.first else { return nil }
    // One is itself, a scalar too.
    guard tensors.count > 1 else { return first }
    guard first.shape.rank > 0 else { return nil }
    var rows = 0
    for tensor in tensors {
      let (sum, overflow) = rows.addingReportingOverflow(tensor.shape.dimensions.first ?? 0)
      guard tensor.elementType == first.elementType, tensor.shape.rank > 0, !overflow,
        tensor.shape.dimensions.dropFirst() == first.shape.dimensions.dropFirst()
      else { return nil }
      rows = sum
    }
    let flat = tensors.flatMap { $0.parts?.tensors ?? [$0] }
    guard let shape = Shape([rows] + first.shape.dimensions.dropFirst()) else { return nil }
    return Tensor(parts: TensorParts(flat), elementType: first.elementType, shape: shape)
  }

  /// The same elements packed in C order in memory of our own; nil where the memory is not to be had.
  public func packed() -> Tensor? {
    let size = elementType.byteCount
    guard let memory = MutableByteStorage(byteCount: shape.elementCount * size) else { return nil }
    copyElements(0..<shape.elementCount, into: memory.bytes)
    return Tensor(storage: memory.frozen(), elementType: elementType, shape: shape)
  }

  /// Copies the elements at `range` as they are stored, but in C order and in the machine's byte order.
  func copyElements(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) {
    let size = elementType.byteCount
    if let parts {
      parts.forEach(in: range) { part, range, position in
        let start = position * size
        part.copyElements(
          range,
          into: UnsafeMutableRawBufferPointer(rebasing: target[start..<start + range.count * size]))
      }
      return
    }
    guard !range.isEmpty else { return }
    forEachRun(in: range) { source, stride, count, position in
      let place = UnsafeMutableRawBufferPointer(
        rebasing: target[position * size..<(position + count) * size])
      if stride == 1, !isByteSwapped {
        place.copyMemory(from: UnsafeRawBufferPointer(start: source, count: count * size))
        return
      }
      for element in 0..<count {
        let from = source + element * stride * size
        for byte in 0..<size {
          place[element * size + byte] = from.load(
            fromByteOffset: isByteSwapped ? size - 1 - byte : byte, as: UInt8.self)
        }
      }
    }
  }
}
