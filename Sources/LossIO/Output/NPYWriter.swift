import LossTensor

/// Writes `.npy` files that are equal, byte for byte, to those of `numpy.save`.
enum NPYWriter {
  /// The magic string, version 1.0 and the header.
  ///
  /// NumPy pads with blanks twice: after the dictionary for a first axis of up to 21 digits, so that the
  /// header can be rewritten in place when rows are appended, and then so that the data starts at a
  /// multiple of 64.
  static func header(_ type: ElementType, _ shape: Shape) -> [UInt8] {
    let sizes = shape.dimensions.map(String.init)
    let tuple = "(" + sizes.joined(separator: ", ") + (sizes.count == 1 ? ",)" : ")")
    var text = "{'descr': '\(descr(type))', 'fortran_order': False, 'shape': \(tuple), }"
    if let first = sizes.first { text += String(repeating: " ", count: max(0, 21 - first.count)) }
    text += String(repeating: " ", count: 64 - (10 + text.utf8.count + 1) % 64) + "\n"
    let count = text.utf8.count
    return NPYFormat.magic + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8)] + Array(text.utf8)
  }

  private static func descr(_ type: ElementType) -> String {
    switch type {
    case .bool: "|b1"
    case .int8: "|i1"
    case .uint8: "|u1"
    case .int16: "<i2"
    case .uint16: "<u2"
    case .int32: "<i4"
    case .uint32: "<u4"
    case .int64: "<i8"
    case .uint64: "<u8"
    case .float16: "<f2"
    case .float32: "<f4"
    case .float64: "<f8"
    // NumPy has no name for it; raw bytes of the right size are what ml_dtypes writes.
    case .bfloat16: "<V2"
    }
  }

  /// Writes a whole tensor.
  static func write(_ content: TensorContent, to file: OutputFile) throws(FileError) {
    let header = header(content.elementType, content.shape)
    try file.reserve(header.count + content.byteCount)
    try file.append(header)
    try content.forEachBlock { block throws(FileError) in try file.append(block) }
  }
}

/// Stores elements straight into an `.npy` file, in any order.
public final class NPYSink: TensorSink {
  /// The type of the file's elements.
  public let elementType: ElementType

  private let file: OutputFile
  private let dataStart: Int

  /// A sink that writes the header at once.
  ///
  /// - Throws: `FileError` where the file cannot be written.
  public init(
    _ file: OutputFile, elementType: ElementType, shape: Shape
  ) throws(FileError) {
    self.file = file
    self.elementType = elementType
    let header = NPYWriter.header(elementType, shape)
    dataStart = header.count
    try file.reserve(dataStart + shape.elementCount * elementType.byteCount)
    try file.append(header)
  }

  /// Writes `bytes` at their place in the file.
  public func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    try file.write(bytes, at: dataStart + offset)
  }
}
