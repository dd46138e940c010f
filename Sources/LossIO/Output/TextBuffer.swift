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
    // Typed errors do not pass through the closure of withUnsafeBytes.
    let result = bytes.withUnsafeBytes { content in
      Result { () throws(FileError) in try file.append(content) }
    }
    try result.get()
  }
}

/// The elements of a tensor in C order, each in its shortest spelling that reads back as the same number.
struct ElementTexts {
  private let tensor: Tensor
  private var floats: [Float] = []
  private var doubles: [Double] = []
  private var blockStart = 0
  private static let blockSize = 4096

  init(_ tensor: Tensor) { self.tensor = tensor }

  /// The element at `offset`; offsets come in rising order.
  mutating func text(at offset: Int) -> String {
    let isDouble = tensor.elementType == .float64
    if offset >= blockStart + max(floats.count, doubles.count) {
      blockStart = offset
      let range = offset..<min(offset + Self.blockSize, tensor.shape.elementCount)
      if isDouble {
        doubles = Self.block(tensor, range)
      } else {
        floats = Self.block(tensor, range)
      }
    }
    return isDouble
      ? doubles[offset - blockStart].description : floats[offset - blockStart].description
  }

  private static func block<Scalar: ComputeScalar>(
    _ tensor: Tensor, _ range: Range<Int>
  ) -> [Scalar] {
    [Scalar](unsafeUninitializedCapacity: range.count) { buffer, count in
      tensor.read(range, into: buffer)
      count = range.count
    }
  }
}
