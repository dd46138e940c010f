import Foundation
import Testing

@Suite("Losses whose rows depend on each other")
struct MatrixCommandTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.write("1,0\n0,1\n", to: "i.csv")
    try workspace.write("0,1\n1,0\n0,1\n", to: "three.csv")
    try workspace.write("1,0\n0,0\n", to: "zero.csv")
    try workspace.write("0\n1\n", to: "y.csv")
  }

  @Test("have their own settings and metrics in the result")
  func metrics() throws {
    let result = try workspace.lossctl(
      line: "clip --image i.csv --text i.csv --temperature 0.5 --metrics --compute-dtype float64")
    #expect(result.status == .exited(0))
    // log(1 + e⁻²)
    #expect(result.output.contains(#""value":0.1269280110429725,"#), "\(result)")
    #expect(
      result.output.contains(
        #""options":{"objective":"softmax","temperature":0.5,"normalize":false,"direction_weight":0.5},"metrics":{"image_to_text_loss":0.1269280110429725,"text_to_image_loss":0.1269280110429725,"image_to_text_mean_rank":1.0,"image_to_text_median_rank":1.0,"image_to_text_recall_at_1":1.0,"#
      ), "\(result)")
  }

  @Test("have gradients of their parameters, in files of one number")
  func parameterGradients() throws {
    let line = "clip --image i.csv --text i.csv --logit-scale 2 --compute-dtype float64"
    let result = try workspace.lossctl(line: line + " --grad g-{input}.csv")
    #expect(result.status == .exited(0))
    #expect(
      result.output.contains(
        #""outputs":{"grad":{"image":"g-image.csv","text":"g-text.csv","logit_scale":"g-logit_scale.csv"}}"#
      ), "\(result)")
    // -1 / (1 + e²)
    #expect(workspace.text("g-logit_scale.csv") == "-0.11920292202211755\n")
    let check = try workspace.lossctl(line: line + " --expect-grad g-{input}.csv")
    #expect(check.status == .exited(0), "\(check)")
  }

  @Test("say what shapes they expect")
  func shapes() throws {
    let result = try workspace.lossctl(line: "clip --image i.csv --text three.csv")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(
      result.errors
        == "lossctl: error: three.csv: expected text of shape (2, 2), like image, found (3, 2)\n")
  }

  @Test(
    "name vectors that have no direction", arguments: ["clip --normalize --text", "info-nce --key"])
  func zeroVectors(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let first = words[0] == "clip" ? "--image" : "--query"
    let result = try workspace.lossctl(
      line: ([words[0], first, "i.csv"] + words.dropFirst() + ["zero.csv"]).joined(separator: " "))
    #expect(result.status == .exited(0))
    let name = words[0] == "clip" ? "text" : "key"
    #expect(
      result.errors
        == "lossctl: warning: 1 vector of \(name) cannot be normalized, as the length is 0 or nearly so, the first at index [1]; zeros stay zeros\n"
    )
  }

  @Test("of linear cross entropy take hidden vectors and a head in place of predictions")
  func linear() throws {
    let line = "ce --hidden i.csv --head i.csv --label y.csv"
    let result = try workspace.lossctl(line: line + " --format text --compute-dtype float64")
    #expect(result.output == "0.3132616875182228\n")
    let missing = try workspace.lossctl(line: "ce --hidden i.csv --label y.csv")
    #expect(missing.errors == "lossctl: error: expected --head, found none\n")
    let both = try workspace.lossctl(line: line + " --pred i.csv")
    #expect(both.errors == "lossctl: error: --hidden cannot be used with --pred\n")
    let neither = try workspace.lossctl(line: "ce --label y.csv")
    #expect(neither.errors == "lossctl: error: expected --pred, found none\n")
    #expect([missing, both, neither].allSatisfy { $0.status == .exited(2) && $0.output.isEmpty })
  }

  @Test("draw the same noise for the same seed")
  func sampler() throws {
    let line =
      "nce --query i.csv --weights three.csv --label y.csv --sampler uniform --num-samples 4 --seed"
    let results = try ["1", "1", "2"].map { try workspace.lossctl(line: "\(line) \($0)") }
    #expect(results[0].status == .exited(0), "\(results[0])")
    #expect(results[0].output == results[1].output)
    #expect(results[0].output != results[2].output)
    let missing = try workspace.lossctl(
      line: "nce --query i.csv --weights three.csv --label y.csv --sampler uniform")
    #expect(missing.errors == "lossctl: error: expected --num-samples, found none\n")
    let useless = try workspace.lossctl(line: "nce --pos y.csv --neg i.csv --seed 3")
    #expect(
      useless.errors
        == "lossctl: error: --seed cannot be used with noise that is not drawn; give --sampler\n")
  }
}
