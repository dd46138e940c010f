import LossTensor
import Testing

@testable import LossIO

@Suite("CSV columns")
struct CSVColumnsTests {
  private static let names = ["id", "pred_0", "pred_1", "a-c", "a", "b", "c", "pred_0"]

  private func columns(
    _ selector: String, names: [String]? = Self.names, count: Int = 8
  ) throws -> [Int] {
    let selection = try CSVSelection(selector, path: "t.csv")
    return try selection.columns(count: names?.count ?? count, names: names).map { $0 + 1 }
  }

  private func expect(
    _ selector: String, names: [String]? = Self.names, fails problem: FileError.Problem,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: FileError("t.csv", problem), sourceLocation: sourceLocation) {
      try columns(selector, names: names)
    }
  }

  @Test(
    "columns are selected by name and by number, in the order given",
    arguments: [
      ("id", [1]), ("3", [3]), ("c,id", [7, 1]), (" c , 2 ", [7, 2]), ("2-5", [2, 3, 4, 5]),
      ("5-2", [5, 4, 3, 2]), ("6-", [6, 7, 8]), ("-3", [1, 2, 3]), ("8-8", [8]),
      ("*", [1, 2, 3, 4, 5, 6, 7, 8]), ("007", [7]), ("a-c", [4]), ("\"a-c\"", [4]),
      ("a-b", [5, 6]), ("c-a", [7, 6, 5]), ("b - c", [6, 7]), ("pred_*", [2, 3, 8]),
      ("c,pred_*", [7, 2, 3, 8]), ("a-b,1", [5, 6, 1]), ("!1", [2, 3, 4, 5, 6, 7, 8]),
      ("!pred_*,!a-c", [1, 5, 6, 7]), ("1-4,!3", [1, 2, 4]), ("!3,4-1", [4, 2, 1]),
      ("! id,!6-", [2, 3, 4, 5]), ("pred_*,!8,id", [2, 3, 1]), ("a,!b", [5]),
    ])
  func selections(selector: String, expected: [Int]) throws {
    #expect(try columns(selector) == expected)
  }

  @Test("a name in quotes is nothing but a name")
  func quotedNames() throws {
    let names = ["x, y", "3", "2-1", "!n", "say \"hi\"", "p*", "pq"]
    #expect(try columns("\"x, y\",\"3\"", names: names) == [1, 2])
    #expect(try columns("3", names: names) == [3])
    #expect(try columns("\"2-1\",2-1", names: names) == [3, 2, 1])
    #expect(try columns("\"!n\",\"say \"\"hi\"\"\"", names: names) == [4, 5])
    #expect(try columns("!\"x, y\",!2-5", names: names) == [6, 7])
    #expect(try columns("p*", names: names) == [6])
  }

  @Test("numbers need no header", arguments: [("2", [2]), ("3-1", [3, 2, 1]), ("!2", [1, 3])])
  func numbers(selector: String, expected: [Int]) throws {
    #expect(try columns(selector, names: nil, count: 3) == expected)
    #expect(try CSVSelection(selector, path: "t.csv").firstName == nil)
  }

  @Test("a name that is not there is an error that knows the nearest")
  func unknown() {
    let names = ["score", "label"]
    expect(
      "scroe", names: names, fails: .unknownColumn(name: "scroe", nearest: "score", known: names))
    expect("zzz", names: names, fails: .unknownColumn(name: "zzz", nearest: nil, known: names))
    expect("1,!x", names: names, fails: .unknownColumn(name: "x", nearest: nil, known: names))
    expect("p*", names: names, fails: .unknownColumn(name: "p*", nearest: nil, known: names))
    expect(
      "score-labels", names: names,
      fails: .unknownColumn(name: "score-labels", nearest: nil, known: names))
  }

  @Test("numbers outside the table are errors")
  func outOfRange() {
    for selector in ["0", "9", "99999999999999999999999"] {
      expect(selector, fails: .columnOutOfRange(column: selector, count: 8))
    }
    expect("2-9", fails: .columnOutOfRange(column: "9", count: 8))
    expect("0-", fails: .columnOutOfRange(column: "0", count: 8))
    expect("!12", fails: .columnOutOfRange(column: "12", count: 8))
  }

  @Test("a name that stands twice in the header is an error")
  func duplicateName() {
    let problem = FileError.Problem.duplicateColumn(name: "pred_0", first: 2, second: 8)
    expect("pred_0", fails: problem)
    expect("pred_0-c", fails: problem)
    expect("!\"pred_0\"", fails: problem)
  }

  @Test("a column selected twice is an error")
  func selectedTwice() {
    expect("id,1", fails: .badColumnSelection(#"column "id" twice"#))
    expect("2-4,3", fails: .badColumnSelection(#"column "pred_1" twice"#))
    expect("2,2", names: nil, fails: .badColumnSelection("column 2 twice"))
  }

  @Test("text that is no selection is an error")
  func malformed() {
    for selector in ["", "a,,b", "a,", "!", " "] {
      expect(selector, fails: .badColumnSelection("an item that is empty"))
    }
    expect("\"a", fails: .badColumnSelection(#""\"a", where a quote is open"#))
    expect("\"a\"b", fails: .badColumnSelection(#""\"a\"b""#))
    expect("a\"b\"", fails: .badColumnSelection(#""a\"b\"""#))
    expect("!!a", fails: .badColumnSelection(#""!a""#))
    expect("a,!a", fails: .badColumnSelection(#""a,!a", which leaves no column"#))
    expect("!1-", fails: .badColumnSelection(#""!1-", which leaves no column"#))
    expect(
      "x-y-z", names: ["x", "y-z", "x-y", "z"],
      fails: .badColumnSelection(#""x-y-z", which can be cut in two ways"#))
  }

  @Test("a name needs a header to be looked up in")
  func namesNeedHeader() {
    for selector in ["score", "1,score", "\"1\"", "2,!score"] {
      let source = ByteSource(path: "t.csv", storage: ByteStorage(copying: Array("1,2\n".utf8)))
      let name = selector == "\"1\"" ? "1" : "score"
      #expect(throws: FileError("t.csv", .namesNeedHeader(name: name))) {
        try CSVFormat.read(source, name: "t.csv", selector: selector, options: ReadOptions())
      }
    }
  }
}
