import ArgumentParser
import LossIO

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The root command: a table of contents.
struct Lossctl: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "lossctl",
    abstract: "Compute machine-learning losses and their gradients from files.",
    discussion: """
      Predictions and labels are NumPy .npy files or CSV tables, given as paths, as table.csv:column, \
      or as - for standard input. They may be compressed, or in an archive: arrays.npz:key, \
      runs.tar.gz:epoch3/p.npy. The result is JSON on standard output.

      EXAMPLES
        lossctl bce --pred logits.npy --label labels.npy
        lossctl bce --pred table.csv:score --label table.csv:label
        lossctl bce --pred run.npz:logits --label run.npz:labels
        lossctl bce --pred logits.npy --label labels.npy --grad gradient.npy
        lossctl bce --pred x.npy --label y.npy --expect 0.7193 --rtol 1e-4

      EXIT STATUS
        0  done, and every check passed
        1  a check failed
        2  trouble: usage, input or output

      ENVIRONMENT
        LOSSCTL_ISA  the instruction set to use: portable, avx2 or avx512
        TMPDIR       where long input from pipes is kept while it is used; /tmp by default
      """,
    version: version,
    subcommands: [
      LossCommand<BinaryCrossEntropyFlags>.self,
      LossCommand<SoftmaxCrossEntropyFlags>.self,
      LossCommand<MultilabelMarginFlags>.self,
      LossCommand<MultilabelSoftMarginFlags>.self,
      LossCommand<MultiMarginFlags>.self,
      LossCommand<NCEFlags>.self, LossCommand<InfoNCEFlags>.self,
      LossCommand<ContrastiveFlags>.self, LossCommand<TripletFlags>.self,
      LossCommand<ClipFlags>.self,
      LossCommand<LogisticFlags>.self,
      TransformCommand<SigmoidFlags>.self,
      TransformCommand<SoftmaxFlags>.self,
      TransformCommand<LogSoftmaxFlags>.self,
      ListCommand.self,
      DescribeCommand.self,
      ConvertCommand.self,
      InspectCommand.self,
    ])
}

/// The program: parses, runs, and turns whatever goes wrong into a message and an exit status.
@main
enum Main {
  static func main() {
    installSignalHandlers()
    let arguments = Array(CommandLine.arguments.dropFirst())
    let diagnostics = Diagnostics(isJSON: arguments.contains("--json-errors"))
    do {
      try CommandLineCheck(arguments).requireKnownCommand()
      var command = try Lossctl.parseAsRoot(arguments)
      try command.run()
    } catch {
      leave(with: error, arguments, diagnostics)
    }
  }

  private static func leave(
    with error: any Error, _ arguments: [String], _ diagnostics: Diagnostics
  ) -> Never {
    if let failure = error as? ChecksFailed {
      diagnostics.report(failure)
      exit(ExitStatus.checkFailed.rawValue)
    }
    if let description = ErrorDescription(error) {
      diagnostics.report(description)
      exit(ExitStatus.trouble.rawValue)
    }
    // What is left is ArgumentParser's: help and version, which are results, and usage errors.
    if Lossctl.exitCode(for: error) == .success {
      print(Lossctl.fullMessage(for: error))
      exit(ExitStatus.done.rawValue)
    }
    diagnostics.report(CommandLineCheck(arguments).describe(error))
    exit(ExitStatus.trouble.rawValue)
  }
}
