import LossIO
import LossTensor
import Losses

/// The files to open for one of a loss's inputs.
struct InputRequest {
  /// The input's name in the loss.
  let name: String
  /// The files as the user named them: paths, patterns and lists.
  let arguments: [String]
  /// What the user says its elements are.
  let elementType: ElementType?
  /// Whether it has a row for each row of the predictions; else it broadcasts to them.
  var isPaired = false
}

extension [InputRequest] {
  /// The request for files with a row for each row of the others, where any were given.
  static func paired(_ name: String, _ arguments: [String]) -> [InputRequest] {
    arguments.isEmpty
      ? []
      : [InputRequest(name: name, arguments: arguments, elementType: nil, isPaired: true)]
  }

  /// The request for a file of its own option, where it was given.
  static func optional(_ name: String, _ argument: String?) -> [InputRequest] {
    argument.map { [InputRequest(name: name, arguments: [$0], elementType: nil)] } ?? []
  }
}

/// A loss's inputs, opened.
struct InputFiles {
  private var inputs: [(request: InputRequest, data: Dataset)] = []

  /// The rows left out for missing values, and of how many; nil where that was not asked for.
  private var leftOut: (rows: [Int], total: Int)?

  private let skipsRows: Bool

  /// Opens all requested files.
  ///
  /// - Throws: `FileError` for the first that cannot be read.
  init(
    opening requests: [InputRequest], for computeType: ComputeTypeChoice, reading: ReadOptions
  ) throws(FileError) {
    skipsRows = reading.csv.missing == .skipRow
    var names: [[String]] = []
    for request in requests { names.append(try Dataset.names(of: request.arguments)) }
    let fromStandardInput = names.joined().count { FileSelection($0).path == "-" }
    guard fromStandardInput <= 1 else { throw FileError("-", .standardInputTaken) }
    for (request, names) in zip(requests, names) {
      // Text has no precision of its own; it is read in the one asked for.
      var options = reading
      options.elementType = request.elementType
      options.textType = computeType == .float64 ? .float64 : .float32
      let data = try Dataset(reading: request.arguments, names: names, options: options)
      inputs.append((request, data))
    }
  }

  /// The tensors by the names of their inputs.
  var tensors: [String: Tensor] {
    Dictionary(
      inputs.map { ($0.request.name, $0.data.tensor) }, uniquingKeysWith: { first, _ in first })
  }

  /// The input of that name.
  subscript(name: String) -> Tensor? { tensors[name] }

  /// Checks, after the tensors were used, that no file was cut short meanwhile.
  ///
  /// - Throws: `FileError.cutShort` for the first that was.
  func requireWhole() throws(FileError) {
    for (_, data) in inputs { try data.requireWhole() }
  }

  /// What the user should know about how files were read.
  var warnings: [String] {
    inputs.flatMap(\.data.files).filter(\.isHeaderDoubtful).map { file in
      "\(file.name): the first row holds text beside numbers; it was taken as the header, not as data"
    }
  }

  /// Runs `body`; a loss's error about an input gets the name of the input's file.
  func explaining(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as LossError {
      guard let data = inputs.first(where: { $0.request.name == error.input })?.data else {
        throw error
      }
      throw InputError(path: data.name, error: error, hint: place(of: error, in: data))
    }
  }

  /// Which of several files an element is in, and where in it.
  private func place(of error: LossError, in data: Dataset) -> String? {
    if let leftOut, !leftOut.rows.isEmpty {
      return "rows are counted without the \(leftOut.rows.count) left out for missing values"
    }
    // An index with an axis more or less counts something else than the files' rows.
    guard data.files.count > 1, case .valueOutOfRange(_, let index, _, _, _) = error,
      index.count == data.tensor.shape.rank, let row = index.first,
      let place = data.location(ofRow: row)
    else { return nil }
    return "row \(row) of all files is row \(place.row) of \(place.file.name)"
  }

  /// The inputs as they stand in a result.
  var json: JSON {
    .object(inputs.map { request, data in (key: jsonKey(request.name), value: describe(data)) })
  }

  private func describe(_ data: Dataset) -> JSON {
    var members: [(key: String, value: JSON)] = [("path", .string(data.name))]
    if !data.isSingle { members.append(("files", .integer(data.files.count))) }
    members += [
      ("dtype", .string(data.tensor.elementType.rawValue)),
      ("shape", .array(data.tensor.shape.dimensions.map { .integer($0) })),
    ]
    if let hasHeader = data.files.first?.hasHeader { members.append(("header", .bool(hasHeader))) }
    if let columns = data.files.first?.columns {
      members.append(("columns", .array(columns.map { .string($0) })))
    }
    if let delimiter = data.files.first?.delimiter {
      members.append(("delimiter", .string(String(Unicode.Scalar(delimiter)))))
    }
    if let leftOut { members.append(("skipped_rows", .integer(leftOut.rows.count))) }
    return .object(members)
  }
}

// Rows with missing values.
extension InputFiles {
  /// What the user should know that is nothing to worry about.
  var notes: [String] {
    guard let leftOut, !leftOut.rows.isEmpty else { return [] }
    let count = "\(leftOut.rows.count) of \(leftOut.total) rows"
    return ["\(count) have a missing value and were left out of all inputs"]
  }

  /// Leaves the rows that have a missing value in any input out of all inputs, whatever their formats:
  /// left out of one alone, all rows behind it would meet others than their own.
  ///
  /// An input that broadcasts has the rows of the predictions where it has as many axes and rows.
  ///
  /// - Parameter areSamples: whether the rows of predictions with so many axes are samples.
  /// - Throws: `FileError` where there is a missing value in what has other rows than the predictions, or
  ///   no row is left.
  mutating func leaveOutMissingRows(areSamples: (Int) -> Bool) throws(FileError) {
    guard skipsRows, let first = inputs.first else { return }
    let shape = first.data.tensor.shape
    let missing = Set(inputs.flatMap(\.data.missingRows)).sorted()
    leftOut = (missing, shape.rowCount)
    guard !missing.isEmpty else { return }
    let sharesRows = inputs.map { request, data in
      let other = data.tensor.shape
      return request.isPaired || (other.rank == shape.rank && other.rowCount == shape.rowCount)
    }
    for ((request, data), isShared) in zip(inputs, sharesRows) {
      let found = data.tensor.shape
      if isShared, areSamples(shape.rank) {
        guard found.rowCount == shape.rowCount, found.rank > 0 else {
          let problem = FileError.Problem.rowsToSkipDiffer(
            expected: shape.rowCount, of: first.request.name, found: found.rowCount)
          throw FileError(data.name, problem)
        }
      } else if let row = data.missingRows.first {
        let problem = FileError.Problem.rowsToSkipUnpaired(
          row: row + 1, input: request.name, of: first.request.name)
        throw FileError(data.name, problem)
      }
    }
    guard missing.count < shape.rowCount else {
      throw FileError(first.data.name, .allRowsMissing(count: shape.rowCount))
    }
    for index in inputs.indices where sharesRows[index] {
      try inputs[index].data.leaveOut(rows: missing)
    }
  }
}

/// An option's name as a key: with underscores, so that `jq .pos_weight` needs no quotes.
func jsonKey(_ option: String) -> String {
  String(option.map { $0 == "-" ? "_" : $0 })
}
