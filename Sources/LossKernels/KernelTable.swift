/// The kernels compiled for one instruction set. A class, as each block looks kernels up and copies of many
/// closures would cost more than some of them.
public final class KernelTable: Sendable {
  /// The instruction set's name, as `LOSSCTL_ISA` spells it.
  public let name: String
  /// The kernels for float32.
  public let float: ScalarKernels<Float>
  /// The kernels for float64.
  public let double: ScalarKernels<Double>
  /// Logarithms of probabilities and of their complements.
  public let logarithms: @Sendable (LogarithmBlock) -> Void

  /// All kernels for one instruction set. Inlined into that set's module, where they are compiled.
  @inlinable @inline(__always)
  public init<ISA: InstructionSet>(name: String, for set: ISA.Type) {
    self.name = name
    logarithms = { probabilityLogarithms($0, DoubleLanes<ISA>.self) }
    float = ScalarKernels(
      FloatLanes<ISA>.self, sum: { exactSum($0, count: $1, FloatLanes<ISA>.self) },
      widen: { widen($0, $1, count: $2, to: $3, ISA.self) })
    double = ScalarKernels(
      DoubleLanes<ISA>.self, sum: { exactSum($0, count: $1, DoubleLanes<ISA>.self) },
      widen: { widen($0, $1, count: $2, to: $3, ISA.self) })
  }
}

/// The kernels for one type of numbers.
public struct ScalarKernels<Scalar: BinaryFloatingPoint & Sendable>: Sendable {
  /// Binary cross entropy with logits, ``LossKernels/logitCrossEntropy(_:_:)``.
  @usableFromInline let logits: @Sendable (ElementBlock<Scalar>) -> BlockFindings
  /// The same for moderate logits, ``LossKernels/moderateLogitCrossEntropy(_:_:)``.
  @usableFromInline let moderateLogits: @Sendable (ElementBlock<Scalar>) -> BlockFindings
  /// The sum of a block.
  public let sum: @Sendable (UnsafePointer<Scalar>, Int) -> ExactBlockSum
  /// Conversion of stored elements.
  public let widen:
    @Sendable (UnsafeRawPointer, StoredType, Int, UnsafeMutablePointer<Scalar>) -> Void
  /// The sums of exponentials of rows, ``LossKernels/softmaxSums(_:_:_:)``.
  public let softmaxSums: @Sendable (LogitRows<Scalar>, SoftmaxRows) -> Void
  /// The same for whole rows that are short, ``LossKernels/shortSoftmaxSums(_:_:_:)``.
  public let shortSoftmaxSums: @Sendable (LogitRows<Scalar>, SoftmaxRows) -> Void
  /// Their completion, ``LossKernels/finishSoftmaxRows(_:count:_:)``.
  public let finishSoftmaxRows: @Sendable (SoftmaxRows, Int) -> Void
  /// The sums against a distribution, ``LossKernels/labelTerms(_:_:bases:skipsZeros:gaps:totals:_:)``.
  public let labelTerms:
    @Sendable (
      LogitRows<Scalar>, LabelDistribution<Scalar>, _ bases: UnsafePointer<Double>,
      _ skipsZeros: Bool, _ gaps: UnsafeMutablePointer<Double>,
      _ totals: UnsafeMutablePointer<Double>
    ) -> Bool
  /// Gradients of rows with one label each.
  public let labelGradient:
    @Sendable (LogitRows<Scalar>, SoftmaxRows, GradientRows, UnsafeMutablePointer<Scalar>) -> Void
  /// Gradients of rows against a distribution.
  public let distributionGradient:
    @Sendable (
      LogitRows<Scalar>, SoftmaxRows, GradientRows, LabelDistribution<Scalar>,
      UnsafeMutablePointer<Scalar>
    ) -> Void
  /// A matrix of so many rows and columns with its columns as rows.
  public let transpose:
    @Sendable (UnsafePointer<Scalar>, Int, Int, UnsafeMutablePointer<Scalar>) -> Void
  /// Products of rows with a vector.
  public let products: ProductKernels<Scalar>

  @inlinable @inline(__always)
  init<L: Lanes>(
    _ lanes: L.Type, sum: @escaping @Sendable (UnsafePointer<Scalar>, Int) -> ExactBlockSum,
    widen:
      @escaping @Sendable (UnsafeRawPointer, StoredType, Int, UnsafeMutablePointer<Scalar>) -> Void
  ) where L.Scalar == Scalar {
    self.sum = sum
    self.widen = widen
    logits = { LossKernels.logitCrossEntropy($0, L.self) }
    moderateLogits = { moderateLogitCrossEntropy($0, L.self) }
    softmaxSums = { LossKernels.softmaxSums($0, $1, L.self) }
    // Of its own, as the compiler makes one loop slow for the other's sake where both are in one function.
    shortSoftmaxSums = { LossKernels.shortSoftmaxSums($0, $1, L.self) }
    finishSoftmaxRows = { LossKernels.finishSoftmaxRows($0, count: $1, L.self) }
    labelTerms = {
      LossKernels.labelTerms(
        $0, $1, bases: $2, skipsZeros: $3, gaps: $4, totals: $5, L.self)
    }
    labelGradient = { softmaxGradient($0, $1, $2, to: $3, L.self) }
    distributionGradient = { softmaxGradient($0, $1, $2, $3, to: $4, L.self) }
    transpose = { LossKernels.transpose($0, rowCount: $1, columnCount: $2, to: $3, L.Set.self) }
    products = ProductKernels(L.self)
  }
}

/// Products of rows of numbers with vectors of doubles.
public struct ProductKernels<Scalar: BinaryFloatingPoint & Sendable>: Sendable {
  /// The product of each row with a vector, ``LossKernels/rowProducts(_:_:plus:spare:to:_:)``.
  public let rowProducts:
    @Sendable (
      PackedRows<Scalar>, _ vector: UnsafePointer<Double>, _ offset: Double,
      _ spare: UnsafeMutablePointer<Scalar>, _ products: UnsafeMutablePointer<Double>
    ) -> Void
  /// The sum of rows times factors, ``LossKernels/addRows(_:times:to:_:)``.
  public let addRows:
    @Sendable (PackedRows<Scalar>, UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  /// So many factors times a vector of so many numbers, ``LossKernels/outerProduct(_:count:_:width:to:_:)``.
  public let outerProduct:
    @Sendable (
      UnsafePointer<Double>, Int, UnsafePointer<Double>, Int, UnsafeMutablePointer<Scalar>
    ) -> Void

  @inlinable @inline(__always)
  init<L: Lanes>(_ lanes: L.Type) where L.Scalar == Scalar {
    rowProducts = { LossKernels.rowProducts($0, $1, plus: $2, spare: $3, to: $4, L.self) }
    addRows = { LossKernels.addRows($0, times: $1, to: $2, L.self) }
    outerProduct = { LossKernels.outerProduct($0, count: $1, $2, width: $3, to: $4, L.self) }
  }
}

extension ScalarKernels {
  /// Binary cross entropy with logits over whole lanes: most blocks have no large logit, and those that have
  /// are done again.
  public func logitCrossEntropy(_ block: ElementBlock<Scalar>) -> BlockFindings {
    if block.factors == nil {
      let findings = moderateLogits(block)
      if !findings.contains(.immoderatePredictions) { return findings }
    }
    return logits(block)
  }
}
