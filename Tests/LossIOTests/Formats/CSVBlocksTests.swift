import Foundation
import LossTensor
import Testing

@testable import LossIO

/// What reading in blocks of some size, by some threads, came to.
private struct Outcome: Equatable {
  var bits: [UInt64] = []
  var missing: [Int] = []
  var error: FileError?

  init(
    _ text: String, columns: String? = nil, threads: Int, blockByteCount: Int,
    _ change: (inout CSVDialect) -> Void = { _ in }
  ) {
    var dialect = CSVDialect()
    change(&dialect)
    let source = ByteSource(path: "t.csv", storage: ByteStorage(copying: Array(text.utf8)))
    do throws(FileError) {
      let layout = try CSVLayout(of: CSVText(source, dialect), selector: columns)
      let (storage, rows) = try CSVBlocks(
        of: layout, as: .float64, threadCount: { threads }, blockByteCount: blockByteCount
      ).read()
      bits = storage.bytes.withMemoryRebound(to: UInt64.self) { Array($0) }
      missing = rows.missing
      #expect(bits.count == rows.count * layout.selected.count)
    } catch {
      self.error = error
    }
  }

  var doubles: [Double] { bits.map { Double(bitPattern: $0) } }
}

@Suite("CSV in blocks")
struct CSVBlocksTests {
  private static let sizes = [1, 2, 3, 5, 7, 16, 61, 1 << 18]

  /// Expects the same of all sizes of blocks and numbers of threads, and returns it.
  private func outcome(
    _ text: String, columns: String? = nil, _ change: (inout CSVDialect) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Outcome {
    let whole = Outcome(text, columns: columns, threads: 1, blockByteCount: 1 << 20, change)
    for size in Self.sizes {
      for threads in [1, 2, 7] {
        let found = Outcome(text, columns: columns, threads: threads, blockByteCount: size, change)
        #expect(
          found == whole, "blocks of \(size) bytes, \(threads) threads",
          sourceLocation: sourceLocation)
      }
    }
    return whole
  }

  @Test("rows cut by the borders of blocks are read whole", arguments: ["\n", "\r\n"])
  func rows(lineEnd: String) {
    let rows = (0..<60).map { "\($0 * $0),-\($0).25" }
    let text = (["a,b"] + rows).joined(separator: lineEnd)
    let second = (0..<60).map { Double("-\($0).25") ?? .nan }
    let expected = (0..<60).flatMap { [Double($0 * $0), second[$0]] }
    #expect(outcome(text).doubles == expected)
    #expect(outcome(text + lineEnd + lineEnd).doubles == expected)
    #expect(outcome(text, columns: "b").doubles == second)
  }

  @Test("a row longer than blocks is in one")
  func longRow() {
    let long = String(repeating: "0", count: 200) + "7"
    #expect(outcome("1,2\n3,\(long)\n4,5").doubles == [1, 2, 3, 7, 4, 5])
  }

  @Test("line breaks and delimiters in quotes end nothing", arguments: ["\n", "\r\n"])
  func quotes(lineEnd: String) {
    let rows = (0..<20).map { "\"x, \"\"\(lineEnd)\"\"\",\($0),\"\(lineEnd)\n\n,\"" }
    let text = (["\"a\n\"\"\",v,\"\""] + rows).joined(separator: lineEnd)
    #expect(outcome(text, columns: "v").doubles == (0..<20).map { Double($0) })
  }

  @Test("blank lines and comments leave no gaps")
  func gaps() {
    func text(row: (Int) -> String, other: (Int) -> String) -> String {
      let lines = (0..<30).map { $0 % 3 == 0 ? row($0) : $0 % 3 == 1 ? "" : other($0) }
      return lines.joined(separator: "\n")
    }
    let expected = stride(from: 0.0, to: 30, by: 3).flatMap { [$0, 2 * $0] }
    let plain = text(row: { "\($0),\(2 * $0)" }, other: { "# \($0), " })
    #expect(outcome(plain) { $0.comment = UInt8(ascii: "#") }.doubles == expected)
    let quoted = text(row: { "\"\($0)\",\(2 * $0)" }, other: { "# \"\($0), " })
    #expect(outcome(quoted) { $0.comment = UInt8(ascii: "#") }.doubles == expected)
    let blanks = text(row: { "\($0),\(2 * $0)" }, other: { _ in " \t" })
    #expect(outcome(blanks).doubles == expected)
  }

  @Test("rows with missing values keep their numbers")
  func missing() {
    let lines = (0..<40).map { row in
      if row % 7 == 3 { return "NA" }
      return row % 11 == 5 ? "" : "\(row)"
    }
    let found = outcome(lines.joined(separator: "\n")) { $0.missing = .skipRow }
    #expect(found.missing == (0..<40).filter { $0 % 7 == 3 || $0 % 11 == 5 })
    #expect(found.doubles.indices.filter { found.doubles[$0].isNaN } == found.missing)
    #expect(found.doubles[39] == 39)
  }

