import CPlatform
import LossKernels
import LossTensor

#if canImport(LossKernelsAVX2)
import LossKernelsAVX2
import LossKernelsAVX512
#endif

/// The variants of the kernels this machine can run. All give the same bits.
public enum KernelSelection {
  /// The variants, fastest first.
  public static let available: [KernelTable] = {
    #if canImport(LossKernelsAVX2)
    switch lossctl_x86_level() {
    case 4: [avx512Kernels, avx2Kernels, portableKernels]
    case 3: [avx2Kernels, portableKernels]
    default: [portableKernels]
    }
    #else
    [portableKernels]
    #endif
  }()

  /// The fastest variant.
  public static let best = available.first ?? portableKernels

  /// The variant of that name; nil where there is none this machine can run.
  public static func named(_ name: String) -> KernelTable? { available.first { $0.name == name } }
}

/// A scalar type there are kernels for.
public protocol KernelScalar: ComputeScalar {
  /// Numbers in one step of a kernel.
  static var laneCount: Int { get }

  /// Binary cross entropy with logits over a block of whole lanes.
  static func logits(_ block: ElementBlock<Self>, _ kernels: KernelTable) -> BlockFindings

  /// The sum of a block of whole lanes.
  static func sum(
    _ values: UnsafePointer<Self>, count: Int, _ kernels: KernelTable
  ) -> ExactBlockSum

  /// Converts packed elements in the machine's byte order.
  static func widen(
    _ source: UnsafeRawPointer, _ type: StoredType, count: Int,
    to target: UnsafeMutablePointer<Self>, _ kernels: KernelTable)

  /// numerator / denominator in two pieces, the second below the first's last place.
  static func quotient(_ numerator: Double, _ denominator: Double) -> (high: Self, low: Self)
}

extension Float: KernelScalar {
  /// 16.
  public static var laneCount: Int { 16 }

  /// The kernel for floats.
  public static func logits(_ block: ElementBlock<Float>, _ kernels: KernelTable) -> BlockFindings {
    kernels.logitFloat(block)
  }

  /// The kernel for floats.
  public static func sum(
    _ values: UnsafePointer<Float>, count: Int, _ kernels: KernelTable
  ) -> ExactBlockSum { kernels.sumFloat(values, count) }

  /// The conversion to floats.
  public static func widen(
    _ source: UnsafeRawPointer, _ type: StoredType, count: Int,
    to target: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  ) { kernels.widenToFloat(source, type, count, target) }

  /// The quotient, which a double holds more than two floats of.
  public static func quotient(
    _ numerator: Double, _ denominator: Double
  ) -> (high: Float, low: Float) {
    let quotient = numerator / denominator
    let high = Float(quotient)
    return (high, high.isFinite ? Float(quotient - Double(high)) : 0)
  }
}

extension Double: KernelScalar {
  /// 8.
  public static var laneCount: Int { 8 }

  /// The kernel for doubles.
  public static func logits(_ block: ElementBlock<Double>, _ kernels: KernelTable) -> BlockFindings
  {
    kernels.logitDouble(block)
  }

  /// The kernel for doubles.
  public static func sum(
    _ values: UnsafePointer<Double>, count: Int, _ kernels: KernelTable
  ) -> ExactBlockSum { kernels.sumDouble(values, count) }

  /// The conversion to doubles.
  public static func widen(
    _ source: UnsafeRawPointer, _ type: StoredType, count: Int,
    to target: UnsafeMutablePointer<Double>, _ kernels: KernelTable
  ) { kernels.widenToDouble(source, type, count, target) }

  /// The quotient, and what the division rounded off.
  public static func quotient(
    _ numerator: Double, _ denominator: Double
  ) -> (high: Double, low: Double) {
    let high = numerator / denominator
    let low = numerator.addingProduct(-high, denominator) / denominator
    return (high, low.isFinite ? low : 0)
  }
}
