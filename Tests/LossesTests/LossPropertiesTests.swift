import LossKernels
import LossTensor
import Losses
import Testing

/// What holds for every loss of the registry.
struct LossPropertiesTests {
  private static func value(_ loss: any Loss, _ inputs: [String: Tensor]) throws -> Double {
    // The value, not the sum, which is without a penalty.
    let evaluation = try LossEvaluation(loss, inputs: inputs, policies: EvaluationPolicies(.sum))
    return try #require(try evaluation.run().value)
  }

  @Test("Every loss of the registry has a sample, and every sample's loss is in the registry")
  func registry() throws {
    let sampled = Set(try LossSample.all().map { type(of: $0.loss).spec.name })
    #expect(sampled == Set(LossRegistry.all.map(\.name)))
    #expect(LossRegistry.all.count == sampled.count, "two losses share a name")
  }

  @Test("Every loss says what it is, and its required inputs come first")
  func specifications() {
    for spec in LossRegistry.all {
      for text in [spec.summary, spec.formula, spec.meanDivisor, spec.reference] {
        #expect(!text.isEmpty, "\(spec.name)")
      }
      let isRequired = spec.inputs.map(\.isRequired)
      #expect(isRequired == isRequired.sorted { $0 && !$1 }, "\(spec.name)")
      #expect(Set(spec.inputs.map(\.name)).count == spec.inputs.count, "\(spec.name)")
      #expect(!spec.differentiableInputs.isEmpty, "\(spec.name)")
    }
  }

