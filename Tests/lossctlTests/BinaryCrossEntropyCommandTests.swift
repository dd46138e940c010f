import Foundation
import Testing

@Suite("lossctl bce")
struct BinaryCrossEntropyCommandTests {
  private func example() throws -> Workspace {
    let workspace = try Workspace()
    for name in ["logits.npy", "labels.npy", "logits.csv", "labels.csv"] {
      try workspace.copy("example-3x3/" + name)
    }
    return workspace
  }

  @Test("prints the whole result as one line of JSON")
  func wholeResult() throws {
    let result = try example().lossctl(line: "bce --pred logits.npy --label labels.npy")
    #expect(result.status == .exited(0))
    #expect(result.errors == "")
    #expect(
      result.output == #"{"schema":"lossctl.loss/1","loss":"bce","value":0.7193247907691531,"#
        + #""reduction":"mean","denominator":9,"sum":6.4739231169223785,"rows":3,"elements":9,"#
        + #""ignored":0,"nonfinite":0,"compute_dtype":"float32","options":{"from":"logits"},"#
        + #""inputs":{"pred":{"path":"logits.npy","dtype":"float32","shape":[3,3]},"#
        + #""label":{"path":"labels.npy","dtype":"float32","shape":[3,3]}},"outputs":{},"checks":[]}"#
        + "\n")
  }

  @Test("holds the unreduced losses and their shape with --reduction none")
  func unreducedJSON() throws {
    let result = try example().lossctl(
      line: "bce --pred logits.npy --label labels.npy --reduction none")
    #expect(
      result.output.contains(
        #""value":[[0.50945306,1.4996756,0.44079328],[0.47797814,0.36289898,1.1266403],"#
          + #"[0.46504638,0.6327866,0.95865077]],"shape":[3,3],"reduction":"none""#))
  }

  @Test(
    "gives the same value for the classifier's scores, wherever they come from",
    arguments: [
      "--pred logits.npy --label labels.npy",
      "--pred predictions.csv:score --label predictions.csv:label",
      "--pred predictions.csv:1 --label predictions.csv:2",
      "--pred predictions.csv:score-score --label labels.npy",
      "--pred ./logits.npy --label predictions.csv:!score",
    ])
  func sameValueFromAllFiles(inputs: String) throws {
    let workspace = try Workspace()
    for name in ["logits.npy", "labels.npy", "predictions.csv"] {
      try workspace.copy("breast-cancer/" + name)
    }
    let result = try workspace.lossctl(line: "bce \(inputs) --format text")
    #expect(result.output == "0.05338468480242759\n")
    // mpmath's value; each float32 loss is within 2 ulp.
    let value = try #require(Double(result.output.dropLast()))
    #expect(abs(value / 0.053384684047760177 - 1) < 0x1p-22)
    #expect(result.errors == "")
  }

  @Test("reads either input from standard input", arguments: ["pred", "label"])
  func standardInput(input: String) throws {
    let workspace = try example()
    let (piped, other) = input == "pred" ? ("logits", "label") : ("labels", "pred")
    let file = other == "label" ? "labels.npy" : "logits.npy"
    let otherCSV = other == "label" ? "labels.csv" : "logits.csv"
    for suffix in ["npy", "csv"] {
      let result = try workspace.lossctl(
        "bce", "--\(input)", "-", "--\(other)", file, "--format", "text",
        stdin: workspace.data("\(piped).\(suffix)"))
      #expect(result.output == "0.7193247907691531\n")
    }
    // The second and first columns; the mean is PyTorch's.
    let selected = try workspace.lossctl(
      line:
        "bce --\(input) -:2,1 --\(other) \(otherCSV):2,1 --expect 0.6579731283459868 --rtol 1e-7",
      stdin: workspace.data("\(piped).csv"))
    #expect(selected.status == .exited(0), "\(selected)")
  }

  @Test("agrees with PyTorch on the classifier's scores, value, losses and gradient")
  func checksAgainstPyTorch() throws {
    let workspace = try Workspace()
    for name in try FileManager.default.contentsOfDirectory(
      atPath: packageRoot.appendingPathComponent("Tests/Fixtures/breast-cancer").path)
    {
      try workspace.copy("breast-cancer/" + name)
    }
    let cases = [
      ("logits.npy", "logits", "", "0.05338466912508011"),
      ("logits-float64.npy", "logits", "-float64", "0.05338468443139975"),
      ("probabilities.npy", "probs", "-probs", "0.0533846840262413"),
    ]
    for (file, kind, suffix, mean) in cases {
      let inputs = "bce --pred \(file) --label labels.npy --from \(kind)"
      let reduced = try workspace.lossctl(
        line: "\(inputs) --expect \(mean) --expect-grad gradient\(suffix).npy --format text")
      #expect(reduced.status == .exited(0), "\(reduced)")
      let unreduced = try workspace.lossctl(
        line: "\(inputs) --reduction none --expect unreduced\(suffix).npy --out /dev/null")
      #expect(unreduced.status == .exited(0), "\(unreduced)")
    }
  }

  @Test("gives equal bytes in two runs and for any number of threads")
  func reproducible() throws {
    let workspace = try example()
    let line = "bce --pred logits.npy --label labels.npy --grad g.npy"
    let outputs = try ["", " --threads 1", " --threads 7"].map { threads in
      let result = try workspace.lossctl(line: line + threads)
      return result.stdout + (workspace.data("g.npy") ?? Data())
    }
    #expect(outputs[0].count > 200)
    #expect(outputs[1] == outputs[0])
    #expect(outputs[2] == outputs[0])
  }

  @Test("takes option values that begin with a minus sign")
  func negativeValues() throws {
    let workspace = try Workspace()
    try workspace.write("1.5\n-0.25\n3\n", to: "p.csv")
    try workspace.write("1\n-1\n0\n", to: "y.csv")
    let result = try workspace.lossctl(line: "bce --pred p.csv --label y.csv --ignore-label -1")
    #expect(result.output.contains(#""denominator":2"#))
    #expect(result.output.contains(#""ignored":1"#))
    #expect(result.output.contains(#""options":{"from":"logits","ignore_label":-1}"#))
  }

  @Test("warns of logits that look like probabilities, unless told to be quiet")
  func suspiciousLogits() throws {
    let workspace = try example()
    let line = "bce --pred labels.npy --label labels.npy"
    let result = try workspace.lossctl(line: line)
    #expect(result.status == .exited(0))
    #expect(
      result.errors == "lossctl: warning: every value of pred lies in [0, 1] and looks like a "
        + "probability; if so, use --from probs\n")
    #expect(try workspace.lossctl(line: line + " --quiet").errors == "")
  }

  @Test("computes in double where asked, and reads text in double then")
  func computeInDouble() throws {
    let workspace = try Workspace()
    // Two neighbours in double that are the same number in float.
    try workspace.write("0.1000000000000001\n", to: "p.csv")
    try workspace.write("1\n", to: "y.csv")
    // log1p(exp(-0.1000000000000001)) is 0.64439666007357084605 by mpmath; float would be 5e-17 off.
    let double = try workspace.lossctl(
      line: "bce --pred p.csv --label y.csv --compute-dtype float64 "
        + "--expect 0.6443966600735708 --rtol 3e-16")
    #expect(double.status == .exited(0), "\(double)")
    let single = try workspace.lossctl(line: "bce --pred p.csv --label y.csv --format text")
    #expect(single.output == "0.6443966627120972\n")
  }
}