  @Test("the first error is thrown, whichever block meets one first")
  func firstError() {
    var lines = (0..<50).map { "\($0),\($0).5" }
    lines[44] = "x,1"
    lines[31] = "1,2,3"
    lines[17] = "5,1e"
    #expect(
      outcome(lines.joined(separator: "\n")).error
        == FileError(
          "t.csv", at: .line(18, column: 3), .notANumber(column: "2", found: #""1e""#)))
    lines[17] = "5,\"6\"x"
    #expect(
      outcome(lines.joined(separator: "\n")).error
        == FileError(
          "t.csv", at: .line(18, column: 6),
          .malformedQuotes(#"expected the end of the field after its closing quote, found "x""#)))
    lines[17] = "5,\"6\n7\"\n\"\"8"
    #expect(
      outcome(lines.joined(separator: "\n")).error
        == FileError("t.csv", at: .line(18, column: 3), .notANumber(column: "2", found: #""6\n7""#))
    )
  }

  @Test("a stray quote, which turns what is quoted behind it about, is the error")
  func strayQuote() {
    var lines = (0..<30).map { "\"t\n\($0)\",\($0)" }
    lines[4] = "t\"u,4"
    #expect(
      outcome((["t,v"] + lines).joined(separator: "\n"), columns: "v").error
        == FileError(
          "t.csv", at: .line(10, column: 2),
          .malformedQuotes(#"expected quotes around the whole field, found one after "t""#)))
    lines[4] = "\"t,4"
    #expect(
      outcome((["t,v"] + lines).joined(separator: "\n"), columns: "v").error
        == FileError(
          "t.csv", at: .line(11, column: 2),
          .malformedQuotes(#"expected the end of the field after its closing quote, found "t""#)))
  }

  @Test("damaged files have one outcome", arguments: CSVDamageTests.cases)
  func damage(of valid: CSVDamageTests.Case) {
    let text = String(decoding: valid.bytes, as: UTF8.self)
    for selector in valid.selectors {
      _ = outcome(text, columns: selector)
      for (position, replacement) in zip(valid.bytes.indices, Array("\"\n,x\r".utf8)) {
        var bytes = valid.bytes
        for offset in stride(from: position, to: bytes.count, by: 5) {
          bytes[offset] = replacement
          _ = outcome(String(decoding: bytes, as: UTF8.self), columns: selector)
          bytes[offset] = valid.bytes[offset]
        }
      }
    }
  }

  @Test("line feeds and quotes are counted, however many there are and wherever they stand")
  func counts() {
    let pattern = Array("\n\"ab\n\u{8A}\n\u{A2}\",".utf8)
    for count in [0, 1, 7, 8, 9, 15, 16, 17, 255, 2039, 2040, 2041, 5000] {
      for start in [0, 1, 5] {
        let bytes = (0..<count + start).map { pattern[$0 % pattern.count] }
        let counts = bytes.withUnsafeBytes {
          CSVByteCounts(UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        #expect(counts.lineFeeds == bytes[start...].count { $0 == 0x0A })
        #expect(counts.quotes == bytes[start...].count { $0 == 0x22 })
      }
    }
    let full = [UInt8](repeating: 0x0A, count: 4096).withUnsafeBytes { CSVByteCounts($0) }
    #expect(full.lineFeeds == 4096)
    #expect(full.quotes == 0)
  }
}

@Suite("CSV numbers of all lengths")
struct CSVNumberLengthTests {
  /// Texts and the bits of the doubles nearest to them, by Python.
  private func numbers() throws -> [(text: Substring, bits: UInt64)] {
    let path = Fixtures.folder + "/csv/numbers.csv"
    let text = String(
      decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
    return try text.split(separator: "\n").map { line in
      let fields = line.split(separator: ",")
      return (fields[0], try #require(UInt64(fields[1], radix: 16)))
    }
  }

  /// Integers that double does not have are errors, with tests of their own.
  private func isInexactInteger(_ text: Substring) -> Bool {
    let digits = text.drop { $0 == "-" }
    guard digits.allSatisfy(\.isNumber), let value = UInt64(digits) else {
      return digits.allSatisfy(\.isNumber)
    }
    return UInt64(exactly: Double(value)) != value
  }

  @Test(
    "numbers are rounded to the nearest double, whatever the mark and the line ends",
    arguments: [",", "\t", ";"])
  func nearest(delimiter: String) throws {
    let numbers = try numbers().filter { !isInexactInteger($0.text) }
    #expect(numbers.count > 1400)
    var options = ReadOptions(textType: .float64)
    options.csv.delimiter = .character(try #require(delimiter.utf8.first))
    options.csv.decimalMark = delimiter == ";" ? .comma : .point
    for lineEnd in ["\n", "\r\n"] {
      let rows = numbers.map { "\($0.text)\(delimiter)x\(delimiter)\($0.text)\(lineEnd)" }
      let text = rows.joined()
      let spelt = delimiter == ";" ? text.replacingOccurrences(of: ".", with: ",") : text
      let file = try readCSV(spelt, columns: "1,3", options: options)
      let found = file.doubles.map(\.bitPattern)
      #expect(found == numbers.flatMap { [$0.bits, $0.bits] })
    }
  }
}
