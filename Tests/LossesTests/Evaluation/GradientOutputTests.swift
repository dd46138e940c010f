import LossTensor
import Losses
import Testing

/// What arrives at the predictions from the reduction and from `--grad-output`.
struct GradientOutputTests {
  // At logit 0 the derivative is 1/2 - y, exact; weights and divisors are powers of two but for 3.
  private static func inputs() throws -> [String: Tensor] {
    [
      "pred": try float32([0, 0, 0, 0, 0, 0], 3, 2),
      "label": try float32([0, 1, 0.25, 1, 0.75, -0.5], 3, 2),
      "weight": try float32([2, 4], 2),
    ]
  }

  private static let derivatives: [Double] = [1, -2, 0.5, -2, -0.5, 4]

  private static func gradient(
    _ output: Tensor?, _ reduction: Reduction, ignoring label: Double? = nil
  ) throws -> Tensor {
    let loss = try BinaryCrossEntropy(ignoredLabel: label)
    let policies = EvaluationPolicies(reduction)
    return try evaluate(loss, try inputs(), gradientOutput: output, policies).gradient
  }

  @Test("The gradient is the mean's, the sum's, and of no reduction the sum's")
  func plain() throws {
    #expect(try Self.gradient(nil, .none).doubles == Self.derivatives)
    #expect(try Self.gradient(nil, .sum).doubles == Self.derivatives)
    let mean = Self.derivatives.map { Double(Float($0 / 6)) }
    #expect(try Self.gradient(nil, .mean).doubles == mean)
  }

  @Test("The mean's gradient divides by the elements kept, and ignored ones get 0")
  func ignored() throws {
    let mean = try Self.gradient(nil, .mean, ignoring: 1).doubles
    #expect(mean == [0.25, 0, 0.125, 0, -0.125, 1])
    let sum = try Self.gradient(nil, .sum, ignoring: 1).doubles
    #expect(sum == [1, 0, 0.5, 0, -0.5, 4])
  }

  @Test("One upstream number multiplies the gradient of a mean or a sum", arguments: [0, 1, 2])
  func scalar(rank: Int) throws {
    let shape = try #require(Shape([Int](repeating: 1, count: rank)))
    let output = Tensor([Float(-3)], shape: shape)
    let sum = Self.derivatives.map { $0 * -3 }
    #expect(try Self.gradient(output, .sum).doubles == sum)
    #expect(try Self.gradient(output, .mean).doubles == Self.derivatives.map { $0 / -2 })
  }

  @Test("An upstream tensor multiplies element by element, ignored elements staying 0")
  func tensor() throws {
    let output = try float32([1, -2, 4, 0, 0.5, 3], 3, 2)
    #expect(try Self.gradient(output, .none).doubles == [1, 4, 2, 0, -0.25, 12])
    let ignoring = try Self.gradient(output, .none, ignoring: 0.25).doubles
    #expect(ignoring == [1, 4, 0, 0, -0.25, 12])
  }

  @Test("An upstream tensor keeps in step with the blocks")
  func manyBlocks() throws {
    let count = 50000
    let zeros = try float32([Float](repeating: 0, count: count), count)
    let output = (0..<count).map { Float($0) }
    let gradient = try evaluate(
      try BinaryCrossEntropy(), ["pred": zeros, "label": zeros],
      gradientOutput: try float32(output), EvaluationPolicies(.none, threads: 3)
    ).gradient
    #expect(gradient.doubles == output.map { Double($0) / 2 })
  }

  @Test(
    "An upstream gradient of the wrong shape is refused",
    arguments: [
      (Reduction.mean, [3, 2], "()"), (.sum, [2], "()"), (.mean, [0], "()"),
      (.none, [2, 3], "(3, 2)"), (.none, [6], "(3, 2)"), (.none, [], "(3, 2)"),
      (.none, [1, 2], "(3, 2)"),
    ])
  func wrongShape(reduction: Reduction, dimensions: [Int], expected: String) throws {
    let shape = try #require(Shape(dimensions))
    let output = Tensor([Float](repeating: 1, count: shape.elementCount), shape: shape)
    let error = LossError.shapeMismatch(
      input: "grad-output", found: shape, expected: expected + ", the shape of the result",
      transposeMatches: false)
    #expect(throws: error) { try Self.gradient(output, reduction) }
  }

  @Test("Losses are computed in the inputs' type or the one asked for")
  func computeType() throws {
    let x = 0.1
    let wide = ["pred": try float64([x]), "label": try float64([0])]
    let narrow = ["pred": try float32([Float(x)]), "label": try float32([0])]
    let loss = try BinaryCrossEntropy()
    let natural = try evaluate(loss, wide)
    #expect(natural.report.computeType == .float64)
    #expect(natural.values.elementType == .float64)
    #expect((natural.values.doubles[0] - 0.7443966600735709).magnitude <= 1.2e-16)
    #expect(try evaluate(loss, narrow).report.computeType == .float32)
    let forcedNarrow = try evaluate(loss, wide, EvaluationPolicies(.mean, computeType: .float32))
    #expect(forcedNarrow.report.computeType == .float32)
    #expect(forcedNarrow.values.bits == (try evaluate(loss, narrow).values.bits))
    let forcedWide = try evaluate(loss, narrow, EvaluationPolicies(.mean, computeType: .float64))
    let widened = ["pred": try float64([Double(Float(x))]), "label": try float64([0])]
    #expect(forcedWide.report.computeType == .float64)
    #expect(forcedWide.values.bits == (try evaluate(loss, widened).values.bits))
    #expect(forcedWide.values.bits != natural.values.bits)
  }
}
