import Foundation

/// A command as it describes itself under `--experimental-dump-help`.
struct CommandHelp: Decodable {
  let commandName: String
  let aliases: [String]?
  let arguments: [Argument]?
  let subcommands: [CommandHelp]?
  let shouldDisplay: Bool

  /// An option, a flag or a positional argument.
  struct Argument: Decodable {
    enum Kind: String, Decodable {
      case positional, option, flag
    }

    struct Name: Decodable {
      let kind: String
      let name: String
    }

    let kind: Kind
    let names: [Name]?
    let valueName: String
    let defaultValue: String?
    let allValues: [String]?
    let shouldDisplay: Bool

    /// Its names as typed.
    var spellings: [String] {
      (names ?? []).map { ($0.kind == "short" ? "-" : "--") + $0.name }
    }
  }

  private struct Dump: Decodable {
    let command: CommandHelp
  }

  /// The root command of the built program.
  static func read() throws -> CommandHelp {
    let dump = try lossctl("--experimental-dump-help").stdout
    return try JSONDecoder().decode(Dump.self, from: dump).command
  }

  /// The subcommands that have a manual page.
  var documentedSubcommands: [CommandHelp] {
    (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
  }

  /// All names it is called by.
  var names: [String] { [commandName] + (aliases ?? []) }

  /// The arguments help shows.
  var documentedArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }

  /// The argument spelt so.
  func argument(_ spelling: String) -> Argument? {
    arguments?.first { $0.spellings.contains(spelling) }
  }
}
