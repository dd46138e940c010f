import ArgumentParser
import Losses

/// The flags of `lossctl multilabel-soft-margin`.
struct MultilabelSoftMarginFlags: LossFlags {
  static var spec: LossSpec { MultilabelSoftMargin.spec }

  static var discussion: String {
    """
    The loss of a row of C logits x with labels y from 0 to 1 is 1 / C times the sum of \
    w[c] (y[c] softplus(-x[c]) + (1 - y[c]) softplus(x[c])). The mean divides by the number of rows.

    EXAMPLES
      lossctl multilabel-soft-margin --pred logits.npy --label labels.npy
      lossctl multilabel-soft-margin --pred x.npy --label y.npy --class-weight w.npy
    """
  }

  @OptionGroup var files: PredictionAndLabelOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A weight for each class.", valueName: "file"), completion: .tensorFile)
  var classWeight: String?

  var inputs: [InputRequest] { files.requests + .optional("class-weight", classWeight) }

  func makeLoss() throws -> any Loss { MultilabelSoftMargin() }
}
