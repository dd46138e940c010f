import Losses

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The environment variables lossctl reads.
enum EnvironmentVariable: String {
  /// The instruction set the kernels use.
  case instructionSet = "LOSSCTL_ISA"

  /// The variable's value; an empty one counts as none.
  var value: String? {
    guard let value = getenv(rawValue), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}

extension EvaluationPolicies {
  /// Takes the kernels of that name; the fastest where nil.
  ///
  /// - Throws: `UsageError.unknownInstructionSet` where this machine has none of that name.
  mutating func selectKernels(named name: String?) throws(UsageError) {
    guard let name else { return }
    guard let kernels = KernelSelection.named(name) else {
      throw .unknownInstructionSet(name, known: KernelSelection.available.map(\.name))
    }
    self.kernels = kernels
  }
}
