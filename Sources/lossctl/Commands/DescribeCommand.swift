import ArgumentParser
import LossIO
import Losses

/// Says what a loss is, from its own declaration.
struct DescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe", abstract: "Show a loss's formula, inputs, options and reference.",
    discussion: """
      EXAMPLES
        lossctl describe bce
        lossctl describe softmax-ce --format json | jq -r .formula
      """)

  @Argument(help: ArgumentHelp("The loss, as lossctl list names it.", valueName: "loss"))
  var loss: String

  @Option(help: ArgumentHelp("How to show it.", valueName: "name"))
  var format = InspectFormat.table

  func run() throws {
    let commands = Lossctl.configuration.subcommands
    let command = commands.first { command in
      command.configuration.commandName == loss || command.configuration.aliases.contains(loss)
    }
    let spec = LossRegistry.all.first { $0.name == command?.configuration.commandName }
    guard let command, let spec else {
      throw UsageError.unknownLoss(loss, known: LossRegistry.all.map(\.name))
    }
    let output = try OutputFile(path: "-")
    let options = Self.options(of: command)
    switch format {
    case .json: try json(spec, options).write(to: output)
    case .table: try table(spec, options).write(to: output)
    }
  }

  private func table(_ spec: LossSpec, _ options: [(name: String, help: String)]) -> TextTable {
    var rows = [["summary", spec.summary], ["formula", spec.formula]]
    for input in spec.inputs {
      let traits = [
        input.replaces.isEmpty
          ? nil : "instead of " + input.replaces.map { "--\($0)" }.joined(separator: " and "),
        input.isRequired ? nil : "optional",
        input.isDifferentiable ? "has a gradient" : nil,
      ].compactMap(\.self)
      let more = traits.isEmpty ? "" : " (\(traits.joined(separator: ", ")))"
      rows.append(["--\(input.name)", input.shape.description + more])
    }
    rows += options.map { [$0.name, $0.help] }
    rows += [["mean divisor", spec.meanDivisor], ["reference", spec.reference]]
    return TextTable(heading: ["loss", spec.name], rows: rows, numeric: [])
  }

  private func json(_ spec: LossSpec, _ options: [(name: String, help: String)]) -> JSON {
    let inputs = spec.inputs.map { input in
      JSON.object(
        [
          ("name", .string(input.name)), ("shape", .string(input.shape.description)),
          ("required", .bool(input.isRequired)), ("differentiable", .bool(input.isDifferentiable)),
        ]
          + (input.replaces.isEmpty
            ? [] : [("replaces", .array(input.replaces.map { .string($0) }))]))
    }
    return .object([
      ("schema", .string("lossctl.describe/1")), ("name", .string(spec.name)),
      ("summary", .string(spec.summary)), ("formula", .string(spec.formula)),
      ("inputs", .array(inputs)),
      (
        "options",
        .array(
          options.map {
            .object([("name", .string($0.name)), ("help", .string($0.help))])
          })
      ),
      ("mean_divisor", .string(spec.meanDivisor)), ("reference", .string(spec.reference)),
    ])
  }

  /// The loss's own options: those of the help's first section that are no inputs.
  private static func options(
    of command: any ParsableCommand.Type
  ) -> [(name: String, help: String)] {
    let lines = Lossctl.helpMessage(for: command, columns: 10_000).split(
      separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(of: "INPUTS AND DEFINITION:") else { return [] }
    return lines[(start + 1)...].prefix { $0.hasPrefix("  ") }.compactMap { line in
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      guard let name = words.first, words.count > 2, words[1].hasPrefix("<") else { return nil }
      let isInput = words[1] == "<file>" || words[1] == "<dtype>"
      return isInput ? nil : (String(name), words.dropFirst(2).joined(separator: " "))
    }
  }
}
