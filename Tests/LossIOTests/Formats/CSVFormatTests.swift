import LossTensor
import Testing

@testable import LossIO

/// Reads `bytes` as a file called `path`.
func readCSV(
  bytes: [UInt8], columns: String? = nil, path: String = "t.csv",
  options: ReadOptions = ReadOptions(textType: .float64)
) throws -> TensorFile {
  let source = ByteSource(path: path, storage: ByteStorage(copying: bytes))
  return try CSVFormat.read(source, name: path, selector: columns, options: options)
}

/// Reads `text` as a file called `path`.
func readCSV(
  _ text: String, columns: String? = nil, path: String = "t.csv",
  options: ReadOptions = ReadOptions(textType: .float64)
) throws -> TensorFile {
  try readCSV(bytes: Array(text.utf8), columns: columns, path: path, options: options)
}

/// Expects that reading fails with this error, at this place.
func expectCSV(
  _ text: String, columns: String? = nil, path: String = "t.csv",
  options: ReadOptions = ReadOptions(textType: .float64), at place: FileError.Place?,
  fails problem: FileError.Problem, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(throws: FileError(path, at: place, problem), sourceLocation: sourceLocation) {
    try readCSV(text, columns: columns, path: path, options: options)
  }
}

extension TensorFile {
  var doubles: [Double] { tensor.values() }
  var dimensions: [Int] { tensor.shape.dimensions }
}

@Suite("CSV tables")
struct CSVTableTests {
  @Test("a header names the columns, and all columns make a matrix")
  func headerAndMatrix() throws {
    let file = try readCSV("score,label,weight\n0.25,1,3\n-4,0,5e2\n")
    #expect(file.name == "t.csv")
    #expect(file.columns == ["score", "label", "weight"])
    #expect(file.hasHeader == true)
    #expect(file.dimensions == [2, 3])
    #expect(file.doubles == [0.25, 1, 3, -4, 0, 500])
    #expect(file.tensor.elementType == .float64)
  }

  @Test("a first row of numbers is no header, and has no names")
  func noHeader() throws {
    let file = try readCSV("1,2\n3,4\n5,6\n", columns: "2")
    #expect(file.columns == nil)
    #expect(file.hasHeader == false)
    #expect(file.dimensions == [3])
    #expect(file.doubles == [2, 4, 6])
  }

  @Test("only the fields selected tell whether there is a header")
  func headerBySelection() throws {
    let first = try readCSV("x,2\ny,4\n", columns: "2")
    #expect(first.doubles == [2, 4])
    #expect(first.hasHeader == false)
    let second = try readCSV("x,2\n3,4\n", columns: "1")
    #expect(second.doubles == [3])
    #expect(second.columns == ["x"])
  }

  @Test(
    "a table of one column is a vector",
    arguments: ["7\n8\n9\n", "v\n7\n8\n9", "7\n8\n9\n\n \n\r\n"])
  func oneColumn(text: String) throws {
    let file = try readCSV(text)
    #expect(file.dimensions == [3])
    #expect(file.doubles == [7, 8, 9])
  }

  @Test("columns stand in the order they are selected")
  func selectionOrder() throws {
    let file = try readCSV("a,b,c\n1,2,3\n4,5,6\n", columns: "c,a")
    #expect(file.columns == ["c", "a"])
    #expect(file.doubles == [3, 1, 6, 4])
  }

  @Test("text in columns that are not selected is passed over")
  func unselectedText() throws {
    let text = "id,\"the, score\",note\nk1,0.5,\"two\nlines, \"\"quoted\"\"\"\nk2, 1.5 ,né\n"
    let file = try readCSV(text, columns: "\"the, score\"")
    #expect(file.columns == ["the, score"])
    #expect(file.doubles == [0.5, 1.5])
  }

  @Test(
    "line ends, a byte order mark and quotes do not change the numbers",
    arguments: [
      "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r\n1,2\n3,4", "\u{FEFF}a,b\n1,2\n3,4\n",
      "\"a\",b\n\"1\",2\n3,\"4\"\n", " a ,\tb\n \"1\" ,\" 2\t\"\n3,4\r\n",
      "\n\r\na,b\n\n1,2\n  \n3,4\n\n",
      "\u{FEFF}\"a\",b\r\n+1,2.\r\n3.0e0,.4e1\r\n\r\n",
    ])
  func spellings(text: String) throws {
    let file = try readCSV(text)
    #expect(file.columns == ["a", "b"])
    #expect(file.dimensions == [2, 2])
    #expect(file.doubles == [1, 2, 3, 4])
  }

