import Foundation
import Testing

/// A mistake and the one message it gives.
struct Mistake: CustomTestStringConvertible, Sendable {
  let arguments: String
  let message: String

  init(_ arguments: String, _ message: String) {
    self.arguments = arguments
    self.message = message
  }

  var testDescription: String { arguments }
}

@Suite("Bad input")
struct BadInputTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    for name in ["logits.npy", "labels.npy"] { try workspace.copy("example-3x3/" + name) }
    try writeDamagedNPY()
    try writeTables()
  }

  private func writeDamagedNPY() throws {
    let good = try #require(workspace.data("logits.npy"))
    try FileManager.default.createDirectory(
      at: workspace.url.appendingPathComponent("folder"), withIntermediateDirectories: false)
    try workspace.write("", to: "empty.npy")
    try workspace.write("0.1,0.2\n", to: "text.npy")
    try workspace.write(good.prefix(100), to: "header-cut.npy")
    try workspace.write(good.dropLast(3), to: "data-cut.npy")
    try workspace.write(good + Data([0, 1]), to: "longer.npy")
    let shapes = [
      "huge": "(4000000000, 4000000000)", "overflow": "(4611686018427387904, 4)",
      "wide": "(1000000,)",
    ]
    for (name, shape) in shapes { try workspace.write(npy([1], shape: shape), to: name + ".npy") }
    for (name, descr) in ["object": "|O", "string": "<U2", "raw": "<V2", "complex": "<c8"] {
      try workspace.write(npy([1], shape: "(1,)", descr: descr), to: name + ".npy")
    }
    let structured =
      "{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }"
    try workspace.write(npy(header: structured, data: Data(count: 8)), to: "structured.npy")
    try workspace.write(npy([0, 1, 2, 3, 4, 5], shape: "(3, 2)"), to: "3x2.npy")
    try workspace.write(npy([0, 1, 0, 1, 1, 0], shape: "(2, 3)"), to: "2x3.npy")
    try workspace.write(npy([0.5, 0, 1.5], shape: "(3,)"), to: "beyond.npy")
    try workspace.write(npy([0.5, 0.25, 0.75], shape: "(3,)"), to: "probs.npy")
  }

  private func writeTables() throws {
    try workspace.write("score,label\n0.5,1\nabc,0\n", to: "word.csv")
    try workspace.write("score,label\n0.5,1\n0.25\n", to: "ragged.csv")
    try workspace.write("score,label,score\n0.5,1,2\n", to: "twice.csv")
  }

  static let mistakes = [
    Mistake(
      "--pred nope.npy", "lossctl: error: nope.npy: cannot open: No such file or directory\n"),
    Mistake("--pred folder", "lossctl: error: folder: expected a file, found a directory\n"),
    Mistake(
      "--pred empty.npy", "lossctl: error: empty.npy: expected a tensor, found an empty file\n"),
    Mistake(
      "--pred text.npy",
      "lossctl: error: text.npy: byte 0: expected an NPY file, which starts with \"\\x93NUMPY\", "
        + "found \"0.1,0.2\\n\"\n"),
    Mistake(
      "--pred header-cut.npy",
      "lossctl: error: header-cut.npy: byte 100: expected an NPY header of 118 bytes, found only 90\n"
        + "hint: the file is cut short; write it again\n"),
    Mistake(
      "--pred data-cut.npy",
      "lossctl: error: data-cut.npy: byte 161: expected 36 bytes of data for float32 (3, 3), found 33\n"
        + "hint: the file is cut short; write it again\n"),
    Mistake(
      "--pred longer.npy",
      "lossctl: error: longer.npy: byte 164: expected the end of the file after the data, "
        + "found 2 more bytes\nhint: keep one array in a file\n"),
    Mistake(
      "--pred huge.npy",
      "lossctl: error: huge.npy: the shape (4000000000, 4000000000) has more elements than can be "
        + "addressed\n"),
    Mistake(
      "--pred overflow.npy",
      "lossctl: error: overflow.npy: the shape (4611686018427387904, 4) has more elements than can "
        + "be addressed\n"),
    Mistake(
      "--pred wide.npy",
      "lossctl: error: wide.npy: byte 78: expected 4000000 bytes of data for float32 (1000000,), "
        + "found 4\nhint: the file is cut short; write it again\n"),
    Mistake(
      "--pred object.npy",
      "lossctl: error: object.npy: expected a real numeric dtype, found '|O' (Python objects)\n"
        + "hint: convert it with numpy's astype before saving\n"),
    Mistake(
      "--pred string.npy",
      "lossctl: error: string.npy: expected a real numeric dtype, found '<U2' (strings)\n"
        + "hint: convert it with numpy's astype before saving\n"),
    Mistake(
      "--pred complex.npy",
      "lossctl: error: complex.npy: expected a real numeric dtype, found '<c8' (complex numbers)\n"
        + "hint: convert it with numpy's astype before saving\n"),
    Mistake(
      "--pred raw.npy",
      "lossctl: error: raw.npy: expected a numeric dtype, found raw bytes ('<V2'), which do not say "
        + "what they are\nhint: if they are bfloat16, add --pred-dtype bfloat16 (or --label-dtype)\n"
    ),
    Mistake(
      "--pred logits.npy --pred-dtype float64",
      "lossctl: error: logits.npy: holds float32, which cannot be read as float64\n"
        + "hint: a dtype option reinterprets raw bytes; to compute in another type use "
        + "--compute-dtype\n"),
    Mistake(
      "--pred word.csv:score",
      "word.csv:3:1: error: column \"score\": expected a number, found \"abc\"\n"),
    Mistake(
      "--pred ragged.csv:score",
      "ragged.csv:3:1: error: expected 2 fields as in the first row, found 1\n"),
    Mistake(
      "--pred word.csv:labl",
      "lossctl: error: word.csv: expected one of the columns score, label, found \"labl\"\n"
        + "hint: did you mean \"label\"?\n"),
    Mistake(
      "--pred twice.csv:score",
      "lossctl: error: twice.csv: expected one column \"score\", found it at 1 and 3\n"
        + "hint: select it by its number\n"),
    Mistake(
      "--pred logits.npy:x",
      "lossctl: error: logits.npy: NPY files have no parts to select, found the selection \"x\"\n"
        + "hint: leave out \":x\"\n"),
  ]

  @Test("in a file ends with status 2 and one message", arguments: mistakes)
  func files(mistake: Mistake) throws {
    try expectTrouble("\(mistake.arguments) --label labels.npy", mistake.message)
  }

  @Test("of shapes that differ is explained, with the transpose where that would match")
  func shapes() throws {
    try expectTrouble(
      "--pred 2x3.npy --label labels.npy",
      "lossctl: error: labels.npy: expected label of shape (2, 3), like pred, found (3, 3)\n")
    try expectTrouble(
      "--pred 3x2.npy --label 2x3.npy",
      "lossctl: error: 2x3.npy: expected label of shape (3, 2), like pred, found (2, 3)\n"
        + "hint: its transpose would match: save label.T instead\n")
    try expectTrouble(
      "--pred 3x2.npy --label 3x2.npy --weight probs.npy",
      "lossctl: error: probs.npy: expected weight of a shape that broadcasts to (3, 2), the shape of "
        + "pred, found (3,)\n")
  }

  @Test("of values out of range names the element")
  func values() throws {
    try expectTrouble(
      "--pred probs.npy --label beyond.npy --from probs",
      "lossctl: error: beyond.npy: label[2]: expected a label from 0 to 1, found 1.5\n")
    try expectTrouble(
      "--pred logits.npy --label labels.npy --from probs",
      "lossctl: error: logits.npy: pred[0, 0]: expected a probability from 0 to 1, found -0.4089\n"
        + "hint: if these are logits, use --from logits\n")
    try expectTrouble(
      "--pred logits.npy --label labels.npy --label-smoothing -0.1",
      "lossctl: error: --label-smoothing: expected a number from 0 to 1, found -0.1\n")
  }

  @Test("is one JSON object on standard error with --json-errors")
  func jsonErrors() throws {
    let result = try workspace.lossctl(
      line: "bce --pred word.csv:score --label labels.npy --json-errors")
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    #expect(
      result.errors == #"{"schema":"lossctl.error/1","code":"not-a-number","#
        + #""message":"column \"score\": expected a number, found \"abc\"","#
        + #""file":"word.csv","line":3,"column":1}"# + "\n")
  }

  private func expectTrouble(_ arguments: String, _ message: String) throws {
    try workspace.write("old", to: "kept.npy")
    let before = workspace.files
    let result = try workspace.lossctl(line: "bce \(arguments) --grad kept.npy")
    #expect(result.status == .exited(2))
    #expect(result.stdout.isEmpty)
    #expect(result.errors == message)
    #expect(workspace.text("kept.npy") == "old")
    #expect(workspace.files == before)
  }
}
