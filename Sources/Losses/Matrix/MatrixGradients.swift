import LossKernels
import LossTensor
import LossThreads

/// Turns derivatives with respect to logits into those with respect to what the logits are made of.
///
/// With D the derivatives, dA = scale · D·B and dB = scale · Dᵀ·A; the scale's own is Σ dA ⊙ A / scale, and the
/// bias's the sum of D, of all or by columns.
struct MatrixGradients<Scalar: KernelScalar> {
  let matrix: LogitMatrix
  /// Where gradients go, by names of inputs and parameters.
  let sinks: [String: any TensorSink]
  /// The names of the scale and of the bias among them.
  var scaleName: String?
  var biasName: String?
  /// The scale's parameter may be another number: what the derivative is multiplied by.
  var scaleFactor = 1.0

  private var sinkA: (any TensorSink)? { sinks[matrix.a.name] }
  private var sinkB: (any TensorSink)? { sinks[matrix.b.name] }
  private var scaleSink: (any TensorSink)? { scaleName.flatMap { sinks[$0] } }
  private var biasSink: (any TensorSink)? { biasName.flatMap { sinks[$0] } }

  /// Computes all derivatives and stores the gradients.
  ///
  /// - Parameters:
  ///   - makeState: a thread's memory for `derive`.
  ///   - derive: writes the derivatives of a tile whose logits are computed.
  func store<State>(
    _ run: WholeRun, makeState: @escaping () throws -> State,
    derive: @escaping (LogitTile<Scalar>, inout State) throws -> Void
  ) throws {
    let total = try makeRows()
    try add(to: total, run, makeState: makeState, derive: derive)
    try storeRows(total)
  }

  /// Memory for the gradient of the rows, where it is wanted.
  func makeRows() throws(LossError) -> RowGradients<Scalar>? {
    guard sinkA != nil || scaleSink != nil else { return nil }
    return try RowGradients(count: matrix.a.count * matrix.a.width)
  }

  /// Computes all derivatives, stores the gradients of the columns and the bias, and adds those of the rows to
  /// `total`.
  func add<State>(
    to total: RowGradients<Scalar>?, _ run: WholeRun,
    makeState: @escaping () throws -> State,
    derive: @escaping (LogitTile<Scalar>, inout State) throws -> Void
  ) throws {
    let turns = OrderedTurns(places: matrix.rowBlocks)
    let states = try run.forEach(
      matrix.columnBlocks, turns: turns,
      makeState: { (try GradientState<Scalar>(matrix), try makeState()) },
      body: { state, block in
        let work = state.0
        for rowBlock in 0..<matrix.rowBlocks {
          work.tile.compute(rows: matrix.rows(rowBlock), columns: matrix.columns(block))
          try derive(work.tile, &state.1)
          if biasSink != nil { work.addBiases() }
          if sinkB != nil { work.addColumns(matrix, isFirst: rowBlock == 0) }
          guard let total else { continue }
          try turns.take(block, at: rowBlock) {
            work.addRows(matrix, to: total)
          }
        }
        try storeColumns(work)
      })
    try storeBias(states.map(\.0))
  }

  private func storeColumns(_ work: GradientState<Scalar>) throws {
    let width = matrix.b.width
    let columns = work.tile.columns
    if let sinkB, let b = work.tile.b {
      let gradient = UnsafeMutableBufferPointer(
        start: work.columns, count: columns.count * width)
      if matrix.rowBlocks == 0 { gradient.update(repeating: 0) }
      matrix.b.unnormalize(gradient, b, from: columns.lowerBound)
      try sinkB.write(UnsafeBufferPointer(gradient), at: columns.lowerBound * width)
    }
    guard let biasSink, case .columns = matrix.bias else { return }
    let biases = work.takeBiases()
    try biases.withUnsafeBufferPointer { try biasSink.write($0, at: columns.lowerBound) }
  }

  private func storeBias(_ works: [GradientState<Scalar>]) throws {
    guard let biasSink, case .all = matrix.bias else { return }
    let sum = works.reduce(into: ExactSum()) { $0.add($1.biasSum) }
    try biasSink.writeNumber(sum.rounded)
  }

  /// Stores the gradients of the rows, and of the scale, which follows from them.
  func storeRows(_ total: RowGradients<Scalar>?) throws {
    guard let total else { return }
    try scaleSink?.writeNumber(product(total) / matrix.scale * scaleFactor)
    let width = matrix.a.width
    let reader = try VectorReader<Scalar>(
      matrix.a, capacity: LogitMatrix.tileRows, matrix.policies)
    for block in 0..<matrix.rowBlocks {
      let rows = matrix.rows(block)
      guard let vectors = reader.read(rows) else { continue }
      let gradient = UnsafeMutableBufferPointer(
        rebasing: total.values[rows.lowerBound * width..<rows.upperBound * width])
      matrix.a.unnormalize(gradient, vectors, from: rows.lowerBound)
      try sinkA?.write(UnsafeBufferPointer(gradient), at: rows.lowerBound * width)
    }
  }

