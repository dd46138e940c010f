import LossTensor
import Losses
import Testing

struct InputBindingTests {
  private static func spec(_ inputs: InputSpec...) -> LossSpec {
    LossSpec(
      name: "sample", summary: "", formula: "", meanDivisor: "", reference: "", inputs: inputs)
  }

  private static func zeros(_ dimensions: [Int], _ type: ElementType = .float32) throws -> Tensor {
    let shape = try #require(Shape(dimensions))
    return try #require(MemorySink(elementType: type, shape: shape)?.tensor)
  }

  private static func shape(_ dimensions: [Int]) throws -> Shape { try #require(Shape(dimensions)) }

  private static let classes = spec(
    InputSpec("pred", .exactly("N C d...")), InputSpec("label", .exactly("N d...")),
    InputSpec("weight", .broadcastable(to: "C"), isRequired: false))

  @Test(
    "Labels of another shape are refused, with a hint where their transpose would match",
    arguments: [
      ([2, 3], [3, 2], true), ([2, 3], [2, 4], false), ([2, 3], [3], false), ([6], [2, 3], false),
      ([2, 3, 4], [4, 3, 2], true), ([2, 3, 4], [2, 4, 3], false), ([], [1], false),
    ])
  func labelShape(pred: [Int], label: [Int], transposeMatches: Bool) throws {
    let expected = try Self.shape(pred).description + ", like pred"
    let error = LossError.shapeMismatch(
      input: "label", found: try Self.shape(label), expected: expected,
      transposeMatches: transposeMatches)
    #expect(throws: error) {
      try BoundInputs(
        ["pred": try Self.zeros(pred), "label": try Self.zeros(label)], to: BinaryCrossEntropy.spec)
    }
  }

  @Test("The refusal tells the shape that fits and offers the transpose")
  func mismatchMessage() throws {
    let error = try lossError {
      _ = try BoundInputs(
        ["pred": try Self.zeros([2, 3]), "label": try Self.zeros([3, 2])],
        to: BinaryCrossEntropy.spec)
    }
    #expect(error.message.text == "expected label of shape (2, 3), like pred, found (3, 2)")
    #expect(error.message.hint == "its transpose would match: save label.T instead")
    #expect(error.input == "label")
  }

