import ArgumentParser
import Losses

/// The flags of `lossctl multilabel-margin`.
struct MultilabelMarginFlags: LossFlags {
  static var spec: LossSpec { MultilabelMargin.spec }

  static var discussion: String {
    """
    The loss of a row of C scores x with the classes T is 1 / C times the sum of \
    max(0, 1 - (x[j] - x[c])) over each j in T and each c that is not. Labels have the predictions' shape: \
    the classes' indices, ended by -1, or with multi-hot a 1 for each class of the row. The mean divides by \
    the number of rows.

    EXAMPLES
      lossctl multilabel-margin --pred scores.npy --label lists.npy
      lossctl multilabel-margin --pred x.npy --label hot.npy --label-format multi-hot
    """
  }

  @OptionGroup var files: PredictionAndLabelOptions

  @Option(help: ArgumentHelp("How labels name a row's classes.", valueName: "name"))
  var labelFormat = MultilabelMargin.LabelFormat.classList

  var inputs: [InputRequest] { files.requests }

  func makeLoss() throws -> any Loss { MultilabelMargin(labelFormat: labelFormat) }
}