  // With step h = 2⁻¹⁷ the difference is off by h²/6 of the third derivative, 1e-11 of numbers below
  // 2/0.03³ · 3 here, and by the rounding of a sum near 100, 1e-14/h = 2e-9. The gradients are about 1.
  @Test("The gradient is what central differences say")
  func centralDifferences() throws {
    let step = 0x1p-17
    for sample in try LossSample.all() {
      let gradients = try evaluate(sample.loss, sample.inputs, EvaluationPolicies(.sum)).gradients
      let given = type(of: sample.loss).spec.differentiableInputs.map(\.name)
      let bound = try BoundInputs(sample.inputs, to: type(of: sample.loss).spec)
      let parameters = sample.loss.differentiableParameters(for: bound)
      #expect(
        Set(gradients.keys) == Set(given.filter { sample.inputs[$0] != nil } + parameters))
      for parameter in parameters {
        let sides = try [step, -step].map { shift in
          let moved = try sample.shifted(parameter, shift)
          return try Self.value(try #require(moved), sample.inputs)
        }
        let derivative = try #require(gradients[parameter]).element(at: 0)
        let difference = (sides[0] - sides[1]) / (2 * step)
        #expect(
          (difference - derivative).magnitude <= 1e-8 + 1e-6 * derivative.magnitude,
          "\(sample.name), \(parameter)")
      }
      for (name, gradient) in gradients where !parameters.contains(name) {
        let numbers = try #require(sample.inputs[name])
        for (index, derivative) in gradient.doubles.enumerated() {
          let sides = try [step, -step].map { shift in
            var moved = numbers.doubles
            moved[index] += shift
            let inputs = sample.replacing(name, Tensor(moved, shape: numbers.shape))
            return try Self.value(sample.loss, inputs)
          }
          let difference = (sides[0] - sides[1]) / (2 * step)
          let bound = 1e-8 + 1e-6 * derivative.magnitude
          #expect(
            (difference - derivative).magnitude <= bound,
            "\(sample.name), element \(index) of \(name)")
        }
      }
    }
  }

  // 1 - σ(x) at |x| ≤ 6 is at least 0.0025, so its rounding is 5e-14 of it at most.
  @Test("The losses are what the textbook's formula gives")
  func textbook() throws {
    for sample in try LossSample.all() {
      let names = type(of: sample.loss).spec.inputs.map(\.name)
      let inputs = Dictionary(
        uniqueKeysWithValues: names.compactMap { name in sample.full(name).map { (name, $0) } })
      let expected = sample.oracle(inputs)
      let actual = try evaluate(sample.loss, sample.inputs).values.doubles
      #expect(actual.count == expected.count)
      for (index, pair) in zip(actual, expected).enumerated() {
        let bound = 1e-12 * max(pair.1.magnitude, 1)
        #expect((pair.0 - pair.1).magnitude <= bound, "\(sample.name), element \(index)")
      }
    }
  }

  @Test("Permuting the rows changes no bit of mean and sum", arguments: [91, 92, 93] as [UInt64])
  func permutation(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for sample in try LossSample.all() {
      let expected = try evaluate(sample.loss, sample.inputs).report
      let rows = (0..<sample.shape.rowCount).shuffled(using: &random)
      let inputs = sample.inputs.mapValues { Self.permuted($0, rows) }
      let actual = try evaluate(sample.loss, inputs).report
      guard !sample.joinsRows else {
        let difference = (actual.sum - expected.sum).magnitude
        #expect(difference <= 4 * expected.sum.ulp, "\(sample.name)")
        continue
      }
      #expect(actual.value?.bitPattern == expected.value?.bitPattern, "\(sample.name)")
      #expect(actual.sum.bitPattern == expected.sum.bitPattern, "\(sample.name)")
    }
  }

  @Test(
    "Any number of threads and any instruction set give the same bits",
    arguments: [ElementType.float32, .float64])
  func sameBits(type: ElementType) throws {
    for sample in try LossSample.all() {
      // Rows enough for more blocks than one, and for more tiles where rows meet.
      let copies = sample.joinsRows ? 100 : 400
      let inputs = sample.inputs.mapValues {
        Self.repeated($0, copies, rowCount: sample.shape.rowCount)
      }
      var policies = EvaluationPolicies(.mean, computeType: type)
      policies.threadCount = 1
      let expected = try evaluate(sample.loss, inputs, policies)
      for threads in [2, 3] {
        for kernels in KernelSelection.available {
          (policies.threadCount, policies.kernels) = (threads, kernels)
          let actual = try evaluate(sample.loss, inputs, policies)
          let what: Comment = "\(sample.name), \(threads) threads, \(kernels.name)"
          #expect(actual.values.bits == expected.values.bits, what)
          #expect(actual.report.value?.bitPattern == expected.report.value?.bitPattern, what)
          #expect(
            actual.gradients.mapValues(\.bits) == expected.gradients.mapValues(\.bits), what)
        }
      }
    }
  }

  /// The rows of a tensor many times over; a tensor without these rows stays.
  private static func repeated(_ tensor: Tensor, _ copies: Int, rowCount: Int) -> Tensor {
    guard tensor.shape.rowCount == rowCount,
      let shape = Shape([copies * rowCount] + tensor.shape.dimensions.dropFirst())
    else { return tensor }
    return Tensor((0..<copies).flatMap { _ in tensor.doubles }, shape: shape)
  }

  /// The rows of a tensor in another order; a tensor that is repeated along the rows stays.
  private static func permuted(_ tensor: Tensor, _ rows: [Int]) -> Tensor {
    guard tensor.shape.rowCount == rows.count else { return tensor }
    let values = tensor.doubles
    let width = tensor.shape.elementsPerRow
    return Tensor(rows.flatMap { values[($0 * width)..<(($0 + 1) * width)] }, shape: tensor.shape)
  }

  @Test(
    "Predictions of ±1e4 give finite losses and gradients",
    arguments: [ElementType.float32, .float64])
  func extremePredictions(type: ElementType) throws {
    for sample in try LossSample.all() where sample.takesAnyPrediction {
      let extremes = (0..<sample.shape.elementCount).map { $0 % 3 == 1 ? -1e4 : 1e4 }
      let inputs = sample.replacing("pred", Tensor(extremes, shape: sample.shape))
      let policies = EvaluationPolicies(.mean, computeType: type)
      let outcome = try evaluate(sample.loss, inputs, policies)
      #expect(outcome.report.nonFinite == 0, "\(sample.name)")
      #expect(outcome.report.value?.isFinite == true, "\(sample.name)")
      #expect(outcome.gradient.doubles.allSatisfy { $0.isFinite }, "\(sample.name)")
    }
  }

  @Test("Weights that are all 1 give the bits of no weights")
  func unitWeights() throws {
    for sample in try LossSample.all() {
      let spec = type(of: sample.loss).spec
      let weights = spec.inputs.filter { !$0.isRequired && $0.name.hasSuffix("weight") }
      let plain = sample.inputs.filter { input in !weights.contains { $0.name == input.key } }
      let expected = try evaluate(sample.loss, plain)
      for weight in weights where Self.accepts(sample, weight.name) {
        let actual = try evaluate(
          sample.loss, plain.merging([weight.name: sample.unitWeight(weight.name)]) { $1 })
        #expect(actual.values.bits == expected.values.bits, "\(sample.name), \(weight.name)")
        #expect(
          actual.gradients.mapValues(\.bits) == expected.gradients.mapValues(\.bits),
          "\(sample.name), \(weight.name)")
        #expect(actual.report.value?.bitPattern == expected.report.value?.bitPattern)
      }
    }
  }

  /// Whether the sample's options go with this input at all.
  private static func accepts(_ sample: LossSample, _ name: String) -> Bool {
    let inputs = sample.replacing(name, sample.unitWeight(name))
    return (try? LossEvaluation(sample.loss, inputs: inputs)) != nil
  }
}
