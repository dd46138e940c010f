import LossTensor

/// A format tensors are written in.
public enum TensorOutput: String, CaseIterable, Sendable {
  /// Nested JSON arrays.
  case json
  /// NumPy's file format.
  case npy
  /// A NumPy archive of arrays.
  case npz
  /// Numbers separated by commas, a row a line.
  case csv
  /// Numbers separated by blanks, a row a line.
  case text

  /// The suffixes that announce the format, without the dot.
  public var suffixes: [String] {
    switch self {
    case .json: ["json"]
    case .npy: ["npy"]
    case .npz: ["npz"]
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
  public var hasElementType: Bool { self == .npy || self == .npz }

  /// Writes a tensor.
  ///
  /// - Parameter key: what the array is called where the format has names.
  /// - Throws: `FileError` where the file cannot be written, or an element does not fit its type.
  public func write(
    _ content: TensorContent, key: String = "arr_0", to file: OutputFile
  ) throws(FileError) {
    switch self {
    case .json: try JSON.tensor(content.packed()).write(to: file)
    case .npy: try NPYWriter.write(content, to: file)
    case .npz: try NPZWriter(arrays: [(key, content)]).write(to: file)
    case .csv: try DelimitedText(delimiter: ",").write(content, to: file)
    case .text: try DelimitedText(delimiter: " ").write(content, to: file)
    }
  }
}

extension TensorOutput {
  /// Whether a file of this format holds several tensors, by their names.
  public var holdsSeveral: Bool { self == .npz }

  /// Writes an archive of several tensors by their keys.
  ///
  /// - Throws: `FileError` where the file cannot be written, or an element does not fit its type.
  public static func writeArchive(
    _ arrays: [(key: String, content: TensorContent)], to file: OutputFile
  ) throws(FileError) {
    try NPZWriter(arrays: arrays).write(to: file)
  }
}

/// Tensors as lines of numbers: one line for each step of the first axis, the other axes side by side.
struct DelimitedText {
  let delimiter: String

  func write(_ content: TensorContent, to file: OutputFile) throws(FileError) {
    var text = TextBuffer(file)
    let perLine = max(content.shape.elementsPerRow, 1)
    var offset = 0
    try content.forEachBlock { block throws(FileError) in
      let elements = BlockTexts(block, content.elementType)
      for position in 0..<elements.count {
        try text.append(elements.text(at: position))
        offset += 1
        try text.append(offset % perLine == 0 ? "\n" : delimiter)
      }
    }
    try text.flush()
  }
}
