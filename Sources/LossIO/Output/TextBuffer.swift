import LossTensor

/// Collects text and passes it on to a file in large pieces.
struct TextBuffer {
  private let file: OutputFile?
  private var bytes: [UInt8] = []

  /// A buffer in front of `file`; without one the text is only collected.
  init(_ file: OutputFile?) { self.file = file }

  /// What was collected and not passed on.
  var collected: String { String(decoding: bytes, as: UTF8.self) }

  mutating func append(_ text: String) throws(FileError) {
    bytes.append(contentsOf: text.utf8)
    if bytes.count >= 1 << 16 { try flush() }
  }

  mutating func flush() throws(FileError) {
    guard let file else { return }
    defer { bytes.removeAll(keepingCapacity: true) }
    try file.append(bytes)
  }
}

/// Packed elements, each in its shortest spelling that reads back as the same number.
struct BlockTexts {
  private let bytes: UnsafeRawBufferPointer
  private let elementType: ElementType

  /// The elements in `bytes`, which have to stay.
  init(_ bytes: UnsafeRawBufferPointer, _ elementType: ElementType) {
    self.bytes = bytes
    self.elementType = elementType
  }

  var count: Int { bytes.count / elementType.byteCount }

  func text(at index: Int) -> String {
    switch elementType {
    case .bool: load(UInt8.self, index) == 0 ? "0" : "1"
    case .int8: load(Int8.self, index).description
    case .uint8: load(UInt8.self, index).description
    case .int16: load(Int16.self, index).description
    case .uint16: load(UInt16.self, index).description
    case .int32: load(Int32.self, index).description
    case .uint32: load(UInt32.self, index).description
    case .int64: load(Int64.self, index).description
    case .uint64: load(UInt64.self, index).description
    // Text is read as float32, so these are spelled as the float32 they are.
    case .float16, .bfloat16: elementType.float(storedBits: load(UInt16.self, index)).description
    case .float32: load(Float.self, index).description
    case .float64: load(Double.self, index).description
    }
  }

  private func load<Stored: BitwiseCopyable>(_ type: Stored.Type, _ index: Int) -> Stored {
    bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: type)
  }
}

/// The elements of a tensor in C order as ``BlockTexts`` has them.
struct ElementTexts {
  private let conversion: ElementConversion
  private var block: [UInt8] = []
  private var range = 0..<0
  private static let blockSize = 4096

  init(_ tensor: Tensor) { conversion = ElementConversion(tensor) }

  /// The element at `offset`; offsets come in rising order.
  mutating func text(at offset: Int) -> String {
    let size = conversion.elementType.byteCount
    if !range.contains(offset) {
      range = offset..<min(offset + Self.blockSize, conversion.tensor.shape.elementCount)
      block = [UInt8](repeating: 0, count: range.count * size)
      // To its own type nothing fails.
      block.withUnsafeMutableBytes { try? conversion.convert(range, into: $0) }
    }
    return block.withUnsafeBytes {
      BlockTexts($0, conversion.elementType).text(at: offset - range.lowerBound)
    }
  }
}
