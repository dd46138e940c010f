/// Cells in columns as wide as their widest cell, two blanks apart.
public struct TextTable {
  let heading: [String]
  let rows: [[String]]
  /// The columns that are aligned on the right.
  let numeric: Set<Int>

  /// A table; every row has as many cells as the heading.
  public init(heading: [String], rows: [[String]], numeric: Set<Int>) {
    self.heading = heading
    self.rows = rows
    self.numeric = numeric
  }

  /// Writes the heading and a line for each row.
  ///
  /// - Throws: `FileError` where the file cannot be written.
  public func write(to file: OutputFile) throws(FileError) {
    let widths = heading.indices.map { column in
      ([heading] + rows).map { $0[column].count }.max() ?? 0
    }
    var text = TextBuffer(file)
    for row in [heading] + rows {
      let cells = row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        return numeric.contains(column) ? blanks + cell : cell + blanks
      }
      var line = cells.joined(separator: "  ")[...]
      while line.last == " " { line.removeLast() }
      try text.append(line + "\n")
    }
    try text.flush()
  }
}
