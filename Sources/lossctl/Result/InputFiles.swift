import LossIO
import LossTensor
import Losses

/// A file to open for one of a loss's inputs.
struct InputRequest {
  /// The input's name in the loss.
  let name: String
  /// The file as the user named it.
  let path: String
  /// What the user says its elements are.
  let elementType: ElementType?
}

/// A loss's inputs, opened.
struct InputFiles {
  private var files: [(name: String, file: TensorFile)] = []

  /// Opens all requested files.
  ///
  /// - Throws: `FileError` for the first that cannot be read.
  init(
    opening requests: [InputRequest], for computeType: ComputeTypeChoice, reading: ReadOptions
  ) throws(FileError) {
    let fromStandardInput = requests.filter { FileSelection($0.path).path == "-" }
    guard fromStandardInput.count <= 1 else { throw FileError("-", .standardInputTaken) }
    for request in requests {
      // Text has no precision of its own; it is read in the one asked for.
      var options = reading
      options.elementType = request.elementType
      options.textType = computeType == .float64 ? .float64 : .float32
      files.append((request.name, try TensorFile(reading: request.path, options: options)))
    }
  }

  /// The tensors by the names of their inputs.
  var tensors: [String: Tensor] {
    Dictionary(files.map { ($0.name, $0.file.tensor) }, uniquingKeysWith: { first, _ in first })
  }

  /// The input of that name.
  subscript(name: String) -> Tensor? { tensors[name] }

  /// Checks, after the tensors were used, that no file was cut short meanwhile.
  ///
  /// - Throws: `FileError.cutShort` for the first that was.
  func requireWhole() throws(FileError) {
    for (_, file) in files { try file.requireWhole() }
  }

  /// What the user should know about how files were read.
  var warnings: [String] {
    files.filter(\.file.isHeaderDoubtful).map { _, file in
      "\(file.name): the first row holds text beside numbers; it was taken as the header, not as data"
    }
  }

  /// Runs `body`; a loss's error about an input gets the name of the input's file.
  func explaining(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as LossError {
      guard let file = files.first(where: { $0.name == error.input })?.file else { throw error }
      throw InputError(path: file.name, error: error)
    }
  }

  /// The inputs as they stand in a result.
  var json: JSON {
    .object(files.map { name, file in (key: jsonKey(name), value: describe(file)) })
  }

  private func describe(_ file: TensorFile) -> JSON {
    var members: [(key: String, value: JSON)] = [
      ("path", .string(file.name)), ("dtype", .string(file.tensor.elementType.rawValue)),
      ("shape", .array(file.tensor.shape.dimensions.map { .integer($0) })),
    ]
    if let hasHeader = file.hasHeader { members.append(("header", .bool(hasHeader))) }
    if let columns = file.columns {
      members.append(("columns", .array(columns.map { .string($0) })))
    }
    return .object(members)
  }
}

/// An option's name as a key: with underscores, so that `jq .pos_weight` needs no quotes.
func jsonKey(_ option: String) -> String {
  String(option.map { $0 == "-" ? "_" : $0 })
}
