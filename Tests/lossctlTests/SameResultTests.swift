import Foundation
import Testing

/// The same numbers in another form are the same result, to the byte.
@Suite("The same numbers")
struct SameResultTests {
  private static let folder = packageRoot.appendingPathComponent("Tests/Fixtures/same-result")

  /// The result without what it says of its inputs, and the gradient.
  private func result(_ inputs: String, stdin: String? = nil) throws -> (text: String, grad: Data) {
    let workspace = try Workspace()
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) {
      try workspace.copy("same-result/" + name)
    }
    let result = try workspace.lossctl(
      line: "bce \(inputs) --per-row rows.npy --grad g.npy", stdin: stdin.flatMap(workspace.data))
    try #require(result.status == .exited(0), "\(result.errors)")
    let parts = result.output.components(separatedBy: ",\"inputs\":")
    try #require(parts.count == 2)
    let files = try (#require(workspace.data("rows.npy")), #require(workspace.data("g.npy")))
    return (parts[0], files.0 + files.1)
  }

  @Test(
    "in another form give the same bytes",
    arguments: [
      "--pred run.npz:pred --label run.npz:label",
      "--pred run-deflated.npz:pred --label run-deflated.npz:label.npy",
      "--pred run.tar:epoch3/pred.npy --label run.tar:epoch3/label",
      "--pred pred.npy.gz --label label.npy", "--pred pred.npy.xz --label label.npy",
      "--pred pred.npy.bz2 --label label.npy", "--pred pred.npy.zst --label label.npy",
      "--pred pred.npy.lz4 --label label.npy",
      "--pred pred-column-major.npy --label label.npy",
      "--pred pred-big-endian.npy --label label.npy",
      "--pred table.csv:p* --label table.csv:y*", "--pred table.csv:1-3 --label label.npy",
      "--pred part-9.npy --pred part-10.npy --pred part-11.npy --label label.npy",
      "--pred part-*.npy --label label-?.npy --threads 3",
      "--pred part-*.npy --label table.csv:y0-y2",
    ])
  func sameBytes(inputs: String) throws {
    let expected = try result("--pred pred.npy --label label.npy")
    let found = try result(inputs)
    #expect(found.text == expected.text)
    #expect(found.grad == expected.grad)
  }

  @Test(
    "through a pipe give the same bytes",
    arguments: ["pred.npy", "pred.npy.gz", "pred.npy.zst", "pred-column-major.npy"])
  func pipes(name: String) throws {
    let expected = try result("--pred pred.npy --label label.npy")
    let found = try result("--pred - --label label.npy", stdin: name)
    #expect(found.text == expected.text)
    #expect(found.grad == expected.grad)
  }

  @Test("in several files are named as they were on the command line, with their number")
  func described() throws {
    let workspace = try Workspace()
    for name in ["part-9.npy", "part-10.npy", "part-11.npy", "label-0.npy", "label-1.npy"] {
      try workspace.copy("same-result/" + name)
    }
    try workspace.write("label-0.npy\nlabel-1.npy\n", to: "list")
    let result = try workspace.lossctl(line: "bce --pred part-*.npy --label @list")
    #expect(
      result.output.contains(
        #""pred":{"path":"part-*.npy","files":3,"dtype":"float32","shape":[41,3]}"#))
    #expect(
      result.output.contains(
        #""label":{"path":"@list","files":2,"dtype":"uint8","shape":[41,3]}"#))
  }

  @Test("an element out of range is located in its file")
  func located() throws {
    let workspace = try Workspace()
    for name in ["part-9.npy", "part-10.npy", "part-11.npy", "label.npy"] {
      try workspace.copy("same-result/" + name)
    }
    try workspace.write(npy([0.5, 0.25, 3], shape: "(1, 3)"), to: "part-10.npy")
    for name in ["part-9.npy", "part-11.npy"] {
      let rows = name == "part-9.npy" ? 7 : 33
      try workspace.write(
        npy([Float](repeating: 0.5, count: 3 * rows), shape: "(\(rows), 3)"), to: name)
    }
    let result = try workspace.lossctl(line: "bce --pred part-*.npy --label label.npy --from probs")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(
      result.errors
        == "lossctl: error: part-*.npy: pred[7, 2]: expected a probability from 0 to 1, found 3\n"
        + "hint: row 7 of all files is row 0 of part-10.npy; if these are logits, use --from logits\n"
    )
  }
}

/// Long input from pipes.
@Suite("A long pipe")
struct LongPipeTests {
  /// Logits of 12 MB, more than is kept in memory, and their labels.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    let logits = (0..<3_000_001).map { Float($0 % 4001 - 2000) / 250 }
    try workspace.write(npy(logits, shape: "(3000001,)"), to: "pred.npy")
    try workspace.write(npy(logits.map { $0 > 1 ? 1 : 0 }, shape: "(3000001,)"), to: "label.npy")
    return workspace
  }

  @Test("gives the result of the file")
  func sameResult() throws {
    let workspace = try workspace()
    let file = try workspace.lossctl(line: "bce --pred pred.npy --label label.npy --format text")
    #expect(file.status == .exited(0))
    for pipe in [
      "cat pred.npy | lossctl bce --pred - --label label.npy --format text",
      "lossctl bce --pred <(cat pred.npy) --label <(cat label.npy) --format text",
    ] {
      let result = try workspace.shell(
        "mkdir -p kept; TMPDIR=kept; export TMPDIR; \(pipe); ls kept")
      #expect(result.output == file.output)
      #expect(result.errors == "")
    }
  }

  @Test("needs a directory to be kept in")
  func noDirectory() throws {
    let result = try workspace().shell(
      "cat pred.npy | TMPDIR=none lossctl bce --pred - --label label.npy")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(
      result.errors
        == "lossctl: error: standard input: cannot keep what it brings in none: "
        + "No such file or directory\nhint: set TMPDIR to a directory with room for it\n")
  }
}
