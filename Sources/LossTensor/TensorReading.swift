extension Tensor {
  /// Copies the elements at `range` (offsets in C order of the logical shape) into `target`, converted.
  ///
  /// 64-bit integers and doubles that the target type cannot hold are rounded to nearest, ties to even.
  ///
  /// - Precondition: `range` lies within the elements and `target` holds `range.count`.
  public func read<Scalar: ComputeScalar>(
    _ range: Range<Int>, into target: UnsafeMutableBufferPointer<Scalar>
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= shape.elementCount)
    precondition(target.count >= range.count)
    guard let output = target.baseAddress, !range.isEmpty else { return }
    if let parts {
      parts.forEach(in: range) { part, range, position in
        part.read(range, into: UnsafeMutableBufferPointer(rebasing: target[position...]))
      }
      return
    }
    forEachRun(in: range) { source, stride, count, position in
      convertRun(source, stride: stride, count: count, into: output + position)
    }
  }

  /// All elements in C order.
  public func values<Scalar: ComputeScalar>(as type: Scalar.Type = Scalar.self) -> [Scalar] {
    [Scalar](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
      read(0..<shape.elementCount, into: buffer)
      count = shape.elementCount
    }
  }

  /// One element, as a double.
  ///
  /// - Precondition: `offset` (in C order) lies within the elements.
  public func element(at offset: Int) -> Double {
    var value = 0.0
    withUnsafeMutablePointer(to: &value) {
      read(offset..<offset + 1, into: UnsafeMutableBufferPointer(start: $0, count: 1))
    }
    return value
  }

  /// Cuts `range` into runs that step evenly through memory.
  ///
  /// - Parameter body: gets the first element's address, the step in elements, the length, and the
  ///   run's position within `range`.
  func forEachRun(
    in range: Range<Int>, _ body: (UnsafeRawPointer, Int, Int, Int) -> Void
  ) {
    guard let base = storage.bytes.baseAddress else { return }
    let start = base + byteOffset
    let size = elementType.byteCount
    guard !isContiguous, let innerSize = shape.dimensions.last, let innerStride = strides.last
    else {
      return body(start + range.lowerBound * size, 1, range.count, 0)
    }
    var index = shape.index(at: range.lowerBound)
    var position = 0
    while position < range.count {
      let offset = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
      let run = min(innerSize - index[index.count - 1], range.count - position)
      body(start + offset * size, innerStride, run, position)
      position += run
      index[index.count - 1] += run
      carry(&index)
    }
  }

  /// Moves an index whose last axis may have run full to the next row.
  private func carry(_ index: inout [Int]) {
    var axis = index.count - 1
    while axis > 0, index[axis] >= shape.dimensions[axis] {
      index[axis] = 0
      axis -= 1
      index[axis] += 1
    }
  }

  private func convertRun<Scalar: ComputeScalar>(
    _ source: UnsafeRawPointer, stride: Int, count: Int, into target: UnsafeMutablePointer<Scalar>
  ) {
    let run = Run(source: source, stride: stride, count: count, isSwapped: isByteSwapped)
    if elementType == Scalar.elementType, stride == 1, !isByteSwapped {
      let bytes = UnsafeRawBufferPointer(start: source, count: count * MemoryLayout<Scalar>.stride)
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: bytes.count)
      return
    }
    switch elementType {
    case .bool: run.convert(StoredBool.self, into: target)
    case .int8: run.convert(Int8.self, into: target)
    case .uint8: run.convert(UInt8.self, into: target)
    case .int16: run.convert(Int16.self, into: target)
    case .uint16: run.convert(UInt16.self, into: target)
    case .int32: run.convert(Int32.self, into: target)
    case .uint32: run.convert(UInt32.self, into: target)
    case .int64: run.convert(Int64.self, into: target)
    case .uint64: run.convert(UInt64.self, into: target)
    case .float16: run.convert(StoredHalf.self, into: target)
    case .bfloat16: run.convert(StoredBrainFloat.self, into: target)
    case .float32: run.convert(Float.self, into: target)
    case .float64: run.convert(Double.self, into: target)
    }
  }
}

/// Elements that lie an even step apart.
private struct Run {
  let source: UnsafeRawPointer
  let stride: Int
  let count: Int
  let isSwapped: Bool

  @inline(__always)
  func convert<Stored: StoredElement, Scalar: ComputeScalar>(
    _ type: Stored.Type, into target: UnsafeMutablePointer<Scalar>
  ) {
    let step = stride * MemoryLayout<Stored.Bits>.size
    for position in 0..<count {
      let bits = (source + position * step).loadUnaligned(as: Stored.Bits.self)
      target[position] = Stored(storedBits: isSwapped ? bits.byteSwapped : bits).widened()
    }
  }
}
