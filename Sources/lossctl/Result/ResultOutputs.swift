import LossIO
import LossTensor
import Losses

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A tensor of the result on its way: kept for a check, written to a file, or both.
///
/// An `.npy` file that nothing else needs is written block by block while the loss is computed; any other
/// use keeps the tensor in memory.
final class TensorResult {
  let sink: any TensorSink
  let path: String?
  private let memory: MemorySink?
  private let file: OutputFile?
  private let format: TensorOutput
  /// What the tensor is called in an archive.
  private let key: String

  init(
    path: String?, format: TensorOutput, key: String, elementType: ElementType, shape: Shape,
    isKept: Bool
  ) throws {
    self.path = path
    self.key = key
    self.format = format
    let file = try path.map { path throws(FileError) in try OutputFile(path: path) }
    self.file = file
    if let file, format == .npy, file.isRandomAccess, !isKept {
      sink = try NPYSink(file, elementType: elementType, shape: shape)
      memory = nil
    } else {
      guard let memory = MemorySink(elementType: elementType, shape: shape) else {
        throw LossError.notEnoughMemory(bytes: shape.elementCount * elementType.byteCount)
      }
      (sink, self.memory) = (memory, memory)
    }
  }

  /// The tensor, where it was kept.
  var tensor: Tensor? { memory?.tensor }

  /// Writes what has not been written while computing.
  func write() throws(FileError) {
    guard let file, let tensor else { return }
    try format.write(TensorContent(tensor), key: key, to: file)
  }

  func commit() throws(FileError) { try file?.commit() }
}

/// Everything a run writes. Nothing is seen of it before all of it is written.
struct ResultOutputs {
  /// JSON names a larger tensor's shape only, unless standard output was asked for by name.
  static let largestInlineCount = 1000

  let values: TensorResult?
  let perRow: TensorResult?
  let gradients: GradientOutputs
  private let options: ResultOptions
  private let main: OutputFile?

  /// Opens all outputs.
  ///
  /// - Throws: `FileError` where one cannot be written, `UsageError` where two are the same.
  init(
    _ options: ResultOptions, _ evaluation: LossEvaluation, _ expectations: Expectations
  ) throws {
    self.options = options
    let naming = try options.gradientNaming(evaluation.gradients.map(\.input))
    try Self.requireDistinct([options.out, options.perRow] + (naming?.paths ?? []))
    let type = options.outDtype?.elementType ?? evaluation.computeType
    let isUnreduced = options.reduction == .none
    let writesValues = isUnreduced && options.resultFormat != .json
    let isInline =
      isUnreduced && options.resultFormat == .json
      && (options.out == "-" || evaluation.unitShape.elementCount <= Self.largestInlineCount)
    if options.outDtype != nil, options.perRow == nil, options.grad == nil, !isUnreduced,
      !options.resultFormat.hasElementType
    {
      throw UsageError.nothingToWrite(
        option: "out-dtype", needs: "an output that is a tensor: --grad, --per-row or --out x.npy")
    }
    values =
      writesValues || isInline || expectations.needsValues
      ? try TensorResult(
        path: writesValues ? options.out ?? "-" : nil, format: options.resultFormat,
        key: "value", elementType: type, shape: evaluation.unitShape,
        isKept: isInline || expectations.needsValues)
      : nil
    perRow = try Self.optional(
      options.perRow, "per_row", type, evaluation.rowShape, isKept: expectations.needsPerRow)
    gradients = try GradientOutputs(
      naming, of: evaluation.gradients, type, isKept: expectations.needsGradient)
    main = writesValues ? nil : try OutputFile(path: options.out ?? "-")
  }

  private static func optional(
    _ path: String?, _ key: String, _ type: ElementType, _ shape: Shape, isKept: Bool
  ) throws -> TensorResult? {
    guard path != nil || isKept else { return nil }
    let format = try path.map { path throws(FileError) in try TensorOutput(suffixOf: path) } ?? .npy
    return try TensorResult(
      path: path, format: format, key: key, elementType: type, shape: shape, isKept: isKept)
  }

  private static func requireDistinct(_ paths: [String?]) throws(UsageError) {
    var seen: Set<String> = []
    for path in paths.compactMap({ $0 }) where !seen.insert(path).inserted {
      throw .sameOutput(path: path)
    }
  }

  /// Where the evaluation stores the result's tensors.
  var sinks: LossSinks {
    var sinks = LossSinks()
    sinks.values = values?.sink
    sinks.perRow = perRow?.sink
    sinks.gradients = gradients.sinks
    return sinks
  }

  /// Writes all outputs, then gives them their names.
  ///
  /// - Parameter note: says something the user may not expect.
  func write(_ document: LossDocument, note: (String) -> Void) throws {
    for tensor in [values, perRow] { try tensor?.write() }
    try gradients.write()
    if let main { try write(document, to: main, note: note) }
    for tensor in [values, perRow] { try tensor?.commit() }
    try gradients.commit()
    try main?.commit()
  }

  private func write(
    _ document: LossDocument, to file: OutputFile, note: (String) -> Void
  ) throws {
    guard options.resultFormat != .json else {
      let values = options.reduction == .none ? values?.tensor : nil
      if options.reduction == .none, values == nil {
        note(
          "\(document.report.elements) losses are left out of the JSON; "
            + "write them with --out losses.npy, or --out - for all of them")
      }
      let isTerminal = options.out == nil && isatty(STDOUT_FILENO) == 1
      return try document.json(values: values).write(to: file, isIndented: isTerminal)
    }
    let value = TensorContent(try scalar(document.report.value ?? .nan))
    try options.resultFormat.write(value, key: "value", to: file)
  }

  /// The reduced value as a tensor without axes.
  private func scalar(_ value: Double) throws -> Tensor {
    let type = options.outDtype?.elementType ?? .float64
    guard let sink = MemorySink(elementType: type, shape: .scalar) else {
      throw LossError.notEnoughMemory(bytes: type.byteCount)
    }
    try withUnsafePointer(to: value) {
      try sink.write(UnsafeBufferPointer(start: $0, count: 1), at: 0)
    }
    guard let tensor = sink.tensor else { throw LossError.notEnoughMemory(bytes: type.byteCount) }
    return tensor
  }
}
