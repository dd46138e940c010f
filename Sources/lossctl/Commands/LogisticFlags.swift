import ArgumentParser
import Losses

/// The flags of `lossctl logistic`.
struct LogisticFlags: LossFlags {
  static var spec: LossSpec { Logistic.spec }

  static var discussion: String {
    """
    With the logit z = x theta + b of a row of features x and its label y, 0 or 1, the loss is \
    w (y log(1 + e^-z) + (1 - y) log(1 + e^z)). The mean divides by the number of rows; l2/2 times the \
    sum of the squares of theta is added once to the mean or the sum. The bias is not penalized.

    EXAMPLES
      lossctl logistic --features x.npy --theta theta.npy --bias b.npy --label y.npy
      lossctl logistic --features x.npy --theta theta.npy --label y.npy --l2 0.01 --grad 'g-{input}.npy'
    """
  }

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The features, a row for each sample: a file, a quoted pattern such as 'part-*.npy', or @list; again for more files, joined along axis 0.",
      valueName: "file"), completion: .tensorFile)
  var features: [String]

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The model's parameters, one for each feature.", valueName: "file"),
    completion: .tensorFile)
  var theta: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What is added to each logit: one number.", valueName: "file"),
    completion: .tensorFile)
  var bias: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The labels, one for each row.", valueName: "file"),
    completion: .tensorFile)
  var label: [String]

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A weight for each row.", valueName: "file"), completion: .tensorFile)
  var sampleWeight: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What half the sum of the squares of theta is multiplied by, 0 or more.", valueName: "number")
  )
  var l2 = Real(0)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What labels stand for the two classes: 01 for 0 and 1, pm1 for -1 and 1.",
      valueName: "values"))
  var labelValues = Logistic.LabelValues.zeroAndOne

  var inputs: [InputRequest] {
    .paired("features", features) + .optional("theta", theta) + .optional("bias", bias)
      + .paired("label", label) + .paired("sample-weight", sampleWeight)
  }

  func makeLoss() throws -> any Loss { try Logistic(l2: l2.value, labelValues: labelValues) }
}
