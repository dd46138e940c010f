extension Tensor {
  /// A copy without some of the rows, packed in C order; nil where there is no memory for it.
  ///
  /// - Parameter rows: positions along the first axis, in ascending order, none twice.
  /// - Precondition: the tensor is no scalar and has these rows.
  public func leavingOut(rows: [Int]) -> Tensor? {
    precondition(shape.rank > 0 && (rows.last ?? -1) < shape.rowCount)
    let kept = shape.rowCount - rows.count
    let size = elementType.byteCount
    guard let rest = Shape([kept] + shape.dimensions.dropFirst()),
      let memory = MutableByteStorage(byteCount: rest.elementCount * size)
    else { return nil }
    // Packed rows are copied many at a time, all others an element at a time.
    let offsets = isContiguous ? [] : elementOffsetsInRow()
    let length = shape.elementsPerRow * size
    var target = 0
    func copy(_ count: Int, from source: Int) {
      let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[source..<source + count])
      memory.bytes[target..<target + count].copyBytes(from: bytes)
      target += count
    }
    for stretch in Self.stretches(of: shape.rowCount, without: rows) {
      if isContiguous {
        copy(stretch.count * length, from: byteOffset + stretch.lowerBound * length)
      } else {
        for row in stretch {
          for offset in offsets {
            copy(size, from: byteOffset + (row * strides[0] + offset) * size)
          }
        }
      }
    }
    return Tensor(
      storage: memory.frozen(), elementType: elementType, isByteSwapped: isByteSwapped, shape: rest)
  }

  /// Where each element of a row stands behind the row's first, in elements.
  private func elementOffsetsInRow() -> [Int] {
    var offsets = [0]
    for (size, stride) in zip(shape.dimensions, strides).dropFirst() {
      offsets = offsets.flatMap { offset in (0..<size).map { offset + $0 * stride } }
    }
    return offsets
  }

  /// The runs of 0 ..< `count` between `rows`.
  private static func stretches(of count: Int, without rows: [Int]) -> [Range<Int>] {
    let starts = [0] + rows.map { $0 + 1 }
    return zip(starts, rows + [count]).map { $0..<$1 }
  }
}
