import Foundation
import Testing

@Suite("What lossctl writes")
struct OutputTests {
  private let workspace: Workspace
  private let inputs = "bce --pred logits.npy --label labels.npy"

  init() throws {
    workspace = try Workspace()
    for name in ["logits.npy", "labels.npy"] { try workspace.copy("example-3x3/" + name) }
  }

  @Test("goes to a file and not to standard output with --out")
  func outReplacesStandardOutput() throws {
    let direct = try workspace.lossctl(line: inputs)
    let result = try workspace.lossctl(line: inputs + " --out result.json")
    #expect(result.status == .exited(0))
    #expect(result.stdout.isEmpty)
    #expect(workspace.data("result.json") == direct.stdout)
  }

  @Test("is written in the format of the suffix, or of --format")
  func formats() throws {
    _ = try workspace.lossctl(line: inputs + " --reduction none --out losses.csv")
    let rows =
      "0.50945306,1.4996756,0.44079328\n0.47797814,0.36289898,1.1266403\n"
      + "0.46504638,0.6327866,0.95865077\n"
    #expect(workspace.text("losses.csv") == rows)
    let text = try workspace.lossctl(line: inputs + " --reduction none --format text")
    #expect(text.output == rows.replacingOccurrences(of: ",", with: " "))
    _ = try workspace.lossctl(line: inputs + " --out mean.npy")
    #expect(workspace.data("mean.npy")?.count == 128 + 8)
    _ = try workspace.lossctl(line: inputs + " --out mean.json --format csv")
    #expect(workspace.text("mean.json") == "0.7193247907691531\n")
  }

  @Test("reads back as what was written, through every format and back")
  func outputsAreInputs() throws {
    _ = try workspace.lossctl(line: inputs + " --reduction none --out losses.npy")
    let csv = try workspace.lossctl(
      line: inputs + " --reduction none --out losses.csv --expect losses.npy --rtol 0")
    #expect(csv.status == .exited(0), "\(csv)")
    let back = try workspace.lossctl(
      line: inputs + " --reduction none --expect losses.csv --rtol 0 --out /dev/null")
    #expect(back.status == .exited(0), "\(back)")
  }

  @Test("has the mean of each row with --per-row, and its sum with --reduction sum")
  func perRow() throws {
    _ = try workspace.lossctl(line: inputs + " --per-row rows.csv --grad g.npy --out r.json")
    #expect(workspace.text("rows.csv") == "0.8166407\n0.65583915\n0.68549454\n")
    #expect(
      workspace.text("r.json")?.contains(#""outputs":{"per_row":"rows.csv","grad":"g.npy"}"#)
        == true)
    _ = try workspace.lossctl(line: inputs + " --reduction sum --per-row rows.csv --out /dev/null")
    #expect(workspace.text("rows.csv") == "2.449922\n1.9675174\n2.0564837\n")
  }

  @Test("leaves out many unreduced values, unless standard output is named")
  func manyValues() throws {
    let values = (0..<1001).map { Float($0) / 7 - 70 }
    try workspace.write(npy(values, shape: "(1001,)"), to: "p.npy")
    try workspace.write(npy(values.map { $0 > 0 ? 1 : 0 }, shape: "(1001,)"), to: "y.npy")
    let line = "bce --pred p.npy --label y.npy --reduction none"
    let short = try workspace.lossctl(line: line)
    #expect(short.output.contains(#""value":null,"shape":[1001]"#))
    #expect(short.errors.contains("1001 losses are left out of the JSON"))
    let full = try workspace.lossctl(line: line + " --out -")
    #expect(full.output.split(separator: ",").count > 1001)
    #expect(full.errors == "")
  }

  @Test(
    "replaces a file only when all is done", arguments: ["--from probs", "--expect-grad nope.npy"])
  func failureLeavesOldFiles(option: String) throws {
    for name in ["g.npy", "r.json", "rows.csv"] { try workspace.write("old", to: name) }
    let before = workspace.files
    let result = try workspace.lossctl(
      line: inputs + " --grad g.npy --per-row rows.csv --out r.json \(option)")
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    for name in ["g.npy", "r.json", "rows.csv"] { #expect(workspace.text(name) == "old") }
    #expect(workspace.files == before)
  }

  @Test("is kept back where one of several outputs cannot be written")
  func fullDisk() throws {
    try workspace.write("old", to: "g.npy")
    let result = try workspace.lossctl(line: inputs + " --grad g.npy --out /dev/full")
    #expect(result.status == .exited(2))
    #expect(result.errors == "lossctl: error: /dev/full: cannot write: No space left on device\n")
    #expect(workspace.text("g.npy") == "old")
    let script = "lossctl \(inputs) --grad g.npy > /dev/full; echo $?"
    #expect(try workspace.shell(script).output == "2\n")
    #expect(workspace.text("g.npy") == "old")
  }

  @Test("survives a reader that goes away")
  func closedPipe() throws {
    let script = "lossctl \(inputs) --reduction none --out - | true; echo ${PIPESTATUS[1]}"
    let result = try workspace.shell(script)
    #expect(result.output == "0\n")
    #expect(result.errors == "")
  }

  @Test(
    "works in a pipeline",
    .enabled(if: Command.find("jq") != nil, "jq is not installed"))
  func pipeline() throws {
    let value = try workspace.shell("x=$(lossctl \(inputs) | jq .value); echo \"value $x\"")
    #expect(value.output == "value 0.7193247907691531\n")
    #expect(value.errors == "")
  }

  @Test(
    "works in a Makefile",
    .enabled(if: Command.find("make") != nil, "make is not installed"))
  func makefile() throws {
    try workspace.write(
      """
      result.json: logits.npy labels.npy
      \tlossctl bce --pred logits.npy --label labels.npy --out $@
      bad.json: logits.npy
      \tlossctl bce --pred logits.npy --label nope.npy --out $@

      """, to: "Makefile")
    #expect(try workspace.shell("make result.json && make -q result.json").status == .exited(0))
    #expect(try workspace.shell("make bad.json").status == .exited(2))
    #expect(workspace.text("bad.json") == nil)
  }

  @Test("has the type asked for with --out-dtype, and says where that makes no sense")
  func outputType() throws {
    _ = try workspace.lossctl(line: inputs + " --grad g.npy --out-dtype bfloat16 --out /dev/null")
    let header = workspace.data("g.npy").map { String(decoding: $0.prefix(60), as: UTF8.self) }
    #expect(header?.contains("'descr': '<V2'") == true)
    #expect(workspace.data("g.npy")?.count == 128 + 9 * 2)
    let result = try workspace.lossctl(line: inputs + " --out-dtype float16")
    #expect(result.status == .exited(2))
    #expect(result.errors.hasPrefix("lossctl: error: --out-dtype has nothing to apply to\nhint: "))
  }
}
