import ArgumentParser
import Losses

/// The flags of `lossctl info-nce`.
struct InfoNCEFlags: LossFlags {
  static var spec: LossSpec { InfoNCE.spec }

  static var discussion: String {
    """
    Query i and key i belong together. Without negatives all other keys are negatives of a query; \
    negatives of two axes are the same for all queries, of three axes each query's own. The mean divides \
    by the number of queries.

    EXAMPLES
      lossctl info-nce --query q.npy --key k.npy
      lossctl info-nce --query q.npy --key k.npy --negatives queue.npy --temperature 0.07
    """
  }

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The queries' embeddings, one in each row: a file, a quoted pattern such as 'part-*.npy', or @list; again for more files, joined along axis 0.",
      valueName: "file"), completion: .tensorFile)
  var query: [String]

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The keys' embeddings, one for each query.", valueName: "file"),
    completion: .tensorFile)
  var key: [String]

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Negatives' embeddings, for all queries or for each its own.", valueName: "file"),
    completion: .tensorFile)
  var negatives: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Divides similarities; above 0.", valueName: "number"))
  var temperature = Real(0.1)

  @Flag(inversion: .prefixedNo, help: "Bring all embeddings to length 1 first.")
  var normalize = true

  @Flag(
    help:
      "Without negatives, add the loss of each key against all queries, each with weight one half.")
  var symmetric = false

  @Flag(help: "With negatives for all queries, the other keys are negatives, too.")
  var inBatch = false

  var inputs: [InputRequest] {
    let others = InputRequest(name: "negatives", arguments: negatives, elementType: nil)
    return .paired("query", query) + .paired("key", key) + (negatives.isEmpty ? [] : [others])
  }

  func makeLoss() throws -> any Loss {
    var options = InfoNCE.Options()
    options.temperature = temperature.value
    options.normalizes = normalize
    options.isSymmetric = symmetric
    options.isInBatch = inBatch
    return try InfoNCE(options)
  }
}
