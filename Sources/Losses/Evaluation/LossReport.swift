import LossTensor

/// How a tensor of losses becomes the result.
public enum Reduction: String, CaseIterable, Sendable {
  /// The sum over the divisor the loss defines.
  case mean
  /// The sum.
  case sum
  /// No reduction: the tensor itself.
  case none
}

/// What the mean of nothing is.
public enum EmptyPolicy: String, CaseIterable, Sendable {
  /// NaN, as in PyTorch.
  case nan
  /// 0, as in Keras.
  case zero
  /// An error.
  case error
}

/// What a NaN or infinite loss is.
public enum NonFinitePolicy: String, CaseIterable, Sendable {
  /// A result like any other; it is counted.
  case allow
  /// An error.
  case error
}

/// A setting of a loss as it stands in results.
public enum SettingValue: Equatable, Sendable {
  /// A word.
  case text(String)
  /// A number.
  case number(Double)
  /// Whether something is so.
  case flag(Bool)
}

/// Something a user should know about a result that is nevertheless valid.
public enum LossWarning: Equatable, Sendable {
  /// Every logit lies in [0, 1].
  case logitsLookLikeProbabilities(input: String)
  /// Some log-probabilities are above 0.
  case positiveLogProbabilities(input: String)
  /// Some vectors that were to be brought to length 1 have no direction.
  case zeroVectors(input: String, count: Int, firstRow: Int)
  /// Some losses are NaN or infinite.
  case nonFiniteLosses(count: Int, firstIndex: [Int], first: Double)

  /// The warning in words.
  public var message: String {
    switch self {
    case .logitsLookLikeProbabilities(let input):
      "every value of \(input) lies in [0, 1] and looks like a probability; if so, use --from probs"
    case .positiveLogProbabilities(let input):
      "\(input) holds values above 0, which no log-probability is; if these are logits, use --from logits"
    case .zeroVectors(let input, let count, let row):
      "\(count) \(count == 1 ? "vector" : "vectors") of \(input) cannot be normalized, as the length is 0 or nearly so, "
        + "the first at index [\(row)]; zeros stay zeros"
    case .nonFiniteLosses(let count, let index, let first):
      "\(count) \(count == 1 ? "loss is" : "losses are") not finite, the first (\(first.isNaN ? "nan" : "\(first)")) at index "
        + "[\(index.map(String.init).joined(separator: ", "))]"
    }
  }
}

/// A number that was found on the way to a loss.
public struct LossMetric: Equatable, Sendable {
  /// Its name.
  public let name: String
  /// The number.
  public let value: Double

  /// A metric.
  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

/// The result of a loss over its inputs.
public struct LossReport: Sendable {
  /// The loss's name.
  public let loss: String

  /// How the losses were reduced.
  public let reduction: Reduction

  /// The reduced loss; nil where it was not reduced.
  public let value: Double?

  /// What `mean` divides by.
  public let denominator: Double

  /// The exact sum of the losses, rounded once.
  public let sum: Double

  /// What the loss adds to the reduced value once, and ``sum`` does not hold; nil where there is no such term.
  public let penalty: Double?

  /// The shape of the unreduced loss.
  public let shape: Shape

  /// Rows, along the outermost axis.
  public let rows: Int

  /// Elements of the unreduced loss.
  public let elements: Int

  /// Elements that count for nothing.
  public let ignored: Int

  /// Losses that are NaN or infinite.
  public let nonFinite: Int

  /// The type computed in.
  public let computeType: ElementType

  /// The loss's own settings that say what was computed.
  public let settings: [(name: String, value: SettingValue)]

  /// What was found besides, where it was asked for.
  public let metrics: [LossMetric]

  /// What the user should know.
  public let warnings: [LossWarning]
}
