import LossKernels

/// AVX-512 F, BW, CD, DQ and VL: x86-64-v4.
public enum AVX512: InstructionSet {}

/// The kernels for it.
public let avx512Kernels = KernelTable(name: "avx512", for: AVX512.self)
