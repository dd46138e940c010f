import ArgumentParser
import LossIO

/// How CSV files are spelt.
struct TableOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What separates fields: a character, tab, space, or auto to find out which of comma, tab, semicolon and vertical bar. (default: a comma; a tab in .tsv files)",
      valueName: "character"))
  var delimiter: CSVDialect.Delimiter?

  @Option(
    help: ArgumentHelp(
      "Whether the first row holds names; auto is yes if a selected field of it is neither a number nor missing.",
      valueName: "when"))
  var header = CSVDialect.Header.auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Pass over lines that begin with this character, after blanks.", valueName: "character"))
  var comment: Mark?

  @Option(
    help: ArgumentHelp(
      "What becomes of missing values; skip-row leaves their rows out of all inputs.",
      valueName: "policy"))
  var na = CSVDialect.MissingPolicy.error

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Texts that stand for a missing value, beside the empty field, separated by commas. (default: \(CSVDialect.standardMissingTexts.joined(separator: ",")))",
      valueName: "list"))
  var naValues: MissingTexts?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The mark in numbers that are not whole; with a comma, name a --delimiter.",
      valueName: "mark"))
  var decimal = CSVDialect.DecimalMark.point

  /// The options together.
  var dialect: CSVDialect {
    var dialect = CSVDialect()
    if let delimiter { dialect.delimiter = delimiter }
    dialect.header = header
    dialect.comment = comment?.byte
    dialect.missing = na
    if let naValues { dialect.missingTexts = naValues.texts }
    dialect.decimalMark = decimal
    return dialect
  }
}

/// A character that separates fields or begins comments.
struct Mark: ExpressibleByArgument, Equatable {
  let byte: UInt8

  init?(argument: String) {
    switch argument {
    case "tab", "\\t": byte = UInt8(ascii: "\t")
    case "space": byte = UInt8(ascii: " ")
    default:
      guard argument.utf8.count == 1, let byte = argument.utf8.first, CSVDialect.isMark(byte)
      else { return nil }
      self.byte = byte
    }
  }
}

/// Texts separated by commas, without blanks around them.
struct MissingTexts: ExpressibleByArgument, Equatable {
  let texts: [String]

  init?(argument: String) {
    texts = argument.split(separator: ",").map { text in
      var text = text.drop { $0 == " " }
      while text.last == " " { text.removeLast() }
      return String(text)
    }
  }
}

extension CSVDialect.Delimiter: ExpressibleByArgument {
  /// Reads the option's spelling; nil where it is none.
  public init?(argument: String) {
    guard argument != "auto" else {
      self = .automatic
      return
    }
    guard let mark = Mark(argument: argument) else { return nil }
    self = .character(mark.byte)
  }
}

extension CSVDialect.Header: ExpressibleByArgument {}
extension CSVDialect.MissingPolicy: ExpressibleByArgument {}
extension CSVDialect.DecimalMark: ExpressibleByArgument {}
