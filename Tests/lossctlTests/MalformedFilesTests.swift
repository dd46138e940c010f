import Foundation
import Testing

/// The files of Tests/Fixtures/malformed: one for each way an input can be wrong.
@Suite("Malformed files")
struct MalformedFilesTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let selector: String
    let options: String
    /// The error's first line.
    let line: String

    var testDescription: String { file }
  }

  private static let cases: [Case] = {
    let url = packageRoot.appendingPathComponent("Tests/Fixtures/malformed/cases.json")
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
  }()

  @Test("are all in the list")
  func listed() throws {
    let folder = packageRoot.appendingPathComponent("Tests/Fixtures/malformed").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    let others: Set = ["make.py", "cases.json"]
    #expect(Set(files).subtracting(others) == Set(Self.cases.map(\.file)))
    #expect(Self.cases.count == 126)
  }

  @Test("end in one error that names the place, and in nothing else", arguments: cases)
  func errors(_ malformed: Case) throws {
    let workspace = try Workspace()
    try workspace.copy("malformed/" + malformed.file)
    try workspace.write(npy([1, 0, 1], shape: "(3,)"), to: "label.npy")
    let before = workspace.files
    let name = malformed.file + (malformed.selector.isEmpty ? "" : ":" + malformed.selector)
    let result = try workspace.lossctl(
      line: "bce --pred \(name) --label label.npy --grad g.npy --out r.json \(malformed.options)")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    let lines = result.errors.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first.map { String($0) } == malformed.line)
    // At most a hint follows.
    #expect(lines.dropFirst().dropLast().allSatisfy { $0.hasPrefix("hint: ") })
    #expect(workspace.files == before)
  }
}
