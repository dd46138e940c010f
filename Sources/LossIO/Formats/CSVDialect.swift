/// How CSV files are spelt, as far as that is for the user to say.
///
/// Nothing is guessed that is not asked for: without options a file is separated by commas (by tabs where
/// it is called `.tsv`), has points in its numbers, and a value for each field.
public struct CSVDialect: Equatable, Sendable {
  /// What separates fields.
  public enum Delimiter: Equatable, Sendable {
    /// A tab in `.tsv` files, a comma in all others.
    case bySuffix
    /// Whichever of comma, tab, semicolon and vertical bar the first rows are cut by.
    case automatic
    /// This character.
    case character(UInt8)
  }

  /// Whether the first row holds the columns' names.
  public enum Header: String, CaseIterable, Sendable {
    /// Where a selected field of it is neither a number nor missing.
    case auto
    case yes
    case no
  }

  /// What becomes of missing values.
  public enum MissingPolicy: String, CaseIterable, Sendable {
    case error
    /// They are NaN.
    case nan
    /// Their rows are left out, of all inputs that are read together.
    case skipRow = "skip-row"
  }

  /// What stands between the whole and the rest of a number.
  public enum DecimalMark: String, CaseIterable, Sendable {
    case point = "."
    case comma = ","

    /// The mark.
    var byte: UInt8 { self == .point ? UInt8(ascii: ".") : CSVByte.comma }
  }

  /// What separates fields.
  public var delimiter: Delimiter = .bySuffix

  /// Lines that begin so, after blanks, are passed over; none where nil.
  public var comment: UInt8?

  /// Whether the first row holds the columns' names.
  public var header: Header = .auto

  /// What becomes of missing values.
  public var missing: MissingPolicy = .error

  /// Texts that stand for a missing value, beside the empty field.
  public var missingTexts: [String] = Self.standardMissingTexts

  /// What stands between the whole and the rest of a number.
  public var decimalMark: DecimalMark = .point

  /// What spreadsheets, R, pandas and databases write for a missing value. NaN is a number.
  public static let standardMissingTexts = [
    "NA", "N/A", "n/a", "#N/A", "<NA>", "NULL", "null", "None",
  ]

  /// Plain CSV.
  public init() {}

  /// Whether a character may separate fields or begin comments: one that no number, name or quote has.
  public static func isMark(_ byte: UInt8) -> Bool {
    guard byte == CSVByte.tab || (CSVByte.space...0x7E).contains(byte) else { return false }
    let character = Character(Unicode.Scalar(byte))
    return !character.isLetter && !character.isNumber && !"\"+-._".contains(character)
  }
}
