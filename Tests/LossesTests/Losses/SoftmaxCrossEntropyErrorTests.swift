import LossTensor
import Losses
import Testing

/// What softmax cross entropy refuses, and in which words.
struct SoftmaxCrossEntropyErrorTests {
  private func run(
    _ loss: SoftmaxCrossEntropy, pred: Tensor, label: Tensor, weight: Tensor? = nil
  ) throws {
    var inputs = ["pred": pred, "label": label]
    inputs["class-weight"] = weight
    _ = try evaluate(loss, inputs)
  }

  private func logits() throws -> Tensor { try float64([1, 2, 3, 4, 5, 6, 7, 8], 2, 4) }

  @Test(
    "A class that is none is named with its row",
    arguments: [
      (4.0, "--ignore-index 4 leaves such rows out"),
      (-1, "--ignore-index -1 leaves such rows out"),
      (2.5, "labels that are distributions have the shape of pred"),
      (.infinity, "labels that are distributions have the shape of pred"),
    ])
  func classOutOfRange(found: Double, hint: String) throws {
    let expected = LossError.valueOutOfRange(
      input: "label", index: [1], found: found, expected: "a class index from 0 to 3", hint: hint)
    #expect(throws: expected) {
      try run(try SoftmaxCrossEntropy(), pred: try logits(), label: try float64([3, found]))
    }
  }

  @Test("A NaN label is named, among indices and in distributions")
  func notNumbers() throws {
    let index = try lossError {
      try run(try SoftmaxCrossEntropy(), pred: try logits(), label: try float64([3, .nan]))
    }
    #expect(
      index.message.text == "label[1]: expected a class index from 0 to 3, found nan")
    let soft = try lossError {
      try run(
        try SoftmaxCrossEntropy(), pred: try logits(),
        label: try float64([0, 0, 1, 0, 0, 0, .nan, 1], 2, 4))
    }
    #expect(soft.message.text == "label[1, 2]: expected a finite label, found nan")
  }

  @Test("A label of three axes is named by its own index")
  func placeOfLabel() throws {
    let pred = try float64([Double](repeating: 0.5, count: 24), 2, 3, 4)
    let label = try float64([0, 1, 2, 0, 1, 7, 0, 0], 2, 4)
    let error = LossError.valueOutOfRange(
      input: "label", index: [1, 1], found: 7, expected: "a class index from 0 to 2",
      hint: "--ignore-index 7 leaves such rows out")
    #expect(throws: error) { try run(try SoftmaxCrossEntropy(), pred: pred, label: label) }
  }

  @Test("Labels of a shape that is neither")
  func labelShape() throws {
    let expected =
      "(2,), a class index for each row of pred, or (2, 4), a distribution over the classes for each"
    let shape = try #require(Shape([2, 1]))
    #expect(
      throws: LossError.shapeMismatch(
        input: "label", found: shape, expected: expected, transposeMatches: false)
    ) {
      try run(try SoftmaxCrossEntropy(), pred: try logits(), label: try float64([1, 1], 2, 1))
    }
    let turned = try #require(Shape([4, 2]))
    #expect(
      throws: LossError.shapeMismatch(
        input: "label", found: turned, expected: expected, transposeMatches: true)
    ) {
      try run(
        try SoftmaxCrossEntropy(), pred: try logits(),
        label: try float64([1, 0, 0, 0, 0, 1, 0, 0], 4, 2))
    }
  }

  @Test("Predictions without classes or without axes, and an axis that is not there")
  func predictionShape() throws {
    let none = try #require(Shape([2, 0]))
    #expect(
      throws: LossError.shapeMismatch(
        input: "pred", found: none, expected: "[N, C] with at least one class along axis 1",
        transposeMatches: false)
    ) {
      try run(try SoftmaxCrossEntropy(), pred: try float64([], 2, 0), label: try float64([0, 0]))
    }
    #expect(
      throws: LossError.shapeMismatch(
        input: "pred", found: .scalar, expected: "[N, C], a row of classes for each label",
        transposeMatches: false)
    ) {
      try run(
        try SoftmaxCrossEntropy(), pred: Tensor([1.0], shape: .scalar), label: try float64([0]))
    }
    #expect(
      throws: LossError.optionOutOfRange(
        option: "class-axis", found: "2", expected: "an axis of pred, from -2 to 1")
    ) {
      try run(
        try SoftmaxCrossEntropy(classAxis: 2), pred: try logits(), label: try float64([0, 0]))
    }
  }

  @Test("Class weights: their number, and that each is finite")
  func classWeights() throws {
    #expect(
      throws: LossError.shapeMismatch(
        input: "class-weight", found: .vector(3), expected: "(4,), a weight for each class",
        transposeMatches: false)
    ) {
      try run(
        try SoftmaxCrossEntropy(), pred: try logits(), label: try float64([0, 1]),
        weight: try float64([1, 2, 3]))
    }
    #expect(
      throws: LossError.valueOutOfRange(
        input: "class-weight", index: [2], found: .infinity, expected: "a finite weight", hint: nil)
    ) {
      try run(
        try SoftmaxCrossEntropy(), pred: try logits(), label: try float64([0, 1]),
        weight: try float64([1, 2, .infinity, 3]))
    }
  }

  @Test("Options out of range, and ignored indices of distributions")
  func options() throws {
    for smoothing in [-0.1, 1.5] {
      #expect(
        throws: LossError.optionOutOfRange(
          option: "label-smoothing", found: "\(smoothing)", expected: "a number from 0 to 1")
      ) { try SoftmaxCrossEntropy(labelSmoothing: smoothing) }
    }
    #expect(
      throws: LossError.optionConflict("--ignore-index", with: "labels that are distributions")
    ) {
      try run(try SoftmaxCrossEntropy(ignoreIndex: 2), pred: try logits(), label: try logits())
    }
  }

  @Test("Probabilities outside [0, 1] are named, but not in ignored rows")
  func probabilities() throws {
    let pred = try float64([0.5, 0.5, 1.25, 0.5], 2, 2)
    let loss = try SoftmaxCrossEntropy(from: .probs)
    #expect(
      throws: LossError.valueOutOfRange(
        input: "pred", index: [1, 0], found: 1.25, expected: "a probability from 0 to 1",
        hint: "if these are logits, use --from logits; if logarithms, --from log-probs")
    ) { try run(loss, pred: pred, label: try float64([0, 1])) }
    try run(loss, pred: pred, label: try float64([0, -100]))
  }
}
