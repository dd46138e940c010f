import LossKernels

/// AVX2, FMA and what else x86-64-v3 has.
public enum AVX2: InstructionSet {}

/// The kernels for them.
public let avx2Kernels = KernelTable(name: "avx2", for: AVX2.self)