  @Test(
    "A weight that does not broadcast, or would enlarge the predictions, is refused",
    arguments: [
      ([4], [2, 3]), ([2, 3], [3]), ([2], [2, 3]), ([1, 2, 3], [2, 3]), ([3, 2], [2, 3]),
      ([0], [2, 3]), ([1], []), ([2, 1], [3, 1]),
    ], ["weight", "pos-weight"])
  func refusedBroadcast(shapes: ([Int], [Int]), name: String) throws {
    let (weight, pred) = shapes
    let error = LossError.notBroadcastable(
      input: name, found: try Self.shape(weight), target: try Self.shape(pred), like: "pred")
    #expect(throws: error) {
      try BoundInputs(
        [
          "pred": try Self.zeros(pred), "label": try Self.zeros(pred),
          name: try Self.zeros(weight),
        ], to: BinaryCrossEntropy.spec)
    }
  }

  @Test("A weight is repeated along the axes it lacks, from the last axis backwards")
  func broadcast() throws {
    let weights = try [
      float32([1, 2, 3], 3), float32([4, 5], 2, 1), float32([6]), float32([7, 8, 9], 1, 3),
    ]
    let repeated: [[Double]] = [
      [1, 2, 3, 1, 2, 3], [4, 4, 4, 5, 5, 5], [6, 6, 6, 6, 6, 6], [7, 8, 9, 7, 8, 9],
    ]
    for (weight, expected) in zip(weights, repeated) {
      let pred = try Self.zeros([2, 3])
      let inputs = try BoundInputs(
        ["pred": pred, "label": pred, "weight": weight], to: BinaryCrossEntropy.spec)
      #expect(inputs["weight"]?.shape == pred.shape)
      #expect(inputs["weight"]?.doubles == expected)
    }
  }

  @Test("A missing input is named, the first of the specification first")
  func missingInputs() throws {
    #expect(throws: LossError.missingInput("pred")) {
      try BoundInputs([:], to: BinaryCrossEntropy.spec)
    }
    #expect(throws: LossError.missingInput("label")) {
      try BoundInputs(["pred": try Self.zeros([2])], to: BinaryCrossEntropy.spec)
    }
  }

  @Test("An optional input may be missing, but is missed when it is required later")
  func optionalInput() throws {
    let pred = try Self.zeros([2])
    let inputs = try BoundInputs(["pred": pred, "label": pred], to: BinaryCrossEntropy.spec)
    #expect(inputs["weight"] == nil)
    #expect(throws: LossError.missingInput("weight")) { try inputs.require("weight") }
    #expect(try inputs.require("label").shape == pred.shape)
  }

  @Test(
    "Letters stand for the same sizes in every input",
    arguments: [
      ([5, 3], [5], [3]), ([5, 3, 4], [5, 4], [1]), ([5, 3, 4, 2], [5, 4, 2], []),
      ([0, 3], [0], [3]),
    ])
  func lettersAgree(pred: [Int], label: [Int], weight: [Int]) throws {
    let inputs = try BoundInputs(
      [
        "pred": try Self.zeros(pred), "label": try Self.zeros(label),
        "weight": try Self.zeros(weight),
      ], to: Self.classes)
    #expect(inputs["label"]?.shape == (try Self.shape(label)))
    #expect(inputs["weight"]?.shape == .vector(3))
  }

  @Test(
    "A letter's size is held against the input that first gave it",
    arguments: [
      ([5, 3], [4], "(5,)"), ([5, 3, 4], [5, 3], "(5, 4)"), ([5, 3, 4], [5], "(5, 4)"),
      ([5, 3], [5, 1], "(5,)"), ([5, 3], [], "(5,)"),
    ])
  func lettersDisagree(pred: [Int], label: [Int], expected: String) throws {
    let error = LossError.shapeMismatch(
      input: "label", found: try Self.shape(label), expected: expected + ", like pred",
      transposeMatches: false)
    #expect(throws: error) {
      try BoundInputs(
        ["pred": try Self.zeros(pred), "label": try Self.zeros(label)], to: Self.classes)
    }
  }

  @Test("A weight of the wrong class count is held against the class letter")
  func classWeight() throws {
    let error = LossError.notBroadcastable(
      input: "weight", found: .vector(5), target: .vector(3), like: "pred")
    #expect(throws: error) {
      try BoundInputs(
        [
          "pred": try Self.zeros([5, 3]), "label": try Self.zeros([5]),
          "weight": try Self.zeros([5]),
        ], to: Self.classes)
    }
  }

  @Test(
    "An input of the wrong rank is told the letters, not its own sizes",
    arguments: [[], [3], [2, 3, 4], [2, 3, 4, 5]])
  func wrongRank(pred: [Int]) throws {
    let error = LossError.shapeMismatch(
      input: "pred", found: try Self.shape(pred), expected: "[N, C]", transposeMatches: false)
    #expect(throws: error) {
      try BoundInputs(
        ["pred": try Self.zeros(pred)], to: Self.spec(InputSpec("pred", .exactly("N C"))))
    }
  }

  @Test("A transposed matrix is told so by letters too")
  func transposedMatrix() throws {
    let spec = Self.spec(
      InputSpec("image", .exactly("N D")), InputSpec("text", .exactly("N D")))
    let error = LossError.shapeMismatch(
      input: "text", found: try Self.shape([4, 7]), expected: "(7, 4), like image",
      transposeMatches: true)
    #expect(throws: error) {
      try BoundInputs(
        ["image": try Self.zeros([7, 4]), "text": try Self.zeros([4, 7])], to: spec)
    }
  }

  @Test("A letter used twice in one pattern asks for a square")
  func squareMatrix() throws {
    let spec = Self.spec(InputSpec("scores", .exactly("N N")))
    #expect(try BoundInputs(["scores": try Self.zeros([4, 4])], to: spec)["scores"] != nil)
    let error = LossError.shapeMismatch(
      input: "scores", found: try Self.shape([4, 5]), expected: "[N, N]", transposeMatches: false)
    #expect(throws: error) { try BoundInputs(["scores": try Self.zeros([4, 5])], to: spec) }
  }

  @Test(
    "Losses are computed in float64 where any input is float64, else in float32",
    arguments: [
      (ElementType.float32, ElementType.uint8, ElementType.float32, ElementType.float32),
      (.float32, .float64, .float32, .float64), (.float64, .bool, .float32, .float64),
      (.float32, .int64, .float64, .float64), (.float16, .bfloat16, .int64, .float32),
    ])
  func computeType(
    pred: ElementType, label: ElementType, weight: ElementType, expected: ElementType
  ) throws {
    let inputs = try BoundInputs(
      [
        "pred": try Self.zeros([2], pred), "label": try Self.zeros([2], label),
        "weight": try Self.zeros([1], weight),
      ], to: BinaryCrossEntropy.spec)
    #expect(inputs.naturalComputeType == expected)
  }

  @Test("Shape rules read as people write them")
  func descriptions() {
    #expect(ShapeRule.exactly("N C d...").description == "[N, C, d...]")
    #expect(ShapeRule.broadcastable(to: "S...").description == "broadcastable to [S...]")
  }
}
