import LossTensor

/// How far a number may be from the expected one: |actual - expected| ≤ atol + rtol · |expected|.
public struct Tolerance: Equatable, Sendable {
  /// The part that grows with the expected value.
  public let relative: Double

  /// The part that does not.
  public let absolute: Double

  /// A tolerance.
  ///
  /// - Throws: `LossError.optionOutOfRange` where a part is negative or NaN.
  public init(relative: Double, absolute: Double) throws(LossError) {
    for (option, value) in [("rtol", relative), ("atol", absolute)] where !(value >= 0) {
      throw .optionOutOfRange(
        option: option, found: value.description, expected: "a number of at least 0")
    }
    self.init(unchecked: relative, absolute)
  }

  private init(unchecked relative: Double, _ absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// The tolerance for a pair of types, by the less precise of the two.
  ///
  /// Source: the defaults of torch.testing.assert_close. Integers and bool say nothing about precision.
  public static func standard(for types: ElementType...) -> Tolerance {
    if types.contains(.bfloat16) { return Tolerance(unchecked: 1.6e-2, 1e-5) }
    if types.contains(.float16) { return Tolerance(unchecked: 1e-3, 1e-5) }
    if types.contains(.float32) { return Tolerance(unchecked: 1.3e-6, 1e-5) }
    return Tolerance(unchecked: 1e-7, 1e-7)
  }

  /// Whether `actual` is near enough. Equal infinities are, and so is NaN where NaN is expected.
  public func accepts(_ actual: Double, expected: Double) -> Bool {
    if actual == expected || (actual.isNaN && expected.isNaN) { return true }
    guard actual.isFinite, expected.isFinite else { return false }
    return (actual - expected).magnitude <= absolute + relative * expected.magnitude
  }
}

/// Two tensors held against each other, element by element.
public struct TensorComparison: Sendable {
  /// The element that is farthest beyond the tolerance.
  public struct Mismatch: Equatable, Sendable {
    /// Its position along each axis.
    public let index: [Int]
    /// What was computed.
    public let actual: Double
    /// What was expected.
    public let expected: Double
  }

  /// How many elements are beyond the tolerance.
  public private(set) var mismatches = 0

  /// The worst of them.
  public private(set) var worst: Mismatch?

  /// The largest absolute difference; NaN where a NaN stands against a number.
  public private(set) var largestDifference = 0.0

  /// Whether all elements are within the tolerance.
  public var isMatch: Bool { mismatches == 0 }

  private var worstExcess = -Double.infinity

  /// Compares two tensors of one shape. A number without an axis may also be expected as the only one along an axis:
  /// text has no other way to say it.
  ///
  /// - Throws: `LossError.shapeMismatch`, naming the expected tensor `name`.
  public init(
    _ actual: Tensor, expected: Tensor, tolerance: Tolerance, name: String
  ) throws(LossError) {
    let isOnlyNumber = actual.shape.rank == 0 && expected.shape == .vector(1)
    guard actual.shape == expected.shape || isOnlyNumber else {
      throw .shapeMismatch(
        input: name, found: expected.shape, expected: "\(actual.shape), like the result",
        transposeMatches: expected.shape.rank > 1 && expected.shape.transposed == actual.shape)
    }
    let blockSize = 8192
    var (left, right) = ([Double](), [Double]())
    for start in stride(from: 0, to: actual.shape.elementCount, by: blockSize) {
      let range = start..<min(start + blockSize, actual.shape.elementCount)
      Self.read(actual, range, into: &left)
      Self.read(expected, range, into: &right)
      for (offset, pair) in zip(range, zip(left, right)) {
        add(pair.0, pair.1, tolerance) { actual.shape.index(at: offset) }
      }
    }
  }

  private mutating func add(
    _ actual: Double, _ expected: Double, _ tolerance: Tolerance, index: () -> [Int]
  ) {
    let isSame = actual == expected || (actual.isNaN && expected.isNaN)
    let difference = isSame ? 0 : (actual - expected).magnitude
    if difference.isNaN || difference > largestDifference { largestDifference = difference }
    guard !tolerance.accepts(actual, expected: expected) else { return }
    mismatches += 1
    let bound = tolerance.absolute + tolerance.relative * expected.magnitude
    let excess = difference.isFinite ? difference - bound : .infinity
    if worst == nil || excess > worstExcess {
      worstExcess = excess
      worst = Mismatch(index: index(), actual: actual, expected: expected)
    }
  }

  private static func read(_ tensor: Tensor, _ range: Range<Int>, into values: inout [Double]) {
    values = [Double](unsafeUninitializedCapacity: range.count) { buffer, count in
      tensor.read(range, into: buffer)
      count = range.count
    }
  }
}
