import LossKernels
import LossTensor

/// The clamp of probabilities as an option, where ε may follow the predictions' type.
public enum ProbabilityClampOption: Hashable, Sendable {
  /// A given clamp.
  case fixed(ProbabilityClamp)
  /// ε is the spacing of the predictions' type at 1, as in scikit-learn's log_loss.
  case machineEpsilon

  /// PyTorch's: logarithms of at least -100.
  public static let standard = ProbabilityClampOption.fixed(.logarithm(-100))

  /// Reads `log:-100`, `eps:1e-7`, `eps:auto` or `none`.
  ///
  /// - Throws: `LossError.optionOutOfRange` for anything else.
  public init(_ text: String) throws(LossError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let number = parts.count == 2 ? Double(parts[1]) : nil
    switch (parts[0], number) {
    case ("none", nil) where parts.count == 1:
      self = .fixed(.none)
    case ("eps", nil) where parts.count == 2 && parts[1] == "auto":
      self = .machineEpsilon
    case ("log", let least?) where least < 0 && least.isFinite:
      self = .fixed(.logarithm(least))
    case ("eps", let epsilon?) where epsilon > 0 && epsilon < 0.5:
      self = .fixed(.epsilon(epsilon))
    default:
      throw .optionOutOfRange(
        option: "prob-clamp", found: "\"\(text)\"",
        expected: "log:X with X below 0, eps:X with X from 0 to 0.5, eps:auto or none")
    }
  }

  /// The spelling ``init(_:)`` reads.
  public var description: String {
    switch self {
    case .machineEpsilon: "eps:auto"
    case .fixed(.none): "none"
    case .fixed(.epsilon(let epsilon)): "eps:\(epsilon)"
    case .fixed(.logarithm(let least)):
      "log:" + (Int(exactly: least).map(String.init) ?? least.description)
    }
  }

  /// The clamp for predictions stored as `type`.
  func clamp(for type: ElementType) -> ProbabilityClamp {
    switch (self, type) {
    case (.fixed(let clamp), _): clamp
    case (.machineEpsilon, .float16): .epsilon(0x1p-10)
    case (.machineEpsilon, .bfloat16): .epsilon(0x1p-7)
    case (.machineEpsilon, .float64): .epsilon(0x1p-52)
    case (.machineEpsilon, _): .epsilon(0x1p-23)
    }
  }
}

/// Binary cross entropy over blocks of elements.
struct BinaryCrossEntropyKernel<Scalar: ComputeScalar>: BlockKernel {
  let loss: BinaryCrossEntropy
  let predictions: Tensor
  let labels: Tensor
  let weights: Tensor?
  let positiveWeights: Tensor?
  let zeroTimesInfinity: ZeroTimesInfinity

  /// A thread's readers.
  final class Workspace {
    let predictions: BlockReader<Scalar>
    let labels: BlockReader<Scalar>
    let weights: BlockReader<Scalar>?
    let positiveWeights: BlockReader<Scalar>?

    init(_ kernel: BinaryCrossEntropyKernel, capacity: Int) throws(LossError) {
      predictions = try BlockReader(kernel.predictions, capacity: capacity)
      labels = try BlockReader(kernel.labels, capacity: capacity)
      weights = try Self.reader(kernel.weights, capacity)
      positiveWeights = try Self.reader(kernel.positiveWeights, capacity)
    }

    private static func reader(
      _ tensor: Tensor?, _ capacity: Int
    ) throws(LossError) -> BlockReader<Scalar>? {
      guard let tensor else { return nil }
      return try BlockReader(tensor, capacity: capacity)
    }
  }

  var unitShape: Shape { predictions.shape }
  var unitsPerRow: Int { predictions.shape.elementsPerRow }
  var mayIgnoreUnits: Bool { loss.ignoredLabel != nil }

  func makeWorkspace(blockSize: Int) throws(LossError) -> Workspace {
    try Workspace(self, capacity: blockSize)
  }

  func countKept(_ units: Range<Int>, _ workspace: Workspace) -> Int {
    workspace.labels.read(units).count { !isIgnored($0) }
  }

