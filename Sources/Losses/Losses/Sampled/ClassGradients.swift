import LossKernels
import LossTensor

/// The gradients of classes' weights and biases, of those classes alone that some query meets.
final class ClassGradients: @unchecked Sendable {
  private let problem: SampledVectors
  private let weightSink: (any TensorSink)?
  private let biasSink: (any TensorSink)?
  /// Where a class's gradient is kept; negative where no query meets it.
  private var slots: [Int]
  private let memory: MutableByteStorage
  private let vectors: UnsafeMutablePointer<Double>
  private var biases: [Double]
  /// The vectors of shared samples, which go to their classes at the end.
  private let sampleMemory: MutableByteStorage
  private var sampleBiases: [Double]

  /// Memory for them; nil where they are not wanted.
  init?(_ problem: SampledVectors, _ sinks: [String: any TensorSink]) throws(LossError) {
    (weightSink, biasSink) = (sinks["weights"], sinks["bias"])
    guard weightSink != nil || biasSink != nil else { return nil }
    self.problem = problem
    slots = [Int](repeating: -1, count: problem.table.count)
    var count = 0
    for id in [problem.labels.ids, problem.samples.ids].joined() where slots[id] < 0 {
      slots[id] = count
      count += 1
    }
    let width = problem.table.width
    memory = try scratchMemory(max(count * width, 1), of: Double.self)
    let sampleCount = problem.samples.areShared ? problem.samples.ids.count : 0
    sampleMemory = try scratchMemory(max(sampleCount * width, 1), of: Double.self)
    guard let start = memory.bytes.bindMemory(to: Double.self).baseAddress else {
      throw .notEnoughMemory(bytes: memory.bytes.count)
    }
    vectors = start
    vectors.update(repeating: 0, count: count * width)
    sampleMemory.bytes.bindMemory(to: Double.self).update(repeating: 0)
    biases = [Double](repeating: 0, count: count)
    sampleBiases = [Double](repeating: 0, count: sampleCount)
  }

  /// Adds those of a block, in its turn.
  func add(_ state: SampledGradients) {
    let block = state.block
    let (width, trueCount) = (problem.table.width, block.rows.trueCount)
    for (position, row) in block.range.enumerated() {
      let d = state.derivatives(position)
      let query = UnsafeBufferPointer(
        start: block.query.map { $0 + position * width }, count: width)
      for (index, id) in problem.labels.row(row).enumerated() { add(d[index], query, to: id) }
      guard state.sampleVectors == nil else {
        for index in sampleBiases.indices { sampleBiases[index] += d[trueCount + index] }
        continue
      }
      for (index, id) in problem.samples.row(row).enumerated() {
        add(d[trueCount + index], query, to: id)
      }
    }
    guard let sampleVectors = state.sampleVectors,
      let total = sampleMemory.bytes.bindMemory(to: Double.self).baseAddress
    else { return }
    addProduct(
      1, UnsafeBufferPointer(start: sampleVectors, count: sampleBiases.count * width), to: total)
  }

  private func add(_ derivative: Double, _ query: UnsafeBufferPointer<Double>, to id: Int) {
    biases[slots[id]] += derivative
    addProduct(derivative, query, to: vectors + slots[id] * problem.table.width)
  }

  /// Stores the gradients of all classes.
  func store(_ shared: SharedSamples?) throws {
    let width = problem.table.width
    if shared != nil, let total = sampleMemory.bytes.bindMemory(to: Double.self).baseAddress {
      for (index, id) in problem.samples.ids.enumerated() {
        biases[slots[id]] += sampleBiases[index]
        addProduct(
          1, UnsafeBufferPointer(start: total + index * width, count: width),
          to: vectors + slots[id] * width)
      }
    }
    let classesPerPiece = max(1, 32768 / max(width, 1))
    var piece = [Double](repeating: 0, count: classesPerPiece * width)
    for start in stride(from: 0, to: slots.count, by: classesPerPiece) {
      let classes = start..<min(start + classesPerPiece, slots.count)
      for (position, id) in classes.enumerated() {
        for index in 0..<width {
          piece[position * width + index] =
            slots[id] < 0 ? 0 : vectors[slots[id] * width + index]
        }
      }
      try piece.withUnsafeBufferPointer {
        try weightSink?.write(
          UnsafeBufferPointer(rebasing: $0[..<(classes.count * width)]), at: start * width)
      }
      let pieceBiases = classes.map { slots[$0] < 0 ? 0 : biases[slots[$0]] }
      try pieceBiases.withUnsafeBufferPointer { try biasSink?.write($0, at: start) }
    }
  }
}
