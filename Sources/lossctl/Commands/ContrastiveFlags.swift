import ArgumentParser
import Losses

/// Whose convention of the contrastive loss is followed.
enum ContrastivePreset: String, CaseIterable, ExpressibleByArgument {
  case hadsell
  case sentenceTransformers = "sentence-transformers"
  case tfAddons = "tf-addons"

  var convention: ContrastiveConvention {
    switch self {
    case .hadsell: .hadsell
    case .sentenceTransformers: .sentenceTransformers
    case .tfAddons: .tensorFlowAddons
    }
  }
}

extension PairMetric: ExpressibleByArgument {}

/// The flags of `lossctl contrastive`.
struct ContrastiveFlags: LossFlags {
  static var spec: LossSpec { Contrastive.spec }

  static var discussion: String {
    """
    With D the distance of a pair and s its similarity, the loss is (s D^2 + (1 - s) max(0, margin - D)^2) / 2. \
    Papers and libraries differ in the rest, and --preset follows one of them: hadsell (Euclidean distance, \
    margin 1, label 0 is similar), sentence-transformers (cosine distance, margin 0.5, label 1 is similar) or \
    tf-addons (Euclidean distance, margin 1, label 1 is similar, not halved). Further options change what the \
    preset says. The mean divides by the number of pairs; the 2006 paper's sum is --reduction sum.

    EXAMPLES
      lossctl contrastive --a left.npy --b right.npy --label pairs.npy
      lossctl contrastive --a left.npy --b right.npy --label pairs.npy --preset sentence-transformers
      lossctl contrastive --distance d.npy --label pairs.npy --margin 2
    """
  }

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The pairs' first vectors, one in each row: a file, a quoted pattern such as 'part-*.npy', or @list; again for more files, joined along axis 0.",
      valueName: "file"), completion: .tensorFile)
  var a: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The pairs' second vectors.", valueName: "file"), completion: .tensorFile)
  var b: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The pairs' distances, instead of --a and --b.", valueName: "file"), completion: .tensorFile)
  var distance: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A label for each pair, from 0 to 1.", valueName: "file"),
    completion: .tensorFile)
  var label: [String]

  @Option(help: ArgumentHelp("Whose convention to follow.", valueName: "name"))
  var preset = ContrastivePreset.hadsell

  @Option(help: ArgumentHelp("How distances are measured.", valueName: "name"))
  var metric: PairMetric?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How far apart what is dissimilar is to be.", valueName: "margin"))
  var margin: Real?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The label of pairs that are similar, 0 or 1.", valueName: "label"))
  var similarLabel: Int?

  @Flag(inversion: .prefixedNo, help: "Halve the losses.")
  var half: Bool?

  @Flag(inversion: .prefixedNo, help: "Square distances and hinges.")
  var squared: Bool?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Added to each difference of Euclidean and Manhattan distances.", valueName: "number"))
  var eps: Real?

  var inputs: [InputRequest] {
    .paired("a", a) + .paired("b", b) + .paired("distance", distance) + .paired("label", label)
  }

  func makeLoss() throws -> any Loss {
    var convention = preset.convention
    if let metric { convention.metric = metric }
    if let margin { convention.margin = margin.value }
    if let similarLabel { convention.similarLabel = similarLabel }
    if let half { convention.isHalved = half }
    if let squared { convention.isSquared = squared }
    if let eps { convention.eps = eps.value }
    return try Contrastive(convention)
  }
}
