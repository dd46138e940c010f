import ArgumentParser
import Losses

/// The flags of `lossctl clip`.
struct ClipFlags: LossFlags {
  static var spec: LossSpec { Clip.spec }

  static var discussion: String {
    """
    Image i and text i belong together. With logits L = s I T' + b, softmax holds each image against all \
    texts and each text against all images; sigmoid holds every pair by itself against whether it \
    belongs together; soft-target is softmax with similarities as labels. The mean divides by the number of pairs. The logits are never stored.

    EXAMPLES
      lossctl clip --image i.npy --text t.npy --normalize --temperature 0.07
      lossctl clip --image i.npy --text t.npy --objective sigmoid --logit-scale 10 --logit-bias -10
    """
  }

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The images' embeddings, one in each row: a file, a quoted pattern such as 'part-*.npy', or @list; again for more files, joined along axis 0.",
      valueName: "file"), completion: .tensorFile)
  var image: [String]

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The texts' embeddings, one for each image.", valueName: "file"),
    completion: .tensorFile)
  var text: [String]

  @Option(
    help:
      "How pairs are held against each other: softmax (CLIP), sigmoid (SigLIP), or softmax with the similarities within images and texts as labels."
  )
  var objective = Clip.Objective.softmax

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Divides similarities; above 0. (default: 1)", valueName: "number"))
  var temperature: Real?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Multiplies similarities, instead of --temperature; above 0. (default: 1)",
      valueName: "number"))
  var logitScale: Real?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Added to each logit. (default: 0)", valueName: "number"))
  var logitBias: Real?

  @Flag(help: "Bring all embeddings to length 1 first.")
  var normalize = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With softmax, the weight of the direction from image to text, from 0 to 1; the rest is the other's.",
      valueName: "weight"))
  var directionWeight = Real(0.5)

  @Flag(help: "With soft-target, take the labels as given: no gradient goes through them.")
  var detachTargets = false

  @Flag(
    help:
      "Add to the result the mean losses of both directions, and the ranks of what belongs together: mean, median, and recall at 1, 5 and 10. Takes as long again."
  )
  var metrics = false

  var inputs: [InputRequest] { .paired("image", image) + .paired("text", text) }

  func makeLoss() throws -> any Loss {
    var options = Clip.Options()
    options.objective = objective
    options.scaling = try .chosen(temperature, logitScale)
    options.logitBias = logitBias?.value
    options.normalizes = normalize
    options.directionWeight = directionWeight.value
    options.detachesTargets = detachTargets
    options.wantsMetrics = metrics
    return try Clip(options)
  }
}

extension LogitScaling {
  /// What the options say; similarities as they are where they say nothing.
  static func chosen(_ temperature: Real?, _ scale: Real?) throws(LossError) -> LogitScaling {
    if let temperature {
      guard scale == nil else { throw .optionConflict("--temperature", with: "--logit-scale") }
      return .temperature(temperature.value)
    }
    return .scale(scale?.value ?? 1)
  }
}
