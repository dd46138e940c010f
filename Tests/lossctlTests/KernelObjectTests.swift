import Foundation
import Testing

private let python = Command.find("python3")
private let hasBinutils = Command.find("objdump") != nil && Command.find("nm") != nil

#if arch(x86_64)
private let hasInstructionSets = true
#else
private let hasInstructionSets = false
#endif

@Suite(
  "The compiled kernels", .enabled(if: hasInstructionSets, "there is one variant only"),
  .enabled(if: python != nil && hasBinutils, "python3 or binutils is not installed"))
struct KernelObjectTests {
  private func check(_ folder: URL) throws -> CommandResult {
    let script = packageRoot.appendingPathComponent("Scripts/check_kernels.py").path
    return try Command(executable: #require(python), arguments: [script, folder.path]).run()
  }

  @Test("are of one instruction set each, and call nothing in their loops")
  func objects() throws {
    let result = try check(Command.lossctl.deletingLastPathComponent())
    #expect(result.status == .exited(0), "\(result.errors)")
    #expect(result.output.contains("AVX2: "))
    #expect(result.output.contains("AVX512: "))
  }

  @Test("are missed where they are not")
  func noObjects() throws {
    let result = try check(packageRoot.appendingPathComponent("Scripts"))
    #expect(result.status == .exited(2))
    #expect(result.errors.contains("there are no objects in"))
  }
}
