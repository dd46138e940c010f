import Foundation
import Testing

@Suite("lossctl logistic")
struct LogisticCommandTests {
  private let workspace: Workspace
  private let inputs = "logistic --features x.csv --theta t.csv --label y.csv"

  init() throws {
    workspace = try Workspace()
    try workspace.write("1,2\n-3,0.5\n", to: "x.csv")
    try workspace.write("0.5\n-0.25\n", to: "t.csv")
    try workspace.write("1\n0\n", to: "y.csv")
    try workspace.write("1\n-1\n", to: "signs.csv")
  }

  @Test("names the penalty beside the sum, and what it is part of")
  func penalty() throws {
    let plain = try workspace.lossctl(line: inputs + " --reduction sum")
    #expect(plain.status == .exited(0), "\(plain)")
    #expect(!plain.output.contains("penalty"))
    let result = try workspace.lossctl(line: inputs + " --reduction sum --l2 2")
    #expect(result.status == .exited(0), "\(result)")
    // log 2 + log(1 + e^-1.625) = 0.6931 + 0.1797.
    #expect(result.output.contains(#""value":1.185"#), "\(result)")
    #expect(result.output.contains(#""denominator":2,"sum":0.872"#), "\(result)")
    #expect(result.output.contains(#","penalty":0.3125,"rows":2,"#), "\(result)")
    #expect(result.output.contains(#""options":{"label_values":"01","l2":2}"#), "\(result)")
    let expected = try workspace.lossctl(
      line: inputs + " --reduction sum --l2 2 --expect 1.18538 --rtol 1e-5")
    #expect(expected.status == .exited(0), "\(expected)")
  }

  @Test("has the same result for labels of -1 and 1, and says which convention others are of")
  func labelValues() throws {
    let signs = inputs.replacingOccurrences(of: "y.csv", with: "signs.csv")
    let result = try workspace.lossctl(line: signs + " --label-values pm1 --format text")
    #expect(result.status == .exited(0))
    #expect(result.output == (try workspace.lossctl(line: inputs + " --format text").output))
    let wrong = try workspace.lossctl(line: signs)
    #expect(wrong.status == .exited(2))
    #expect(wrong.stdout.isEmpty)
    #expect(
      wrong.errors
        == "lossctl: error: signs.csv: label[1]: expected 0 or 1, found -1\n"
        + "hint: for labels of -1 and 1, use --label-values pm1\n")
    let other = try workspace.lossctl(line: inputs + " --label-values pm1")
    #expect(other.status == .exited(2))
    #expect(
      other.errors
        == "lossctl: error: y.csv: label[1]: expected -1 or 1, found 0\n"
        + "hint: for labels of 0 and 1, use --label-values 01\n")
  }

  @Test("writes a gradient for each input that has one")
  func gradients() throws {
    try workspace.write("0.25\n", to: "b.csv")
    let result = try workspace.lossctl(line: inputs + " --bias b.csv --grad g-{input}.csv")
    #expect(result.status == .exited(0), "\(result)")
    #expect(
      result.output.contains(
        #"{"grad":{"features":"g-features.csv","theta":"g-theta.csv","bias":"g-bias.csv"}}"#),
      "\(result)")
    let check = try workspace.lossctl(line: inputs + " --bias b.csv --expect-grad g-{input}.csv")
    #expect(check.status == .exited(0), "\(check)")
    let moved = try workspace.lossctl(
      line: inputs + " --bias b.csv --l2 0.1 --expect-grad g-{input}.csv")
    #expect(moved.status == .exited(1), "\(moved)")
  }

  @Test(
    "refuses what does not go together, with status 2",
    arguments: [
      ("--l2 -1", "lossctl: error: --l2: expected 0 or more, found -1.0\n"),
      ("--bias x.csv", "lossctl: error: x.csv: expected bias of shape () or (1,), one number"),
      ("--sample-weight x.csv", "lossctl: error: x.csv: expected sample-weight of shape (2,)"),
    ])
  func refusals(options: String, message: String) throws {
    let result = try workspace.lossctl(line: inputs + " " + options)
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    #expect(result.errors.hasPrefix(message), "\(result)")
  }
}
