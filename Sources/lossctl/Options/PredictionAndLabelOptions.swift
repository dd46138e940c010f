import ArgumentParser
import LossIO
import LossTensor

/// The pair of inputs most losses take.
struct PredictionAndLabelOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The predictions: a file, a quoted pattern such as 'part-*.npy', or @list; again for more files, joined along axis 0.",
      valueName: "file"), completion: .tensorFile)
  var pred: [String]

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The labels, in the same ways; the files may be cut elsewhere.", valueName: "file"),
    completion: .tensorFile)
  var label: [String]

  @Option(
    help: ArgumentHelp(
      "The type of predictions stored as raw bytes or 16-bit integers; text is read as float32 or float64.",
      valueName: "dtype"))
  var predDtype: FloatTypeChoice?

  @Option(help: ArgumentHelp("The same as --pred-dtype, for the labels.", valueName: "dtype"))
  var labelDtype: FloatTypeChoice?

  /// The files to open.
  var requests: [InputRequest] {
    [
      InputRequest(
        name: "pred", arguments: pred, elementType: predDtype?.elementType, isPaired: true),
      InputRequest(
        name: "label", arguments: label, elementType: labelDtype?.elementType, isPaired: true),
    ]
  }
}

extension CompletionKind {
  /// Files a tensor can be read from.
  static var tensorFile: CompletionKind {
    .file(extensions: FileFormats.all.flatMap { $0.suffixes })
  }
}
