import LossTensor

/// Numbers as text: fields separated by commas (by tabs in `.tsv` files), rows ended by LF or CRLF.
/// ``CSVDialect`` has what else a file may be like.
///
///     score,label            a header, where a field of the first row is not a number
///     0.25,1                 blanks around numbers mean nothing
///     "0.5",0                quotes as in RFC 4180
///
/// Anything that may be meant in two ways is an error at its line: ragged rows, missing values, text
/// after quotes, integers the element type would round. Nothing is guessed but the header.
public enum CSVFormat: FileFormat {
  /// `CSV`.
  public static let name = "CSV"

  /// `csv`, `tsv` and `txt`.
  public static let suffixes = ["csv", "tsv", "txt"]

  /// How much of a file is looked at to tell text from binary data.
  static let recognizedLength = 4096

  /// Whether the content begins as text in UTF-8, without NUL bytes.
  public static func recognizes(_ content: UnsafeRawBufferPointer) -> Bool {
    var start = content.prefix(recognizedLength)
    guard !start.contains(0) else { return false }
    if start.count < content.count {
      // The last character may be cut; a whole one that goes with it was not needed.
      for _ in 0..<3 where start.last.map({ $0 & 0xC0 == 0x80 }) == true { start.removeLast() }
      if let last = start.last, last >= 0xC0 { start.removeLast() }
    }
    return String(validating: start, as: UTF8.self) != nil
  }

  /// Content that is not text, or text in another encoding.
  public static func mismatch(_ source: ByteSource) -> FileError {
    let bytes = source.bytes
    let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    let found = isUTF16 ? "UTF-16 text" : describeStart(bytes)
    return FileError(source.path, at: .byte(0), .notText(found: found))
  }

  /// Reads the selected columns: one as a vector (rows,), several as a matrix (rows, columns).
  ///
  /// Rows to be left out for a missing value are still there, and `missingRows` has them: whoever reads
  /// several files that belong together has to leave them out of all.
  ///
  /// - Parameter selector: columns by name or number, in the grammar of `CSVSelection`; all where nil.
  public static func read(
    _ source: ByteSource, name: String, selector: String?, options: ReadOptions
  ) throws(FileError) -> TensorFile {
    let requested = options.elementType ?? options.textType
    guard let type = CSVElement(requested) else {
      throw FileError(source.path, .unsupportedTextType(requested: requested.rawValue))
    }
    let layout = try CSVLayout(of: CSVText(source, options.csv), selector: selector)
    let (storage, rows) = try CSVBlocks(
      of: layout, as: type, threadCount: options.threadCount
    ).read()
    let rowCount = rows.count
    let width = layout.selected.count
    guard let shape = Shape(width == 1 ? [rowCount] : [rowCount, width]),
      let tensor = Tensor(storage: storage, elementType: requested, shape: shape)
    else { throw FileError(source.path, .shapeOverflow(shape: "(\(rowCount), \(width))")) }
    return TensorFile(
      name: name, tensor: tensor, columns: layout.selectedNames, hasHeader: layout.names != nil,
      isHeaderDoubtful: layout.isHeaderDoubtful,
      delimiter: options.csv.delimiter == .automatic ? layout.text.delimiter : nil,
      missingRows: rows.missing)
  }
}
