import Foundation
import Testing

@Suite("A file cut short while it is read")
struct TruncationTests {
  private let workspace: Workspace

  /// Enough for every thread to have blocks to compute, all of them beyond the first page.
  private static let count = 100_000

  init() throws {
    workspace = try Workspace()
    let logits = (0..<Self.count).map { Float($0 % 23) / 4 - 3 }
    try workspace.write(npy(logits, shape: "(\(Self.count),)"), to: "logits.npy")
    let labels = logits.indices.map { Float($0 % 3 == 0 ? 1 : 0) }
    try workspace.write(npy(labels, shape: "(\(Self.count),)"), to: "source.npy")
  }

  /// Runs lossctl with labels from a FIFO, and `meanwhile` when it has mapped the predictions.
  ///
  /// Opening a FIFO waits for the other end, and lossctl opens its inputs in order: when the shell has the
  /// FIFO open, the predictions are mapped, and lossctl waits for the labels.
  private func run(meanwhile: String, options: String) throws -> CommandResult {
    try workspace.shell(
      """
      mkfifo labels
      lossctl bce --pred logits.npy --label labels \(options) &
      exec 3> labels
      \(meanwhile)
      cat source.npy >&3
      exec 3>&-
      wait $!
      """)
  }

  private static let message =
    "lossctl: error: an input file was cut short by another program while it was read\n"

  private func expectTrouble(_ result: CommandResult) {
    #expect(result.status == .exited(2), "\(result)")
    #expect(result.stdout.isEmpty)
    #expect(result.errors == Self.message)
  }

  @Test(
    "ends with status 2 and one message, and without the output", arguments: [1, 2, 7],
    ["truncate -s 128 logits.npy", "truncate -s 200000 logits.npy", ": > logits.npy"])
  func noOutput(threads: Int, cut: String) throws {
    let result = try run(meanwhile: cut, options: "--grad g.npy --threads \(threads)")
    expectTrouble(result)
    #expect(workspace.files == ["labels", "logits.npy", "source.npy"])
  }

  @Test("leaves old outputs as they were", arguments: [1, 2])
  func oldOutput(threads: Int) throws {
    for name in ["g.npy", "rows.csv", "r.json"] { try workspace.write("old " + name, to: name) }
    let result = try run(
      meanwhile: "truncate -s 128 logits.npy",
      options: "--grad g.npy --per-row rows.csv --out r.json --threads \(threads)")
    expectTrouble(result)
    for name in ["g.npy", "rows.csv", "r.json"] { #expect(workspace.text(name) == "old " + name) }
    #expect(
      workspace.files == ["g.npy", "labels", "logits.npy", "r.json", "rows.csv", "source.npy"])
  }

  @Test("is what is found here, not another fault of the set-up", arguments: [1, 2])
  func whole(threads: Int) throws {
    let result = try run(meanwhile: ":", options: "--grad g.npy --threads \(threads)")
    #expect(result.status == .exited(0), "\(result)")
    #expect(result.errors == "")
    #expect(workspace.data("g.npy")?.count == 128 + 4 * Self.count)
  }

  /// The rest of the last page reads as zeros and raises no signal.
  @Test("within its last page ends in an error too, not in a wrong number", arguments: [1, 2])
  func lastPage(threads: Int) throws {
    try workspace.copy("example-3x3/logits.npy")
    try workspace.copy("example-3x3/labels.npy", as: "source.npy")
    try workspace.write("old", to: "g.npy")
    let result = try run(
      meanwhile: "truncate -s 140 logits.npy", options: "--grad g.npy --threads \(threads)")
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    #expect(
      result.errors
        == "lossctl: error: logits.npy: expected 164 bytes as when it was opened, found 140: "
        + "another program cut it short while it was read\n"
        + "hint: write files beside their place and rename them\n")
    #expect(workspace.text("g.npy") == "old")
    #expect(workspace.files == ["g.npy", "labels", "logits.npy", "source.npy"])
  }

  @Test("ends in an error where it holds what is expected")
  func expectedFile() throws {
    try workspace.copy("example-3x3/logits.npy")
    try workspace.copy("example-3x3/labels.npy", as: "source.npy")
    try workspace.write("0.7193247841464149\n\n\n", to: "value.csv")
    let result = try workspace.shell(
      """
      mkfifo rows
      lossctl bce --pred logits.npy --label source.npy --expect value.csv --expect-per-row rows &
      exec 3> rows
      truncate -s 19 value.csv
      echo 0.8166407,0.65583915,0.68549454 | tr , '\\n' >&3
      exec 3>&-
      wait $!
      """)
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    #expect(
      result.errors.hasPrefix(
        "lossctl: error: value.csv: expected 21 bytes as when it was opened, found 19: "),
      "\(result)")
  }
}
