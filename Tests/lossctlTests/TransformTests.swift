import Foundation
import Testing

@Suite("lossctl sigmoid, softmax and log-softmax")
struct TransformTests {
  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(npy([0, 1, -2, 3, 3, 3], shape: "(2, 3)"), to: "x.npy")
    return workspace
  }

  @Test("write what they compute in the format of the suffix")
  func formats() throws {
    let workspace = try workspace()
    // mpmath.
    let expected = [
      "sigmoid": [
        0.5, 0.7310585786300049, 0.11920292202211755, 0.9525741268224334, 0.9525741268224334,
        0.9525741268224334,
      ],
      "softmax": [
        0.25949646034241913, 0.7053845126982412, 0.03511902695933972, 1 / 3.0, 1 / 3.0, 1 / 3.0,
      ],
      "log-softmax": [
        -1.3490122167681864, -0.3490122167681865, -3.3490122167681864, -1.0986122886681098,
        -1.0986122886681098, -1.0986122886681098,
      ],
    ]
    for (command, values) in expected {
      let result = try workspace.lossctl(line: "\(command) x.npy y.csv")
      #expect(result.status == .exited(0))
      #expect(result.output == "")
      #expect(result.errors == "")
      let lines = try #require(workspace.text("y.csv")).split(separator: "\n")
      #expect(lines.count == 2)
      let found = lines.flatMap { $0.split(separator: ",").compactMap { Double($0) } }
      #expect(found.count == 6)
      for (found, value) in zip(found, values) {
        #expect((found / value - 1).magnitude < 0x1p-22, "\(command)")
      }
    }
  }

  @Test("go into pipelines: a loss of probabilities is that of the logits")
  func pipeline() throws {
    let workspace = try workspace()
    try workspace.write("0,1,0\n1,0,1\n", to: "y.csv")
    let probabilities = try workspace.shell(
      "lossctl sigmoid x.npy - --format npy --dtype float64 "
        + "| lossctl bce --pred - --label y.csv --from probs --format text")
    let logits = try workspace.lossctl(line: "bce --pred x.npy --label y.csv --format text")
    let pair = try (
      #require(Double(probabilities.output.dropLast())), #require(Double(logits.output.dropLast()))
    )
    #expect((pair.0 / pair.1 - 1).magnitude < 1e-6)
  }

  @Test("an axis that is not there is an error, and nothing is written")
  func errors() throws {
    let workspace = try workspace()
    let result = try workspace.lossctl(line: "softmax x.npy y.npy --axis 2")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(workspace.files == ["x.npy"])
  }
}
