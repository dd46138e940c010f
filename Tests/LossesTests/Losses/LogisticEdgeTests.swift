import LossKernels
import LossTensor
import Losses
import Testing

@Suite("The cost of logistic regression at its edges")
struct LogisticEdgeTests {
  private func inputs(
    _ rows: [Double], _ theta: [Double], _ labels: [Double], as type: ElementType = .float64
  ) throws -> [String: Tensor] {
    [
      "features": try tensor(rows, as: type, [labels.count, theta.count]),
      "theta": try tensor(theta, as: type, [theta.count]),
      "label": try tensor(labels, as: type, [labels.count]),
    ]
  }

  // More than one block of each width, widths that are no multiple of the lanes, and a last row alone.
  @Test(
    "Threads and instruction sets change no bit of losses, sums and gradients",
    arguments: [[20_001, 37], [9001, 1], [16, 40_003], [0, 5], [301, 2048]],
    [ElementType.float32, .float64])
  func sameBits(dimensions: [Int], type: ElementType) throws {
    var random = SeededRandom(seed: 161)
    let (count, width) = (dimensions[0], dimensions[1])
    var inputs = try inputs(
      random.doubles(count * width, in: -2...2), random.doubles(width, in: -0.5...0.5),
      (0..<count).map { _ in Double(Int.random(in: 0...1, using: &random)) }, as: type)
    inputs["bias"] = try tensor([0.25], as: type, [])
    inputs["sample-weight"] = try tensor(random.doubles(count, in: 0...2), as: type, [count])
    let upstream = try tensor(random.doubles(count, in: -1...1), as: type, [count])
    let loss = try Logistic(l2: 0.5)
    for reduction in [Reduction.mean, .none] {
      let output = reduction == .none ? upstream : nil
      var policies = EvaluationPolicies(reduction, threads: 1)
      let single = try evaluate(loss, inputs, gradientOutput: output, policies)
      func expectSame() throws {
        let other = try evaluate(loss, inputs, gradientOutput: output, policies)
        let what = "\(policies.kernels.name), \(policies.threadCount ?? 0) threads"
        #expect(other.report.value?.bitPattern == single.report.value?.bitPattern, "\(what)")
        #expect(other.report.sum.bitPattern == single.report.sum.bitPattern, "\(what)")
        #expect(other.values.hasSameBytes(as: single.values), "\(what)")
        for (name, gradient) in single.gradients {
          #expect(other.gradients[name]?.hasSameBytes(as: gradient) == true, "\(name), \(what)")
        }
      }
      for threads in [2, 3, 7] {
        policies.threadCount = threads
        try expectSame()
      }
      for kernels in KernelSelection.available {
        policies.kernels = kernels
        try expectSame()
      }
    }
  }

  // log(1 + e⁻⁴⁰) and σ(-40) are the same double. PyTorch's loss is 0.
  @Test("A row that is nearly sure has a loss and a gradient", arguments: [40.0, -40])
  func tails(logit: Double) throws {
    let label: Double = logit > 0 ? 1 : 0
    let expected = 4.248354255291589e-18
    for type in [ElementType.float32, .float64] {
      let outcome = try evaluate(Logistic(), try inputs([logit], [1], [label], as: type))
      #expect(ulpDistance(outcome.values.doubles[0], expected, in: type) <= 1)
      let bias = try evaluate(
        Logistic(),
        try inputs([logit], [1], [label], as: type).merging(["bias": float32([0])]) { $1 })
      let derivative = try #require(bias.gradients["bias"]).doubles[0]
      #expect(ulpDistance(derivative.magnitude, expected, in: type) <= 1)
    }
  }

  // Rounded each time, 1e16 + 1 - 1e16 is 0; and (1 + 2⁻³⁰)(1 - 2⁻³⁰) = 1 - 2⁻⁶⁰ is 1.
  @Test("Logits of float64 carry along what sums and products round off")
  func compensated() throws {
    let cancelling = try evaluate(Logistic(), try inputs([1e16, 1, -1e16], [1, 1, 1], [1]))
    #expect(ulpDistance(cancelling.values.doubles[0], 0.31326168751822283405, in: .float64) <= 1)
    let (a, b) = (1 + 0x1p-30, 1 - 0x1p-30)
    // 2⁵⁸·(a·b - 1) = -1/4, and the loss is log(1 + e^-¼).
    let tiny = try evaluate(
      Logistic(), try inputs([a * 0x1p58, 0x1p58], [b, -1], [0]))
    #expect(ulpDistance(tiny.values.doubles[0], 0.575939419878843562, in: .float64) <= 1)
  }

