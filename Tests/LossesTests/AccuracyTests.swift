import LossTensor
import Losses
import Testing

/// Binary cross entropy against values that mpmath computed with 2600 bits.
@Suite("Accuracy of bce")
struct AccuracyTests {
  struct Rows: Decodable {
    struct Row: Decodable {
      let x: String?
      let p: String?
      let y: String
      let loss: String
      let grad: String?
    }
    let rows: [Row]
  }

  @Test("float32 losses and gradients are within 2 ulp of the true value")
  func logitsFloat() throws {
    let rows = try document("accuracy/bce-logits-float32.json", as: Rows.self).rows
    #expect(rows.count > 500)
    let outcome = try evaluate(rows, as: Float.self, from: .logits)
    #expect(try worst(outcome.values, rows.map(\.loss), as: Float.self) <= 2)
    #expect(try worst(outcome.gradient, rows.compactMap(\.grad), as: Float.self) <= 2)
  }

  @Test("float64 losses are within 2 ulp of the true value")
  func logitsDouble() throws {
    let rows = try document("accuracy/bce-logits-float64.json", as: Rows.self).rows
    #expect(rows.count > 500)
    let outcome = try evaluate(rows, as: Double.self, from: .logits)
    #expect(try worst(outcome.values, rows.map(\.loss), as: Double.self) <= 2)
  }

  @Test("float64 gradients are within 2 ulp for labels 0 and 1, and within 2⁻⁵² for soft ones")
  func gradientsDouble() throws {
    let rows = try document("accuracy/bce-logits-float64.json", as: Rows.self).rows
    let zeroAndOne = ["0000000000000000", "3ff0000000000000"]
    let hard = rows.filter { zeroAndOne.contains($0.y) }
    let soft = rows.filter { !zeroAndOne.contains($0.y) }
    #expect(hard.count > 400 && soft.count > 50)
    let outcome = try evaluate(hard, as: Double.self, from: .logits)
    #expect(try worst(outcome.gradient, hard.compactMap(\.grad), as: Double.self) <= 2)
    // sigmoid(x) - y cancels where the prediction is near the label: the two terms, at most 1, are each
    // within 1 ulp, so that the difference is within 2⁻⁵², however small it is.
    let softGradient = try evaluate(soft, as: Double.self, from: .logits).gradient
    let expected = try numbers(soft.compactMap(\.grad), as: Double.self)
    for (found, expected) in zip(softGradient.values(as: Double.self), expected) {
      #expect((found - expected).magnitude <= 0x1p-52)
    }
  }

  @Test("losses of probabilities are within 2 ulp of the true value", arguments: [32, 64])
  func probabilities(width: Int) throws {
    let rows = try document("accuracy/bce-probs-float\(width).json", as: Rows.self).rows
    #expect(rows.count > 200)
    let ulps =
      width == 32
      ? try worst(
        try evaluate(rows, as: Float.self, from: .probs).values, rows.map(\.loss), as: Float.self)
      : try worst(
        try evaluate(rows, as: Double.self, from: .probs).values, rows.map(\.loss), as: Double.self)
    #expect(ulps <= 2)
  }

  private func evaluate<Scalar: ComputeScalar>(
    _ rows: [Rows.Row], as type: Scalar.Type, from kind: BinaryCrossEntropy.PredictionKind
  ) throws -> Outcome {
    let predictions = try numbers(rows.compactMap { $0.x ?? $0.p }, as: Scalar.self)
    let labels = try numbers(rows.map(\.y), as: Scalar.self)
    var policies = EvaluationPolicies()
    policies.reduction = .none
    return try Outcome(
      try BinaryCrossEntropy(from: kind),
      ["pred": tensor(predictions), "label": tensor(labels)], policies: policies)
  }

  private func tensor<Scalar: ComputeScalar>(_ values: [Scalar]) -> Tensor {
    if let floats = values as? [Float] { return Tensor(floats, shape: .vector(floats.count)) }
    return Tensor(values.map(\.asDouble), shape: .vector(values.count))
  }

  private func numbers<Scalar: ComputeScalar>(
    _ hex: [String], as type: Scalar.Type
  ) throws -> [Scalar] {
    try hex.map { text in
      let bits = try #require(UInt64(text, radix: 16))
      return Scalar.self == Float.self
        ? Scalar(Float(bitPattern: UInt32(bits))) : Scalar(Double(bitPattern: bits))
    }
  }

  /// The largest distance in steps from one representable number to the next.
  private func worst<Scalar: ComputeScalar>(
    _ found: Tensor, _ expected: [String], as type: Scalar.Type
  ) throws -> Int64 {
    let expected = try numbers(expected, as: Scalar.self)
    #expect(found.shape.elementCount == expected.count)
    let distances = zip(found.values(as: Scalar.self), expected).map {
      ($0.0.isNaN != $0.1.isNaN) ? Int64.max : abs(order($0.0) - order($0.1))
    }
    return distances.max() ?? 0
  }

  /// The position of a number among all of its type; 0 and -0 are one.
  private func order<Scalar: ComputeScalar>(_ value: Scalar) -> Int64 {
    let magnitude =
      Scalar.self == Float.self
      ? Int64(Float(value.asDouble).magnitude.bitPattern)
      : Int64(value.asDouble.magnitude.bitPattern)
    return value.sign == .minus ? -magnitude : magnitude
  }
}
