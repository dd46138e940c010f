import LossTensor
import Testing

@testable import LossIO

/// Options for a file spelt this way, read as float64.
private func options(_ change: (inout CSVDialect) -> Void) -> ReadOptions {
  var options = ReadOptions(textType: .float64)
  change(&options.csv)
  return options
}

private func byte(_ character: Unicode.Scalar) -> UInt8 { UInt8(ascii: character) }

@Suite("CSV delimiters")
struct CSVDelimiterTests {
  @Test(
    "any character separates fields",
    arguments: [";", "|", ":", " ", "\t", "#"] as [Unicode.Scalar]
  )
  func characters(delimiter: Unicode.Scalar) throws {
    let text = "a;b;c\n1;-2.5;3\r\n\"4\";5; 6\t\n"
      .split(separator: " ").joined().split(separator: "\t").joined()
    let file = try readCSV(
      text.split(separator: ";").joined(separator: String(delimiter)), columns: "c,a",
      options: options { $0.delimiter = .character(byte(delimiter)) })
    #expect(file.columns == ["c", "a"])
    #expect(file.doubles == [3, 1, 6, 4])
    #expect(file.delimiter == nil)
  }

  @Test("a delimiter that is named wins over the suffix, and commas are then text")
  func overSuffix() throws {
    let semicolons = options { $0.delimiter = .character(byte(";")) }
    let file = try readCSV("x,y;v\n1,2;3\n", columns: "v", path: "t.tsv", options: semicolons)
    #expect(file.doubles == [3])
    expectCSV(
      "1;2\n3;4,5\n", options: semicolons, at: .line(2, column: 3),
      fails: .notANumber(column: "2", found: #""4,5""#))
  }

  @Test("a single space separates, two leave a missing value between them")
  func spaces() throws {
    let space = options { $0.delimiter = .character(byte(" ")) }
    #expect(try readCSV("1 2\n3 \t4\n", options: space).doubles == [1, 2, 3, 4])
    expectCSV(
      "1 2\n3  4\n", options: space, at: .line(2, column: 1),
      fails: .raggedRow(expected: 2, found: 3))
    expectCSV(
      "1 2\n3 4 \n", options: space, at: .line(2, column: 1),
      fails: .raggedRow(expected: 2, found: 3))
  }

  @Test(
    "auto takes the delimiter that cuts the first rows evenly",
    arguments: [
      ("a,b\n1,2\n3,4\n", ","), ("a;b\n1;2\n3;4\n", ";"), ("a\tb\n1\t2\n3\t4\n", "\t"),
      ("a|b\n1|2\n3|4\n", "|"), ("\"x,y\";b\n1;2\n3;4\n", ";"), ("\n\na|b\n1|2\n\n3|4\n", "|"),
      ("a,x;b\n1;2\n3;4\n", ";"), ("\"a\n;|\"\tb\n1\t2\n3\t4", "\t"),
    ] as [(String, Unicode.Scalar)])
  func automatic(text: String, delimiter: Unicode.Scalar) throws {
    let file = try readCSV(text, options: options { $0.delimiter = .automatic })
    #expect(file.delimiter == byte(delimiter))
    #expect(file.doubles == [1, 2, 3, 4])
  }

  @Test("auto takes what leaves numbers where more than one cuts evenly")
  func automaticByNumbers() throws {
    let auto = options { $0.delimiter = .automatic }
    let times = try readCSV("t;v\n1|x;2\n3|x;4\n", columns: "2", options: auto)
    #expect(times.delimiter == byte(";"))
    let comma = options {
      $0.delimiter = .automatic
      $0.decimalMark = .comma
    }
    let file = try readCSV("1,5;2,25\n-3,5;4\n", options: comma)
    #expect(file.delimiter == byte(";"))
    #expect(file.doubles == [1.5, 2.25, -3.5, 4])
  }

  @Test("auto reads one column, and leaves ragged rows to be told as such")
  func automaticEdges() throws {
    let auto = options { $0.delimiter = .automatic }
    #expect(try readCSV("v\n1\n2.5\n", options: auto).doubles == [1, 2.5])
    expectCSV(
      "1;2\n3;4\n5\n", options: auto, at: .line(3, column: 1),
      fails: .raggedRow(expected: 2, found: 1))
    expectCSV(
      "1;2|3\n4;5|6\n", options: auto, at: nil,
      fails: .ambiguousDelimiter(found: [#"";""#, #""|""#]))
  }

  @Test("a row beyond those looked at does not change the choice")
  func automaticStray() throws {
    let rows = Array(repeating: "1,2", count: 30).joined(separator: "\n")
    expectCSV(
      rows + "\n3|4,5\n", options: options { $0.delimiter = .automatic }, at: .line(31, column: 1),
      fails: .notANumber(column: "1", found: #""3|4""#))
  }

  @Test("one character cannot have two meanings")
  func clashes() {
    expectCSV(
      "1,5\n", options: options { $0.decimalMark = .comma }, at: nil,
      fails: .sameMark(#"",""#, first: "--delimiter", second: "--decimal"))
    let comment = options {
      $0.delimiter = .character(byte("#"))
      $0.comment = byte("#")
    }
    expectCSV(
      "1#5\n", options: comment, at: nil,
      fails: .sameMark(##""#""##, first: "--delimiter", second: "--comment"))
    let mark = options {
      $0.delimiter = .character(byte(";"))
      $0.decimalMark = .comma
      $0.comment = byte(",")
    }
    expectCSV(
      "1;5\n", options: mark, at: nil,
      fails: .sameMark(#"",""#, first: "--decimal", second: "--comment"))
  }

  @Test("letters, digits, quotes and what numbers are made of separate nothing")
  func marks() {
    for character in "abzAZ019\"+-._\n\r\0\u{7F}".unicodeScalars {
      #expect(!CSVDialect.isMark(byte(character)))
    }
    for character in ",;|\t #:!%&*/^~$@".unicodeScalars {
      #expect(CSVDialect.isMark(byte(character)))
    }
    #expect(!CSVDialect.isMark(0xE9))
  }
}

@Suite("CSV headers, comments and decimal marks")
struct CSVSpellingTests {
  @Test("a header that is asked for is one even of numbers")
  func headerYes() throws {
    let yes = options { $0.header = .yes }
    let file = try readCSV("1,2\n3,4\n", columns: "\"2\"", options: yes)
    #expect(file.columns == ["2"])
    #expect(file.doubles == [4])
    #expect(!file.isHeaderDoubtful)
    #expect(try readCSV("1,2\n3,4\n", options: yes).doubles == [3, 4])
    expectCSV("1,2\n", options: yes, at: nil, fails: .noRows)
  }

  @Test("where there is none, the first row is data and columns have no names")
  func headerNo() throws {
    let no = options { $0.header = .no }
    #expect(try readCSV("x,2\n3,4\n", columns: "2", options: no).doubles == [2, 4])
    expectCSV(
      "score,2\n3,4\n", options: no, at: .line(1, column: 1),
      fails: .notANumber(column: "1", found: #""score""#))
    expectCSV(
      "score,2\n3,4\n", columns: "2,score", options: no, at: nil,
      fails: .namesWithoutHeader(name: "score"))
  }

  @Test("a first row with a missing value is data; with a name, it is a header")
  func headerWithMissing() throws {
    let nan = options { $0.missing = .nan }
    let data = try readCSV("1,NA\n3,4\n", options: nan)
    #expect(data.hasHeader == false)
    #expect(areSame(data.doubles, [1, .nan, 3, 4]))
    let header = try readCSV("id,NA\n3,4\n", options: nan)
    #expect(header.columns == ["id", "NA"])
    #expect(header.doubles == [3, 4])
    expectCSV(
      "1,NA\n3,4\n", at: .line(1, column: 3), fails: .missingValue(column: "2", found: #""NA""#))
  }

  @Test("comments are passed over, within quotes and fields they are text")
  func comments() throws {
    let comments = options { $0.comment = byte("#") }
    let text = "# made by \"x, y\n#\n  # more\na,#b\n1,2\n#3,4\n\"5\",6\n \t# \"\n\n\"\n#\n7\",8"
    expectCSV(
      text, options: comments, at: .line(10, column: 1),
      fails: .notANumber(column: #""a""#, found: #""\n#\n7""#))
    let file = try readCSV(text, columns: "#b", options: comments)
    #expect(file.doubles == [2, 6, 8])
    expectCSV(
      "1,2\n3,4 # five\n", options: comments, at: .line(2, column: 3),
      fails: .notANumber(column: "2", found: #""4 # five""#))
    expectCSV(
      "# x\n1,2\n", at: .line(2, column: 1), fails: .raggedRow(expected: 1, found: 2))
    expectCSV("# x\n# y", options: comments, at: nil, fails: .empty)
  }

  @Test("in a single column comments are passed over, and empty lines are still missing values")
  func commentsInOneColumn() throws {
    let comments = options { $0.comment = byte("%") }
    #expect(try readCSV("%\n1\n%x\r\n2\n%", options: comments).doubles == [1, 2])
    expectCSV(
      "1\n%\n\n2\n", options: comments, at: .line(3, column: 1),
      fails: .missingValue(column: "1", found: "an empty line"))
  }

  @Test("decimal commas, and no points beside them")
  func decimalComma() throws {
    let comma = options {
      $0.delimiter = .character(byte(";"))
      $0.decimalMark = .comma
    }
    let file = try readCSV(
      "a;b\n1,5;-2,25e-1\n+,5;3,\n\"0,1\";7\n", options: comma)
    #expect(file.doubles == [1.5, -0.225, 0.5, 3, 0.1, 7])
    expectCSV(
      "1,5;2\n3;4.5\n", options: comma, at: .line(2, column: 3),
      fails: .notANumber(column: "2", found: #""4.5""#))
    expectCSV(
      "1,5;2\n1.000,5;4\n", options: comma, at: .line(2, column: 1),
      fails: .notANumber(column: "1", found: #""1.000,5""#))
  }
}

@Suite("CSV missing values")
struct CSVMissingTests {
  @Test("a missing value is an error that names its place")
  func error() {
    for text in ["NA", "N/A", "n/a", "#N/A", "<NA>", "NULL", "null", "None"] {
      expectCSV(
        "a,b\n1,2\n3, \"\(text)\"\n", at: .line(3, column: 4),
        fails: .missingValue(column: #""b""#, found: "\"\(text)\""))
    }
  }

  @Test("missing values are NaN where that is asked for")
  func nan() throws {
    let nan = options { $0.missing = .nan }
    let file = try readCSV("a,b\n1,\n,2\n NA ,\"null\"\n\"\",nan\n5,6\n", options: nan)
    #expect(areSame(file.doubles, [1, .nan, .nan, 2, .nan, .nan, .nan, .nan, 5, 6]))
    #expect(file.missingRows == [])
    let column = try readCSV("v\n1\n\n \nNone\n2\n\n\n", options: nan)
    #expect(areSame(column.doubles, [1, .nan, .nan, .nan, 2]))
    expectCSV(
      "a,b\n1,\n2,x\n", options: nan, at: .line(3, column: 3),
      fails: .notANumber(column: #""b""#, found: #""x""#))
  }

  @Test("rows to be left out are named; NaN and fields that are not selected leave none out")
  func skipRow() throws {
    let skip = options { $0.missing = .skipRow }
    let text = "a,b,c\n1,2,3\n,5,6\n7,8,NA\n\n9,nan,1\nNA,NA,2\n"
    let both = try readCSV(text, columns: "1,2", options: skip)
    #expect(both.missingRows == [1, 4])
    #expect(areSame(both.doubles, [1, 2, .nan, 5, 7, 8, 9, .nan, .nan, .nan]))
    #expect(try readCSV(text, columns: "c", options: skip).missingRows == [2])
  }

  @Test("other texts can stand for missing values; numbers among them are no numbers then")
  func texts() throws {
    var skip = options { $0.missing = .skipRow }
    skip.csv.missingTexts = ["-999", "?", "nan"]
    let file = try readCSV("a\n-999\n1\n?\n\" -999 \"\n-999.0\nNaN\nnan\n", options: skip)
    #expect(file.missingRows == [0, 2, 3, 6])
    #expect(areSame(file.doubles, [.nan, 1, .nan, .nan, -999, .nan, .nan]))
    expectCSV(
      "a\n1\nNA\n", options: skip, at: .line(3, column: 1),
      fails: .notANumber(column: #""a""#, found: #""NA""#))
    skip.csv.missing = .error
    expectCSV(
      "a,b\n1,2\n-999,3\n", options: skip, at: .line(3, column: 1),
      fails: .missingValue(column: #""a""#, found: #""-999""#))
  }
}
