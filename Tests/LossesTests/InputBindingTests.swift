import LossTensor
import Losses
import Testing

@Suite("BoundInputs")
struct InputBindingTests {
  private func tensor(_ dimensions: Int...) throws -> Tensor {
    let shape = try #require(Shape(dimensions))
    return Tensor([Float](repeating: 0.5, count: shape.elementCount), shape: shape)
  }

  private func spec(_ inputs: InputSpec...) -> LossSpec {
    LossSpec(
      name: "test", summary: "", formula: "", meanDivisor: "", reference: "", inputs: inputs)
  }

  private var elementwise: LossSpec {
    spec(
      InputSpec("pred", .exactly("S...")), InputSpec("label", .exactly("S...")),
      InputSpec("weight", .broadcastable(to: "S..."), isRequired: false))
  }

  @Test("takes shapes that agree")
  func agreement() throws {
    let bound = try BoundInputs(
      ["pred": tensor(2, 3), "label": tensor(2, 3), "weight": tensor(2, 1)], to: elementwise)
    #expect(bound["weight"]?.shape == (try shape(2, 3)))
    #expect(bound["pos-weight"] == nil)
    let rows = spec(
      InputSpec("pred", .exactly("N C")), InputSpec("label", .exactly("N")),
      InputSpec("class-weight", .exactly("C")))
    _ = try BoundInputs(
      ["pred": tensor(4, 3), "label": tensor(4), "class-weight": tensor(3)], to: rows)
    let axes = spec(InputSpec("pred", .exactly("N C d...")), InputSpec("label", .exactly("N d...")))
    _ = try BoundInputs(["pred": tensor(4, 3, 5, 6), "label": tensor(4, 5, 6)], to: axes)
    _ = try BoundInputs(["pred": tensor(4, 3), "label": tensor(4)], to: axes)
  }

  @Test("says which input is missing")
  func missing() throws {
    #expect(throws: LossError.missingInput("label")) {
      try BoundInputs(["pred": tensor(2)], to: elementwise)
    }
  }

  @Test("says what a shape should be, and where a transpose would match")
  func mismatch() throws {
    let transposed = LossError.shapeMismatch(
      input: "label", found: try shape(3, 2), expected: "(2, 3), like pred", transposeMatches: true)
    #expect(throws: transposed) {
      try BoundInputs(["pred": tensor(2, 3), "label": tensor(3, 2)], to: elementwise)
    }
    let flat = LossError.shapeMismatch(
      input: "label", found: try shape(6), expected: "(2, 3), like pred", transposeMatches: false)
    #expect(throws: flat) {
      try BoundInputs(["pred": tensor(2, 3), "label": tensor(6)], to: elementwise)
    }
    let rows = spec(InputSpec("pred", .exactly("N C")), InputSpec("label", .exactly("N")))
    let rank = LossError.shapeMismatch(
      input: "pred", found: try shape(2, 3, 4), expected: "[N, C]", transposeMatches: false)
    #expect(throws: rank) {
      try BoundInputs(["pred": tensor(2, 3, 4), "label": tensor(2)], to: rows)
    }
    let axes = spec(InputSpec("pred", .exactly("N C d...")), InputSpec("label", .exactly("N d...")))
    let inner = LossError.shapeMismatch(
      input: "label", found: try shape(4, 5), expected: "(4, 5, 6), like pred",
      transposeMatches: false)
    #expect(throws: inner) {
      try BoundInputs(["pred": tensor(4, 3, 5, 6), "label": tensor(4, 5)], to: axes)
    }
  }

  @Test("refuses weights that do not broadcast, or would enlarge the predictions")
  func broadcast() throws {
    for dimensions in [[4], [2, 3, 1], [2]] {
      let weight = try #require(Shape(dimensions))
      let expected = LossError.notBroadcastable(
        input: "weight", found: weight, target: try shape(2, 3), like: "pred")
      #expect(throws: expected) {
        try BoundInputs(
          [
            "pred": tensor(2, 3), "label": tensor(2, 3),
            "weight": Tensor([Float](repeating: 1, count: weight.elementCount), shape: weight),
          ], to: elementwise)
      }
    }
  }
}
