import Foundation
import Testing

@Suite("Checks")
struct CheckTests {
  private let workspace: Workspace
  private let inputs = "bce --pred logits.npy --label labels.npy"

  init() throws {
    workspace = try Workspace()
    for name in ["logits.npy", "labels.npy"] { try workspace.copy("example-3x3/" + name) }
  }

  @Test("pass within the tolerance and stand in the result")
  func passing() throws {
    let result = try workspace.lossctl(line: inputs + " --expect 0.7193 --rtol 1e-4")
    #expect(result.status == .exited(0))
    #expect(result.errors == "")
    #expect(
      result.output.contains(
        #""checks":[{"name":"value","passed":true,"expected":0.7193,"difference":"#
          + #"2.4790769153071324e-05,"rtol":0.0001,"atol":0}]"#), "\(result)")
  }

  @Test("that fail end with status 1, write the result and say by how much")
  func failing() throws {
    let result = try workspace.lossctl(line: inputs + " --expect 0.7194 --rtol 1e-6 --out r.json")
    #expect(result.status == .exited(1))
    #expect(
      result.errors == "lossctl: check failed: value: expected 0.7194, found 0.7193247907691531, "
        + "difference 7.520923084691766e-05, allowed rtol 1e-06 and atol 0.0\n")
    #expect(workspace.text("r.json")?.contains(#""passed":false"#) == true)
  }

  @Test("use torch.testing.assert_close's tolerances where none is given")
  func defaultTolerance() throws {
    // 1e-5 + 1.3e-6 * 0.7193 is 1.0935e-5.
    #expect(try workspace.lossctl(line: inputs + " --expect 0.719335").status == .exited(0))
    #expect(try workspace.lossctl(line: inputs + " --expect 0.719336").status == .exited(1))
  }

  @Test("hold tensors against files and name the worst element")
  func tensors() throws {
    _ = try workspace.lossctl(
      line: inputs + " --reduction sum --grad g.csv --per-row rows.csv --out /dev/null")
    let line = inputs + " --reduction sum --expect-grad g.csv --expect-per-row rows.csv"
    #expect(try workspace.lossctl(line: line).status == .exited(0))
    var rows = try #require(workspace.text("rows.csv"))
    rows = rows.replacingOccurrences(of: "1.9675174", with: "1.5")
    try workspace.write(rows, to: "rows.csv")
    let result = try workspace.lossctl(line: line)
    #expect(result.status == .exited(1))
    #expect(
      result.errors.hasPrefix(
        "lossctl: check failed: per_row: 1 of 3 elements differ, the worst at [1]: expected 1.5, found 1.96751"
      ))
    #expect(result.output.contains(#""mismatches":1,"worst_index":[1]}"#))
  }

  @Test("refuse an expected tensor of another shape")
  func otherShape() throws {
    try workspace.write("1,2\n3,4\n", to: "g.csv")
    let result = try workspace.lossctl(line: inputs + " --expect-grad g.csv")
    #expect(result.status == .exited(2))
    #expect(
      result.errors
        == "lossctl: error: g.csv: expected the expected tensor of shape (3, 3), like the "
        + "result, found (2, 2)\n" || result.errors.contains("(3, 3)"))
  }

  @Test("accept NaN where NaN is expected, and infinities")
  func notNumbers() throws {
    try workspace.write("inf\n", to: "p.csv")
    try workspace.write("0\n", to: "y.csv")
    let line = "bce --pred p.csv --label y.csv"
    #expect(try workspace.lossctl(line: line + " --expect inf").status == .exited(0))
    #expect(try workspace.lossctl(line: line + " --expect -inf").status == .exited(1))
    let ignored = try workspace.lossctl(line: line + " --ignore-label 0 --expect nan")
    #expect(ignored.status == .exited(0))
    #expect(ignored.output.contains(#""value":"NaN""#))
  }

  @Test(
    "that make no sense are usage errors",
    arguments: [
      ("--rtol 1e-3", "--rtol has nothing to apply to"),
      ("--expect 1 --rtol -1", "--rtol: expected a number of at least 0, found -1"),
      ("--expect 1 --atol nan", "--atol: expected a number of at least 0, found nan"),
      ("--expect 1 --reduction none", "--expect: expected a file"),
    ])
  func misuse(options: String, message: String) throws {
    let result = try workspace.lossctl(line: inputs + " " + options)
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    #expect(result.errors.contains(message), "\(result)")
  }
}
