/// Whatever the compiler's default target has.
public enum Portable: InstructionSet {}
/// The kernels for it.
public let portableKernels = KernelTable(name: "portable", for: Portable.self)
