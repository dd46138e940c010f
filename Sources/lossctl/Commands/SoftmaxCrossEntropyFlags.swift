import ArgumentParser
import Losses

/// The flags of `lossctl softmax-ce`.
struct SoftmaxCrossEntropyFlags: LossFlags {
  static var spec: LossSpec { SoftmaxCrossEntropy.spec }

  static var aliases: [String] { ["ce"] }

  static var discussion: String {
    """
    The loss of a row of logits x with class index y is -w[y] log softmax(x)[y]; with a distribution t as \
    its label it is -sum w[c] t[c] log softmax(x)[c]. Labels of the predictions' shape without the class \
    axis are indices, of any integer type or whole floats; labels of the predictions' shape are \
    distributions. The mean divides by the sum of w[y] over the rows that are not ignored for indices, \
    by the number of rows for distributions. Logits that are a product of hidden vectors and a head are \
    computed in pieces and never stored.

    EXAMPLES
      lossctl softmax-ce --pred logits.npy --label classes.npy
      lossctl ce --pred logits.npy --label classes.npy --grad gradient.npy
      lossctl ce --pred table.csv:2-11 --label table.csv:class --label-smoothing 0.1
      lossctl ce --pred last-axis.npy --label classes.npy --class-axis -1
      lossctl ce --hidden h.npy --head w.npy --head-bias b.npy --label tokens.npy
    """
  }

  @OptionGroup var files: LogitsAndLabelOptions

  @Option(help: ArgumentHelp("What the predictions are.", valueName: "kind"))
  var from = SoftmaxCrossEntropy.PredictionKind.logits

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A weight for each class.", valueName: "file"), completion: .tensorFile)
  var classWeight: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Leave out rows with this class index, in the mean's divisor too. (default: -100)",
      valueName: "index"))
  var ignoreIndex: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Spread a part of each label over all C classes: t becomes t (1 - a) + a/C.", valueName: "a"))
  var labelSmoothing = Real(0)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The predictions' axis of classes; negative ones count from the last, -1.", valueName: "axis")
  )
  var classAxis = 1

  var inputs: [InputRequest] { files.requests + .optional("class-weight", classWeight) }

  func hasSampleRows(rank: Int) -> Bool {
    rank > 1 && classAxis != 0 && classAxis != -rank
  }

  func makeLoss() throws -> any Loss {
    try SoftmaxCrossEntropy(
      from: from, ignoreIndex: ignoreIndex, labelSmoothing: labelSmoothing.value,
      classAxis: classAxis)
  }
}