  /// Σ dA ⊙ A, of gradients that are not yet those through the lengths.
  func product(_ total: RowGradients<Scalar>) throws(LossError) -> Double {
    let width = matrix.a.width
    let reader = try VectorReader<Scalar>(matrix.a, capacity: 1, matrix.policies)
    var product = ExactSum()
    for row in 0..<matrix.a.count {
      guard let vector = reader.read(row..<row + 1) else { continue }
      var sum = 0.0
      for index in 0..<width {
        sum += total.values[row * width + index].asDouble * vector[index].asDouble
      }
      product.add(sum)
    }
    return product.rounded
  }
}

extension TensorSink {
  /// Stores the only element of a tensor.
  func writeNumber(_ value: Double) throws {
    try withUnsafePointer(to: value) { try write(UnsafeBufferPointer(start: $0, count: 1), at: 0) }
  }
}

/// The gradient of all rows, to which threads add in turns, or which is stored here for something else.
final class RowGradients<Scalar: KernelScalar>: @unchecked Sendable {
  let values: UnsafeMutableBufferPointer<Scalar>
  private let memory: MutableByteStorage

  init(count: Int) throws(LossError) {
    memory = try scratchMemory(max(count, 1), of: Scalar.self)
    values = UnsafeMutableBufferPointer(
      rebasing: memory.bytes.bindMemory(to: Scalar.self)[..<count])
    values.update(repeating: 0)
  }
}

extension RowGradients: TensorSink {
  var elementType: ElementType { Scalar.elementType }

  func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(values)[offset...])
      .copyMemory(from: bytes)
  }
}

/// A thread's tile and what it adds up over the rows of a block of columns.
private final class GradientState<Scalar: KernelScalar> {
  let tile: LogitTile<Scalar>
  /// The gradient of the columns' vectors.
  let columns: UnsafeMutablePointer<Scalar>
  /// The sum of all derivatives.
  private(set) var biasSum = ExactSum()
  /// The sums of the columns' derivatives, where each has a bias, and what rounding took from them.
  private var biases: [Double]
  private var biasErrors: [Double]
  private let hasColumnBiases: Bool
  private let kernels: KernelTable
  private let memory: MutableByteStorage

  init(_ matrix: LogitMatrix) throws(LossError) {
    tile = try LogitTile(matrix)
    memory = try scratchMemory(
      max(LogitMatrix.tileColumns * matrix.b.width, 1), of: Scalar.self)
    guard let start = memory.bytes.bindMemory(to: Scalar.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    columns = start
    kernels = matrix.policies.kernels
    if case .columns = matrix.bias { hasColumnBiases = true } else { hasColumnBiases = false }
    biases = [Double](repeating: 0, count: hasColumnBiases ? LogitMatrix.tileColumns : 0)
    biasErrors = biases
  }

  func addBiases() {
    guard hasColumnBiases else {
      _ = biasSum.add(UnsafeBufferPointer(start: tile.derivatives, count: tile.count), kernels)
      return
    }
    // One thread sees all rows of a column, in their order; to add exactly would be dear.
    let width = tile.columns.count
    biases.withUnsafeMutableBufferPointer { sums in
      biasErrors.withUnsafeMutableBufferPointer { errors in
        for row in 0..<tile.rows.count {
          let derivatives = tile.derivatives + row * width
          for column in 0..<width {
            let (sum, number) = (sums[column], derivatives[column].asDouble)
            let total = sum + number
            let kept = total - sum
            errors[column] += (sum - (total - kept)) + (number - kept)
            sums[column] = total
          }
        }
      }
    }
  }

  /// The sums of the columns, which start anew.
  func takeBiases() -> [Double] {
    let sums = zip(biases, biasErrors).prefix(tile.columns.count).map { $0.isFinite ? $0 + $1 : $0 }
    for index in biases.indices { (biases[index], biasErrors[index]) = (0, 0) }
    return sums
  }

  func addColumns(_ matrix: LogitMatrix, isFirst: Bool) {
    guard let a = tile.a else { return }
    matrix.products.multiply(
      .columnsByColumns,
      MatrixProducts.Sizes(m: tile.columns.count, n: matrix.a.width, k: tile.rows.count),
      scale: matrix.scale, UnsafePointer(tile.derivatives), a, adds: !isFirst, to: columns)
  }

  func addRows(_ matrix: LogitMatrix, to total: RowGradients<Scalar>) {
    let start = tile.rows.lowerBound * matrix.a.width
    guard let b = tile.b, let target = total.values.baseAddress else { return }
    matrix.products.multiply(
      .rowsByColumns,
      MatrixProducts.Sizes(m: tile.rows.count, n: matrix.b.width, k: tile.columns.count),
      scale: matrix.scale, UnsafePointer(tile.derivatives), b, adds: true, to: target + start)
  }
}
