import ArgumentParser
import Losses

/// The flags of `lossctl bce`.
struct BinaryCrossEntropyFlags: LossFlags {
  static var spec: LossSpec { BinaryCrossEntropy.spec }

  static var discussion: String {
    """
    The loss of logit x for label y, with weight w and positive weight q, is
    w [(1 - y) softplus(x) + q y softplus(-x)]. The mean is over all elements that are not ignored; \
    weights are not in its divisor.

    EXAMPLES
      lossctl bce --pred logits.npy --label labels.npy
      lossctl bce --pred table.csv:score --label table.csv:label --from probs
      lossctl bce --pred logits.npy --label labels.npy --grad gradient.npy
      cat logits.npy | lossctl bce --pred - --label labels.npy
    """
  }

  @OptionGroup var files: PredictionAndLabelOptions

  @Option(help: ArgumentHelp("What the predictions are.", valueName: "kind"))
  var from = BinaryCrossEntropy.PredictionKind.logits

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A weight for each element; broadcasts to the predictions' shape.", valueName: "file"),
    completion: .tensorFile)
  var weight: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A weight for the part of the loss with label 1, from logits; broadcasts to the predictions' shape.",
      valueName: "file"),
    completion: .tensorFile)
  var posWeight: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Move labels towards 1/2: y becomes y (1 - a) + a/2.", valueName: "a"))
  var labelSmoothing = Real(0)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Leave out elements with this label, in the mean's divisor too; may be nan.",
      valueName: "value"))
  var ignoreLabel: Real?

  @Option(
    help: ArgumentHelp(
      "How logarithms of probabilities stay finite: log:X bounds them below, eps:X keeps p in [X, 1 - X], eps:auto takes X from the dtype, none does nothing.",
      valueName: "clamp"))
  var probClamp = ProbabilityClampOption.standard

  var inputs: [InputRequest] {
    files.requests + .optional("weight", weight) + .optional("pos-weight", posWeight)
  }

  func makeLoss() throws -> any Loss {
    try BinaryCrossEntropy(
      from: from, labelSmoothing: labelSmoothing.value, ignoredLabel: ignoreLabel?.value,
      probabilityClamp: probClamp)
  }
}

extension ProbabilityClampOption: ExpressibleByArgument {
  /// Reads the option's spelling; nil where it is none.
  public init?(argument: String) {
    try? self.init(argument)
  }

  /// The default as it stands in the help.
  public var defaultValueDescription: String { description }
}
