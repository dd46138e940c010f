import LossTensor
import Testing

@testable import LossIO

@Suite("NPY headers")
struct NPYHeaderTests {
  /// A header that is refused.
  struct Malformed: CustomTestStringConvertible, Sendable {
    let name: String
    let header: String
    /// What follows the place of the error; the whole header where the place is its start.
    let rest: String
    let problem: FileError.Problem
    var testDescription: String { name }
  }

  /// A header whose syntax is wrong where `rest` begins.
  private static func syntax(
    _ name: String, _ before: String, _ rest: String, expected: String, found: String? = nil
  ) -> Malformed {
    let found = found ?? "\"\(rest.prefix(24))\""
    return Malformed(
      name: name, header: before + rest, rest: rest,
      problem: .headerSyntax(expected: expected, found: found))
  }

  private static let start = "{'descr': '<f4', 'fortran_order': False, 'shape': "
  private static let size = "a size of at least 0"
  private static let end = "the end of the header"

  private static let badShapes: [Malformed] = [
    syntax("a number in brackets", start + "(2", "), }", expected: "\",\", as in (3,)"),
    syntax("a list", start, "[2, 3], }", expected: "\"(\" or a shape such as (2, 3)"),
    syntax("a bare number", start, "6, }", expected: "\"(\" or a shape such as (2, 3)"),
    syntax("a negative size", start + "(2, ", "-3), }", expected: size),
    syntax("a signed size", start + "(", "+2, 3), }", expected: size),
    syntax(
      "an np.int64", start + "(", "np.int64(2), 3), }",
      expected: "a plain size such as 3 (open_memmap wants a shape of Python ints)"),
    syntax("a bool", start + "(", "True, 6), }", expected: size),
    syntax("a hexadecimal size", start + "(0", "x2, 3), }", expected: "\",\", as in (3,)"),
    syntax("a size with underscore", start + "(2, 1", "_0), }", expected: "\")\" or \",\""),
    syntax("a real size", start + "(2, 3", ".0), }", expected: "\")\" or \",\""),
    syntax("two commas", start + "(2,", ", 3), }", expected: size),
    syntax("only a comma", start + "(", ",), }", expected: size),
    syntax("an open tuple", start + "(2, 3", "", expected: "\")\" or \",\"", found: end),
    syntax("a nested tuple", start + "(", "(2, 3),), }", expected: size),
    syntax("a string", start + "(", "'2', 3), }", expected: size),
    syntax("nothing", start, ", }", expected: "\"(\" or a shape such as (2, 3)"),
  ]

