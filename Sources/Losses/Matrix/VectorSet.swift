import LossTensor

/// The vectors of one input, one in each row, perhaps to be brought to length 1.
///
/// Vectors shorter than 10⁻¹² are divided by that, so that the zero vector stays what it is.
struct VectorSet: Sendable {
  let name: String
  let tensor: Tensor
  let count: Int
  let width: Int
  /// What each vector is divided by; nil where they are taken as they are.
  private(set) var norms: [Double]?
  /// Vectors to be taken for zeros, whatever they hold; nil where there are none.
  var isLeftOut: [Bool]?

  /// A length below this is taken for it.
  ///
  /// Source: PyTorch `normalize`.
  private static let smallestNorm = 1e-12

  /// The rows along the last axis of a tensor.
  ///
  /// - Throws: `LossError.shapeMismatch` where there is no such axis, or vectors have no elements.
  init(_ name: String, _ tensor: Tensor) throws(LossError) {
    let (rows, width) = try tensor.shape.vectors(input: name)
    self.name = name
    self.tensor = tensor
    self.width = width
    count = rows.elementCount
  }

  /// The vectors of two sets side by side, as they are used.
  init<Scalar: KernelScalar>(
    _ name: String, joining a: VectorSet, _ b: VectorSet, as type: Scalar.Type,
    _ policies: EvaluationPolicies
  ) throws(LossError) {
    var values: [Double] = []
    values.reserveCapacity(a.count * (a.width + b.width))
    let readers = [
      try VectorReader<Scalar>(a, capacity: 1, policies),
      try VectorReader<Scalar>(b, capacity: 1, policies),
    ]
    for row in 0..<a.count {
      for reader in readers {
        let vector = UnsafeBufferPointer(start: reader.read(row..<row + 1), count: reader.width)
        values += vector.map(\.asDouble)
      }
    }
    self.name = name
    (count, width) = (a.count, a.width + b.width)
    let shape = Shape([count, width]) ?? .vector(values.count)
    tensor =
      Scalar.elementType == .float32
      ? Tensor(values.map { Float($0) }, shape: shape) : Tensor(values, shape: shape)
  }

  /// The vectors over their lengths.
  func normalized(_ policies: EvaluationPolicies) throws(LossError) -> VectorSet {
    let rowsPerBlock = max(1, 8192 / max(width, 1))
    let reader = try BlockReader<Double>(
      tensor, capacity: max(rowsPerBlock * width, 1), policies.kernels)
    var norms: [Double] = []
    norms.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: rowsPerBlock) {
      let end = min(start + rowsPerBlock, count)
      let block = reader.read(start * width..<end * width)
      for row in 0..<end - start {
        let length = Self.length(
          UnsafeBufferPointer(rebasing: block[row * width..<(row + 1) * width]))
        // Not `max`, which would lose NaN.
        norms.append(length < Self.smallestNorm ? Self.smallestNorm : length)
      }
    }
    var copy = self
    copy.norms = norms
    return copy
  }

  /// ‖x‖, by way of the largest number's share where squares leave the range of doubles.
  private static func length(_ vector: UnsafeBufferPointer<Double>) -> Double {
    let squares = VectorPair(a: vector, b: vector).products().aa
    guard !squares.isFinite else { return squares.squareRoot() }
    let largest = vector.reduce(0) { max($0, $1.magnitude) }
    guard largest.isFinite else { return squares.squareRoot() }
    return largest * vector.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
  }

  /// What a user should know of vectors that have no direction.
  var warnings: [LossWarning] {
    guard let norms, let first = norms.firstIndex(of: Self.smallestNorm) else { return [] }
    let count = norms.count { $0 == Self.smallestNorm }
    return [.zeroVectors(input: name, count: count, firstRow: first)]
  }

  /// Makes the gradient with respect to the vectors as they are used that of the vectors as they were given:
  /// (g - x̂ (x̂·g)) / ‖x‖.
  ///
  /// - Parameters:
  ///   - gradient: packed rows, of the vectors from `start` on.
  ///   - vectors: the same vectors over their lengths.
  func unnormalize<Scalar: KernelScalar>(
    _ gradient: UnsafeMutableBufferPointer<Scalar>, _ vectors: UnsafePointer<Scalar>,
    from start: Int
  ) {
    guard let norms, width > 0 else { return }
    for row in 0..<gradient.count / width {
      let offset = row * width
      let norm = norms[start + row]
      var along = 0.0
      for index in offset..<offset + width {
        along += gradient[index].asDouble * vectors[index].asDouble
      }
      // A length at its lower bound does not move.
      if norm == Self.smallestNorm { along = 0 }
      for index in offset..<offset + width {
        gradient[index] = Scalar(
          (gradient[index].asDouble - vectors[index].asDouble * along) / norm)
      }
    }
  }
}

/// Reads a range of vectors at a time, packed and in one type.
final class VectorReader<Scalar: KernelScalar> {
  private let set: VectorSet
  private let reader: BlockReader<Scalar>
  private let memory: MutableByteStorage?

  /// Numbers of a vector.
  var width: Int { self.set.width }

  /// A reader for at most `capacity` vectors at a time.
  init(_ set: VectorSet, capacity: Int, _ policies: EvaluationPolicies) throws(LossError) {
    self.set = set
    let count = max(capacity * set.width, 1)
    reader = try BlockReader(set.tensor, capacity: count, policies.kernels)
    let isChanged = set.norms != nil || set.isLeftOut != nil
    memory = isChanged ? try scratchMemory(count, of: Scalar.self) : nil
  }

  /// The vectors in `rows`; valid until the next read.
  func read(_ rows: Range<Int>) -> UnsafePointer<Scalar>? {
    let width = set.width
    let values = reader.read(rows.lowerBound * width..<rows.upperBound * width)
    guard let memory else { return values.baseAddress }
    let target = memory.bytes.bindMemory(to: Scalar.self)
    for (position, row) in rows.enumerated() {
      let elements = position * width..<(position + 1) * width
      if let isLeftOut = set.isLeftOut, isLeftOut[row] {
        for index in elements { target[index] = 0 }
      } else {
        let norm = set.norms?[row] ?? 1
        for index in elements { target[index] = Scalar(values[index].asDouble / norm) }
      }
    }
    return UnsafePointer(target.baseAddress)
  }
}