  @Test("a .tsv file is separated by tabs, and blanks are spaces only")
  func tabs() throws {
    let file = try readCSV("a,b\tc\n 1 \t2\n3\t\" \t4\"\n", path: "dir.csv/t.TSV")
    #expect(file.columns == ["a,b", "c"])
    #expect(file.doubles == [1, 2, 3, 4])
    expectCSV(
      "1\t2\n3\t\n", path: "t.tsv", at: .line(2, column: 3),
      fails: .missingValue(column: "2", found: "an empty field"))
  }

  @Test("a quoted name keeps its doubled quotes, commas and line breaks")
  func quotedNames() throws {
    let file = try readCSV("\"say \"\"hi\"\"\",\"a\nb\",\"\"\"\"\n1,2,3\n")
    #expect(file.columns == ["say \"hi\"", "a\nb", "\""])
  }

  @Test("numbers are rounded to double and then to float, like numpy.loadtxt")
  func doubleRounding() throws {
    let file = try readCSV("1.00000017881393432617187499\n0.1\n", options: ReadOptions())
    #expect(file.tensor.elementType == .float32)
    let values: [Float] = file.tensor.values()
    #expect(values.map(\.bitPattern) == [0x3F80_0002, 0x3DCC_CCCD])
  }

  @Test("the element type can be overridden by one that text is read as, and by no other")
  func elementType() throws {
    let file = try readCSV("0.1\n", options: ReadOptions(elementType: .float64, textType: .float32))
    #expect(file.doubles == [0.1])
    expectCSV(
      "0.1\n", options: ReadOptions(elementType: .int32), at: nil,
      fails: .unsupportedTextType(requested: "int32"))
  }

  @Test("many rows keep their places")
  func manyRows() throws {
    let lines = (0..<10_000).map { "\($0),x\($0),\(-$0).5" }
    let file = try readCSV(lines.joined(separator: "\n"), columns: "3,1")
    #expect(file.dimensions == [10_000, 2])
    #expect(file.doubles == (0..<10_000).flatMap { [Double("\(-$0).5") ?? .nan, Double($0)] })
  }
}

@Suite("CSV recognition")
struct CSVRecognitionTests {
  private func recognizes(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes(CSVFormat.recognizes) }

  @Test("text in UTF-8 is recognized, also with a byte order mark")
  func text() {
    #expect(recognizes(Array("1,2\n".utf8)))
    #expect(recognizes(Array("\u{FEFF}größe\n1\n".utf8)))
  }

  @Test(
    "NUL bytes and other encodings are not",
    arguments: [
      [0x31, 0x00, 0x0A], [0xFF, 0xFE, 0x31, 0x00], [0xFE, 0xFF, 0x00, 0x31], [0xE9, 0x0A],
      [0x31, 0xC3], [0x31, 0xE2, 0x82], [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59],
    ] as [[UInt8]])
  func binary(bytes: [UInt8]) {
    #expect(!recognizes(bytes))
  }

  @Test("a character cut by the end of what is looked at is no error", arguments: ["é", "€", "😀"])
  func cutCharacter(character: String) {
    for count in 0..<8 {
      let padding = String(repeating: "1", count: CSVFormat.recognizedLength - count)
      #expect(recognizes(Array((padding + character + character + "\n").utf8)))
    }
  }

  @Test("NUL bytes are found within 4 KiB")
  func lateNul() {
    #expect(!recognizes([UInt8](repeating: 0x31, count: 4095) + [0]))
    #expect(recognizes([UInt8](repeating: 0x31, count: 4096) + [0]))
  }

  @Test("a mismatch says what the file is instead")
  func mismatch() {
    func mismatch(_ bytes: [UInt8]) -> FileError {
      CSVFormat.mismatch(ByteSource(path: "t.csv", storage: ByteStorage(copying: bytes)))
    }
    let utf16 = FileError("t.csv", at: .byte(0), .notText(found: "UTF-16 text"))
    #expect(mismatch([0xFF, 0xFE, 0x31, 0x00]) == utf16)
    #expect(mismatch([0xFE, 0xFF, 0x00, 0x31]) == utf16)
    #expect(
      mismatch([0x31, 0x00]) == FileError("t.csv", at: .byte(0), .notText(found: "the bytes 31 00"))
    )
  }
}