  func evaluate(
    _ units: Range<Int>, _ workspace: Workspace, into output: BlockOutput<Scalar>,
    tally: inout BlockTally
  ) throws(LossError) {
    let predictions = workspace.predictions.read(units)
    let labels = workspace.labels.read(units)
    let weights = workspace.weights?.read(units)
    let positiveWeights = workspace.positiveWeights?.read(units)
    let element = ElementArithmetic(loss, predictions: self.predictions, zeroTimesInfinity)
    for position in 0..<units.count {
      let unit = units.lowerBound + position
      guard !isIgnored(labels[position]) else {
        output.values[position] = 0
        output.gradient?[position] = 0
        tally.ignored += 1
        continue
      }
      let x = predictions[position].asDouble
      let y = labels[position].asDouble
      try check(prediction: x, label: y, unit: unit)
      let w = try weight(weights, position, "weight", unit)
      let q = try weight(positiveWeights, position, "pos-weight", unit)
      let result = element.loss(x, y, w, q)
      output.values[position] = Scalar(result.value)
      output.gradient?[position] = output.upstream.apply(to: result.derivative, at: position)
      tally.leastPrediction = min(tally.leastPrediction, x)
      tally.greatestPrediction = max(tally.greatestPrediction, x)
    }
  }

  private func isIgnored(_ label: Scalar) -> Bool {
    guard let ignored = loss.ignoredLabel else { return false }
    return label == Scalar(ignored) || (label.isNaN && ignored.isNaN)
  }

  private func check(prediction: Double, label: Double, unit: Int) throws(LossError) {
    switch loss.predictionKind {
    case .logits:
      guard label.isFinite else {
        let hint = label.isNaN ? "--ignore-label nan leaves such elements out" : nil
        throw outOfRange("label", unit, label, "a finite label", hint)
      }
    case .probs:
      guard (0...1).contains(prediction) else {
        throw outOfRange(
          "pred", unit, prediction, "a probability from 0 to 1",
          "if these are logits, use --from logits")
      }
      guard (0...1).contains(label) else {
        let hint = label.isNaN ? "--ignore-label nan leaves such elements out" : nil
        throw outOfRange("label", unit, label, "a label from 0 to 1", hint)
      }
    }
  }

  private func weight(
    _ weights: UnsafeBufferPointer<Scalar>?, _ position: Int, _ name: String, _ unit: Int
  ) throws(LossError) -> Double {
    guard let weights else { return 1 }
    let weight = weights[position].asDouble
    guard weight.isFinite else { throw outOfRange(name, unit, weight, "a finite weight", nil) }
    return weight
  }

  private func outOfRange(
    _ input: String, _ unit: Int, _ found: Double, _ expected: String, _ hint: String?
  ) -> LossError {
    .valueOutOfRange(
      input: input, index: unitShape.index(at: unit), found: found, expected: expected, hint: hint)
  }
}

/// The arithmetic of one element under a loss's options.
private struct ElementArithmetic {
  private let kind: BinaryCrossEntropy.PredictionKind
  private let smoothing: Double
  private let ofLogits: LogitCrossEntropy
  private let ofProbabilities: ProbabilityCrossEntropy

  init(_ loss: BinaryCrossEntropy, predictions: Tensor, _ zeroTimesInfinity: ZeroTimesInfinity) {
    kind = loss.predictionKind
    smoothing = loss.labelSmoothing
    ofLogits = LogitCrossEntropy(zeroTimesInfinity: zeroTimesInfinity)
    ofProbabilities = ProbabilityCrossEntropy(
      clamp: loss.probabilityClamp.clamp(for: predictions.elementType),
      zeroTimesInfinity: zeroTimesInfinity)
  }

  @inline(__always)
  func loss(_ x: Double, _ label: Double, _ w: Double, _ q: Double) -> ElementLoss {
    let y = smoothing == 0 ? label : label * (1 - smoothing) + smoothing / 2
    return switch kind {
    case .logits: ofLogits(logit: x, label: y, weight: w, positiveWeight: q)
    case .probs: ofProbabilities(probability: x, label: y, weight: w)
    }
  }
}
