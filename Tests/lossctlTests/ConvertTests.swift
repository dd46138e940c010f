import Foundation
import Testing

@Suite("lossctl convert")
struct ConvertTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    for name in [
      "pred.npy", "label.npy", "run.npz", "table.csv", "part-9.npy", "part-10.npy",
      "part-11.npy", "pred-column-major.npy", "pred-big-endian.npy",
    ] { try workspace.copy("same-result/" + name) }
  }

  private func convert(_ line: String) throws {
    let result = try workspace.lossctl(line: "convert " + line)
    #expect(result.status == .exited(0), "\(result.errors)")
    #expect(result.output == "")
    #expect(result.errors == "")
  }

  @Test(
    "every form becomes the file numpy.save writes",
    arguments: [
      "pred.npy", "pred-column-major.npy", "pred-big-endian.npy", "run.npz:pred",
      "part-9.npy part-10.npy part-11.npy", "part-*.npy", "table.csv:p*",
    ])
  func toNPY(source: String) throws {
    try convert("\(source) out.npy --dtype float32")
    #expect(workspace.data("out.npy") == workspace.data("pred.npy"))
  }

  @Test("formats lead back to where they began", arguments: ["npz", "csv", "npy"])
  func roundTrip(suffix: String) throws {
    try convert("pred.npy there.\(suffix)")
    try convert("there.\(suffix) back.npy --dtype float32")
    #expect(workspace.data("back.npy") == workspace.data("pred.npy"))
  }

  @Test("a file may be replaced by its own conversion")
  func inPlace() throws {
    try workspace.write("1,2\n3,4.5\n", to: "t.csv")
    try convert("t.csv t.csv --dtype float16")
    #expect(workspace.text("t.csv") == "1.0,2.0\n3.0,4.5\n")
  }

  @Test("integers stay exact, in text and as arrays")
  func integers() throws {
    let values: [Int64] = [9_007_199_254_740_993, -1, .max, .min]
    let data = values.withUnsafeBytes { Data($0) }
    try workspace.write(
      npy(header: "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }", data: data),
      to: "long.npy")
    try convert("long.npy long.csv")
    #expect(
      workspace.text("long.csv")
        == "9007199254740993,-1\n9223372036854775807,-9223372036854775808\n")
    try convert("long.npy long.json")
    #expect(
      workspace.text("long.json")
        == "[[9007199254740993,-1],[9223372036854775807,-9223372036854775808]]\n")
  }

  @Test("text is read as float64 unless float32 is asked for")
  func text() throws {
    try workspace.write("0.1\n", to: "t.csv")
    try convert("t.csv d.csv")
    #expect(workspace.text("d.csv") == "0.1\n")
    try convert("t.csv f.npy --dtype float32")
    try convert("f.npy f.csv --dtype float64")
    #expect(workspace.text("f.csv") == "0.10000000149011612\n")
  }

  @Test("archives have one stored member, aligned, under the name asked for")
  func archive() throws {
    try convert("pred.npy a.npz:scores")
    let archive = [UInt8](try #require(workspace.data("a.npz")))
    // The member is the .npy file, from a multiple of 64 on.
    let pred = [UInt8](try #require(workspace.data("pred.npy")))
    #expect(archive.starts(with: [0x50, 0x4B, 0x03, 0x04]))
    #expect(Array(archive[64..<64 + pred.count]) == pred)
    let result = try workspace.lossctl(line: "convert a.npz:scores - --format npy")
    #expect(result.stdout == Data(pred))
    // A pipe gets the bytes a file has.
    let piped = try workspace.lossctl(line: "convert pred.npy - --format npz")
    try convert("pred.npy b.npz")
    #expect(piped.stdout == workspace.data("b.npz"))
  }

  @Test("numpy, pandas, PyTorch and unzip read what is written")
  func others() throws {
    try convert("pred.npy o.npz:scores")
    try convert("pred.npy o.csv")
    try convert("pred.npy half.npy --dtype float16")
    try workspace.write(
      """
      import subprocess, zipfile
      import numpy as np
      pred = np.load("pred.npy")
      with np.load("o.npz") as archive:
          assert archive.files == ["scores"] and (archive["scores"] == pred).all()
      assert zipfile.ZipFile("o.npz").testzip() is None
      assert (np.loadtxt("o.csv", delimiter=",", dtype="f4") == pred).all()
      assert (np.load("half.npy") == pred.astype("f2")).all()
      try:
          import torch
          assert (torch.from_numpy(np.load("half.npy")) == torch.from_numpy(pred).half()).all()
      except ImportError:
          print("no torch")
      try:
          import pandas
          table = pandas.read_csv("o.csv", header=None, float_precision="round_trip", dtype="f4")
          assert (table.values == pred).all()
      except ImportError:
          print("no pandas")
      subprocess.run(["unzip", "-tq", "o.npz"], check=True, stdout=subprocess.DEVNULL)
      print("read")
      """, to: "check.py")
    let python = ProcessInfo.processInfo.environment["LOSSCTL_TEST_PYTHON"] ?? "python3"
    let probe = try workspace.shell("'\(python)' -c 'import numpy' && command -v unzip")
    guard probe.status == .exited(0) else {
      print("skipped: needs unzip and \(python) with numpy")
      return
    }
    let result = try workspace.shell("'\(python)' check.py")
    #expect(result.status == .exited(0), "\(result.errors)")
    #expect(result.output.hasSuffix("read\n"))
  }

  @Test(
    "what cannot be done is one error, and the file that was there stays",
    arguments: [
      (
        "pred.npy out.npy --dtype uint8",
        "pred.npy: expected elements that uint8 has, found 5.7978964 at [0, 0]\n"
          + "hint: choose a type that has it, with --dtype"
      ),
      (
        "pred.npy out.foo",
        "out.foo: expected a name ending in .json, .npy, .npz, .csv, .txt, .text, found \".foo\""
      ),
      (
        "pred.npy label.npy out.npy",
        "label.npy: expected float32 (…, 3) as in pred.npy, found uint8 (41, 3)\n"
          + "hint: files of one input are joined along axis 0; their dtypes and other axes have to agree"
      ),
      (
        "out.npy",
        "expected the files to read and then the file to write, found one file\n"
          + "hint: see lossctl convert --help"
      ),
      ("none.npy out.npy", "none.npy: cannot open: No such file or directory"),
    ])
  func errors(line: String, message: String) throws {
    try workspace.write("old", to: "out.npy")
    let before = workspace.files
    let result = try workspace.lossctl(line: "convert " + line)
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(result.errors == "lossctl: error: \(message)\n")
    #expect(workspace.files == before)
    #expect(workspace.text("out.npy") == "old")
  }
}
