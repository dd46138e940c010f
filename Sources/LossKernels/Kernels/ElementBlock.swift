/// A block of predictions, their labels and where the results go.
///
/// All arrays have `count` numbers, a multiple of the lanes; ``padded(_:)`` cuts a block that way.
@frozen
public struct ElementBlock<Scalar: BinaryFloatingPoint & Sendable> {
  /// How many elements there are.
  public var count: Int
  /// The predictions.
  public var predictions: UnsafePointer<Scalar>
  /// The labels.
  public var labels: UnsafePointer<Scalar>
  /// What weighs the elements; nil where all of it is 1.
  public var factors: ElementFactors<Scalar>?
  /// Where the losses go.
  public var values: UnsafeMutablePointer<Scalar>
  /// Where the gradients go, where they are wanted.
  public var gradients: UnsafeMutablePointer<Scalar>?
  /// What multiplies each derivative, in two pieces: 1/N is not a float, and rounding it would show.
  public var scale: (high: Scalar, low: Scalar)

  /// A block.
  @inlinable
  public init(
    count: Int, predictions: UnsafePointer<Scalar>, labels: UnsafePointer<Scalar>,
    factors: ElementFactors<Scalar>?, values: UnsafeMutablePointer<Scalar>,
    gradients: UnsafeMutablePointer<Scalar>?, scale: (high: Scalar, low: Scalar)
  ) {
    self.count = count
    self.predictions = predictions
    self.labels = labels
    self.factors = factors
    self.values = values
    self.gradients = gradients
    self.scale = scale
  }
}

/// The arrays that weigh the elements of a block.
@frozen
public struct ElementFactors<Scalar: BinaryFloatingPoint & Sendable> {
  /// Multiplies the loss.
  public var weights: UnsafePointer<Scalar>
  /// Multiplies the part of the loss with label 1.
  public var positiveWeights: UnsafePointer<Scalar>
  /// Multiplies the derivative.
  public var upstream: UnsafePointer<Scalar>

  /// The arrays.
  @inlinable
  public init(
    weights: UnsafePointer<Scalar>, positiveWeights: UnsafePointer<Scalar>,
    upstream: UnsafePointer<Scalar>
  ) {
    self.weights = weights
    self.positiveWeights = positiveWeights
    self.upstream = upstream
  }
}

/// What a kernel noticed that its caller has to look into.
@frozen
public struct BlockFindings: OptionSet, Sendable {
  /// One bit for each.
  public let rawValue: UInt8

  /// What the bits say.
  @inlinable @inline(__always)
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Some label or weight may be NaN or infinite.
  @inlinable @inline(__always)
  public static var invalid: Self { Self(rawValue: 1) }

  /// Some label is neither 0 nor 1.
  @inlinable @inline(__always)
  public static var softLabels: Self { Self(rawValue: 2) }

  /// Some prediction is NaN or infinite.
  @inlinable @inline(__always)
  public static var nonFinitePredictions: Self { Self(rawValue: 4) }

  /// Some prediction is too large for the kernel, and its results are of no use.
  @inlinable @inline(__always)
  public static var immoderatePredictions: Self { Self(rawValue: 8) }
}

extension ElementBlock {
  /// Runs `kernel` over the whole lanes of the block, and over what is left with lanes filled up by
  /// predictions and labels of 0.
  public func padded(to lanes: Int, _ kernel: (Self) -> BlockFindings) -> BlockFindings {
    let whole = count - count % lanes
    var findings: BlockFindings = []
    if whole > 0 {
      var part = self
      part.count = whole
      findings = kernel(part)
    }
    guard whole < count else { return findings }
    let rest = count - whole
    return withUnsafeTemporaryAllocation(of: Scalar.self, capacity: 7 * lanes) { memory in
      memory.initialize(repeating: 0)
      guard let base = memory.baseAddress else { return findings }
      func copy(_ source: UnsafePointer<Scalar>, _ slot: Int) -> UnsafePointer<Scalar> {
        (base + slot * lanes).update(from: source + whole, count: rest)
        return UnsafePointer(base + slot * lanes)
      }
      let part = ElementBlock(
        count: lanes, predictions: copy(predictions, 0), labels: copy(labels, 1),
        factors: factors.map {
          ElementFactors(
            weights: copy($0.weights, 2), positiveWeights: copy($0.positiveWeights, 3),
            upstream: copy($0.upstream, 4))
        }, values: base + 5 * lanes, gradients: gradients.map { _ in base + 6 * lanes },
        scale: scale)
      findings = findings.union(kernel(part))
      (values + whole).update(from: part.values, count: rest)
      if let gradients, let partial = part.gradients {
        (gradients + whole).update(from: partial, count: rest)
      }
      return findings
    }
  }
}
