/// How a run ends, as with cmp, diff and grep.
enum ExitStatus: Int32, CaseIterable {
  /// Done, and every check passed.
  case done = 0
  /// A check failed; nothing else exits with this.
  case checkFailed = 1
  /// Trouble with the usage, the input or the output.
  case trouble = 2
}

/// Thrown when the result is computed and written and a check on it failed.
struct ChecksFailed: Error {
  let checks: [CheckResult]
}

/// Misuse of the command line that ArgumentParser does not see.
enum UsageError: Error, Equatable {
  case noCommand
  case noDestination
  case unknownLoss(String, known: [String])
  case unknownCommand(String, known: [String])
  case notPositive(option: String, found: Int)
  case sameOutput(path: String)
  case nothingToWrite(option: String, needs: String)
  case severalGradients(option: String, path: String, inputs: [String])
  case expectationNeeds(option: String, needs: String)
  case unknownInstructionSet(String, known: [String])
}
