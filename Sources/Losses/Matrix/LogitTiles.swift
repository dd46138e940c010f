import LossKernels
import LossTensor

/// The matrix of all logits, scale · A·Bᵀ + bias, of which only tiles are ever in memory.
struct LogitMatrix: Sendable {
  var a: VectorSet
  var b: VectorSet
  let scale: Double
  var bias = Bias.none
  let products: MatrixProducts
  let policies: EvaluationPolicies

  /// What is added to each logit.
  enum Bias: Sendable {
    case none
    /// The same everywhere.
    case all(Double)
    /// A number for each column.
    case columns([Double])
  }

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

/// The column that is each row's own.
enum OwnColumns: Sendable {
  /// There is none.
  case none
  /// That of the same number.
  case diagonal
  /// A column for each row; a negative number where there is none.
  case indices([Int])
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
  /// The vectors of the rows and of the columns.
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

  /// How many logits the tile has.
  var count: Int { rows.count * columns.count }

  /// Computes the logits of a tile; vectors of the last one's rows or columns are not read again.
  func compute(rows: Range<Int>, columns: Range<Int>) {
    if rows != self.rows || a == nil { (self.rows, a) = (rows, readerA.read(rows)) }
    if columns != self.columns || b == nil { (self.columns, b) = (columns, readerB.read(columns)) }
    let hasBias = fillBias()
    guard let a, let b else { return }
    matrix.products.multiply(
      .rowsByRows, MatrixProducts.Sizes(m: rows.count, n: columns.count, k: matrix.a.width),
      scale: matrix.scale, a, b, adds: hasBias, to: logits)
  }

  /// Whether there is a bias, which the logits are then.
  private func fillBias() -> Bool {
    switch matrix.bias {
    case .none: return false
    case .all(let bias): logits.update(repeating: Scalar(bias), count: count)
    case .columns(let biases):
      for (position, column) in columns.enumerated() { logits[position] = Scalar(biases[column]) }
      for row in 1..<max(rows.count, 1) {
        (logits + row * columns.count).update(from: logits, count: columns.count)
      }
    }
    return true
  }

  /// Writes the logits to `turned`, with columns as rows.
  func turn() { kernels.transpose(UnsafePointer(logits), rows.count, columns.count, turned) }

  /// Writes what `turned` has become to `logits`, with rows as rows again.
  func turnBack() { kernels.transpose(UnsafePointer(turned), columns.count, rows.count, logits) }

  /// Calls `body` for each row of the tile whose own column lies in it, with its offset in the tile.
  @inline(__always)
  func forEachOwn(_ own: OwnColumns, _ body: (_ row: Int, _ column: Int, _ offset: Int) -> Void) {
    switch own {
    case .none: break
    case .diagonal:
      for row in rows.clamped(to: columns) { body(row, row, offset(row, row)) }
    case .indices(let indices):
      for row in rows where columns.contains(indices[row]) {
        body(row, indices[row], offset(row, indices[row]))
      }
    }
  }

  private func offset(_ row: Int, _ column: Int) -> Int {
    (row - rows.lowerBound) * columns.count + column - columns.lowerBound
  }
}
