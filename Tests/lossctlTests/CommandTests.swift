import Foundation
import Testing

@Suite("The runner of commands")
struct CommandTests {
  private func shell(
    _ script: String, stdin: Data? = nil, timeout: Double = 60
  ) throws -> CommandResult {
    try Command(
      executable: URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", script], stdin: stdin,
      environment: ["LOSSCTL_TEST": "set"], directory: URL(fileURLWithPath: "/"),
      timeout: timeout
    ).run()
  }

  @Test("keeps status, output and errors apart")
  func everythingIsCaptured() throws {
    let result = try shell("echo $LOSSCTL_TEST; pwd >&2; exit 3")
    #expect(result.status == .exited(3))
    #expect(result.output == "set\n")
    #expect(result.errors == "/\n")
  }

  @Test("tells a death by signal from an exit")
  func signalsAreReported() throws {
    #expect(try shell("kill -SEGV $$").status == .killed(signal: SIGSEGV))
    #expect(try shell("exit 139").status == .exited(139))
  }

  @Test("passes more through than a pipe holds")
  func largeDataPasses() throws {
    let data = Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 * 31) })
    let result = try shell("tee /dev/stderr", stdin: data)
    #expect(result.stdout == data)
    #expect(result.stderr == data)
  }

  @Test("survives a program that does not read its input")
  func unreadInputIsHarmless() throws {
    let result = try shell("exec 0<&-; sleep 0.1", stdin: Data(count: 1_000_000))
    #expect(result.status == .exited(0))
  }

  @Test("ends a program that does not end")
  func timeoutEnds() {
    #expect(throws: CommandError.self) { try shell("exec sleep 60", timeout: 0.2) }
  }

  @Test("finds the lossctl built with the tests")
  func lossctlIsFound() throws {
    let result = try lossctl("--version")
    #expect(result.status == .exited(0))
    #expect(result.errors.isEmpty)
  }
}
