import Foundation
import Testing

/// What PyTorch computes of the complete rows of a table in Tests/Fixtures/csv.
private struct Expected: Decodable {
  let complete: [Int]
  let mean: Double
  let losses: [Double]
  let gradient: [Double]

  static let all: [String: Expected] = {
    let path = packageRoot.appendingPathComponent("Tests/Fixtures/csv/expected.json")
    guard let data = try? Data(contentsOf: path) else { return [:] }
    return (try? JSONDecoder().decode([String: Expected].self, from: data)) ?? [:]
  }()
}

@Suite("Tables as people have them")
struct TableTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    for name in ["missing.csv", "european.csv", "labels.npy"] {
      try workspace.copy("csv/" + name)
    }
  }

  /// Runs `lossctl bce` in float64 with these arguments and returns the result.
  private func result(
    _ arguments: String, note: String?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String: Any] {
    let run = try workspace.lossctl(line: "bce --compute-dtype float64 " + arguments)
    #expect(run.status == .exited(0), sourceLocation: sourceLocation)
    #expect(
      run.errors == (note.map { "lossctl: note: \($0)\n" } ?? ""), sourceLocation: sourceLocation)
    let object = try JSONSerialization.jsonObject(with: run.stdout)
    return try #require(object as? [String: Any], sourceLocation: sourceLocation)
  }

  private func expect(
    _ arguments: String, fails message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = workspace.files
    let run = try workspace.lossctl(line: "bce " + arguments)
    #expect(run.status == .exited(2), sourceLocation: sourceLocation)
    #expect(run.output == "", sourceLocation: sourceLocation)
    #expect(run.errors == message, sourceLocation: sourceLocation)
    #expect(workspace.files == before, sourceLocation: sourceLocation)
  }

  /// Within 4 ulp: PyTorch's own sums are not exact.
  private func isNear(_ found: Double, _ expected: Double) -> Bool {
    (found - expected).magnitude <= 4 * expected.ulp
  }

  private static let threeOfSeven =
    "3 of 7 rows have a missing value and were left out of all inputs"

  @Test("a row with a missing score or label is left out of both columns")
  func oneTable() throws {
    let expected = try #require(Expected.all["score-label"])
    #expect(expected.complete == [0, 2, 4, 5])
    let found = try result(
      "--pred missing.csv:score --label missing.csv:label --na skip-row --per-row rows.csv",
      note: Self.threeOfSeven)
    #expect(isNear(try #require(found["value"] as? Double), expected.mean))
    #expect(found["rows"] as? Int == 4)
    let inputs = try #require(found["inputs"] as? [String: [String: Any]])
    #expect(inputs["pred"]?["skipped_rows"] as? Int == 3)
    #expect(inputs["label"]?["shape"] as? [Int] == [4])
    let rows = try #require(workspace.text("rows.csv")).split(separator: "\n").map { Double($0) }
    #expect(rows.count == 4)
    #expect(zip(rows, expected.losses).allSatisfy { isNear($0 ?? .nan, $1) })
  }

  @Test("a row that is missing in a table is left out of an NPY file, too")
  func tableAndArray() throws {
    let expected = try #require(Expected.all["labels-elsewhere"])
    let found = try result(
      "--pred missing.csv:1 --label labels.npy --na skip-row --grad g.csv",
      note: "2 of 7 rows have a missing value and were left out of all inputs")
    #expect(isNear(try #require(found["value"] as? Double), expected.mean))
    let gradient = try #require(workspace.text("g.csv")).split(separator: "\n").map { Double($0) }
    #expect(gradient.count == 5)
    #expect(zip(gradient, expected.gradient).allSatisfy { isNear($0 ?? .nan, $1) })
  }

  @Test("a weight with a row for each prediction takes part")
  func weights() throws {
    let expected = try #require(Expected.all["with-weight"])
    let found = try result(
      "--pred missing.csv:score --label missing.csv:label --weight missing.csv:weight --na skip-row",
      note: "4 of 7 rows have a missing value and were left out of all inputs")
    #expect(isNear(try #require(found["value"] as? Double), expected.mean))
  }

  @Test("rows are left out across files that are cut elsewhere")
  func manyFiles() throws {
    let expected = try #require(Expected.all["score-label"])
    try workspace.write("score\n-0.75\nNA\n1.625\n", to: "p1.csv")
    try workspace.write("score\nNA\n", to: "p2.csv")
    try workspace.write("score\n-2.5\n0.0625\nNA\n", to: "p3.csv")
    // Of the fourth row only the label is missing in the fixture; here its score is.
    try workspace.write("0\n1\n", to: "y1.csv")
    try workspace.write("1\nNA\n1\n0\nNA\n", to: "y2.csv")
    let found = try result(
      "--pred p1.csv --pred p2.csv --pred p3.csv --label y1.csv --label y2.csv --na skip-row "
        + "--per-row rows.csv", note: Self.threeOfSeven)
    #expect(isNear(try #require(found["value"] as? Double), expected.mean))
    let rows = try #require(workspace.text("rows.csv")).split(separator: "\n").map { Double($0) }
    #expect(rows.count == 4)
    #expect(zip(rows, expected.losses).allSatisfy { isNear($0 ?? .nan, $1) })
  }

  @Test("an error behind rows that were left out says how rows are counted")
  func errorBehind() throws {
    try workspace.write("0\nNA\n1\n7\n", to: "y.csv")
    try workspace.write("1\n2\n3\n4\n", to: "p.csv")
    let run = try workspace.lossctl(
      line: "bce --pred p.csv --label y.csv --na skip-row --from probs")
    #expect(run.status == .exited(2))
    #expect(
      run.errors.contains("rows are counted without the 1 left out for missing values"))
  }

  @Test("semicolons, decimal commas, comments, CRLF and words of one's own")
  func european() throws {
    let expected = try #require(Expected.all["score-label"])
    let options = "--decimal , --comment # --na skip-row --na-values ?"
    let files = "--pred european.csv:score --label european.csv:label "
    let found = try result(files + options + " --delimiter ;", note: Self.threeOfSeven)
    #expect(isNear(try #require(found["value"] as? Double), expected.mean))
    let sniffed = try result(files + options + " --delimiter auto", note: Self.threeOfSeven)
    #expect(sniffed["value"] as? Double == found["value"] as? Double)
    let inputs = try #require(sniffed["inputs"] as? [String: [String: Any]])
    #expect(inputs["pred"]?["delimiter"] as? String == ";")
    try expect(
      files + options,
      fails: """
        lossctl: error: european.csv: expected different characters for --delimiter and --decimal, \
        found "," twice
        hint: name what separates fields with --delimiter, such as --delimiter ';'

        """)
  }

  @Test("missing values are NaN, for the loss to ignore")
  func nan() throws {
    let expected = try #require(Expected.all["labels-elsewhere"])
    let run = try workspace.lossctl(
      line: "bce --compute-dtype float64 --pred missing.csv:1 --label labels.npy --na nan "
        + "--reduction none --out losses.csv --quiet")
    #expect(run.status == .exited(0))
    #expect(run.errors == "")
    let losses = try #require(workspace.text("losses.csv")).split(separator: "\n").map {
      Double($0)
    }
    #expect(losses.count == 7)
    #expect(losses.indices.filter { losses[$0]?.isNaN ?? false } == [1, 6])
    let rest = expected.complete.map { losses[$0] ?? .nan }
    #expect(zip(rest, expected.losses).allSatisfy { isNear($0, $1) })
  }

  @Test("a missing value is an error that says what can be done")
  func error() throws {
    try expect(
      "--pred missing.csv:score --label missing.csv:label",
      fails: """
        missing.csv:3:1: error: column "score": expected a number, found an empty field
        hint: if it is a missing value, add --na nan or --na skip-row

        """)
  }

  @Test("rows that do not belong together are not left out of each other")
  func unpaired() throws {
    try workspace.write("1\n0\n1\n", to: "short.csv")
    try expect(
      "--pred missing.csv:score --label short.csv --na skip-row",
      fails: """
        lossctl: error: short.csv: expected 7 rows as in pred, to leave the same out of both, found 3

        """)
    try workspace.write("1,2\n3,NA\n", to: "pos.csv")
    try expect(
      "--pred missing.csv:2-3 --label missing.csv:2-3 --pos-weight pos.csv:2 --na skip-row",
      fails: """
        lossctl: error: pos.csv:2: expected a missing value only where rows are samples, found one in \
        row 2 of pos-weight, whose rows do not belong to those of pred
        hint: --na skip-row leaves out samples; complete the file, or take --na nan

        """)
    try workspace.write("a,b\nNA,1\n2,null\n", to: "none.csv")
    try expect(
      "--pred none.csv:a --label none.csv:b --na skip-row",
      fails: """
        lossctl: error: none.csv:a: expected a row complete in all inputs, found none among 2

        """)
  }

  @Test("classes along the rows of a table cannot be left out")
  func classesInRows() throws {
    try workspace.write("1,2\n3,NA\n5,6\n", to: "t.csv")
    try workspace.write("0\n2\n", to: "y.csv")
    let run = try workspace.lossctl(
      line: "ce --pred t.csv --label y.csv --class-axis 0 --na skip-row")
    #expect(run.status == .exited(2))
    #expect(
      run.errors == """
        lossctl: error: t.csv: expected a missing value only where rows are samples, found one in \
        row 2 of pred, whose rows are no samples
        hint: --na skip-row leaves out samples; complete the file, or take --na nan

        """)
  }

  @Test("what is expected of rows is not thinned out")
  func expectations() throws {
    try workspace.write("0.5\nNA\n", to: "rows.csv")
    try expect(
      "--pred missing.csv:1 --label labels.npy --na skip-row --expect-per-row rows.csv",
      fails: """
        rows.csv:2:1: error: column 1: expected a number, found "NA"
        hint: if it is a missing value, add --na nan or --na skip-row

        """)
  }

  @Test(
    "an option that is none is a usage error",
    arguments: [
      "--delimiter a", "--delimiter ;;", "--comment 0", "--header maybe", "--na drop",
      "--decimal ;",
    ])
  func usage(option: String) throws {
    let run = try workspace.lossctl(
      line: "bce --pred missing.csv:3 --label missing.csv:3 " + option)
    #expect(run.status == .exited(2))
    #expect(run.output == "")
    let (name, value) = (option.split(separator: " ")[0], option.split(separator: " ")[1])
    #expect(run.errors.contains("The value '\(value)' is invalid for '\(name) <"))
  }
}
