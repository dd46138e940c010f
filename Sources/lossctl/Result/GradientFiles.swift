import LossIO
import LossTensor
import Losses

/// How a file name stands for the gradients of a loss, of which there is one for each differentiable input.
enum GradientNaming {
  /// One file for the only gradient.
  case single(input: String, path: String)
  /// An archive of all, each under its input's name.
  case archive(path: String)
  /// A file for each, by the inputs' names.
  case files([(input: String, path: String)])

  /// What stands for the input's name in a file's name.
  static let placeholder = "{input}"

  /// What `path` stands for with gradients for these inputs.
  ///
  /// - Throws: `UsageError.severalGradients` where one file of one tensor is named for several.
  init(_ path: String, inputs: [String], option: String) throws(UsageError) {
    if path.contains(Self.placeholder) {
      self = .files(
        inputs.map { ($0, path.replacing(Self.placeholder, with: jsonKey($0))) })
    } else if let input = inputs.first, inputs.count == 1 {
      self = .single(input: input, path: path)
    } else if TensorOutput.announced(by: path)?.holdsSeveral == true {
      self = .archive(path: path)
    } else {
      throw .severalGradients(option: option, path: path, inputs: inputs.map(jsonKey))
    }
  }

  /// The files' names, to be told apart.
  var paths: [String] {
    switch self {
    case .single(_, let path), .archive(let path): [path]
    case .files(let files): files.map(\.path)
    }
  }

  /// The names as they stand in a result.
  var json: JSON {
    switch self {
    case .single(_, let path), .archive(let path): .string(path)
    case .files(let files): .object(files.map { (jsonKey($0.input), .string($0.path)) })
    }
  }
}

/// The gradients of a run on their way to their files and checks.
struct GradientOutputs {
  private let results: [(input: String, result: TensorResult)]
  private let archive: OutputFile?

  /// Opens the files.
  ///
  /// - Parameter isKept: whether a check needs the tensors.
  /// - Throws: `FileError` where one cannot be written.
  init(
    _ naming: GradientNaming?, of gradients: [(input: String, shape: Shape)], _ type: ElementType,
    isKept: Bool
  ) throws {
    var paths: [String: String] = [:]
    var archive: OutputFile?
    switch naming {
    case .single(let input, let path): paths[input] = path
    case .files(let files): for (input, path) in files { paths[input] = path }
    case .archive(let path): archive = try OutputFile(path: path)
    case nil: break
    }
    self.archive = archive
    guard naming != nil || isKept else {
      results = []
      return
    }
    let isShared = archive != nil || isKept
    results = try gradients.map { input, shape in
      let path = paths[input]
      let format = try path.map { path throws(FileError) in try TensorOutput(suffixOf: path) }
      let key = gradients.count == 1 ? "grad" : jsonKey(input)
      let result = try TensorResult(
        path: path, format: format ?? .npy, key: key, elementType: type, shape: shape,
        isKept: isShared)
      return (input, result)
    }
  }

  /// Where the evaluation stores gradients, by the names of the inputs.
  var sinks: [String: any TensorSink] {
    Dictionary(results.map { ($0.input, $0.result.sink) }, uniquingKeysWith: { first, _ in first })
  }

  /// The gradient with respect to an input, where it was kept.
  func tensor(_ input: String) -> Tensor? {
    results.first { $0.input == input }?.result.tensor
  }

  /// Writes what has not been written while computing.
  func write() throws(FileError) {
    for (_, result) in results { try result.write() }
    guard let archive else { return }
    var arrays: [(key: String, content: TensorContent)] = []
    for (input, result) in results {
      if let tensor = result.tensor { arrays.append((jsonKey(input), TensorContent(tensor))) }
    }
    try TensorOutput.writeArchive(arrays, to: archive)
  }

  func commit() throws(FileError) {
    for (_, result) in results { try result.commit() }
    try archive?.commit()
  }
}
