import Foundation
import Testing

@Suite("Gradients of several inputs")
struct SeveralGradientsTests {
  private let workspace: Workspace
  private let inputs = "triplet --anchor a.csv --positive p.csv --negative n.csv --eps 0"

  init() throws {
    workspace = try Workspace()
    try workspace.write("0,0\n1,2\n", to: "a.csv")
    try workspace.write("3,4\n1,2.5\n", to: "p.csv")
    try workspace.write("0,2\n5,5\n", to: "n.csv")
  }

  // The first triplet's loss is 5 - 2 + 1, the second's hinge is 0.5 - 5 + 1 < 0.
  @Test("are a file each, named by {input}")
  func files() throws {
    let result = try workspace.lossctl(line: inputs + " --grad g-{input}.csv")
    #expect(result.status == .exited(0))
    #expect(result.output.contains(#""value":2.0,"#))
    #expect(
      result.output.contains(
        #""outputs":{"grad":{"anchor":"g-anchor.csv","positive":"g-positive.csv","negative":"g-negative.csv"}}"#
      ), "\(result)")
    #expect(workspace.text("g-anchor.csv") == "-0.3,0.1\n0.0,0.0\n")
    #expect(workspace.text("g-positive.csv") == "0.3,0.4\n0.0,0.0\n")
    #expect(workspace.text("g-negative.csv") == "0.0,-0.5\n0.0,0.0\n")
    let check = try workspace.lossctl(line: inputs + " --expect-grad g-{input}.csv")
    #expect(check.status == .exited(0))
    #expect(check.output.contains(#"{"name":"grad_positive","passed":true"#), "\(check)")
  }

  @Test("are an archive of all, which checks find them in")
  func archive() throws {
    let result = try workspace.lossctl(line: inputs + " --grad g.npz")
    #expect(result.status == .exited(0))
    #expect(result.output.contains(#""outputs":{"grad":"g.npz"}"#))
    let check = try workspace.lossctl(line: inputs + " --expect-grad g.npz")
    #expect(check.status == .exited(0), "\(check)")
    let converted = try workspace.lossctl(line: "convert g.npz:positive g.csv")
    #expect(converted.status == .exited(0), "\(converted)")
    #expect(workspace.text("g.csv") == "0.3,0.4\n0.0,0.0\n")
    let other = try workspace.lossctl(line: inputs + " --reduction sum --expect-grad g.npz")
    #expect(other.status == .exited(1))
    #expect(
      other.errors.hasPrefix(
        "lossctl: check failed: grad_anchor: 2 of 4 elements differ, the worst at [0, 0]"),
      "\(other)")
  }

  @Test("do not fit into a file of one tensor")
  func single() throws {
    for option in ["grad", "expect-grad"] {
      let result = try workspace.lossctl(line: inputs + " --\(option) g.npy")
      #expect(result.status == .exited(2))
      #expect(result.output == "")
      #expect(
        result.errors
          == "lossctl: error: --\(option): expected room for the gradients of anchor, positive, negative, "
          + "found g.npy, a file of one\nhint: name an .npz file, or one file each as in grad-{input}.npy\n"
      )
      #expect(workspace.text("g.npy") == nil)
    }
  }

  @Test("of one input take the name as it is")
  func onlyOne() throws {
    try workspace.write("0.5\n0.25\n", to: "d.csv")
    try workspace.write("1\n0\n", to: "y.csv")
    let line = "contrastive --distance d.csv --label y.csv --grad g.csv"
    let result = try workspace.lossctl(line: line)
    #expect(result.status == .exited(0), "\(result)")
    #expect(workspace.text("g.csv") == "-0.25\n0.125\n")
    let named = try workspace.lossctl(
      line: line.replacingOccurrences(of: "g.csv", with: "of-{input}.csv"))
    #expect(named.status == .exited(0))
    #expect(workspace.text("of-distance.csv") == "-0.25\n0.125\n")
  }
}
