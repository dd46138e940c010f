import LossTensor
import Testing

@testable import LossIO

@Suite("CSV numbers")
struct CSVNumberTests {
  @Test(
    "these are numbers",
    arguments: [
      ("0", 0), ("-0", -0.0), ("+7", 7), ("-12.5", -12.5), ("1.", 1), (".5", 0.5), ("-.5", -0.5),
      ("+.25", 0.25), ("1e3", 1000), ("1E+3", 1000), ("25e-1", 2.5), ("1.e2", 100), ("007", 7),
      ("0.1", 0.1), ("2.2250738585072014e-308", 0x1p-1022), ("4.9e-324", 0x1p-1074),
      ("179769313486231570000e288", .greatestFiniteMagnitude), ("1e400", .infinity),
      ("-1e400", -.infinity), ("1e-400", 0), ("inf", .infinity), ("-INF", -.infinity),
      ("+Infinity", .infinity), ("-infinity", -.infinity), ("  3\t", 3), ("\" -3 \"", -3),
      (" \"+4\"\t", 4), ("9007199254740992", 0x1p53), ("9007199254740994", 0x1p53 + 2),
      ("9007199254740993.0", 0x1p53), ("18446744073709551616", 0x1p64),
      ("0.00000000000000000000000000000000000000001", 1e-41),
    ] as [(String, Double)])
  func accepted(text: String, value: Double) throws {
    let file = try readCSV("1\n\(text)\n")
    #expect(file.dimensions == [2])
    #expect(file.doubles[1].bitPattern == value.bitPattern)
  }

  @Test("NaN is a number with or without a sign", arguments: ["nan", "NaN", "NAN", "-nan", "+nan"])
  func notANumberIsANumber(text: String) throws {
    let file = try readCSV("1,2\n\(text),3\n")
    #expect(file.hasHeader == false)
    #expect(file.doubles[2].isNaN)
    #expect(file.doubles[3] == 3)
  }

  @Test(
    "these are not numbers",
    arguments: [
      "0x10", "0x1p3", "1_000", "1d3", "1.5f", "1.2.3", "1e", "1e+", "--1", "+-1", "-+1", "++1",
      ".",
      "-", "+", "-.", "e5", "1 2", "1;2", "- 1", "nan(1)", "nan()", "NaN(abc)", "-nan(ind)", "nanx",
      "infinit", "infx", "in", "Na", "nil", "true", "１２", "1\u{A0}", "²", "1e5.5", "1'000", "½",
      "$1", "1%", "−1",
    ])
  func rejected(text: String) {
    expectCSV(
      "1,2\n3, \(text) \n", at: .line(2, column: 4),
      fails: .notANumber(column: "2", found: "\"\(text)\""))
    expectCSV(
      "1,2\n3,\"\(text)\"\n", at: .line(2, column: 3),
      fails: .notANumber(column: "2", found: "\"\(text)\""))
  }

  @Test("control characters are errors in numbers, names and text that is passed over")
  func controlCharacters() {
    let zero = FileError.Problem.notText(found: #"the control character "\0""#)
    expectCSV(
      "1\n2\u{0}3\n", at: .line(2, column: 1), fails: .notANumber(column: "1", found: #""2\03""#))
    expectCSV(
      "1\n2\u{0}\n", at: .line(2, column: 1), fails: .notANumber(column: "1", found: #""2\0""#))
    expectCSV("a,b\nx,1\nx\u{0}y,2\n", columns: "b", at: .line(3, column: 2), fails: zero)
    expectCSV("a,b\nx,1\n\"x\n\u{0}\",2\n", columns: "b", at: .line(4, column: 1), fails: zero)
    expectCSV("a,b\u{0}\nx,1\n", columns: "a", at: .line(1, column: 4), fails: zero)
    expectCSV(
      "a,b\nx\u{7F},1\n", columns: "b", at: .line(2, column: 2),
      fails: .notText(found: #"the control character "\u{7F}""#))
  }

  @Test("a missing value is an error")
  func missing() {
    expectCSV(
      "a,b\n1,2\n3,\n", at: .line(3, column: 3),
      fails: .missingValue(column: #""b""#, found: "an empty field"))
    expectCSV(
      "a,b\n1,2\n\"\",3\n", at: .line(3, column: 1),
      fails: .missingValue(column: #""a""#, found: "an empty field"))
  }

  @Test("long text is cut in messages")
  func longText() {
    let letters = String(repeating: "y", count: 5000)
    expectCSV(
      "1\n\(letters)\n", at: .line(2, column: 1),
      fails: .notANumber(column: "1", found: "\"\(letters.prefix(40))…\""))
  }

  @Test(
    "an integer that float32 does not have is an error",
    arguments: [
      "16777217", "-16777217", "+16777219", "0000016777217", "33554434", "123456789",
      "340282366920938463463374607431768211456", "9223372036854775807",
    ])
  func inexactFloat(text: String) throws {
    let inexact = FileError.Problem.inexactInteger(column: "2", found: text, type: "float32")
    expectCSV("1,\(text)\n", options: ReadOptions(), at: .line(1, column: 3), fails: inexact)
    expectCSV("1,\"\(text)\"\n", options: ReadOptions(), at: .line(1, column: 3), fails: inexact)
  }

  @Test(
    "integers that float32 has, and numbers not written as integers, are read",
    arguments: [
      ("16777216", 0x1p24), ("16777218", 0x1p24 + 2), ("-33554436", -0x1p25 - 4),
      ("340282346638528859811704183484516925440", Float.greatestFiniteMagnitude),
      ("16777217.0", 0x1p24), ("1e10", 1e10), ("1e39", .infinity),
    ] as [(String, Float)])
  func exactFloat(text: String, value: Float) throws {
    let file = try readCSV("1\n\(text)\n", options: ReadOptions())
    let values: [Float] = file.tensor.values()
    #expect(values == [1, value])
  }

  @Test(
    "an integer that float64 does not have is an error",
    arguments: ["9007199254740993", "-9007199254740993", "100000000000000000000000"])
  func inexactDouble(text: String) {
    expectCSV(
      "1\n\(text)\n", at: .line(2, column: 1),
      fails: .inexactInteger(column: "1", found: text, type: "float64"))
  }

  @Test("integers of any length are compared exactly")
  func longIntegers() throws {
    let largest = Decimal.largestDouble
    #expect(try readCSV("\(largest)\n").doubles == [.greatestFiniteMagnitude])
    let next = String(largest.dropLast()) + "9"
    let shown = String(next.prefix(40)) + "…"
    expectCSV(
      "\(next)\n", at: .line(1, column: 1),
      fails: .inexactInteger(column: "1", found: shown, type: "float64"))
    let nines = String(repeating: "9", count: 400)
    expectCSV(
      "\(nines)\n", at: .line(1, column: 1),
      fails: .inexactInteger(
        column: "1", found: String(nines.prefix(40)) + "…", type: "float64"))
  }
}

/// Exact decimal digits of numbers tests need.
private enum Decimal {
  /// 2¹⁰²⁴ − 2⁹⁷¹.
  static var largestDouble: String {
    var digits = [1]
    func double() {
      var carry = 0
      for position in digits.indices {
        let value = digits[position] * 2 + carry
        (carry, digits[position]) = value.quotientAndRemainder(dividingBy: 10)
      }
      if carry > 0 { digits.append(carry) }
    }
    // (2⁵³ − 1) · 2⁹⁷¹; no power of two ends in 0.
    for _ in 0..<53 { double() }
    digits[0] -= 1
    for _ in 0..<971 { double() }
    return digits.reversed().map(String.init).joined()
  }
}
