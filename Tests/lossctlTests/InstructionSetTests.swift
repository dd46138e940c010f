import Foundation
import Losses
import Testing

@testable import lossctl

@Suite("LOSSCTL_ISA")
struct InstructionSetTests {
  private static let names = ["portable", "avx2", "avx512"]
  private static let available = KernelSelection.available.map(\.name)

  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    for name in ["logits.npy", "labels.npy"] { try workspace.copy("breast-cancer/" + name) }
  }

  private func run(_ name: String?) throws -> CommandResult {
    try workspace.lossctl(
      line: "bce --pred logits.npy --label labels.npy --grad g.npy",
      environment: name.map { ["LOSSCTL_ISA": $0] } ?? [:])
  }

  @Test("picks each variant this machine has", arguments: available)
  func selection(name: String) throws {
    var policies = EvaluationPolicies()
    try policies.selectKernels(named: name)
    #expect(policies.kernels.name == name)
  }

  @Test("leaves the fastest where it is not set or empty")
  func unset() throws {
    var policies = EvaluationPolicies()
    try policies.selectKernels(named: nil)
    #expect(policies.kernels.name == Self.available.first)
    let (plain, empty) = (try run(nil), try run(""))
    #expect(plain.status == .exited(0) && empty.status == .exited(0))
    #expect(empty.stdout == plain.stdout)
    #expect(empty.errors == "")
  }

  @Test("gives the same bytes for every variant", arguments: available)
  func sameBytes(name: String) throws {
    let plain = try run(nil)
    let gradient = try #require(workspace.data("g.npy"))
    try workspace.write("old", to: "g.npy")
    let result = try run(name)
    #expect(result.status == .exited(0), "\(result)")
    #expect(result.stdout == plain.stdout)
    #expect(result.errors == "")
    #expect(workspace.data("g.npy") == gradient)
  }

  @Test(
    "refuses a name this machine has no variant for",
    arguments: ["neon", "AVX2", "avx", " ", "portable,avx2"]
      + names.filter { !available.contains($0) }
  )
  func refusal(name: String) throws {
    try workspace.write("old", to: "g.npy")
    let before = workspace.files
    let result = try run(name)
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    #expect(
      result.errors
        == "lossctl: error: LOSSCTL_ISA: expected an instruction set of this machine "
        + "(\(Self.available.joined(separator: ", "))), found \"\(name)\"\n"
        + "hint: unset it to use the fastest\n")
    #expect(workspace.text("g.npy") == "old")
    #expect(workspace.files == before)
  }

  @Test("is refused before any file is opened, and does not concern the help")
  func order() throws {
    let environment = ["LOSSCTL_ISA": "mmx"]
    let run = try workspace.lossctl(
      line: "bce --pred nope.npy --label nope.npy --json-errors", environment: environment)
    #expect(run.status == .exited(2))
    #expect(
      run.errors.hasPrefix(
        #"{"schema":"lossctl.error/1","code":"unknown-instruction-set","message":"LOSSCTL_ISA: "#))
    let help = try workspace.lossctl(line: "bce --help", environment: environment)
    #expect(help.status == .exited(0))
  }
}
