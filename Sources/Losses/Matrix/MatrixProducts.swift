import COpenBLAS
import LossTensor

/// Products of matrices whose rows lie packed one after another, by OpenBLAS on the calling thread.
///
/// Opening the library takes 20 ms, once; only losses that need it make one of these.
struct MatrixProducts: Sendable {
  // nonisolated(unsafe): a table of functions that nobody writes after it is filled.
  nonisolated(unsafe) private let library: UnsafePointer<lossctl_blas>

  /// Opens the library.
  ///
  /// - Throws: `LossError.libraryMissing` where it cannot be opened.
  init() throws(LossError) {
    switch Self.opened {
    case .success(let library): self.library = library.functions
    case .failure(let error): throw error
    }
  }

  private struct Opened: @unchecked Sendable { let functions: UnsafePointer<lossctl_blas> }

  private static let opened: Result<Opened, LossError> = {
    var reason: UnsafePointer<CChar>?
    guard let library = lossctl_open_blas(&reason) else {
      return .failure(
        .libraryMissing(
          name: String(cString: lossctl_blas_file), package: "libopenblas0-pthread",
          reason: reason.map { String(cString: $0) } ?? "no reason given"))
    }
    return .success(Opened(functions: library))
  }()

  /// Which of the factors is meant by its columns.
  enum Form {
    /// C = A·Bᵀ, with A of m × k, B of n × k.
    case rowsByRows
    /// C = A·B, with A of m × k, B of k × n.
    case rowsByColumns
    /// C = Aᵀ·B, with A of k × m, B of k × n.
    case columnsByColumns
  }

  /// The sizes of a product: C has m rows of n numbers, each a sum of k.
  struct Sizes {
    let m: Int
    let n: Int
    let k: Int
  }

  /// C ← scale · product + C where `adds` is set, else C ← scale · product.
  func multiply<Scalar: KernelScalar>(
    _ form: Form, _ sizes: Sizes, scale: Double = 1, _ a: UnsafePointer<Scalar>,
    _ b: UnsafePointer<Scalar>, adds: Bool = false, to c: UnsafeMutablePointer<Scalar>
  ) {
    guard sizes.m > 0, sizes.n > 0 else { return }
    let (m, n, k) = (blasint(sizes.m), blasint(sizes.n), blasint(sizes.k))
    let transposesA = form == .columnsByColumns ? CblasTrans : CblasNoTrans
    let transposesB = form == .rowsByRows ? CblasTrans : CblasNoTrans
    let strideA = max(form == .columnsByColumns ? m : k, 1)
    let strideB = max(form == .rowsByRows ? k : n, 1)
    let (a, b, c) = (UnsafeRawPointer(a), UnsafeRawPointer(b), UnsafeMutableRawPointer(c))
    // There are kernels for two types, and one of them is Scalar.
    if Scalar.self == Float.self {
      library.pointee.cblas_sgemm(
        CblasRowMajor, transposesA, transposesB, m, n, k, Float(scale),
        a.assumingMemoryBound(to: Float.self), strideA, b.assumingMemoryBound(to: Float.self),
        strideB, adds ? 1 : 0, c.assumingMemoryBound(to: Float.self), n)
    } else {
      library.pointee.cblas_dgemm(
        CblasRowMajor, transposesA, transposesB, m, n, k, scale,
        a.assumingMemoryBound(to: Double.self), strideA, b.assumingMemoryBound(to: Double.self),
        strideB, adds ? 1 : 0, c.assumingMemoryBound(to: Double.self), n)
    }
  }
}
