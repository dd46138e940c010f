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
}

/// A loss's inputs, opened.
struct InputFiles {
  private var inputs: [(name: String, data: Dataset)] = []

  /// Opens all requested files.
  ///
  /// - Throws: `FileError` for the first that cannot be read.
  init(
    opening requests: [InputRequest], for computeType: ComputeTypeChoice, reading: ReadOptions
  ) throws(FileError) {
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
      inputs.append((request.name, data))
    }
  }

  /// The tensors by the names of their inputs.
  var tensors: [String: Tensor] {
    Dictionary(inputs.map { ($0.name, $0.data.tensor) }, uniquingKeysWith: { first, _ in first })
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
      guard let data = inputs.first(where: { $0.name == error.input })?.data else { throw error }
      throw InputError(path: data.name, error: error, hint: place(of: error, in: data))
    }
  }

  /// Which of several files an element is in, and where in it.
  private func place(of error: LossError, in data: Dataset) -> String? {
    // An index with an axis more or less counts something else than the files' rows.
    guard data.files.count > 1, case .valueOutOfRange(_, let index, _, _, _) = error,
      index.count == data.tensor.shape.rank, let row = index.first,
      let place = data.location(ofRow: row)
    else { return nil }
    return "row \(row) of all files is row \(place.row) of \(place.file.name)"
  }

  /// The inputs as they stand in a result.
  var json: JSON {
    .object(inputs.map { name, data in (key: jsonKey(name), value: describe(data)) })
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
    return .object(members)
  }
}

/// An option's name as a key: with underscores, so that `jq .pos_weight` needs no quotes.
func jsonKey(_ option: String) -> String {
  String(option.map { $0 == "-" ? "_" : $0 })
}
