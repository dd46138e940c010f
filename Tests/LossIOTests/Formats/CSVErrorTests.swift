import LossTensor
import Testing

@testable import LossIO

@Suite("CSV errors")
struct CSVErrorTests {
  @Test("a row of another length is an error, whatever is selected")
  func ragged() {
    expectCSV(
      "a,b,c\n1,2,3\n4,5\n", at: .line(3, column: 1), fails: .raggedRow(expected: 3, found: 2))
    expectCSV("1,2\n3,4,5\n", at: .line(2, column: 1), fails: .raggedRow(expected: 2, found: 3))
    expectCSV("1,2\n3,4,\n", at: .line(2, column: 1), fails: .raggedRow(expected: 2, found: 3))
    expectCSV(
      "a,b,c\n1,2,3\n\n4,5\n", columns: "a", at: .line(4, column: 1),
      fails: .raggedRow(expected: 3, found: 2))
    expectCSV(
      "a,b\n1,2\n4,5,6\n", columns: "a", at: .line(3, column: 1),
      fails: .raggedRow(expected: 2, found: 3))
    expectCSV("v\n1\n2,3\n", at: .line(3, column: 1), fails: .raggedRow(expected: 1, found: 2))
  }

  @Test("a row that is ragged because of a comma in a number says so")
  func raggedBeforeNumber() {
    expectCSV(
      "1,2\n3,x,5\n", at: .line(2, column: 1), fails: .raggedRow(expected: 2, found: 3))
  }

  @Test("quotes must enclose a whole field")
  func quotes() {
    expectCSV(
      "a,b\n1,\"2\" x\n", at: .line(2, column: 7),
      fails: .malformedQuotes(
        #"expected the end of the field after its closing quote, found "x""#))
    expectCSV(
      "a,b\n1,\"2\n", at: .line(2, column: 3),
      fails: .malformedQuotes("expected a closing quote, found the end of the file"))
    expectCSV(
      "a,b\n12\"3\",4\n", at: .line(2, column: 3),
      fails: .malformedQuotes(
        #"expected quotes around the whole field, found one after "12""#))
    expectCSV(
      "a,b\nx\"y,4\n", columns: "b", at: .line(2, column: 2),
      fails: .malformedQuotes(
        #"expected quotes around the whole field, found one after "x""#))
    expectCSV(
      "1\n\"2\"\"3\"\n", at: .line(2, column: 1),
      fails: .notANumber(column: "1", found: #""2\"3""#))
    expectCSV(
      "1\n\"2\n\"\n", at: .line(2, column: 1),
      fails: .notANumber(column: "1", found: #""2\n""#))
  }

  @Test("lines in quotes count, a byte order mark does not")
  func places() {
    expectCSV(
      "\u{FEFF}id,v\n\"1\n2\r\n3\",4\r\nk,  x5 \n", columns: "v", at: .line(5, column: 5),
      fails: .notANumber(column: #""v""#, found: #""x5""#))
    expectCSV(
      "\u{FEFF}1,\"2\"x\n", at: .line(1, column: 6),
      fails: .malformedQuotes(
        #"expected the end of the field after its closing quote, found "x""#))
  }

  @Test("a carriage return alone is an error, in quotes it is text")
  func carriageReturns() throws {
    expectCSV("1,2\r3,4\r", at: .line(1, column: 4), fails: .loneCarriageReturn)
    expectCSV("1,2\n3\r,4\n", at: .line(2, column: 2), fails: .loneCarriageReturn)
    expectCSV("1,2\n3,4\r", at: .line(2, column: 4), fails: .loneCarriageReturn)
    expectCSV("1,2\n\"3\"\r,4\n", at: .line(2, column: 4), fails: .loneCarriageReturn)
    expectCSV("1\n2\r\r\n", at: .line(2, column: 2), fails: .loneCarriageReturn)
    expectCSV("a,b\nx\ry,4\n", columns: "b", at: .line(2, column: 2), fails: .loneCarriageReturn)
    #expect(try readCSV("a,b\n\"x\ry\",4\n", columns: "b").doubles == [4])
  }

  @Test("in a single column an empty line may be a missing value")
  func emptyLines() throws {
    let missing = FileError.Problem.missingValue(column: "1", found: "an empty line")
    expectCSV("1\n\n2\n", at: .line(2, column: 1), fails: missing)
    expectCSV("1\r\n\r\n2\r\n", at: .line(2, column: 1), fails: missing)
    expectCSV("\n1\n2\n", at: .line(1, column: 1), fails: missing)
    expectCSV("1\n  \n2\n", at: .line(2, column: 3), fails: missing)
    expectCSV(
      "v\n1\n\n2\n", at: .line(3, column: 1),
      fails: .missingValue(column: #""v""#, found: "an empty line"))
    #expect(try readCSV("\n\nv\n1\n").doubles == [1])
  }

  @Test("a file without rows is an error")
  func noRows() {
    expectCSV("a,b\n", at: nil, fails: .noRows)
    expectCSV("score", at: nil, fails: .noRows)
    expectCSV("\n \r\n\n", at: nil, fails: .empty)
    expectCSV("\u{FEFF}", at: nil, fails: .empty)
    expectCSV("", at: nil, fails: .empty)
  }

  @Test("a field of several numbers is told what separates fields")
  func separatorHint() {
    func hint(_ found: String) -> String? {
      FileError("t.csv", .notANumber(column: "1", found: found)).wording.hint
    }
    #expect(hint(#""0.5;1""#) == "if semicolons separate the fields, add --delimiter ';'")
    #expect(hint(#""0.5|1""#) == "if bars separate the fields, add --delimiter '|'")
    #expect(hint(#""0.5\t-1""#) == "if tabs separate the fields, add --delimiter tab")
    #expect(hint(#""0.5 1e3 2""#) == "if spaces separate the fields, add --delimiter space")
    #expect(hint(#""-0,5""#) == "if commas are decimal marks, add --decimal ,")
    #expect(hint(#""a,b""#) == nil)
    #expect(hint(#""1 apple""#) == nil)
    #expect(hint(#""abc""#) == nil)
    #expect(hint("an empty line") == nil)
  }
}
