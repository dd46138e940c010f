import Foundation
import Testing

@Suite("The command line")
struct UsageTests {
  @Test(
    "explains a slip and ends with status 2",
    arguments: [
      ("", "lossctl: error: expected a command, found none\nhint: see lossctl --help\n"),
      (
        "bec",
        "lossctl: error: expected a command (bce, softmax-ce, ce, multilabel-margin, multilabel-soft-margin, multi-margin, nce, info-nce, contrastive, triplet, clip, logistic, sigmoid, softmax, log-softmax, list, describe, convert, inspect), found \"bec\"\nhint: did you mean bce?\n"
      ),
      (
        "frob",
        "lossctl: error: expected a command (bce, softmax-ce, ce, multilabel-margin, multilabel-soft-margin, multi-margin, nce, info-nce, contrastive, triplet, clip, logistic, sigmoid, softmax, log-softmax, list, describe, convert, inspect), found \"frob\"\nhint: see lossctl --help\n"
      ),
      ("--frob", "lossctl: error: unknown option --frob\nhint: see lossctl --help\n"),
      (
        "bce --pred a.npy --lable b.npy",
        "lossctl: error: unknown option --lable\nhint: did you mean --label?\n"
      ),
      (
        "bce --pred a.npy --label b.npy --reducton=sum",
        "lossctl: error: unknown option --reducton\nhint: did you mean --reduction?\n"
      ),
      (
        "bce --pred a.npy --label b.npy --reduction max",
        "lossctl: error: The value 'max' is invalid for '--reduction <kind>'. Please provide one of "
          + "'mean', 'sum' or 'none'.\nhint: see lossctl bce --help\n"
      ),
      (
        "bce --pred a.npy --label b.npy --threads 0",
        "lossctl: error: --threads: expected a number of at least 1, found 0\n"
      ),
      (
        "bce --pred - --label -",
        "lossctl: error: standard input: expected at most one input from standard input, found more\n"
          + "hint: name files for the others\n"
      ),
    ])
  func slips(line: String, message: String) throws {
    let result = try Workspace().lossctl(line: line)
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    #expect(result.errors == message)
  }

  @Test(
    "prints help and version on standard output", arguments: ["--help", "help bce", "bce --help"])
  func help(line: String) throws {
    let result = try Workspace().lossctl(line: line)
    #expect(result.status == .exited(0))
    #expect(result.errors == "")
    #expect(result.output.contains("EXAMPLES"))
    #expect(result.output.contains("lossctl bce --pred logits.npy --label labels.npy"))
    #expect(try Workspace().lossctl(line: "--version").output == "0.1.0\n")
  }

  @Test("refuses two outputs of one name, and a grad-output without a gradient")
  func conflicts() throws {
    let workspace = try Workspace()
    for name in ["logits.npy", "labels.npy"] { try workspace.copy("example-3x3/" + name) }
    let inputs = "bce --pred logits.npy --label labels.npy"
    let same = try workspace.lossctl(line: inputs + " --grad x.npy --per-row x.npy")
    #expect(
      same.errors
        == "lossctl: error: expected different files for different outputs, found x.npy twice\n")
    let lonely = try workspace.lossctl(line: inputs + " --grad-output labels.npy")
    #expect(
      lonely.errors
        == "lossctl: error: --grad-output has nothing to apply to\nhint: add --grad FILE\n")
    #expect(same.status == .exited(2) && lonely.status == .exited(2))
  }

  @Test("generates completions the shells accept", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let result = try Workspace().lossctl("--generate-completion-script", shell)
    #expect(result.status == .exited(0))
    for option in ["pred", "label-smoothing", "expect-grad"] {
      #expect(result.output.contains(option))
    }
    guard let program = Command.find(shell) else { return }
    let check = try Command(
      executable: program, arguments: ["-n", "/dev/stdin"], stdin: result.stdout
    ).run()
    #expect(check.status == .exited(0), "\(check)")
  }
}
