import ArgumentParser
import Losses

/// The flags of `lossctl nce`.
struct NCEFlags: LossFlags {
  static var spec: LossSpec { NCE.spec }

  static var discussion: String {
    """
    True scores are held against those of noise: each by itself in negative sampling (word2vec) and \
    noise-contrastive estimation, all together in sampled softmax. Scores are files, or products of \
    queries with the weights of their labels and of sampled classes, which are files, too, or drawn here. \
    The mean divides by the number of rows.

    EXAMPLES
      lossctl nce --pos p.npy --neg n.npy
      lossctl nce --pos p.npy --neg n.npy --objective nce --log-noise-pos lp.npy --log-noise-neg ln.npy
      lossctl nce --query q.npy --weights w.npy --label y.npy --samples ids.npy
      lossctl nce --query q.npy --weights w.npy --label y.npy --objective sampled-softmax --sampler log-uniform \
    --num-samples 64 --seed 1
    """
  }

  @OptionGroup var inputOptions: NCEInputOptions

  @Option(help: "How true scores are held against noise.")
  var objective = NCE.Objective.negativeSampling

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Samples of noise for each true one, with --log-noise-pos. (default: the scores of noise in a row)",
      valueName: "number"))
  var noiseRatio: Real?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With nce, the logarithm of what scores are normalized by.", valueName: "number"))
  var logZ = Real(0)

  @Flag(
    inversion: .prefixedNo,
    help:
      "Noise that is a query's own label counts for nothing. (default: with sampled-softmax)")
  var removeAccidentalHits: Bool?

  @Option(help: "Draw the noise, the same for all queries, instead of --samples.")
  var sampler: NoiseSampler.Distribution?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --sampler, how many classes to draw.", valueName: "number"))
  var numSamples: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --sampler, where its generator begins; the same classes are drawn everywhere. (default: 0)",
      valueName: "number"))
  var seed: UInt64?

  @Flag(help: "With --sampler, draw no class twice.")
  var unique = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --sampler unigram, the power of the counts. (default: 0.75)", valueName: "number"))
  var distortion: Real?

  var inputs: [InputRequest] { inputOptions.requests }

  func makeLoss() throws -> any Loss {
    var options = NCE.Options()
    options.objective = objective
    options.noiseRatio = noiseRatio?.value
    options.logZ = logZ.value
    options.removesHits = removeAccidentalHits
    options.sampler = try chosenSampler()
    return try NCE(options)
  }

  private func chosenSampler() throws(LossError) -> NoiseSampler? {
    guard let sampler else {
      let given = [
        ("--num-samples", numSamples != nil), ("--seed", seed != nil), ("--unique", unique),
        ("--distortion", distortion != nil),
      ]
      if let option = given.first(where: \.1) {
        throw .optionConflict(option.0, with: "noise that is not drawn; give --sampler")
      }
      return nil
    }
    guard let numSamples else { throw .missingInput("num-samples") }
    guard distortion == nil || sampler == .unigram else {
      throw .optionConflict("--distortion", with: "--sampler \(sampler.rawValue)")
    }
    return NoiseSampler(
      sampler, count: numSamples, seed: seed ?? 0, isUnique: unique,
      distortion: distortion?.value ?? 0.75)
  }
}

/// The files of `lossctl nce`.
struct NCEInputOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The true scores, one or several in each row: a file, a quoted pattern such as 'part-*.npy', or @list; again for more files, joined along axis 0.",
      valueName: "file"), completion: .tensorFile)
  var pos: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The scores of noise, K in each row.", valueName: "file"),
    completion: .tensorFile)
  var neg: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Instead of --pos and --neg, the queries' vectors, one in each row.", valueName: "file"),
    completion: .tensorFile)
  var query: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "With --query, the true classes, one or several in each row.", valueName: "file"),
    completion: .tensorFile)
  var label: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --query, a vector of weights for each class.", valueName: "file"),
    completion: .tensorFile)
  var weights: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --query, a bias for each class.", valueName: "file"),
    completion: .tensorFile)
  var bias: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --query, the classes drawn as noise: the same for all queries, or K in each row.",
      valueName: "file"), completion: .tensorFile)
  var samples: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --sampler unigram, how often each class was seen.", valueName: "file"),
    completion: .tensorFile)
  var counts: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The logarithm of the true ones' probability as noise.", valueName: "file"),
    completion: .tensorFile)
  var logNoisePos: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The logarithm of the noise's probability.", valueName: "file"),
    completion: .tensorFile)
  var logNoiseNeg: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Instead of --log-noise-pos, how often the true ones are expected as noise.",
      valueName: "file"), completion: .tensorFile)
  var expectedPos: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Instead of --log-noise-neg, how often the noise is expected.", valueName: "file"),
    completion: .tensorFile)
  var expectedNeg: String?

  /// The files to open.
  var requests: [InputRequest] {
    let rows: [InputRequest] =
      .paired("pos", pos) + .paired("neg", neg) + .paired("query", query)
      + .paired("label", label)
    let tables: [InputRequest] =
      .optional("weights", weights) + .optional("bias", bias) + .optional("counts", counts)
      + .optional("samples", samples)
    return rows + tables + .optional("log-noise-pos", logNoisePos)
      + .optional("log-noise-neg", logNoiseNeg) + .optional("expected-pos", expectedPos)
      + .optional("expected-neg", expectedNeg)
  }
}
