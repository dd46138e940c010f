import LossTensor

/// NumPy's `.npy`: a magic string, a version, a header in Python syntax, and the elements.
///
///     \x93NUMPY  major minor  header length (u16 LE in 1.0, u32 LE in 2.0 and 3.0)  header  data
///
/// Source: NEP 1 and numpy/lib/format. Nothing is allocated by what a header says: every length is held
/// against the bytes that are there first.
public enum NPYFormat: FileFormat {
  /// `NPY`.
  public static let name = "NPY"

  /// `npy`.
  public static let suffixes = ["npy"]

  /// The six bytes every file begins with.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Longer headers are of structured dtypes, or forged; NumPy's own limit.
  static let headerLimit = 10_000

  /// Whether the content begins with the magic string.
  public static func recognizes(_ content: UnsafeRawBufferPointer) -> Bool {
    content.starts(with: magic)
  }

  /// A wrong magic string, or a file cut short within it.
  public static func mismatch(_ source: ByteSource) -> FileError {
    FileError(source.path, at: .byte(0), .wrongMagic(found: describeStart(source.bytes)))
  }

  /// Where the longest header ends.
  static let headerEnd = 12 + headerLimit

  /// Reads the one array of an NPY file, in place.
  public static func read(
    _ source: ByteSource, name: String, selector: String?, options: ReadOptions
  ) throws(FileError) -> TensorFile {
    if let selector {
      let problem = FileError.Problem.selectorNotSupported(selector: selector, format: Self.name)
      throw FileError(source.path, problem)
    }
    let layout = try layout(
      source.bytes, count: source.bytes.count, path: source.path, override: options.elementType)
    guard
      let tensor = Tensor(
        storage: source.storage, byteOffset: layout.dataStart, elementType: layout.elementType,
        isByteSwapped: layout.isBigEndian != isBigEndianMachine, shape: layout.shape,
        strides: layout.strides)
    else { throw FileError(source.path, .shapeOverflow(shape: layout.shape.description)) }
    return TensorFile(name: name, tensor: tensor)
  }

  /// Holds the header of an array against the length of its file, before anything else of it is read.
  ///
  /// - Parameters:
  ///   - start: the file's start, as far as ``headerEnd`` or whole. What is not NPY passes.
  ///   - count: the length of the whole file.
  static func check(
    _ start: UnsafeRawBufferPointer, count: Int, path: String, _ options: ReadOptions
  ) throws(FileError) {
    guard recognizes(start) else { return }
    _ = try layout(start, count: count, path: path, override: options.elementType)
  }

  /// An array's dtype and shape; nil where `start` is not that of a sound NPY file.
  static func describe(_ start: UnsafeRawBufferPointer, count: Int) -> String? {
    guard recognizes(start),
      let layout = try? layout(start, count: count, path: "", override: nil)
    else { return nil }
    return "\(layout.elementType.rawValue) \(layout.shape)"
  }

  /// Where in an NPY file what lies.
  private struct Layout {
    let elementType: ElementType
    let isBigEndian: Bool
    let shape: Shape
    let strides: [Int]
    let dataStart: Int
  }

  /// The layout of a file of `count` bytes that begins with `start`.
  private static func layout(
    _ start: UnsafeRawBufferPointer, count: Int, path: String, override: ElementType?
  ) throws(FileError) -> Layout {
    let (headerStart, headerCount) = try headerRange(start, count: count, path: path)
    var parser = NPYHeaderParser(
      bytes: UnsafeRawBufferPointer(rebasing: start[headerStart..<headerStart + headerCount]),
      path: path, fileOffset: headerStart)
    let header = try parser.parse()
    let type = try elementType(header.descr, path: path, override: override)
    // Rows without elements take no bytes, so that the file's length does not bound them.
    let rowLimit = 1 << 32
    guard let shape = Shape(header.shape), shape.elementCount > 0 || shape.rowCount <= rowLimit
    else {
      let text = "(" + header.shape.map(String.init).joined(separator: ", ") + ")"
      throw FileError(path, .shapeOverflow(shape: text))
    }
    let dataStart = headerStart + headerCount
    try checkDataLength(count, from: dataStart, type: type, shape: shape, path: path)
    return Layout(
      elementType: type, isBigEndian: header.descr.isBigEndian, shape: shape,
      strides: header.isColumnMajor ? shape.columnMajorStrides : shape.rowMajorStrides,
      dataStart: dataStart)
  }

  private static var isBigEndianMachine: Bool { 1.bigEndian == 1 }

  /// Where the header text lies, checked against the file's length.
  private static func headerRange(
    _ bytes: UnsafeRawBufferPointer, count fileCount: Int, path: String
  ) throws(FileError) -> (start: Int, count: Int) {
    guard fileCount >= 8 else {
      throw FileError(
        path, at: .byte(fileCount), .headerTruncated(expected: 10, found: fileCount))
    }
    let (major, minor) = (bytes[6], bytes[7])
    guard (1...3).contains(major), minor == 0 else {
      throw FileError(path, at: .byte(6), .unsupportedVersion(major: major, minor: minor))
    }
    let lengthBytes = major == 1 ? 2 : 4
    let start = 8 + lengthBytes
    guard fileCount >= start else {
      throw FileError(
        path, at: .byte(fileCount), .headerTruncated(expected: start, found: fileCount))
    }
    let count = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    guard count <= fileCount - start else {
      throw FileError(
        path, at: .byte(fileCount), .headerTruncated(expected: count, found: fileCount - start))
    }
    guard count <= headerLimit else {
      throw FileError(path, at: .byte(8), .headerTooLong(bytes: count, limit: headerLimit))
    }
    return (start, count)
  }

  private static func checkDataLength(
    _ fileCount: Int, from start: Int, type: ElementType, shape: Shape, path: String
  ) throws(FileError) {
    let (expected, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow else {
      throw FileError(path, .shapeOverflow(shape: shape.description))
    }
    let found = fileCount - start
    if found < expected {
      throw FileError(
        path, at: .byte(fileCount),
        .dataTruncated(
          expected: expected, found: found, shape: shape.description, type: type.rawValue))
    }
    if found > expected {
      throw FileError(
        path, at: .byte(start + expected), .trailingBytes(count: found - expected))
    }
  }

  /// The element type a descr such as `<f4` stands for, or the one the user says it is.
  private static func elementType(
    _ descr: NPYDescr, path: String, override: ElementType?
  ) throws(FileError) -> ElementType {
    let stored = descr.elementType
    guard let override, override != stored else {
      if let stored { return stored }
      if descr.kind == "V", descr.byteCount == 2 {
        throw FileError(path, .typeNeedsOverride(descr: descr.text))
      }
      throw FileError(path, .unsupportedType(descr: descr.text, kind: descr.kindName))
    }
    // Raw bytes and 16-bit integers are how formats without bfloat16 carry it; anything else said to
    // be another type would be a mistake.
    let isRaw = descr.kind == "V" || (descr.byteCount == 2 && "iu".contains(descr.kind))
    guard isRaw, descr.byteCount == override.byteCount, override.isFloatingPoint else {
      throw FileError(
        path,
        .overrideImpossible(stored: stored?.rawValue ?? descr.text, requested: override.rawValue))
    }
    return override
  }
}
