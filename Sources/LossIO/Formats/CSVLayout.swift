/// What a table looks like: how many columns it has, whether it has a header, and which columns are read.
struct CSVLayout: Sendable {
  let text: CSVText

  /// Fields in every row.
  let columnCount: Int

  /// The header, where there is one.
  let names: [String]?

  /// Whether the header, found without being asked for, may as well be a row with a slip in it: some of
  /// its fields are numbers.
  let isHeaderDoubtful: Bool

  /// The columns to read, counted from 0, in the order they are to stand.
  let selected: [Int]

  /// Where the rows of numbers are.
  let dataRange: Range<Int>

  /// Looks at the first row.
  ///
  /// - Throws: `FileError` where there is no row, or `selector` does not fit the columns.
  init(of text: CSVText, selector: String?) throws(FileError) {
    let bytes = text.bytes
    let firstRow = text.skippingEmptyLines(0, keepsBlankLines: false, in: bytes)
    guard firstRow < bytes.count else { throw FileError(text.source.path, .empty) }
    let (fields, next) = try text.record(at: firstRow)
    let areNumbers = fields.map {
      CSVNumber.isNumber(bytes, in: $0.content, mark: text.decimalMark)
    }
    // What stands for no value is no name either.
    let areData = zip(fields, areNumbers).map { $1 || text.isMissing($0) }

    let path = text.source.path
    let header = text.dialect.header
    let selection = try CSVSelection(selector ?? "1-", path: path)
    // A name can be looked up only in a header, so that then all fields tell whether there is one.
    var names: [String]?
    if let name = selection.firstName {
      guard header != .no else { throw FileError(path, .namesWithoutHeader(name: name)) }
      guard header == .yes || areData.contains(false) else {
        throw FileError(path, .namesNeedHeader(name: name))
      }
    }
    if header == .yes || selection.firstName != nil {
      names = fields.map { text.content(of: $0) }
    }
    selected = try selection.columns(count: fields.count, names: names)
    if header == .auto, names == nil, selected.contains(where: { !areData[$0] }) {
      names = fields.map { text.content(of: $0) }
    }
    isHeaderDoubtful =
      header == .auto && names != nil && selection.firstName == nil
      && selected.contains { areNumbers[$0] }
    if names != nil, let field = fields.first(where: { $0.control >= 0 }) {
      throw text.controlError(field)
    }
    self.text = text
    self.names = names
    columnCount = fields.count
    // Blank lines before a header mean nothing; before numbers in a single column they may be missing
    // values, which the reader must see.
    dataRange = (names == nil ? 0 : next)..<bytes.count
  }

  /// The names of the columns read, where there is a header.
  var selectedNames: [String]? {
    names.map { names in selected.map { names[$0] } }
  }

  /// A column in messages: its name in quotes, or its number from 1.
  func label(ofColumn column: Int) -> String {
    names.map { quotedForMessage($0[column]) } ?? "\(column + 1)"
  }
}
