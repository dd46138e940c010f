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

  /// The kernels for this type.
  static func kernels(_ table: KernelTable) -> ScalarKernels<Self>

  /// numerator / denominator in two pieces, the second below the first's last place.
  static func quotient(_ numerator: Double, _ denominator: Double) -> (high: Self, low: Self)
}

extension Float: KernelScalar {
  /// 16.
  public static var laneCount: Int { 16 }

  /// The kernels for floats.
  public static func kernels(_ table: KernelTable) -> ScalarKernels<Float> { table.float }

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

  /// The kernels for doubles.
  public static func kernels(_ table: KernelTable) -> ScalarKernels<Double> { table.double }

  /// The quotient, and what the division rounded off.
  public static func quotient(
    _ numerator: Double, _ denominator: Double
  ) -> (high: Double, low: Double) {
    let high = numerator / denominator
    let low = numerator.addingProduct(-high, denominator) / denominator
    return (high, low.isFinite ? low : 0)
  }
}
