import LossTensor

/// Called with each tensor of a file and its name.
public typealias TensorVisitor = (_ name: String, TensorFile) throws -> Void

extension TensorFile {
  /// Reads every tensor of a file: all members of an archive, and of archives in it; of other files the one.
  ///
  /// - Parameter name: a path, `-`, or `path:selection`, which is the one tensor it names.
  /// - Throws: `FileError` where the file or a member of it cannot be read, or what `body` throws.
  public static func forEach(
    in name: String, options: ReadOptions = ReadOptions(), _ body: TensorVisitor
  ) throws {
    let selection = FileSelection(name)
    guard selection.selector == nil else {
      return try body(name, try TensorFile(reading: name, options: options))
    }
    let source = try ByteSource(opening: selection.path, limit: options.byteLimit)
    try FileFormats.visit(source, name: name, options: options, body)
    try source.mapping?.requireWhole()
  }
}

extension FileFormats {
  /// Reads all tensors of a file or member.
  static func visit(
    _ source: ByteSource, name: String, options: ReadOptions, _ body: TensorVisitor
  ) throws {
    do {
      guard !source.bytes.isEmpty else { throw FileError(source.path, .empty) }
      guard source.depth <= depthLimit else {
        throw FileError(source.path, .nestedTooDeep(limit: depthLimit))
      }
      try format(of: source).visit(source, name: name, options: options, body)
    } catch let error as FileError {
      throw source.located(error)
    }
  }
}

extension FileFormat {
  /// The one tensor of the file.
  public static func visit(
    _ source: ByteSource, name: String, options: ReadOptions, _ body: TensorVisitor
  ) throws {
    try body(name, try read(source, name: name, selector: nil, options: options))
  }
}
