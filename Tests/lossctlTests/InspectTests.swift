import Foundation
import Testing

@Suite("lossctl inspect")
struct InspectTests {
  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(
      npy([1.5, .nan, -2, .infinity, 0.25, 7], shape: "(2, 3)"), to: "a.npy")
    try workspace.write(npy([], shape: "(0, 2)"), to: "empty.npy")
    try workspace.write("x,y\n0.1,2\n3,-4\n", to: "t.csv")
    for name in ["run.npz", "run.tar", "pred-column-major.npy"] {
      try workspace.copy("same-result/" + name)
    }
    return workspace
  }

  @Test("lists each array in a table")
  func table() throws {
    let result = try workspace().lossctl(line: "inspect a.npy t.csv:x empty.npy")
    #expect(result.status == .exited(0))
    #expect(
      result.output == """
        name       dtype    shape   order  min  max  mean  nan  infinite
        a.npy      float32  (2, 3)  C       -2  inf   inf    1         1
        t.csv:x    float64  (2,)    C      0.1    3  1.55    0         0
        empty.npy  float32  (0, 2)  C        -    -     -    0         0

        """)
  }

  @Test("lists each array as JSON, all members of archives among them")
  func json() throws {
    let workspace = try workspace()
    let result = try workspace.lossctl(
      line: "inspect a.npy run.npz run.tar pred-column-major.npy --format json")
    #expect(result.status == .exited(0))
    struct Document: Decodable {
      struct Array: Decodable {
        let name, dtype, order: String
        let shape: [Int]
        let nan, infinite: Int
      }

      let schema: String
      let arrays: [Array]
    }
    #expect(
      result.output.hasPrefix(
        #"{"schema":"lossctl.inspect/1","arrays":[{"name":"a.npy","dtype":"float32","shape":[2,3],"#
          + #""order":"C","min":-2,"max":"Infinity","mean":"Infinity","nan":1,"infinite":1},"#))
    let document = try JSONDecoder().decode(Document.self, from: result.stdout)
    #expect(document.schema == "lossctl.inspect/1")
    #expect(
      document.arrays.map(\.name) == [
        "a.npy", "run.npz:pred", "run.npz:label", "run.tar:epoch3/pred", "run.tar:epoch3/label",
        "pred-column-major.npy",
      ])
    #expect(document.arrays.map(\.order) == ["C", "C", "C", "C", "C", "F"])
    #expect(document.arrays[2].dtype == "uint8")
    #expect(document.arrays[2].shape == [41, 3])
  }

  @Test("gives numpy's numbers for float32 data, with any number of threads")
  func numbers() throws {
    let workspace = try workspace()
    // numpy: pred.min(), pred.max(), pred.astype("f8").mean()
    let expected = "-10.84303  14.292034  0.4454230045884605"
    for threads in [1, 3] {
      let result = try workspace.lossctl(line: "inspect run.npz:pred --threads \(threads)")
      #expect(result.output.contains(expected))
    }
  }

  @Test("reads headers only with --no-stats")
  func headers() throws {
    let result = try workspace().lossctl(line: "inspect run.npz --no-stats")
    #expect(
      result.output == """
        name           dtype    shape    order
        run.npz:pred   float32  (41, 3)  C
        run.npz:label  uint8    (41, 3)  C

        """)
  }

  @Test("says nothing where one file cannot be read")
  func errors() throws {
    let result = try workspace().lossctl(line: "inspect a.npy none.npy")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(result.errors == "lossctl: error: none.npy: cannot open: No such file or directory\n")
  }
}
