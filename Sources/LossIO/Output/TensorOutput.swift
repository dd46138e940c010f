import LossTensor

/// A format tensors are written in.
public enum TensorOutput: String, CaseIterable, Sendable {
  /// Nested JSON arrays.
  case json
  /// NumPy's file format.
  case npy
  /// Numbers separated by commas, a row a line.
  case csv
  /// Numbers separated by blanks, a row a line.
  case text

  /// The suffixes that announce the format, without the dot.
  public var suffixes: [String] {
    switch self {
    case .json: ["json"]
    case .npy: ["npy"]
    case .csv: ["csv"]
    case .text: ["txt", "text"]
    }
  }

  /// The format that `path`'s suffix announces.
  public static func announced(by path: String) -> TensorOutput? {
    let suffix = fileSuffix(path)
    return allCases.first { $0.suffixes.contains(suffix) }
  }

  /// The format that `path`'s suffix announces.
  ///
  /// - Throws: `FileError.unknownSuffix` where it announces none.
  public init(suffixOf path: String) throws(FileError) {
    guard let format = Self.announced(by: path) else {
      let known = Self.allCases.flatMap(\.suffixes).map { "." + $0 }
      throw FileError(path, .unknownSuffix(suffix: fileSuffix(path), known: known))
    }
    self = format
  }

  /// Whether the format says the type of its elements.
  public var hasElementType: Bool { self == .npy }

  /// Writes a tensor.
  ///
  /// - Throws: `FileError` where the file cannot be written.
  public func write(_ tensor: Tensor, to file: OutputFile) throws(FileError) {
    switch self {
    case .json: try JSON.tensor(tensor).write(to: file)
    case .npy: try NPYWriter.write(tensor, to: file)
    case .csv: try DelimitedText(delimiter: ",").write(tensor, to: file)
    case .text: try DelimitedText(delimiter: " ").write(tensor, to: file)
    }
  }
}

/// Tensors as lines of numbers: one line for each step of the first axis, the other axes side by side.
struct DelimitedText {
  let delimiter: String

  func write(_ tensor: Tensor, to file: OutputFile) throws(FileError) {
    var text = TextBuffer(file)
    var elements = ElementTexts(tensor)
    let perLine = max(tensor.shape.elementsPerRow, 1)
    for offset in 0..<tensor.shape.elementCount {
      try text.append(elements.text(at: offset))
      try text.append((offset + 1) % perLine == 0 ? "\n" : delimiter)
    }
    try text.flush()
  }
}
