/// A file format tensors are read from.
public protocol FileFormat: Sendable {
  /// The format's name in messages.
  static var name: String { get }

  /// Suffixes that announce the format, without the dot, in lower case.
  static var suffixes: [String] { get }

  /// Whether the content is of this format; looks at no more than the beginning.
  static func recognizes(_ content: UnsafeRawBufferPointer) -> Bool

  /// The error for a file whose suffix announces this format and whose content is not of it.
  static func mismatch(_ source: ByteSource) -> FileError

  /// Reads a tensor.
  ///
  /// - Parameters:
  ///   - name: the file with its selection, for ``TensorFile/name``.
  ///   - selector: the part of the file to read, in the format's own terms.
  /// - Throws: `FileError` where the content is damaged or not supported.
  static func read(
    _ source: ByteSource, name: String, selector: String?, options: ReadOptions
  ) throws(FileError) -> TensorFile
}

/// The formats lossctl reads.
public enum FileFormats {
  /// All formats, in the order their content is tried. A new format is one more entry here.
  public static let all: [any FileFormat.Type] = [NPYFormat.self, CSVFormat.self]

  /// The format of `source`: by its content, and where that fits none, the suffix decides which error
  /// tells most.
  static func format(of source: ByteSource) throws(FileError) -> any FileFormat.Type {
    let announced = format(forSuffixOf: source.path)
    if let recognized = all.first(where: { $0.recognizes(source.bytes) }) {
      // Text is a weak sign: a damaged .npy file may look like it.
      guard recognized == CSVFormat.self, let announced, announced != CSVFormat.self else {
        return recognized
      }
      throw announced.mismatch(source)
    }
    if let container = containerName(source.bytes) {
      throw FileError(source.path, .unsupportedContainer(name: container))
    }
    guard let announced else {
      throw FileError(source.path, .unrecognizedFormat(found: describeStart(source.bytes)))
    }
    throw announced.mismatch(source)
  }

  private static func format(forSuffixOf path: String) -> (any FileFormat.Type)? {
    let suffix = fileSuffix(path)
    return all.first { $0.suffixes.contains(suffix) }
  }

  private static func containerName(_ content: UnsafeRawBufferPointer) -> String? {
    let known: [(magic: [UInt8], name: String)] = [
      ([0x50, 0x4B, 0x03, 0x04], "a zip archive"), ([0x50, 0x4B, 0x05, 0x06], "a zip archive"),
      ([0x1F, 0x8B], "gzip data"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd data"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz data"), ([0x42, 0x5A, 0x68], "bzip2 data"),
    ]
    return known.first { content.starts(with: $0.magic) }?.name
  }
}

/// What follows the last dot of a path's last component, in lower case; empty where there is none.
func fileSuffix(_ path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
  return name[name.index(after: dot)...].lowercased()
}

/// The first bytes of a file for an error message: as text where they are, else in hexadecimal.
func describeStart(_ content: UnsafeRawBufferPointer) -> String {
  let start = content.prefix(8)
  if start.allSatisfy({ (0x20..<0x7F).contains($0) || (0x09...0x0D).contains($0) }) {
    return quotedForMessage(String(decoding: start, as: UTF8.self))
  }
  let digits = start.map { byte in
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
  }
  return "the bytes " + digits.joined(separator: " ")
}
