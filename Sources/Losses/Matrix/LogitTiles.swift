import LossKernels
import LossTensor

/// The matrix of all logits, scale · A·Bᵀ + bias, of which only tiles are ever in memory.
struct LogitMatrix: Sendable {
  let a: VectorSet
  let b: VectorSet
  let scale: Double
  let products: MatrixProducts
  let policies: EvaluationPolicies

  /// Rows and columns of a tile: large enough that products run at full speed, small enough for the caches.
  static let tileRows = 512
  static let tileColumns = 512

  /// The blocks of rows.
  var rowBlocks: Int { (a.count + Self.tileRows - 1) / Self.tileRows }
  /// The blocks of columns.
  var columnBlocks: Int { (b.count + Self.tileColumns - 1) / Self.tileColumns }

  /// The rows of a block.
  func rows(_ block: Int) -> Range<Int> {
    block * Self.tileRows..<min((block + 1) * Self.tileRows, a.count)
  }

  /// The columns of a block.
  func columns(_ block: Int) -> Range<Int> {
    block * Self.tileColumns..<min((block + 1) * Self.tileColumns, b.count)
  }
}

/// A thread's tile of logits.
final class LogitTile<Scalar: KernelScalar> {
  private let matrix: LogitMatrix
  private let readerA: VectorReader<Scalar>
  private let readerB: VectorReader<Scalar>
  private let kernels: ScalarKernels<Scalar>
  private let memory: MutableByteStorage
  /// The tile's logits, row after row.
  let logits: UnsafeMutablePointer<Scalar>
  /// As many numbers more, for the tile with its columns as rows.
  let turned: UnsafeMutablePointer<Scalar>
  /// As many numbers more, for derivatives.
  let derivatives: UnsafeMutablePointer<Scalar>

  private(set) var rows = 0..<0
  private(set) var columns = 0..<0
  private(set) var a: UnsafePointer<Scalar>?
  private(set) var b: UnsafePointer<Scalar>?

  init(_ matrix: LogitMatrix) throws(LossError) {
    self.matrix = matrix
    let (rowCount, columnCount) = (LogitMatrix.tileRows, LogitMatrix.tileColumns)
    readerA = try VectorReader(matrix.a, capacity: rowCount, matrix.policies)
    readerB = try VectorReader(matrix.b, capacity: columnCount, matrix.policies)
    kernels = Scalar.kernels(matrix.policies.kernels)
    memory = try scratchMemory(3 * rowCount * columnCount, of: Scalar.self)
    guard let start = memory.bytes.bindMemory(to: Scalar.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    logits = start
    turned = start + rowCount * columnCount
    derivatives = start + 2 * rowCount * columnCount
  }

  /// Takes the rows of the tiles to come.
  func readRows(_ range: Range<Int>) {
    rows = range
    a = readerA.read(range)
  }

  /// Takes the columns of the next tile and computes its logits.
  func compute(_ range: Range<Int>) {
    columns = range
    b = readerB.read(range)
    guard let a, let b else { return }
    matrix.products.multiply(
      .rowsByRows, MatrixProducts.Sizes(m: rows.count, n: columns.count, k: matrix.a.width),
      scale: matrix.scale, a, b, to: logits)
  }

  /// Writes the logits to `turned`, with columns as rows.
  func turn() { kernels.transpose(UnsafePointer(logits), rows.count, columns.count, turned) }

  /// Writes what `turned` has become to `logits`, with rows as rows again.
  func turnBack() { kernels.transpose(UnsafePointer(turned), columns.count, rows.count, logits) }

  /// Calls `body` for each row of the tile whose own column, that of the same number, lies in it.
  func forEachDiagonal(_ body: (_ row: Int, _ offset: Int) -> Void) {
    let shared = rows.clamped(to: columns)
    for row in shared {
      body(row, (row - rows.lowerBound) * columns.count + row - columns.lowerBound)
    }
  }
}
