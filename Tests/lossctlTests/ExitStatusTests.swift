import Foundation
import Testing

@Suite("The exit status")
struct ExitStatusTests {
  @Test(
    "is 0 for done, 1 for a failed check and 2 for trouble",
    arguments: [
      (Int32(0), ""), (1, "--expect 0.5"), (2, "--from probs"), (2, "--frobnicate"),
      (2, "--out /dev/full"),
    ])
  func table(status: Int32, options: String) throws {
    let workspace = try Workspace()
    for name in ["logits.npy", "labels.npy"] { try workspace.copy("example-3x3/" + name) }
    let result = try workspace.lossctl(line: "bce --pred logits.npy --label labels.npy " + options)
    #expect(result.status == .exited(status))
  }

  @Test("is the same table in the manual and the README")
  func documentation() throws {
    func lines(_ file: String) throws -> [Substring] {
      try String(contentsOf: packageRoot.appendingPathComponent(file), encoding: .utf8)
        .split(separator: "\n")
    }
    let manual = try lines("man/lossctl-bce.1")
      .drop { $0 != ".Sh EXIT STATUS" }.filter { $0.hasPrefix(".It ") }.prefix(3)
    #expect(manual.map { $0.dropFirst(4) } == ["0", "1", "2"])
    let readme = try lines("README.md").drop { $0 != "### Exit status" }.dropFirst(3).prefix(3)
    #expect(readme.map { $0.prefix(5) } == ["| 0 |", "| 1 |", "| 2 |"])
  }
}
