import ArgumentParser
import Losses

/// The flags of `lossctl triplet`.
struct TripletFlags: LossFlags {
  static var spec: LossSpec { Triplet.spec }

  static var discussion: String {
    """
    With d(u, v) the p-norm of u - v + eps, the loss of an anchor a, a positive p and a negative n is \
    max(0, d(a, p) - d(a, n) + margin). The mean divides by the number of triplets.

    EXAMPLES
      lossctl triplet --anchor a.npy --positive p.npy --negative n.npy
      lossctl triplet --anchor a.npy --positive p.npy --negative n.npy --margin 0.2 --swap --grad g.npz
    """
  }

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The anchors, a vector in each row: a file, a quoted pattern such as 'part-*.npy', or @list; again for more files, joined along axis 0.",
      valueName: "file"), completion: .tensorFile)
  var anchor: [String]

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The positives, one for each anchor.", valueName: "file"),
    completion: .tensorFile)
  var positive: [String]

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The negatives, one for each anchor.", valueName: "file"),
    completion: .tensorFile)
  var negative: [String]

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How much farther than the positive the negative is to be.", valueName: "margin"))
  var margin = Real(1)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The degree of the norm, 1 or more, or inf.", valueName: "degree"))
  var p = Real(2)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Added to each difference.", valueName: "number"))
  var eps = Real(1e-6)

  @Flag(help: "Let the positive's distance to the negative count where it is the less.")
  var swap = false

  var inputs: [InputRequest] {
    .paired("anchor", anchor) + .paired("positive", positive) + .paired("negative", negative)
  }

  func makeLoss() throws -> any Loss {
    try Triplet(margin: margin.value, p: p.value, eps: eps.value, swap: swap)
  }
}
