import Foundation
import LossTensor
import Testing

@testable import LossIO

@Suite("Writing JSON")
struct JSONTests {
  private func indented(_ json: JSON) throws -> String {
    let folder = try TemporaryFolder()
    return String(
      decoding: try folder.written { try json.write(to: $0, isIndented: true) }, as: UTF8.self)
  }

  private func tensor(_ dimensions: [Int], _ values: [Double]) throws -> JSON {
    .tensor(Tensor(values, shape: try #require(Shape(dimensions))))
  }

  @Test(
    "strings are escaped where JSON demands it",
    arguments: [
      ("plain", #""plain""#), ("", #""""#), ("a\"b\\c/d", #""a\"b\\c/d""#),
      ("\n\r\t", #""\n\r\t""#), ("\0\u{1}\u{8}\u{C}\u{1F}", #""\u0000\u0001\u0008\u000c\u001f""#),
      ("\u{7F}é漢🙂e\u{301}", "\"\u{7F}é漢🙂e\u{301}\""), ("\r\n", #""\r\n""#),
    ])
  func strings(string: String, text: String) throws {
    #expect(JSON.string(string).text == text + "\n")
    #expect(JSON.object([(string, .null)]).text == "{" + text + ":null}\n")
    let decoded = try JSONDecoder().decode([String].self, from: Data("[\(text)]".utf8))
    #expect(decoded == [string])
  }

  @Test(
    "a compact number has no point where it is whole",
    arguments: [
      (2, "2"), (-3, "-3"), (0, "0"), (-0.0, "-0.0"), (0.5, "0.5"), (1e-05, "1e-05"),
      (999_999_999_999_999, "999999999999999"), (1e15, "1000000000000000.0"), (-1e17, "-1e+17"),
      (1e300, "1e+300"), (0.1, "0.1"), (1 / 3, "0.3333333333333333"),
      (.leastNonzeroMagnitude, "5e-324"),
      (.nan, #""NaN""#), (.infinity, #""Infinity""#), (-.infinity, #""-Infinity""#),
    ] as [(Double, String)])
  func compact(number: Double, text: String) {
    #expect(JSON.number(number).text == text + "\n")
  }

  @Test(
    "a real number always shows that it is one",
    arguments: [
      (2, "2.0"), (-3, "-3.0"), (0, "0.0"), (-0.0, "-0.0"), (0.5, "0.5"), (1e-05, "1e-05"),
      (1e16, "1e+16"), (123_456, "123456.0"), (.nan, #""NaN""#), (-.nan, #""NaN""#),
      (.signalingNaN, #""NaN""#), (.init(nan: 5, signaling: false), #""NaN""#),
      (.infinity, #""Infinity""#), (-.infinity, #""-Infinity""#),
    ] as [(Double, String)])
  func real(number: Double, text: String) {
    #expect(JSON.real(number).text == text + "\n")
  }

  @Test("the other values have one spelling")
  func simpleValues() {
    #expect(JSON.null.text == "null\n")
    #expect(JSON.bool(true).text == "true\n")
    #expect(JSON.bool(false).text == "false\n")
    #expect(JSON.integer(-42).text == "-42\n")
    #expect(JSON.integer(.max).text == "9223372036854775807\n")
    #expect(JSON.array([]).text == "[]\n")
    #expect(JSON.object([]).text == "{}\n")
  }

  @Test("keys keep their order, and one line has no blanks")
  func oneLine() {
    let json = JSON.object([
      ("z", .integer(1)), ("a", .array([.bool(true), .null, .string("x")])),
      ("m", .object([("b", .real(2)), ("a", .number(2))])),
    ])
    #expect(json.text == #"{"z":1,"a":[true,null,"x"],"m":{"b":2.0,"a":2}}"# + "\n")
  }

  @Test(
    "a tensor is as many arrays deep as it has axes",
    arguments: [
      ([], [2.5], "2.5"), ([3], [1, -2, 0.25], "[1.0,-2.0,0.25]"), ([0], [], "[]"),
      ([2, 3], [1, 2, 3, 4, 5, 6], "[[1.0,2.0,3.0],[4.0,5.0,6.0]]"), ([0, 3], [], "[]"),
      ([2, 0], [], "[[],[]]"), ([2, 1], [7, 8], "[[7.0],[8.0]]"), ([1, 2], [7, 8], "[[7.0,8.0]]"),
      ([2, 0, 3], [], "[[],[]]"), ([1, 2, 0], [], "[[[],[]]]"),
      ([2, 1, 2], [1, .nan, -.infinity, -0.0], #"[[[1.0,"NaN"]],[["-Infinity",-0.0]]]"#),
    ] as [([Int], [Double], String)])
  func tensors(dimensions: [Int], values: [Double], text: String) throws {
    #expect(try tensor(dimensions, values).text == text + "\n")
  }

  @Test("floats are spelled as floats, and in C order whatever the memory order")
  func floats() throws {
    #expect(JSON.tensor(Tensor([0.1, 1e-7], shape: .vector(2))).text == "[0.1,1e-07]\n")
    let floats = Tensor([0.1, 1 / 3, 16_777_216] as [Float], shape: .vector(3))
    #expect(JSON.tensor(floats).text == "[0.1,0.33333334,16777216.0]\n")
    let shape = try #require(Shape([2, 3]))
    let values = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: .vector(6))
    let columns = try #require(
      Tensor(storage: values.storage, elementType: .float32, shape: shape, strides: [1, 2]))
    #expect(JSON.tensor(columns).text == "[[1.0,3.0,5.0],[2.0,4.0,6.0]]\n")
    let repeated = try #require(floats.broadcast(to: shape))
    let row = "[0.1,0.33333334,16777216.0]"
    #expect(JSON.tensor(repeated).text == "[\(row),\(row)]\n")
  }

  @Test("a large tensor is written whole, in blocks and pieces that do not show")
  func largeTensor() throws {
    let values = (0..<30_011).map { Double($0 * 7 % 1_000) / 8 }
    let text = "[" + values.map(\.description).joined(separator: ",") + "]\n"
    let json = JSON.tensor(Tensor(values, shape: .vector(values.count)))
    #expect(json.text == text)
    let folder = try TemporaryFolder()
    #expect(try folder.written { try json.write(to: $0) } == Array(text.utf8))
  }

  @Test("the indented form has a line for each member and each row")
  func indentedForm() throws {
    let json = JSON.object([
      ("loss", .real(0.5)), ("none", .array([])), ("empty", .object([])),
      ("list", .array([.integer(1), .string("b")])), ("scalar", try tensor([], [3])),
      ("vector", try tensor([2], [1, 2.5])), ("matrix", try tensor([2, 2], [1, 2, 3, 4])),
      ("deep", try tensor([1, 2, 1], [5, 6])), ("rows", try tensor([0, 2], [])),
    ])
    let text = """
      {
        "loss": 0.5,
        "none": [],
        "empty": {},
        "list": [
          1,
          "b"
        ],
        "scalar": 3.0,
        "vector": [1.0, 2.5],
        "matrix": [
          [1.0, 2.0],
          [3.0, 4.0]
        ],
        "deep": [
          [
            [5.0],
            [6.0]
          ]
        ],
        "rows": []
      }

      """
    #expect(try indented(json) == text)
  }

  @Test("a document is written to a file as it is to text")
  func file() throws {
    let folder = try TemporaryFolder()
    let json = JSON.object([("a", .real(1)), ("b", try tensor([2], [1, 2]))])
    #expect(try folder.written { try json.write(to: $0) } == Array(json.text.utf8))
    #expect(json.text == #"{"a":1.0,"b":[1.0,2.0]}"# + "\n")
  }
}
