import Foundation
import Testing

private let python = Command.find("python3")
private let mandoc = Command.find("mandoc")
private let mend: Comment = "Run `make man` and commit the pages."

@Suite("The manual pages")
struct ManualTests {
  @Test("name every option with its value and default")
  func everyOptionIsDescribed() throws {
    let root = try CommandHelp.read()
    #expect(!root.documentedSubcommands.isEmpty)
    try requireDescribed(root, in: ManualPage())
    for command in root.documentedSubcommands {
      try requireDescribed(command, in: ManualPage(of: command.commandName))
    }
  }

  private func requireDescribed(_ command: CommandHelp, in page: ManualPage) {
    for argument in command.documentedArguments where argument.kind != .positional {
      for spelling in argument.spellings {
        guard let entry = page.entry(for: spelling) else {
          Issue.record("\(page.name) does not describe \(spelling). \(mend)")
          continue
        }
        if argument.kind == .option {
          #expect(entry.head.hasSuffix(" Ar \(argument.valueName)"), "\(page.name): \(mend)")
        }
        for value in argument.allValues ?? [] {
          #expect(entry.text.split(separator: " ").contains(value[...]), "\(page.name): \(mend)")
        }
        if let value = argument.defaultValue {
          #expect(entry.text.hasSuffix("default is \(value) ."), "\(page.name): \(mend)")
        }
      }
    }
  }

  @Test(
    "are as the program and their sections make them",
    .enabled(if: python != nil, "python3 is not installed"))
  func pagesAreCurrent() throws {
    let generator = ManualPage.folder.appendingPathComponent("generate.py").path
    let result = try Command(
      executable: #require(python), arguments: [generator, "--check", Command.lossctl.path]
    ).run()
    #expect(result.status == .exited(0), "\(result.errors)")
  }

  @Test("are clean mdoc", .enabled(if: mandoc != nil, "mandoc is not installed"))
  func mandocFindsNothing() throws {
    for page in try ManualPage.all {
      let result = try Command(
        executable: #require(mandoc), arguments: ["-Tlint", "-Wwarning", page.file.path]
      ).run()
      #expect(result.status == .exited(0), "\(result.output)\(result.errors)")
    }
  }

  @Test("all have the sections people look for")
  func sectionsArePresent() throws {
    for page in try ManualPage.all {
      for section in ["SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"]
      {
        #expect(page.sections.contains(section), "\(page.name) has no \(section)")
      }
    }
  }

  @Test("have examples of options that exist, on lines that are not broken")
  func examplesAreValid() throws {
    let root = try CommandHelp.read()
    for page in try ManualPage.all {
      #expect(!page.examples.isEmpty)
      // The room on a terminal of 80 columns.
      for line in page.exampleLines {
        #expect(line.count <= 67, "\(page.name): the line is broken when shown: \(line)")
      }
      for example in page.examples { try requireValid(example, root) }
    }
  }

  private func requireValid(_ example: String, _ root: CommandHelp) throws {
    let start = try #require(
      example.range(of: "lossctl "), "no lossctl in the example \(example)")
    let words = example[start.upperBound...].prefix { !"|;&)>".contains($0) }
      .split(separator: " ").map(String.init)
    let command = try #require(
      root.documentedSubcommands.first { $0.names.contains(words.first ?? "") },
      "\(words.first ?? "nothing") is no command, in the example \(example)")
    for (position, word) in words.enumerated() where word.hasPrefix("--") {
      let argument = command.argument(word)
      #expect(argument != nil, "there is no \(word), in the example \(example)")
      if let values = argument?.allValues {
        let value = words.dropFirst(position + 1).first ?? "nothing"
        #expect(values.contains(value), "\(word) does not take \(value), in \(example)")
      }
    }
  }
}
