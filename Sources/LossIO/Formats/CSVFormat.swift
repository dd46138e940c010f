import LossTensor

/// p
public enum CSVFormat: FileFormat {
  /// p
  public static let name = "CSV"
  /// p
  public static let suffixes = ["csv"]
  /// p
  public static func recognizes(_ content: UnsafeRawBufferPointer) -> Bool { false }
  /// p
  public static func mismatch(_ source: ByteSource) -> FileError { FileError(source.path, .empty) }
  /// p
  public static func read(
    _ source: ByteSource, name: String, selector: String?, options: ReadOptions
  ) throws(FileError) -> TensorFile { throw FileError(source.path, .empty) }
}
