import ArgumentParser
import LossIO
import Losses

/// Lists the losses.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the losses.",
    discussion: """
      EXAMPLES
        lossctl list
        lossctl list --format json | jq -r .losses[].name
      """)

  @Option(help: ArgumentHelp("How to show them.", valueName: "name"))
  var format = InspectFormat.table

  func run() throws {
    let output = try OutputFile(path: "-")
    switch format {
    case .table:
      let rows = LossRegistry.all.map { [$0.name, $0.summary] }
      try TextTable(heading: ["name", "loss"], rows: rows, numeric: []).write(to: output)
    case .json:
      let losses = LossRegistry.all.map { spec in
        JSON.object([("name", .string(spec.name)), ("summary", .string(spec.summary))])
      }
      try JSON.object([("schema", .string("lossctl.list/1")), ("losses", .array(losses))])
        .write(to: output)
    }
  }
}
