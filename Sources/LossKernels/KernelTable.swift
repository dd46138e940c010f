/// The kernels compiled for one instruction set.
public struct KernelTable: Sendable {
  /// The instruction set's name, as `LOSSCTL_ISA` spells it.
  public let name: String
  /// Binary cross entropy with logits.
  public let logitFloat: @Sendable (ElementBlock<Float>) -> BlockFindings
  /// Binary cross entropy with logits.
  public let logitDouble: @Sendable (ElementBlock<Double>) -> BlockFindings
  /// Logarithms of probabilities and of their complements.
  public let logarithms: @Sendable (LogarithmBlock) -> Void
  /// The sum of a block.
  public let sumFloat: @Sendable (UnsafePointer<Float>, Int) -> ExactBlockSum
  /// The sum of a block.
  public let sumDouble: @Sendable (UnsafePointer<Double>, Int) -> ExactBlockSum
  /// Conversion to floats.
  public let widenToFloat:
    @Sendable (UnsafeRawPointer, StoredType, Int, UnsafeMutablePointer<Float>) -> Void
  /// Conversion to doubles.
  public let widenToDouble:
    @Sendable (UnsafeRawPointer, StoredType, Int, UnsafeMutablePointer<Double>) -> Void

  /// All kernels for one instruction set. Inlined into that set's module, where they are compiled.
  @inlinable @inline(__always)
  public init<ISA: InstructionSet>(name: String, for set: ISA.Type) {
    self.name = name
    logitFloat = { logitCrossEntropy($0, FloatLanes<ISA>.self) }
    logitDouble = { logitCrossEntropy($0, DoubleLanes<ISA>.self) }
    logarithms = { probabilityLogarithms($0, DoubleLanes<ISA>.self) }
    widenToFloat = { widen($0, $1, count: $2, to: $3, ISA.self) }
    widenToDouble = { widen($0, $1, count: $2, to: $3, ISA.self) }
    sumFloat = { exactSum($0, count: $1, FloatLanes<ISA>.self) }
    sumDouble = { exactSum($0, count: $1, DoubleLanes<ISA>.self) }
  }
}
