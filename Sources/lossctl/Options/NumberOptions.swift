import ArgumentParser
import LossKernels
import Losses

/// How numbers are computed.
struct NumberOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The type to compute in; auto is float64 where an input is float64, else float32. Sums are exact in both.",
      valueName: "dtype"))
  var computeDtype = ComputeTypeChoice.auto

  @Option(help: ArgumentHelp("What the mean of nothing is.", valueName: "policy"))
  var empty = EmptyPolicy.nan

  @Option(
    help: ArgumentHelp("What to do about losses that are NaN or infinite.", valueName: "policy"))
  var nonfinite = NonFinitePolicy.allow

  @Option(
    help: ArgumentHelp(
      "What zero times infinity is in a loss; nan is what PyTorch gives.", valueName: "value"))
  var zeroTimesInf = ZeroTimesInfinity.zero
}
