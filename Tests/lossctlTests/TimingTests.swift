import Foundation
import Testing

@testable import lossctl

@Suite("The timing")
struct TimingTests {
  @Test(
    "of a phase is in seconds, with three significant digits and no exponent",
    arguments: [
      (0.000_812_34, "0.000812"), (0.041_249, "0.0412"), (0.041_25, "0.0413"), (0.04, "0.0400"),
      (0.000_000_1, "0.000000100"), (0.000_000_042, "0.000000042"), (0, "0.000000000"),
      (0.999_4, "0.999"), (0.999_6, "1.00"), (9.996, "10.0"), (1, "1.00"), (1.239, "1.24"),
      (56.78, "56.8"), (99.96, "100"), (321.4, "321"), (12_345, "12300"), (99_960, "100000"),
    ])
  func numbers(seconds: Double, text: String) {
    #expect(plainDecimal(seconds) == text)
  }

  @Test("gives each phase the time since the one before, and the total from the start")
  func phases() {
    var timing = Timing(now: 10)
    timing.end(.open, now: 10.5)
    timing.end(.compute, now: 12.75)
    timing.end(.write, now: 12.875)
    #expect(timing.line == "open 0.500 s, compute 2.25 s, write 0.125 s, total 2.88 s")
  }

  /// The line, as a script that reads it sees it; nine decimals are a clock's fewer digits.
  private static let form: String = {
    let number =
      #"(0\.0*[1-9][0-9]{2}|0\.0000000[0-9]{2}|[1-9]\.[0-9]{2}|[1-9][0-9]\.[0-9]|[1-9][0-9]{2}0*)"#
    return "^lossctl: timing: open \(number) s, compute \(number) s, write \(number) s, "
      + "total \(number) s\n$"
  }()

  private func hasForm(_ text: String) -> Bool {
    text.range(of: Self.form, options: .regularExpression) != nil
  }

  private let workspace: Workspace
  private let inputs = "--pred logits.npy --label labels.npy"

  init() throws {
    workspace = try Workspace()
    for name in ["logits.npy", "labels.npy"] { try workspace.copy("example-3x3/" + name) }
  }

  @Test("is one line on standard error, with --quiet too", arguments: ["", " --quiet"])
  func line(quiet: String) throws {
    let plain = try workspace.lossctl(line: "bce \(inputs)\(quiet)")
    let timed = try workspace.lossctl(line: "bce \(inputs)\(quiet) --timing")
    #expect(timed.status == .exited(0))
    #expect(hasForm(timed.errors), "\(timed)")
    #expect(timed.stdout == plain.stdout)
    #expect(plain.errors == "")
  }

  @Test("is there for every loss")
  func everyLoss() throws {
    try workspace.write("0.25,-1,2\n1,3,-2\n0.5,0,4\n", to: "rows.csv")
    try workspace.write("2\n0\n1\n", to: "classes.csv")
    let result = try workspace.lossctl(line: "ce --pred rows.csv --label classes.csv --timing")
    #expect(result.status == .exited(0))
    #expect(hasForm(result.errors), "\(result)")
  }

  @Test("stands before a check that failed")
  func failedCheck() throws {
    let line = "bce \(inputs) --expect 0.5 --atol 0 --rtol 0.25"
    let plain = try workspace.lossctl(line: line)
    let timed = try workspace.lossctl(line: line + " --timing --quiet")
    #expect(plain.status == .exited(1) && timed.status == .exited(1))
    #expect(timed.errors.hasSuffix("\n" + plain.errors))
    #expect(hasForm(String(timed.errors.dropLast(plain.errors.count))), "\(timed)")
    #expect(timed.stdout == plain.stdout)
  }

  @Test("is not shown for a run that came to nothing")
  func trouble() throws {
    let result = try workspace.lossctl(line: "bce --pred nope.npy --label labels.npy --timing")
    #expect(result.status == .exited(2))
    #expect(
      result.errors == "lossctl: error: nope.npy: cannot open: No such file or directory\n")
  }
}
