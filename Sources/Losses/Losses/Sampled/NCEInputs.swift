import LossTensor

/// The inputs of NCE, held against each other.
extension NCE {
  /// The scores, where they are given.
  func scores(_ inputs: BoundInputs) throws(LossError) -> (positive: Tensor, negative: Tensor) {
    let (positive, negative) = (try inputs.require("pos"), try inputs.require("neg"))
    try requireTrue("pos", positive.shape)
    let rows = positive.shape.rowCount
    guard negative.shape.rank == 2, negative.shape.rowCount == rows else {
      throw .shapeMismatch(
        input: "neg", found: negative.shape,
        expected: "[\(rows), K], the scores of noise for each row of pos",
        transposeMatches: negative.shape.rank == 2 && negative.shape.dimensions.last == rows)
    }
    guard options.removesHits == nil else {
      throw .optionConflict("--remove-accidental-hits", with: "--pos, which says of no class")
    }
    guard options.sampler == nil else { throw .optionConflict("--sampler", with: "--pos") }
    return (positive, negative)
  }

  /// Scores or classes that are true: some for each row, at least one.
  private func requireTrue(_ name: String, _ shape: Shape) throws(LossError) {
    let isValid = shape.rank == 1 || (shape.rank == 2 && (shape.elementsPerRow > 0))
    guard isValid else {
      throw .shapeMismatch(
        input: name, found: shape, expected: "[N] or [N, T], what is true of each row",
        transposeMatches: false)
    }
  }

  /// The vectors and classes, where they are given.
  func vectors(
    _ inputs: BoundInputs, _ policies: EvaluationPolicies
  ) throws(LossError) -> SampledVectors {
    let (queries, table) = (
      try VectorSet("query", try inputs.require("query")),
      try VectorSet("weights", try inputs.require("weights"))
    )
    let label = try inputs.require("label")
    try requireTrue("label", label.shape)
    guard label.shape.rowCount == queries.count else {
      throw .shapeMismatch(
        input: "label", found: label.shape,
        expected: "[\(queries.count)] or [\(queries.count), T], the classes of each query",
        transposeMatches: false)
    }
    let labels = try ClassIDs("label", label, isShared: false, classCount: table.count)
    let (samples, drawn) = try samples(inputs, queries.count, classCount: table.count)
    let (positive, negative) = (
      label.shape, Shape([queries.count, samples.perRow]) ?? .vector(0)
    )
    let correction: NoiseCorrection?
    if let drawn {
      correction = try drawnCorrection(drawn, labels, positive, negative, inputs)
    } else {
      correction = try self.correction(inputs, positive: positive, negative: negative)
    }
    return SampledVectors(
      form: form, queries: queries, table: table,
      biases: inputs["bias"]?.values(as: Double.self), labels: labels, samples: samples,
      correction: correction, logZ: options.logZ, removesHits: removesHits, policies: policies)
  }

  /// The samples that are given, or those that are drawn.
  private func samples(
    _ inputs: BoundInputs, _ rows: Int, classCount: Int
  ) throws(LossError) -> (ClassIDs, NoiseSample?) {
    let isUnigram = options.sampler?.distribution == .unigram
    if let counts = inputs["counts"] {
      guard isUnigram else {
        throw .optionConflict("--counts", with: "anything but --sampler unigram")
      }
      guard counts.shape == .vector(classCount) else {
        throw .shapeMismatch(
          input: "counts", found: counts.shape,
          expected: "\(Shape.vector(classCount)), a count for each row of weights",
          transposeMatches: false)
      }
    }
    if let sampler = options.sampler {
      guard inputs["samples"] == nil else {
        throw .optionConflict("--sampler", with: "--samples")
      }
      let counts = isUnigram ? try inputs.require("counts") : nil
      let sample = try sampler.draw(
        classCount: classCount, counts: counts?.values(as: Double.self))
      return (ClassIDs(shared: sample.ids), sample)
    }
    let tensor = try inputs.require("samples")
    guard tensor.shape.rank == 1 || (tensor.shape.rank == 2 && tensor.shape.rowCount == rows) else {
      throw .shapeMismatch(
        input: "samples", found: tensor.shape,
        expected: "[K] for all queries, or [\(rows), K] for each its own",
        transposeMatches: tensor.shape.rank == 2 && tensor.shape.dimensions.last == rows)
    }
    let isShared = tensor.shape.rank == 1
    return (
      try ClassIDs("samples", tensor, isShared: isShared, classCount: classCount), nil
    )
  }

  /// What follows from how the noise was drawn.
  private func drawnCorrection(
    _ sample: NoiseSample, _ labels: ClassIDs, _ positive: Shape, _ negative: Shape,
    _ inputs: BoundInputs
  ) throws(LossError) -> NoiseCorrection? {
    for name in ["log-noise-pos", "log-noise-neg", "expected-pos", "expected-neg"]
    where inputs[name] != nil {
      throw .optionConflict("--\(name)", with: "--sampler")
    }
    guard options.noiseRatio == nil else {
      throw .optionConflict("--noise-ratio", with: "--sampler")
    }
    guard options.objective != .negativeSampling else { return nil }
    let counts = labels.ids.map { sample.expectedCount($0) }
    // Said of the label, not of a file that was never there.
    if let offset = counts.firstIndex(where: { !($0 > 0) }) {
      throw .valueOutOfRange(
        input: "label", index: positive.index(at: offset), found: Double(labels.ids[offset]),
        expected: "a class that noise is drawn from, with a count above 0", hint: nil)
    }
    let noise = Tensor(
      sample.ids.map { sample.expectedCount($0) }, shape: .vector(sample.ids.count))
    return NoiseCorrection(
      kind: .expectedCounts,
      positive: try .init("label", Tensor(counts, shape: positive), to: positive, like: "label"),
      negative: try .init("samples", noise, to: negative, like: "samples"))
  }

  /// What is said of noise by files.
  func correction(
    _ inputs: BoundInputs, positive: Shape, negative: Shape
  ) throws(LossError) -> NoiseCorrection? {
    let pairs: [(names: (String, String), isLogarithm: Bool)] = [
      (("log-noise-pos", "log-noise-neg"), true), (("expected-pos", "expected-neg"), false),
    ]
    let given = pairs.filter { inputs[$0.names.0] != nil || inputs[$0.names.1] != nil }
    guard let (names, isLogarithm) = given.first else {
      guard options.objective != .nce else { throw .missingInput("log-noise-pos") }
      guard options.noiseRatio == nil else {
        throw .optionConflict("--noise-ratio", with: "noise without --log-noise-pos")
      }
      return nil
    }
    let first = inputs[names.0] != nil ? names.0 : names.1
    guard given.count == 1 else { throw .optionConflict("--\(first)", with: "--expected-pos") }
    guard options.objective != .negativeSampling else {
      throw .optionConflict("--\(first)", with: "--objective negative-sampling")
    }
    guard isLogarithm || options.noiseRatio == nil else {
      throw .optionConflict("--noise-ratio", with: "--\(first)")
    }
    let ratio = options.noiseRatio ?? Double(negative.elementsPerRow)
    guard !isLogarithm || ratio > 0 else {
      throw .optionOutOfRange(
        option: "noise-ratio", found: "\(ratio), the noise of a row", expected: "a number above 0")
    }
    return NoiseCorrection(
      kind: isLogarithm ? .logProbabilities(ratio: ratio) : .expectedCounts,
      positive: try .init(names.0, try inputs.require(names.0), to: positive, like: "pos"),
      negative: try .init(names.1, try inputs.require(names.1), to: negative, like: "neg"))
  }
}
