import ArgumentParser
import LossIO
import LossThreads

/// How the program behaves while it runs.
struct RunOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Threads to use; by default one for each processor it may use, by affinity and by a container's quota. The result is the same for any number.",
      valueName: "count"))
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The most bytes to read from a pipe or to decompress from a file, for each input, such as 500M or 8G; half of the memory by default.",
      valueName: "size"))
  var maxBytes: ByteCount?

  @Option(
    help: ArgumentHelp(
      "When to show progress on standard error; auto is on a terminal.", valueName: "when"))
  var progress = ProgressChoice.auto

  @Flag(help: "Print no warnings, notes or progress.")
  var quiet = false

  @Flag(
    help: "Print how long opening, computing and writing took, on standard error; with --quiet too."
  )
  var timing = false

  @Flag(help: "Print errors as JSON.")
  var jsonErrors = false

  /// Checks what parsing cannot.
  func requireValid() throws(UsageError) {
    if let threads, threads < 1 { throw .notPositive(option: "threads", found: threads) }
  }

  /// How files are read, as far as the run decides it.
  var readOptions: ReadOptions {
    ReadOptions(byteLimit: maxBytes?.value) { [threads] in threads ?? availableProcessorCount() }
  }

  /// What the program says on standard error.
  var diagnostics: Diagnostics { Diagnostics(isJSON: jsonErrors, isQuiet: quiet) }
}
