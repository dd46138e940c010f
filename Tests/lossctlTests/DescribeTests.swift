import Foundation
import Losses
import Testing

@Suite("lossctl list and describe")
struct DescribeTests {
  private struct Description: Decodable {
    struct Input: Decodable {
      let name, shape: String
      let required, differentiable: Bool
    }

    struct Option: Decodable {
      let name, help: String
    }

    let schema, name, summary, formula, reference, meanDivisor: String
    let inputs: [Input]
    let options: [Option]
  }

  @Test("list names every loss of the registry, and describe knows each")
  func all() throws {
    let workspace = try Workspace()
    let table = try workspace.lossctl(line: "list")
    #expect(table.status == .exited(0))
    let names = table.output.split(separator: "\n").dropFirst().map {
      String($0.prefix { $0 != " " })
    }
    #expect(names == LossRegistry.all.map(\.name))
    for spec in LossRegistry.all {
      let result = try workspace.lossctl(line: "describe \(spec.name) --format json")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let found = try decoder.decode(Description.self, from: result.stdout)
      #expect(found.schema == "lossctl.describe/1")
      #expect(found.name == spec.name)
      #expect(found.formula == spec.formula)
      #expect(found.meanDivisor == spec.meanDivisor)
      #expect(found.inputs.map(\.name) == spec.inputs.map(\.name))
      #expect(found.inputs.map(\.required) == spec.inputs.map(\.isRequired))
    }
  }

  @Test("describe shows inputs, options and reference, by an alias too")
  func table() throws {
    let workspace = try Workspace()
    let result = try workspace.lossctl(line: "describe multi-margin")
    #expect(
      result.output == """
        loss            multi-margin
        summary         multi-class margin loss of scores with class indices as labels
        formula         w[y] / C sum_{c != y} max(0, margin - x[y] + x[c])^p
        --pred          [N, C] or [C] (has a gradient)
        --label         [N], or a scalar for [C]
        --class-weight  [C] (optional)
        --p             The power of each hinge, 1 or 2. (default: 1)
        --margin        How far above all others the label's score is to be. (default: 1)
        mean divisor    rows
        reference       PyTorch MultiMarginLoss

        """)
    let alias = try workspace.lossctl(line: "describe ce")
    #expect(alias.output == (try workspace.lossctl(line: "describe softmax-ce").output))
  }

  @Test("a loss that is not there is an error that knows the nearest")
  func unknown() throws {
    let result = try Workspace().lossctl(line: "describe multi-margn")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(result.errors.hasSuffix("found \"multi-margn\"\nhint: did you mean multi-margin?\n"))
  }
}

@Suite("Scalars")
struct ScalarTests {
  @Test("are losses of one element")
  func scalar() throws {
    let workspace = try Workspace()
    try workspace.write(npy([-1.5], shape: "()"), to: "x.npy")
    try workspace.write(npy([1], shape: "()"), to: "y.npy")
    let result = try workspace.lossctl(line: "bce --pred x.npy --label y.npy --format text")
    #expect(result.errors == "")
    // log(1 + exp(1.5)), mpmath: 1.70141327798275
    let value = try #require(Double(result.output.dropLast()))
    #expect((value - 1.70141327798275).magnitude < 1.2e-7)
  }
}
