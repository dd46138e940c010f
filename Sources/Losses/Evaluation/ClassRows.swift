import LossKernels
import LossTensor

/// Reads rows of classes packed one after another, wherever their axis is.
final class ClassRowReader<Scalar: KernelScalar> {
  private let axis: ClassAxis
  private let reader: BlockReader<Scalar>
  private let kernels: KernelTable
  private let strip: MutableByteStorage?
  private let rows: MutableByteStorage?

  /// A reader for blocks of at most `rowCount` rows.
  init(
    _ tensor: Tensor, _ axis: ClassAxis, rowCount: Int, _ kernels: KernelTable
  ) throws(LossError) {
    self.axis = axis
    self.kernels = kernels
    let piece = rowCount * min(axis.count, ClassAxis.pieceLength)
    reader = try BlockReader(tensor, capacity: max(piece, 1), kernels)
    strip = axis.inner == 1 ? nil : try scratchMemory(piece, of: Scalar.self)
    rows = axis.inner == 1 ? nil : try scratchMemory(piece, of: Scalar.self)
  }

  /// The rows of a piece of the block that starts at row `start`; valid until the next read.
  func read(_ piece: ClassAxis.Piece, of start: Int) -> UnsafePointer<Scalar>? {
    let first = start + piece.rows.lowerBound
    guard let strip, let rows else {
      let offset = first * axis.count + piece.classes.lowerBound
      return reader.read(offset..<offset + piece.rows.count * piece.classes.count).baseAddress
    }
    guard let source = strip.bytes.bindMemory(to: Scalar.self).baseAddress,
      let target = rows.bytes.bindMemory(to: Scalar.self).baseAddress
    else { return nil }
    axis.forEachRun(first..<first + piece.rows.count) { position, length, offset in
      for (line, index) in piece.classes.enumerated() {
        let begin = offset + index * axis.inner
        if let run = reader.read(begin..<begin + length).baseAddress {
          (source + line * length).update(from: run, count: length)
        }
      }
      Scalar.kernels(kernels).transpose(
        source, piece.classes.count, length, target + position * piece.classes.count)
    }
    return UnsafePointer(target)
  }
}

/// Writes gradients of rows to where they belong in a tensor.
final class ClassRowWriter<Scalar: KernelScalar> {
  private let axis: ClassAxis
  private let sink: any TensorSink
  private let kernels: KernelTable
  private let rows: MutableByteStorage
  private let strip: MutableByteStorage?

  /// A writer for blocks of at most `rowCount` rows.
  init(
    _ sink: any TensorSink, _ axis: ClassAxis, rowCount: Int, _ kernels: KernelTable
  ) throws(LossError) {
    self.axis = axis
    self.sink = sink
    self.kernels = kernels
    let piece = rowCount * min(axis.count, ClassAxis.pieceLength)
    rows = try scratchMemory(piece, of: Scalar.self)
    strip = axis.inner == 1 ? nil : try scratchMemory(piece, of: Scalar.self)
  }

  /// Writes the rows of a piece of the block that starts at row `start`.
  ///
  /// - Parameter fill: writes them, packed, to where it is told.
  func write(
    _ piece: ClassAxis.Piece, of start: Int, _ fill: (UnsafeMutablePointer<Scalar>) -> Void
  ) throws {
    guard let source = rows.bytes.bindMemory(to: Scalar.self).baseAddress else { return }
    fill(source)
    let first = start + piece.rows.lowerBound
    guard let strip = strip?.bytes.bindMemory(to: Scalar.self).baseAddress else {
      let values = UnsafeBufferPointer(
        start: source, count: piece.rows.count * piece.classes.count)
      return try sink.write(values, at: first * axis.count + piece.classes.lowerBound)
    }
    try axis.forEachRun(first..<first + piece.rows.count) { position, length, offset in
      Scalar.kernels(kernels).transpose(
        source + position * piece.classes.count, length, piece.classes.count, strip)
      for (line, index) in piece.classes.enumerated() {
        let run = UnsafeBufferPointer(start: strip + line * length, count: length)
        try sink.write(run, at: offset + index * axis.inner)
      }
    }
  }
}