  @Test("0 · ∞ is 0, and NaN where that is asked for")
  func infinities() throws {
    // Rows of ∞: sure and right, sure and wrong; and one of 1, whose derivative is σ(1) - 1.
    let inputs = try inputs([.infinity, -.infinity, 1], [1], [1, 1, 1])
    let sum = EvaluationPolicies(.sum)
    let zero = try evaluate(Logistic(), inputs, sum)
    #expect(zero.values.doubles[0] == 0)
    #expect(zero.values.doubles[1] == .infinity)
    #expect(zero.report.nonFinite == 1)
    let right = try self.inputs([.infinity, 1], [1], [1, 1])
    let derivative = -0.2689414213699951
    let kept = try evaluate(Logistic(), right, sum).gradients
    #expect(ulpDistance(try #require(kept["theta"]).doubles[0], derivative, in: .float64) <= 1)
    #expect(try #require(kept["features"]).doubles[0] == 0)
    let strict = EvaluationPolicies(.sum, zeroTimesInfinity: .nan)
    let nan = try evaluate(Logistic(), right, strict)
    #expect(nan.values.doubles[0].isNaN)
    #expect(nan.values.doubles[1] == 0.3132616875182228)
    #expect(try #require(nan.gradients["theta"]).doubles[0].isNaN)

    // A parameter of ∞ and a row that is sure: its features' gradient is 0 · ∞.
    let infinite = try self.inputs([1, 2, -1, 2], [.infinity, 3], [1, 0])
    #expect(try evaluate(Logistic(), infinite, sum).gradient.doubles == [0, 0, 0, 0])
    #expect(try evaluate(Logistic(), infinite, strict).gradient.doubles[0].isNaN)

    var weighted = try self.inputs([.infinity, 1], [1], [0, 1])
    weighted["sample-weight"] = try float64([0, 1])
    let outcome = try evaluate(Logistic(), weighted, sum)
    #expect(outcome.values.doubles == [0, 0.3132616875182228])
    #expect(
      ulpDistance(try #require(outcome.gradients["theta"]).doubles[0], derivative, in: .float64)
        <= 1)
  }

  @Test("NaN in a row is that row's, and huge numbers are infinite logits")
  func nonFinite() throws {
    let nan = try evaluate(
      Logistic(), try inputs([1, .nan, 1, 2, 3, 4], [1, 1], [1, 0, 1]), EvaluationPolicies(.none))
    #expect(nan.values.doubles[0].isNaN)
    #expect(nan.values.doubles[1...].allSatisfy { $0.isFinite })
    #expect(nan.report.nonFinite == 1)
    let derivatives = nan.gradient.doubles
    #expect(derivatives[0].isNaN && derivatives[1].isNaN)
    #expect(derivatives[2...].allSatisfy { $0.isFinite })
    let huge = try evaluate(
      Logistic(), try inputs([1e200, -1e200], [1e200], [1, 1]), EvaluationPolicies(.none))
    #expect(huge.values.doubles == [0, .infinity])
    let floats = try evaluate(
      Logistic(), try inputs([3e38, -3e38], [3e38], [1, 1], as: .float32), EvaluationPolicies(.none)
    )
    #expect(floats.values.doubles == [0, .infinity])
    #expect(
      throws: LossError.nonFiniteLoss(index: [1], found: .infinity)
    ) {
      try evaluate(
        Logistic(), try inputs([1, -1e200], [1e200], [1, 1]),
        EvaluationPolicies(.mean, nonFinite: .error))
    }
  }

  @Test("A first wrong label is found behind many right ones, whatever the threads")
  func lateLabel() throws {
    var labels = [Double](repeating: 1, count: 20_000)
    (labels[17_001], labels[19_000]) = (2, 3)
    let inputs = try inputs([Double](repeating: 0, count: 20_000), [1], labels)
    for threads in [1, 2, 7] {
      let error = try lossError {
        _ = try evaluate(Logistic(), inputs, EvaluationPolicies(.mean, threads: threads))
      }
      guard case .valueOutOfRange("label", let index, let found, "0 or 1", nil) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(threads > 1 || (index == [17_001] && found == 2))
    }
  }
}
