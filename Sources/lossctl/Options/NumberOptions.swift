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

  @Option(help: "What the mean of nothing is.")
  var empty = EmptyPolicy.nan

  @Option(help: "What to do about losses that are NaN or infinite.")
  var nonfinite = NonFinitePolicy.allow

  @Option(help: "What 0 · ∞ is in a loss; nan is what PyTorch gives.")
  var zeroTimesInf = ZeroTimesInfinity.zero
}
