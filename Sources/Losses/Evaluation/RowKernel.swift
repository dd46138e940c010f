import LossKernels
import LossTensor

/// One input of a loss of rows: so many numbers for each row, in C order.
struct RowInput: Sendable {
  /// The input's name; where a gradient of that name is asked for, derivatives are kept.
  let name: String
  let tensor: Tensor
  /// Numbers for each row.
  let width: Int

  /// An input with what lies along the last axis for each row, or with one number for each.
  init(_ name: String, _ tensor: Tensor, width: Int) {
    self.name = name
    self.tensor = tensor
    self.width = width
  }
}

/// A row's numbers of each input, and where their derivatives go.
struct RowValues {
  /// For each input, its numbers in the block, its derivatives where wanted, and its width.
  struct Source {
    var values: UnsafePointer<Double>?
    var derivatives: UnsafeMutablePointer<Double>?
    let width: Int
  }

  fileprivate let sources: UnsafePointer<Source>
  fileprivate let position: Int

  /// The numbers of an input, by its place among the kernel's inputs.
  subscript(input: Int) -> UnsafeBufferPointer<Double> {
    let source = sources[input]
    return UnsafeBufferPointer(
      start: source.values.map { $0 + position * source.width }, count: source.width)
  }

  /// Where dℓ/dx of an input goes, zeros so far; nil where it is not wanted.
  func derivative(_ input: Int) -> UnsafeMutableBufferPointer<Double>? {
    let source = sources[input]
    return source.derivatives.map {
      UnsafeMutableBufferPointer(start: $0 + position * source.width, count: source.width)
    }
  }
}

/// The arithmetic of a loss of rows of numbers, a row at a time: the one part such a loss has to write.
protocol RowArithmetic: Sendable {
  /// A thread's own scratch memory.
  associatedtype Scratch

  /// Scratch memory for rows whose first input has `count` numbers.
  func makeScratch(count: Int) -> Scratch

  /// The loss of a row.
  ///
  /// - Parameters:
  ///   - row: the row's offset, for errors.
  ///   - inputs: the row's numbers of each input.
  /// - Throws: `LossError.valueOutOfRange` for a number that is out of range.
  func loss(
    ofRow row: Int, _ inputs: RowValues, _ scratch: inout Scratch
  ) throws(LossError) -> Double
}

/// Losses of rows, computed in double and handed out as `Scalar`.
///
/// Double is not for precision alone: comparisons of margins decide whether a pair counts, and those of
/// float32 numbers are exact in it.
final class RowKernel<Scalar: KernelScalar, Arithmetic: RowArithmetic>: BlockKernel {
  private let arithmetic: Arithmetic
  private let inputs: [RowInput]
  private let policies: EvaluationPolicies
  private let rowLength: Int
  let unitShape: Shape

  /// - Parameters:
  ///   - rows: the shape of the unreduced loss.
  ///   - inputs: each with its numbers for each of the rows.
  init(
    _ arithmetic: Arithmetic, rows: Shape, _ inputs: [RowInput], policies: EvaluationPolicies
  ) {
    self.arithmetic = arithmetic
    self.inputs = inputs
    self.policies = policies
    rowLength = max(inputs.reduce(0) { $0 + $1.width }, 1)
    unitShape = rows
  }

  /// A thread's readers and derivatives.
  final class Workspace {
    fileprivate var readers: [BlockReader<Double>] = []
    fileprivate var derivatives: [MutableByteStorage] = []
    fileprivate let sources: UnsafeMutableBufferPointer<RowValues.Source>
    fileprivate var scratch: Arithmetic.Scratch

    fileprivate init(_ kernel: RowKernel, rowCount: Int) throws(LossError) {
      for input in kernel.inputs {
        let count = max(rowCount * input.width, 1)
        readers.append(
          try BlockReader(input.tensor, capacity: count, kernel.policies.kernels))
        derivatives.append(try scratchMemory(count, of: Double.self))
      }
      scratch = kernel.arithmetic.makeScratch(count: kernel.inputs.first?.width ?? 0)
      sources = .allocate(capacity: kernel.inputs.count)
      _ = sources.initialize(from: kernel.inputs.map { RowValues.Source(width: $0.width) })
    }

    deinit { sources.deallocate() }
  }

  var unitsPerRow: Int { unitShape.elementsPerRow }
  var mayIgnoreUnits: Bool { false }
  /// What fills a quarter of a core's second cache: smaller blocks write gradients in pieces that are dear.
  var unitsPerBlock: Int { max(1, 32768 / rowLength) }
  var blocksPerGroup: Int { 1 }
  var bufferedGradient: String? { nil }

  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace {
    try Workspace(self, rowCount: blockSize)
  }

  func countKept(_ units: Range<Int>, _ workspace: Workspace) -> Int { units.count }

  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws {
    let sinks = inputs.map { output.gradientSinks[$0.name] }
    let derivatives = zip(inputs, workspace.derivatives).map { input, memory in
      UnsafeMutableBufferPointer(
        rebasing: memory.bytes.bindMemory(to: Double.self)[..<(units.count * input.width)])
    }
    for (index, input) in inputs.enumerated() {
      let range = units.lowerBound * input.width..<units.upperBound * input.width
      workspace.sources[index].values = workspace.readers[index].read(range).baseAddress
      workspace.sources[index].derivatives = sinks[index].flatMap { _ in
        derivatives[index].update(repeating: 0)
        return derivatives[index].baseAddress
      }
    }
    guard let sources = workspace.sources.baseAddress else { return }
    for position in 0..<units.count {
      let row = RowValues(sources: UnsafePointer(sources), position: position)
      output.values[position] = Scalar(
        try arithmetic.loss(ofRow: units.lowerBound + position, row, &workspace.scratch))
    }
    for (index, sink) in sinks.enumerated() {
      guard let sink else { continue }
      let width = inputs[index].width
      scale(derivatives[index], width: width, output.upstream)
      try sink.write(UnsafeBufferPointer(derivatives[index]), at: units.lowerBound * width)
    }
  }

  /// Multiplies the derivatives of each row by what arrives at it.
  private func scale(
    _ derivatives: UnsafeMutableBufferPointer<Double>, width: Int, _ upstream: Upstream<Scalar>
  ) {
    guard width > 0 else { return }
    for position in 0..<derivatives.count / width {
      let factor = upstream.total(position)
      for index in position * width..<(position + 1) * width { derivatives[index] *= factor }
    }
  }
}
