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

  /// Reads every tensor there is.
  ///
  /// - Throws: `FileError` where the content or a member of it cannot be read, or what `body` throws.
  static func visit(
    _ source: ByteSource, name: String, options: ReadOptions, _ body: TensorVisitor
  ) throws
}

/// The formats lossctl reads.
public enum FileFormats {
  /// All formats, in the order their content is tried. A new format is one more entry here.
  public static let all: [any FileFormat.Type] = [
    NPYFormat.self, ZipFormat.self, CompressedFormat.self, TarFormat.self, CSVFormat.self,
  ]

  /// Archives within archives; more are a trap, such as an archive that holds itself.
  static let depthLimit = 4

  /// Reads a tensor from a file, from a member of an archive, or from what a file decompresses to.
  static func read(
    _ source: ByteSource, name: String, selector: String?, options: ReadOptions
  ) throws(FileError) -> TensorFile {
    do throws(FileError) {
      guard !source.bytes.isEmpty else { throw FileError(source.path, .empty) }
      guard source.depth <= depthLimit else {
        throw FileError(source.path, .nestedTooDeep(limit: depthLimit))
      }
      return try format(of: source).read(source, name: name, selector: selector, options: options)
    } catch {
      throw source.located(error)
    }
  }

  /// The format of `source`: by its content, and where that fits none, the suffix decides which error
  /// tells most.
  static func format(of source: ByteSource) throws(FileError) -> any FileFormat.Type {
    let announced = announced(by: source.contentName)
    if let recognized = all.first(where: { $0.recognizes(source.bytes) }) {
      // Text is a weak sign: a damaged .npy file may look like it.
      guard recognized == CSVFormat.self, let announced, announced != CSVFormat.self else {
        return recognized
      }
      throw announced.mismatch(source)
    }
    guard let announced else {
      throw FileError(source.path, .unrecognizedFormat(found: describeStart(source.bytes)))
    }
    throw announced.mismatch(source)
  }

  /// The format that a name's suffix announces.
  static func announced(by name: String) -> (any FileFormat.Type)? {
    let suffix = fileSuffix(name)
    return all.first { $0.suffixes.contains(suffix) }
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
