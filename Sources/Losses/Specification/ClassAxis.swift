import LossTensor

/// A tensor's axis of classes and the rows along it.
///
/// A row is the numbers along the axis at one place of the other axes; rows are counted in C order of the
/// shape without the axis. In a packed tensor the number of class c in row o·inner + i lies at
/// (o·count + c)·inner + i.
struct ClassAxis: Sendable {
  /// The axis, from 0.
  let index: Int
  /// Places before the axis.
  let outer: Int
  /// Classes.
  let count: Int
  /// Places after the axis.
  let inner: Int
  /// The shape without the axis.
  let rowsShape: Shape

  /// The longest piece of a row that is worked on at once: it stays in the first cache.
  static let pieceLength = 4096

  /// The axis of a shape; negative ones count from the end. A shape of one axis has no other.
  ///
  /// - Throws: `LossError` where there is no such axis.
  init(_ axis: Int, of shape: Shape, input: String) throws(LossError) {
    let index = axis < 0 ? axis + shape.rank : (shape.rank == 1 && axis == 1 ? 0 : axis)
    guard shape.rank > 0 else {
      throw .shapeMismatch(
        input: input, found: shape, expected: "[N, C], a row of classes for each label",
        transposeMatches: false)
    }
    guard shape.dimensions.indices.contains(index) else {
      throw .optionOutOfRange(
        option: "class-axis", found: "\(axis)",
        expected: "an axis of \(input), from \(-shape.rank) to \(shape.rank - 1)")
    }
    var rest = shape.dimensions
    count = rest.remove(at: index)
    self.index = index
    outer = rest[..<index].reduce(1, *)
    inner = rest[index...].reduce(1, *)
    // A product of fewer sizes than one that is in range; 0 may have stood for a larger one.
    guard let rowsShape = Shape(rest), count > 0 || rowsShape.elementCount == 0 else {
      throw .shapeMismatch(
        input: input, found: shape, expected: "[N, C] with at least one class along axis \(index)",
        transposeMatches: false)
    }
    self.rowsShape = rowsShape
  }

  /// The index in the tensor of a class of a row.
  func elementIndex(row: Int, class position: Int) -> [Int] {
    var element = rowsShape.index(at: row)
    element.insert(position, at: index)
    return element
  }

  /// The last axis of logits with rows of that shape, of a class for each row of `table`.
  ///
  /// - Throws: `LossError.shapeMismatch` where there are rows and no class.
  init(after rows: Shape, classesOf table: Shape, input: String) throws(LossError) {
    count = table.rowCount
    guard count > 0 || rows.elementCount == 0 else {
      throw .shapeMismatch(
        input: input, found: table, expected: "[C, D] with at least one class",
        transposeMatches: false)
    }
    (index, outer, inner) = (rows.rank, rows.elementCount, 1)
    rowsShape = rows
  }

  /// Rows that make a block: enough to be worth a thread's while, few enough for its cache.
  var rowsPerBlock: Int {
    let fitting = max(1, 32768 / max(count, 1))
    // Where classes lie apart, runs of less than a few hundred rows are dear to read and to write.
    return inner == 1
      ? fitting : max(fitting, min(256, (1 << 18) / max(1, min(count, Self.pieceLength))))
  }

  /// What of the rows is worked on at once.
  struct Piece {
    /// Rows, counted from the block's first.
    let rows: Range<Int>
    let classes: Range<Int>
  }

  /// Cuts a block of `rowCount` rows into pieces, which for each row come in the order of its classes.
  func forEachPiece(_ rowCount: Int, _ body: (Piece) throws -> Void) rethrows {
    guard count > Self.pieceLength else {
      return try body(Piece(rows: 0..<rowCount, classes: 0..<count))
    }
    // Rows that lie packed are read one by one, others side by side.
    let step = inner == 1 ? 1 : rowCount
    for row in stride(from: 0, to: rowCount, by: step) {
      for start in stride(from: 0, to: count, by: Self.pieceLength) {
        let classes = start..<min(start + Self.pieceLength, count)
        try body(Piece(rows: row..<min(row + step, rowCount), classes: classes))
      }
    }
  }

  /// Cuts rows into runs that lie side by side in the tensor.
  ///
  /// - Parameter body: gets the run's position in `rows`, its length, and the offset of class 0 of its
  ///   first row.
  func forEachRun(_ rows: Range<Int>, _ body: (Int, Int, Int) throws -> Void) rethrows {
    var row = rows.lowerBound
    while row < rows.upperBound {
      let place = row % inner
      let length = min(inner - place, rows.upperBound - row)
      try body(row - rows.lowerBound, length, row / inner * count * inner + place)
      row += length
    }
  }
}
