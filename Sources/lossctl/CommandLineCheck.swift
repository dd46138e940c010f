import ArgumentParser
import LossIO

/// Finds slips in a command line that ArgumentParser reports as something else: an unknown command as an
/// unexpected argument, a misspelt required option as a missing one.
struct CommandLineCheck {
  private let arguments: [String]

  init(_ arguments: [String]) { self.arguments = arguments }

  /// Checks the first argument.
  ///
  /// - Throws: `UsageError` where it names no command.
  func requireKnownCommand() throws(UsageError) {
    guard let first = arguments.first else { throw .noCommand }
    let names = Lossctl.configuration.subcommands.flatMap(names)
    guard !first.hasPrefix("-"), first != "help", !names.contains(first) else { return }
    throw .unknownCommand(first, known: names)
  }

  /// The description of an error that ArgumentParser found.
  func describe(_ error: any Error) -> ErrorDescription {
    let name = command?.configuration.commandName
    let help = "see lossctl \(name.map { $0 + " " } ?? "")--help"
    if let option = unknownOption {
      let nearest = nearestName(to: option, in: knownOptions).map { "did you mean \($0)?" }
      return ErrorDescription(usage: "unknown option \(option)", hint: nearest ?? help)
    }
    return ErrorDescription(usage: Lossctl.message(for: error), hint: help)
  }

  private func names(of command: any ParsableCommand.Type) -> [String] {
    [command.configuration.commandName].compactMap { $0 } + command.configuration.aliases
  }

  private var command: (any ParsableCommand.Type)? {
    Lossctl.configuration.subcommands.first { names(of: $0).contains(arguments.first ?? "") }
  }

  /// The first argument that looks like an option and is none; what follows `--` is no option.
  private var unknownOption: String? {
    let known = knownOptions
    return arguments.prefix { $0 != "--" }
      .filter { $0.hasPrefix("--") }
      .map { String($0.prefix { $0 != "=" }) }
      .first { !known.contains($0) }
  }

  /// The options the help lists, which is all of them: ArgumentParser keeps its own list to itself.
  private var knownOptions: [String] {
    let help = command.map { Lossctl.helpMessage(for: $0) } ?? Lossctl.helpMessage()
    return help.split(separator: "\n").flatMap { line in
      line.hasPrefix("  -")
        ? line.split(separator: " ").filter { $0.hasPrefix("--") }.map(String.init) : []
    }
  }
}
