import Foundation
import LossTensor
import Testing

@testable import LossIO

@Suite("Selections behind a colon")
struct FileSelectionTests {
  @Test(
    "where no file exists the last colon splits, unless a directory follows it",
    arguments: [
      ("none.csv", "none.csv", nil), ("none.csv:score", "none.csv", "score"),
      ("none.csv:score,label", "none.csv", "score,label"), ("none.csv:2-5", "none.csv", "2-5"),
      ("none:b:c", "none:b", "c"), ("none:", "none", ""), ("none:b/c.npy", "none:b/c.npy", nil),
      ("none:b/c.npy:x", "none:b/c.npy", "x"),
      ("none.npz:b/c", "none.npz", "b/c"), ("n.tgz:a/b.npz:c/d", "n.tgz:a/b.npz", "c/d"),
      ("-", "-", nil), ("-:score", "-", "score"),
      ("-:", "-", ""), ("-:a:b", "-", "a:b"), ("", "", nil),
    ] as [(String, String, String?)])
  func missingFiles(text: String, path: String, selector: String?) {
    let selection = FileSelection(text)
    #expect(selection.path == path)
    #expect(selection.selector == selector)
  }

  @Test("the longest name of an existing file wins")
  func existingFiles() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "a:b", "a:b:c.csv", "é:x"] { try folder.make(name) }
    let cases: [(text: String, path: String, selector: String?)] = [
      ("a", "a", nil), ("a:b", "a:b", nil), ("a:b:c.csv", "a:b:c.csv", nil),
      ("a:x", "a", "x"), ("a:b:x", "a:b", "x"), ("a:b:c.csv:x", "a:b:c.csv", "x"),
      ("a:x:b", "a", "x:b"), ("a:b:", "a:b", ""), ("a:b:c.csv:x:y", "a:b:c.csv", "x:y"),
      ("a:x/y", "a", "x/y"), ("é:x:ü", "é:x", "ü"), ("none:b", "none", "b"),
    ]
    for (text, path, selector) in cases {
      let selection = FileSelection(folder.file(text))
      #expect(selection.path == folder.file(path), "\(text)")
      #expect(selection.selector == selector, "\(text)")
    }
  }

  @Test("a colon in the name of a directory is no selection")
  func directories() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("run:3"), withIntermediateDirectories: false)
    let path = folder.file("run:3/none.csv")
    #expect(FileSelection(path).path == path)
    #expect(FileSelection(path).selector == nil)
    #expect(FileSelection(path + ":score").path == path)
    #expect(FileSelection(path + ":score").selector == "score")
  }

  @Test("a selection of a file that does not exist names the file without it")
  func missingWithSelection() throws {
    let path = try TemporaryFolder().file("none.csv")
    #expect(throws: FileError(path, .cannotOpen(errno: ENOENT))) {
      try TensorFile(reading: path + ":score")
    }
  }

  @Test("an NPY file has no parts, but a name with a colon is its name")
  func partsOfNPY() throws {
    let folder = try TemporaryFolder()
    let path = try folder.make("a.npy", NPYBytes.small)
    #expect(
      throws: FileError(path, .selectorNotSupported(selector: "score", format: "NPY"))
    ) { try TensorFile(reading: path + ":score") }
    let colon = try folder.make("a.npy:score", NPYBytes.small)
    #expect(try TensorFile(reading: colon).tensor.shape == Shape([2, 3]))
    #expect(try TensorFile(reading: colon).name == colon)
  }
}
