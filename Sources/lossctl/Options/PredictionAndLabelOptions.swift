import ArgumentParser
import LossIO
import LossTensor

extension ArgumentHelp {
  /// What is said of the option for predictions.
  static let predictions = ArgumentHelp(
    "The predictions: a file, a quoted pattern such as 'part-*.npy', or @list; again for more files, joined along axis 0.",
    valueName: "file")

  /// What is said of the option for the predictions' type.
  static let predictionType = ArgumentHelp(
    "The type of predictions stored as raw bytes or 16-bit integers; text is read as float32 or float64.",
    valueName: "dtype")
}

/// The labels most losses take.
struct LabelOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The labels, in the same ways; the files may be cut elsewhere.", valueName: "file"),
    completion: .tensorFile)
  var label: [String]

  @Option(help: ArgumentHelp("The same as --pred-dtype, for the labels.", valueName: "dtype"))
  var labelDtype: FloatTypeChoice?

  /// The files to open.
  var request: InputRequest {
    InputRequest(
      name: "label", arguments: label, elementType: labelDtype?.elementType, isPaired: true)
  }
}

/// The pair of inputs most losses take.
struct PredictionAndLabelOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue, help: .predictions, completion: .tensorFile)
  var pred: [String]

  @Option(help: .predictionType)
  var predDtype: FloatTypeChoice?

  @OptionGroup var labels: LabelOptions

  /// The files to open.
  var requests: [InputRequest] {
    [
      InputRequest(
        name: "pred", arguments: pred, elementType: predDtype?.elementType, isPaired: true),
      labels.request,
    ]
  }
}

/// The inputs of a loss of logits, which may be given as what they are products of.
struct LogitsAndLabelOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue, help: .predictions, completion: .tensorFile)
  var pred: [String] = []

  @Option(help: .predictionType)
  var predDtype: FloatTypeChoice?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Instead of --pred, the vectors that --head makes logits of, hidden head' + bias, which are never stored.",
      valueName: "file"), completion: .tensorFile)
  var hidden: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --hidden, a vector of weights for each class.", valueName: "file"),
    completion: .tensorFile)
  var head: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --hidden, a bias for each class.", valueName: "file"),
    completion: .tensorFile)
  var headBias: String?

  @OptionGroup var labels: LabelOptions

  /// The files to open.
  var requests: [InputRequest] {
    let predictions =
      pred.isEmpty
      ? []
      : [
        InputRequest(
          name: "pred", arguments: pred, elementType: predDtype?.elementType, isPaired: true)
      ]
    return predictions + .paired("hidden", hidden) + [labels.request] + .optional("head", head)
      + .optional("head-bias", headBias)
  }
}

extension CompletionKind {
  /// Files a tensor can be read from.
  static var tensorFile: CompletionKind {
    .file(extensions: FileFormats.all.flatMap { $0.suffixes })
  }
}
