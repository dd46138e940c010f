import Foundation
import Testing

@Suite("The README")
struct ReadmeTests {
  /// A command of the README and what it says is printed.
  struct Example: CustomTestStringConvertible, Sendable {
    let command: String
    let output: String
    var testDescription: String { command }
  }

  /// The console blocks before the first heading of the second level; the others name files of the
  /// reader's own.
  static func examples() throws -> [[Example]] {
    let text = try String(
      contentsOf: packageRoot.appendingPathComponent("README.md"), encoding: .utf8)
    let opening = text.components(separatedBy: "\n## ")[0]
    return opening.components(separatedBy: "```console\n").dropFirst().map { block in
      let lines = block.components(separatedBy: "\n```")[0]
      return ("\n" + lines).components(separatedBy: "\n$ ").dropFirst().map { entry in
        let parts = entry.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return Example(command: String(parts[0]), output: parts.count > 1 ? parts[1] + "\n" : "")
      }
    }
  }

  @Test(
    "shows what its commands print",
    .enabled(if: Command.find("jq") != nil, "its examples use jq, which is not installed"))
  func examplesAreTrue() throws {
    let blocks = try Self.examples()
    #expect(blocks.count == 2)
    let workspace = try Workspace()
    try workspace.copy("example-3x3/logits.csv")
    try workspace.copy("example-3x3/labels.csv")
    let fixtures = workspace.url.appendingPathComponent("Tests")
    try FileManager.default.createSymbolicLink(
      at: fixtures, withDestinationURL: packageRoot.appendingPathComponent("Tests"))
    for block in blocks {
      let script = block.map(\.command).joined(separator: "\n")
      let result = try workspace.shell(script.replacingOccurrences(of: "/tmp/", with: "$OLDPWD/"))
      #expect(result.output == block.map(\.output).joined(), "\(script)\n\(result)")
      #expect(result.errors == "")
    }
  }
}
