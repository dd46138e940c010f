import ArgumentParser
import Losses

/// The flags of `lossctl multi-margin`.
struct MultiMarginFlags: LossFlags {
  static var spec: LossSpec { MultiMargin.spec }

  static var discussion: String {
    """
    The loss of a row of C scores x with class index y is w[y] / C times the sum of \
    max(0, margin - x[y] + x[c])^p over all other classes c. The mean divides by the number of rows.

    EXAMPLES
      lossctl multi-margin --pred scores.npy --label classes.npy
      lossctl multi-margin --pred scores.npy --label classes.npy --p 2 --grad gradient.npy
    """
  }

  @OptionGroup var files: PredictionAndLabelOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The power of each hinge, 1 or 2.", valueName: "power"))
  var p = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How far above all others the label's score is to be.", valueName: "margin"))
  var margin = Real(1)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A weight for each class.", valueName: "file"), completion: .tensorFile)
  var classWeight: String?

  var inputs: [InputRequest] { files.requests + .optional("class-weight", classWeight) }

  func makeLoss() throws -> any Loss { try MultiMargin(power: p, margin: margin.value) }
}
