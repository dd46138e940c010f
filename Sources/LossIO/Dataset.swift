import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One tensor out of one file or several, joined along axis 0.
public struct Dataset: Sendable {
  /// The arguments as the user wrote them.
  public let arguments: [String]

  /// The files in order, each with its tensor.
  public private(set) var files: [TensorFile]

  /// The whole.
  public private(set) var tensor: Tensor

  /// Whether it was named as one file, not by several arguments, a pattern or a list.
  public var isSingle: Bool { files.map(\.name) == arguments && files.count == 1 }

  /// The arguments in one text, for results and messages.
  public var name: String { arguments.joined(separator: " ") }

  /// Finds the files that arguments stand for.
  ///
  /// - Parameter arguments: paths with selections, patterns such as `'part-*.npy'`, lists such as `@files.txt`.
  /// - Throws: `FileError` where a pattern matches nothing or a list cannot be read.
  public static func names(of arguments: [String]) throws(FileError) -> [String] {
    var names: [String] = []
    for argument in arguments { names += try FilePattern.expand(argument) }
    return names
  }

  /// Reads and joins the files that arguments stand for.
  ///
  /// - Parameter names: those files, where they have been found already; a list may be a pipe.
  /// - Throws: `FileError` where one cannot be read, or is not of the first one's dtype and shape.
  public init(
    reading arguments: [String], names: [String]? = nil, options: ReadOptions
  ) throws(FileError) {
    let names = if let names { names } else { try Self.names(of: arguments) }
    if names.count > 100 { Self.allowManyFiles() }
    var files: [TensorFile] = []
    for name in names {
      let file = try TensorFile(reading: name, options: options)
      if let first = files.first { try file.requireJoinable(to: first) }
      files.append(file)
    }
    guard let first = files.first else { throw FileError("", .noMatch) }
    if files.count > 1, first.tensor.shape.rank == 0 {
      throw FileError(first.name, .scalarToJoin)
    }
    guard let tensor = Tensor.joined(files.map(\.tensor)) else {
      throw FileError(first.name, .shapeOverflow(shape: "of \(files.count) files"))
    }
    self.arguments = arguments
    self.files = files
    self.tensor = tensor
  }

  /// The rows of the whole that have a missing value and are to be left out; `tensor` still has them.
  public var missingRows: [Int] {
    var start = 0
    return files.flatMap { file in
      defer { start += file.tensor.shape.rowCount }
      return file.missingRows.map { start + $0 }
    }
  }

  /// Leaves rows out of the whole.
  ///
  /// - Parameter rows: in ascending order, none twice, all within the whole, which is no scalar.
  /// - Throws: `FileError.notEnoughMemory` where there is none for the rest.
  public mutating func leaveOut(rows: [Int]) throws(FileError) {
    var rest = rows[...]
    var start = 0
    for index in files.indices {
      let end = start + files[index].tensor.shape.rowCount
      let own = rest.prefix { $0 < end }
      rest = rest.dropFirst(own.count)
      if !own.isEmpty { try files[index].leaveOut(rows: own.map { $0 - start }) }
      start = end
    }
    if let joined = Tensor.joined(files.map(\.tensor)) { tensor = joined }
  }

  /// Checks, after the tensor was used, that its elements were the files'.
  ///
  /// - Throws: `FileError.cutShort` for the first file that another program cut short meanwhile.
  public func requireWhole() throws(FileError) {
    for file in files { try file.requireWhole() }
  }

  /// The file that row `row` of the whole is in, and its row there.
  public func location(ofRow row: Int) -> (file: TensorFile, row: Int)? {
    var start = 0
    for file in files {
      let count = file.tensor.shape.dimensions.first ?? 1
      if row < start + count { return (file, row - start) }
      start += count
    }
    return nil
  }

  /// Each mapped file stays open, and shells start programs with room for 1024.
  private static func allowManyFiles() {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(resource, &limit)
  }
}

extension TensorFile {
  /// - Throws: `FileError.cannotJoin` where this cannot follow `first` along axis 0.
  fileprivate func requireJoinable(to first: TensorFile) throws(FileError) {
    let (a, b) = (first.tensor, tensor)
    guard a.elementType == b.elementType, a.shape.rank == b.shape.rank,
      a.shape.dimensions.dropFirst() == b.shape.dimensions.dropFirst()
    else {
      throw FileError(
        name,
        .cannotJoin(
          first: first.name, expected: Self.describe(a, rows: "…"), found: Self.describe(b)))
    }
    if let expected = first.columns, let found = columns, expected != found {
      throw FileError(
        name,
        .cannotJoin(
          first: first.name, expected: "the columns \(plain(expected.joined(separator: ",")))",
          found: plain(found.joined(separator: ","))))
    }
  }

  private static func describe(_ tensor: Tensor, rows: String? = nil) -> String {
    var sizes = tensor.shape.dimensions.map { String($0) }
    if let rows, !sizes.isEmpty { sizes[0] = rows }
    let list = sizes.count == 1 ? sizes[0] + "," : sizes.joined(separator: ", ")
    return "\(tensor.elementType.rawValue) (\(list))"
  }
}
