import ArgumentParser
import LossIO
import LossTensor

/// The pair of inputs most losses take.
struct PredictionAndLabelOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The predictions.", valueName: "file"), completion: .tensorFile)
  var pred: [String]

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The labels.", valueName: "file"),
    completion: .tensorFile)
  var label: [String]

  @Option(
    help: ArgumentHelp(
      "The type of predictions stored as raw bytes or 16-bit integers; text is read as float32 or float64.",
      valueName: "dtype"))
  var predDtype: FloatTypeChoice?

  @Option(help: ArgumentHelp("The same as --pred-dtype, for the labels.", valueName: "dtype"))
  var labelDtype: FloatTypeChoice?

  /// The two files to open.
  var requests: [InputRequest] {
    get throws {
      [
        InputRequest(
          name: "pred", path: try single(pred, "pred"), elementType: predDtype?.elementType),
        InputRequest(
          name: "label", path: try single(label, "label"), elementType: labelDtype?.elementType),
      ]
    }
  }

  private func single(_ values: [String], _ option: String) throws(UsageError) -> String {
    guard values.count == 1, let value = values.first else {
      throw .repeatedOption(option, count: values.count)
    }
    return value
  }
}

extension CompletionKind {
  /// Files a tensor can be read from.
  static var tensorFile: CompletionKind {
    .file(extensions: FileFormats.all.flatMap { $0.suffixes })
  }
}
