import ArgumentParser
import LossIO
import LossTensor
import Losses

/// What of the result is wanted, and where it goes.
struct ResultOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What becomes of the losses: their mean, their sum, or each of them.", valueName: "kind"))
  var reduction = Reduction.mean

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Where the result goes; - is standard output.", valueName: "file"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "The format of the result; where not given, by the suffix of --out, else json. text is bare numbers.",
      valueName: "name"))
  var format: TensorOutput?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Write the loss of each row: the mean over its elements, or their sum with --reduction sum. The suffix gives the format.",
      valueName: "file"))
  var perRow: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Write the gradient: of the result, or of the sum with --reduction none. The suffix gives the format. With respect to several inputs it is an .npz of all, or a file for each where the name holds {input}.",
      valueName: "file"))
  var grad: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The upstream gradient: one number, or a tensor like the losses with --reduction none. Needs --grad.",
      valueName: "file"),
    completion: .tensorFile)
  var gradOutput: String?

  @Option(
    help: ArgumentHelp(
      "The type of the tensors written; by default the type computed in.", valueName: "dtype"))
  var outDtype: FloatTypeChoice?

  /// The format of the result itself.
  var resultFormat: TensorOutput {
    format ?? out.flatMap(TensorOutput.announced(by:)) ?? .json
  }

  /// What `--grad` stands for with gradients for these inputs; nil where it was not given.
  func gradientNaming(_ inputs: [String]) throws(UsageError) -> GradientNaming? {
    try grad.map { path throws(UsageError) in
      try GradientNaming(path, inputs: inputs, option: "grad")
    }
  }

  /// Checks what parsing cannot.
  func requireValid(isGradientChecked: Bool) throws(UsageError) {
    if gradOutput != nil, grad == nil, !isGradientChecked {
      throw .nothingToWrite(option: "grad-output", needs: "--grad FILE")
    }
  }
}
