import LossKernels
import LossTensor

/// The labels of all rows, and what of each loss is theirs.
struct RowLabels {
  /// The classes; negative for rows left out.
  let classes: [Int]
  /// The classes' weights, 0 for rows left out.
  let weights: [Double]
  /// (1 - ε) times that.
  let ownShares: [Double]

  /// Which rows are left out; nil where none is.
  var isIgnored: [Bool]? { classes.contains { $0 < 0 } ? classes.map { $0 < 0 } : nil }
}

/// What linear cross entropy is of, checked.
struct LinearSoftmax: Sendable {
  let rows: Shape
  let weights: ClassWeights
  private let hidden: VectorSet
  private let head: VectorSet
  private let bias: Tensor?
  private let labels: ClassLabels
  private let smoothing: Double
  private let policies: EvaluationPolicies

  /// - Throws: `LossError` where shapes do not agree, or an option does not go with hidden vectors.
  init(
    _ inputs: BoundInputs, loss: SoftmaxCrossEntropy, policies: EvaluationPolicies
  ) throws(LossError) {
    guard loss.predictionKind == .logits else {
      throw .optionConflict("--from \(loss.predictionKind.rawValue)", with: "--hidden")
    }
    guard loss.classAxis == 1 else { throw .optionConflict("--class-axis", with: "--hidden") }
    let vectors = try inputs.require("hidden")
    rows = try vectors.shape.vectors(input: "hidden").rows
    hidden = try VectorSet("hidden", vectors)
    let table = try inputs.require("head")
    guard table.shape.rank == 2, table.shape.dimensions.last == hidden.width else {
      throw .shapeMismatch(
        input: "head", found: table.shape,
        expected: "[C, \(hidden.width)], for each class a vector as wide as those of hidden",
        transposeMatches: table.shape.rank == 2 && table.shape.dimensions.first == hidden.width)
    }
    head = try VectorSet("head", table)
    let axis = try ClassAxis(after: rows, classesOf: table.shape, input: "head")
    labels = try ClassLabels(
      indices: try inputs.require("label"), axis, like: "hidden", ignoredIndex: loss.ignoredIndex)
    weights = try ClassWeights(inputs["class-weight"], axis)
    bias = inputs["head-bias"]
    if let bias, bias.shape != .vector(head.count) {
      throw .shapeMismatch(
        input: "head-bias", found: bias.shape,
        expected: "\(Shape.vector(head.count)), a number for each class", transposeMatches: false)
    }
    smoothing = loss.labelSmoothing
    self.policies = policies
  }

  /// Reads the labels.
  ///
  /// - Throws: `LossError.valueOutOfRange` for the first that is no class.
  func rowLabels() throws(LossError) -> RowLabels {
    let count = rows.elementCount
    let reader = try BlockReader<Double>(labels.tensor, capacity: max(count, 1), policies.kernels)
    let classes = UnsafeMutableBufferPointer<Int>.allocate(capacity: count)
    defer { classes.deallocate() }
    classes.initialize(repeating: ClassLabels.ignored)
    try labels.classes(reader.read(0..<count), of: 0, into: classes)
    let found = classes.map { $0 < 0 ? 0 : weights.padded[$0] }
    return RowLabels(
      classes: Array(classes), weights: found, ownShares: found.map { (1 - smoothing) * $0 })
  }

  /// The matrix of logits. The library for products is opened only now.
  func logits(_ labels: RowLabels) throws(LossError) -> LogitMatrix {
    var kept = hidden
    kept.isLeftOut = labels.isIgnored
    return LogitMatrix(
      a: kept, b: head, scale: 1,
      bias: bias.map { .columns($0.values(as: Double.self)) } ?? .none,
      products: try MatrixProducts(), policies: policies)
  }

  /// What is spread over each class of weight 1.
  var spread: Double { smoothing / Double(max(head.count, 1)) }

  /// What is spread over all classes.
  var spreadTotal: Double { smoothing == 0 ? 0 : spread * weights.total }

  /// What is spread over the classes; nil without smoothing.
  var distribution: ColumnDistribution? {
    guard smoothing > 0 else { return nil }
    return ColumnDistribution(
      weights: weights.padded, scale: spread, skipsZeros: policies.zeroTimesInfinity == .zero)
  }

  /// Whether 0 times an infinite gap is 0.
  func skips(_ share: Double, _ gap: Double) -> Bool {
    share == 0 && gap.isInfinite && policies.zeroTimesInfinity == .zero
  }

  /// Writes p·Q·g, less what is spread over all classes.
  func write<Scalar: KernelScalar>(
    _ tile: LogitTile<Scalar>, _ states: RowStates<Scalar>, _ upstream: [Double]
  ) {
    guard let distribution else {
      return states.writeProbabilities(
        UnsafePointer(tile.logits), rowCount: tile.rows.count, classCount: tile.columns.count,
        to: tile.derivatives)
    }
    for (position, row) in tile.rows.enumerated() { states.upstream[position] = upstream[row] }
    distribution.withPart(tile.columns, as: Scalar.self) { part in
      states.writeProbabilities(
        UnsafePointer(tile.logits), rowCount: tile.rows.count, classCount: tile.columns.count,
        less: part, to: tile.derivatives)
    }
  }
}
