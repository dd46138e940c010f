import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A path with an optional part of the file to select: `table.csv:score,label`.
public struct FileSelection: Equatable, Sendable {
  /// The file's path; `-` is standard input.
  public let path: String

  /// What stands behind the colon.
  public let selector: String?

  /// Splits `text` at the colon that leaves the longest path that exists.
  ///
  /// Colons are legal in file names, so a file of the whole name wins. Where nothing exists the last
  /// colon is taken, unless a directory follows it and no file's suffix stands before it.
  public init(_ text: String) {
    let colons = text.indices.filter { text[$0] == ":" }.reversed()
    if !colons.isEmpty, access(text, F_OK) != 0 {
      let isFile: (String) -> Bool = { $0 == "-" || access($0, F_OK) == 0 }
      let existing = colons.first { isFile(String(text[..<$0])) }
      let guess = colons.first { colon in
        !text[colon...].contains("/") || FileFormats.announced(by: String(text[..<colon])) != nil
      }
      if let colon = existing ?? guess {
        path = String(text[..<colon])
        selector = String(text[text.index(after: colon)...])
        return
      }
    }
    path = text
    selector = nil
  }
}

/// How files are to be read where their content leaves a choice.
public struct ReadOptions: Sendable {
  /// The element type the user says the file has, over what the file says.
  public var elementType: ElementType?

  /// The type numbers in text are read as.
  public var textType: ElementType

  /// How CSV files are spelt.
  public var csv: CSVDialect

  /// How many bytes may be read from a pipe or decompressed; half of the memory where nil.
  public var byteLimit: Int?

  /// How many threads may verify checksums and read text; asked only where there is some.
  public var threadCount: @Sendable () -> Int

  /// Options with nothing overridden.
  public init(
    elementType: ElementType? = nil, textType: ElementType = .float32,
    csv: CSVDialect = CSVDialect(), byteLimit: Int? = nil,
    threadCount: @escaping @Sendable () -> Int = { 1 }
  ) {
    self.elementType = elementType
    self.textType = textType
    self.csv = csv
    self.byteLimit = byteLimit
    self.threadCount = threadCount
  }
}

/// A tensor read from a file, and what the reader decided on the way.
public struct TensorFile: Sendable {
  /// The file and its selected part, as the user wrote them.
  public let name: String

  /// The content.
  public private(set) var tensor: Tensor

  /// The selected columns' names, for text with a header.
  public let columns: [String]?

  /// Whether text was found to have a header; nil for formats without one.
  public let hasHeader: Bool?

  /// Whether a row taken for a header may as well be data with a slip in it.
  public let isHeaderDoubtful: Bool

  /// What separates the fields of text, where that was for the reader to find out.
  public let delimiter: UInt8?

  /// The rows, counted from 0, that have a missing value and are to be left out; `tensor` still has them.
  public private(set) var missingRows: [Int]

  /// The file the content is mapped from; nil for content in memory of our own.
  private var mapping: FileMapping?

  /// A tensor read from a file.
  public init(
    name: String, tensor: Tensor, columns: [String]? = nil, hasHeader: Bool? = nil,
    isHeaderDoubtful: Bool = false, delimiter: UInt8? = nil, missingRows: [Int] = []
  ) {
    self.isHeaderDoubtful = isHeaderDoubtful
    self.delimiter = delimiter
    self.missingRows = missingRows
    self.name = name
    self.tensor = tensor
    self.columns = columns
    self.hasHeader = hasHeader
  }

  /// Reads the tensor that `name` (a path, `-`, or `path:selection`) stands for.
  ///
  /// - Throws: `FileError` where there is no such file or it holds no such tensor.
  public init(reading name: String, options: ReadOptions = ReadOptions()) throws(FileError) {
    let selection = FileSelection(name)
    let source = try ByteSource(opening: selection.path, limit: options.byteLimit)
    self = try FileFormats.read(
      source, name: name, selector: selection.selector, options: options)
    mapping = source.mapping
  }

  /// Leaves rows out of the tensor.
  ///
  /// - Parameter rows: in ascending order.
  /// - Throws: `FileError.notEnoughMemory` where there is none for the rest.
  public mutating func leaveOut(rows: [Int]) throws(FileError) {
    guard let rest = tensor.leavingOut(rows: rows) else {
      let count = tensor.shape.elementCount * tensor.elementType.byteCount
      throw FileError(FileSelection(name).path, .notEnoughMemory(bytes: count))
    }
    (tensor, missingRows) = (rest, [])
  }

  /// Checks, after the tensor was used, that its elements were the file's.
  ///
  /// - Throws: `FileError.cutShort` where another program cut the file short since it was opened.
  public func requireWhole() throws(FileError) { try mapping?.requireWhole() }
}
