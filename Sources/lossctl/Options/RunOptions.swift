import ArgumentParser

/// How the program behaves while it runs.
struct RunOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Threads to use; all processors by default. The result is the same for any number.",
      valueName: "count"))
  var threads: Int?

  @Option(help: "When to show progress on standard error; auto is on a terminal.")
  var progress = ProgressChoice.auto

  @Flag(help: "Print nothing but results and errors.")
  var quiet = false

  @Flag(help: "Print errors as JSON.")
  var jsonErrors = false

  func validate() throws {
    if let threads, threads < 1 { throw UsageError.notPositive(option: "threads", found: threads) }
  }

  /// What the program says on standard error.
  var diagnostics: Diagnostics { Diagnostics(isJSON: jsonErrors, isQuiet: quiet) }
}