  private static let whole = start + "(2, 3), }"
  private static let badSyntax: [Malformed] = [
    syntax("an empty header", "", "", expected: "\"{\"", found: end),
    syntax("only blanks", "  ", "", expected: "\"{\"", found: end),
    syntax("a list for a dictionary", "", "['descr']", expected: "\"{\""),
    syntax("trailing garbage", whole + " ", "x", expected: end),
    syntax("a second dictionary", whole, "{}", expected: end),
    syntax("zero bytes for padding", whole, "\0\0", expected: end, found: #""\0\0""#),
    syntax("a line break and more", whole + "\n", "x\n", expected: end, found: #""x\n""#),
    syntax(
      "a byte order mark", "", "\u{FEFF}{'descr'", expected: "\"{\"",
      found: #""\u{FEFF}{'descr'""#),
    syntax(
      "a number for fortran_order", "{'fortran_order': ", "0, 'descr': '<f4'}",
      expected: "True or False"),
    syntax("a small true", "{'fortran_order': ", "true, }", expected: "True or False"),
    syntax("None", "{'fortran_order': ", "None", expected: "True or False"),
    syntax(
      "a longer word", "{'fortran_order': True", "ly}", expected: "\"}\" or \",\""),
    syntax("a bare key", "{", "descr: 1}", expected: "a quoted key or \"}\""),
    syntax("no colon", "{'descr' ", "'<f4'}", expected: "\":\""),
    syntax("an open string", "{'descr': ", "'<f4", expected: "a closing quote"),
    syntax(
      "mixed quotes", "{'descr': ", "'<f4\"}", expected: "a closing quote",
      found: #""'<f4\"}""#),
    syntax(
      "an escape", "{'descr': ", #"'\x3cf4'}"#, expected: "a string without escapes",
      found: #""'\\x3cf4'}""#),
    syntax(
      "joined strings", "{'descr': '<' ", "'f4'}", expected: "\"}\" or \",\""),
    syntax("a raw string", "{'descr': ", "r'<f4'}", expected: "a dtype such as '<f4'"),
    syntax("a dtype without quotes", "{'descr': ", "float}", expected: "a dtype such as '<f4'"),
    syntax(
      "a comment", whole + " ", "# (2, 3)", expected: end),
    syntax(
      "an open dictionary", "{'descr': '<f4',", "", expected: "a quoted key or \"}\"", found: end),
    syntax("an open list of fields", "{'descr': [('a', '<f4'", "", expected: "\"]\"", found: end),
  ]

  private static let badKeys: [Malformed] = [
    Malformed(
      name: "a key given twice", header: "{'shape': (1,), 'descr': '<f4', 'shape': (2, 3), }",
      rest: "'shape': (2, 3), }", problem: .headerKeyDuplicate("shape")),
    Malformed(
      name: "fortran_order given twice",
      header: "{'fortran_order': True, 'fortran_order': True}", rest: "'fortran_order': True}",
      problem: .headerKeyDuplicate("fortran_order")),
    Malformed(
      name: "descr given twice", header: "{'descr': '<f4','descr': '<f4'}",
      rest: "'descr': '<f4'}", problem: .headerKeyDuplicate("descr")),
    Malformed(
      name: "an unknown key", header: "{'descr': '<f4', 'order': 'C', 'shape': (2, 3)}",
      rest: "'order': 'C', 'shape': (2, 3)}", problem: .headerKeyUnknown("order")),
    Malformed(
      name: "an empty dictionary", header: "{}", rest: "{}", problem: .headerKeyMissing("descr")),
    Malformed(
      name: "no descr", header: "{'fortran_order': False, 'shape': (2, 3)}",
      rest: "{'fortran_order': False, 'shape': (2, 3)}", problem: .headerKeyMissing("descr")),
    Malformed(
      name: "no fortran_order", header: "{'descr': '<f4', 'shape': (2, 3)}",
      rest: "{'descr': '<f4', 'shape': (2, 3)}", problem: .headerKeyMissing("fortran_order")),
    Malformed(
      name: "no shape", header: "{'descr': '<f4', 'fortran_order': False}",
      rest: "{'descr': '<f4', 'fortran_order': False}", problem: .headerKeyMissing("shape")),
  ]

  @Test(
    "a malformed header is refused at the place where it goes wrong",
    arguments: badShapes + badSyntax + badKeys)
  func malformed(_ item: Malformed) {
    let offset = 10 + item.header.utf8.count - item.rest.utf8.count
    #expect(throws: FileError("x.npy", at: .byte(offset), item.problem)) {
      try NPYBytes.read(NPYBytes.file(header: Array(item.header.utf8)))
    }
  }

  @Test("64 axes are read and 65 are not")
  func rank() throws {
    func header(_ rank: Int) -> String {
      Self.start + "(" + String(repeating: "1, ", count: rank - 2) + "2, 3), }"
    }
    let tensor = try NPYBytes.read(NPYBytes.file(header: Array(header(64).utf8)))
    #expect(tensor.shape.rank == 64)
    let offset = 10 + header(65).utf8.count - ", }".utf8.count
    let problem = FileError.Problem.headerSyntax(expected: "at most 64 dimensions", found: "65")
    #expect(throws: FileError("x.npy", at: .byte(offset), problem)) {
      try NPYBytes.read(NPYBytes.file(header: Array(header(65).utf8)))
    }
  }

  @Test(
    "a shape of more elements than can be counted is refused",
    arguments: [
      ("(4611686018427387904, 4)", nil, "(4611686018427387904, 4)"),
      ("(4611686018427387904, 0, 4)", nil, "(4611686018427387904, 0, 4)"),
      ("(9223372036854775808,)", 61, "(…, 9223372036854775808, …)"),
      ("(2, 18446744073709551616)", 64, "(…, 18446744073709551616, …)"),
      ("(2305843009213693952,)", nil, "(2305843009213693952,)"),
    ] as [(String, Int?, String)])
  func overflow(shape: String, place: Int?, found: String) {
    #expect(
      throws: FileError("x.npy", at: place.map { .byte($0) }, .shapeOverflow(shape: found))
    ) { try NPYBytes.read(NPYBytes.file(header: Array((Self.start + shape + "}").utf8))) }
  }

  @Test("the largest countable shape asks for its data and gets nothing allocated")
  func hugeShape() {
    let header = Array((Self.start + "(2305843009213693951,), }").utf8)
    let bytes = NPYBytes.file(header: header)
    let problem = FileError.Problem.dataTruncated(
      expected: 9_223_372_036_854_775_804, found: 24, shape: "(2305843009213693951,)",
      type: "float32")
    #expect(throws: FileError("x.npy", at: .byte(bytes.count), problem)) {
      try NPYBytes.read(bytes)
    }
  }

  @Test("ten thousand brackets neither recurse nor read on")
  func deepNesting() {
    let header = Array(("{'descr': " + String(repeating: "[", count: 9_990)).utf8)
    let problem = FileError.Problem.headerSyntax(expected: "\"]\"", found: Self.end)
    #expect(throws: FileError("x.npy", at: .byte(10_010), problem)) {
      try NPYBytes.read(NPYBytes.file(header: header))
    }
    #expect(
      throws: FileError("x.npy", at: .byte(8), .headerTooLong(bytes: 10_010, limit: 10_000))
    ) { try NPYBytes.read(NPYBytes.file(header: header + Array("[[[[[[[[[[".utf8))) }
  }

  @Test(
    "what other writers do differently is read",
    arguments: [
      #"{"descr": "<f4", "fortran_order": False, "shape": (2, 3), }"#,
      "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4', }",
      "{'fortran_order': False, 'descr': '<f4', 'shape': (2, 3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3,), }",
      "{'descr':'<f4','fortran_order':False,'shape':(2,3)}\n",
      "  {\t'descr' : u'<f4' , u\"fortran_order\" : False , 'shape' : ( 2 , 3 ) , }  \n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   ",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n\n",
      "{'descr': '<f4',\r\n 'fortran_order': False,\r\n 'shape': (2,\n 3),\n}\n",
    ])
  func foreignWriters(header: String) throws {
    let bytes = NPYBytes.file(
      header: Array(header.utf8), data: Array(NPYBytes.small.suffix(24)))
    let tensor = try NPYBytes.read(bytes)
    #expect(tensor.shape == Shape([2, 3]))
    #expect(tensor.values(as: Float.self) == [1.5, -2, 3.25, 4, 5.5, -6.125])
  }
}
