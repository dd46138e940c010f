import ArgumentParser

/// What the result is expected to be.
struct CheckOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Check the result against a number, or against a file with --reduction none.",
      valueName: "value|file"),
    completion: .tensorFile)
  var expect: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Check the loss of each row against a file.", valueName: "file"),
    completion: .tensorFile)
  var expectPerRow: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Check the gradient against a file, or those of several inputs against an .npz or files with {input} in their name.",
      valueName: "file"),
    completion: .tensorFile)
  var expectGrad: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The relative tolerance of the checks; 0 where only --atol is given. With neither, both follow the dtype, as in torch.testing.assert_close.",
      valueName: "number"))
  var rtol: Real?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The absolute tolerance of the checks; 0 where only --rtol is given.", valueName: "number"))
  var atol: Real?
}
