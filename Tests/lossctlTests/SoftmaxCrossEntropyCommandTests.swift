import Foundation
import Testing

@Suite("lossctl softmax-ce")
struct SoftmaxCrossEntropyCommandTests {
  private func example() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write("1,2,3\n0,0,5\n", to: "x.csv")
    try workspace.write("0\n2\n", to: "y.csv")
    return workspace
  }

  // mpmath's rows, rounded to float32, are 2.407606 and 0.013385902; the value is their mean.
  @Test(
    "prints the whole result as one line of JSON, under both names",
    arguments: ["softmax-ce", "ce"])
  func wholeResult(name: String) throws {
    let result = try example().lossctl(line: "\(name) --pred x.csv --label y.csv")
    #expect(result.errors == "")
    #expect(
      result.output
        == #"{"schema":"lossctl.loss/1","loss":"softmax-ce","value":1.2104958943091333,"#
        + #""reduction":"mean","denominator":2,"sum":2.4209917886182666,"rows":2,"elements":2,"#
        + #""ignored":0,"nonfinite":0,"compute_dtype":"float32","#
        + #""options":{"from":"logits","labels":"indices"},"#
        + #""inputs":{"pred":{"path":"x.csv","dtype":"float32","shape":[2,3],"header":false},"#
        + #""label":{"path":"y.csv","dtype":"float32","shape":[2],"header":false}},"#
        + #""outputs":{},"checks":[]}"# + "\n")
    #expect(result.status == .exited(0))
  }

  @Test("takes every option of its own")
  func options() throws {
    let workspace = try example()
    try workspace.write("1\n2\n3\n", to: "w.csv")
    let result = try workspace.lossctl(
      line: "ce --pred x.csv --label y.csv --class-weight w.csv --label-smoothing 0.1 "
        + "--class-axis -1 --ignore-index 7 --expect 0.7301 --atol 5e-5")
    #expect(result.errors == "")
    #expect(result.status == .exited(0))
    #expect(
      result.output.contains(
        #""options":{"from":"logits","labels":"indices","label_smoothing":0.1,"#
          + #""ignore_index":7,"class_axis":-1}"#))
    #expect(result.output.contains(#""denominator":4,"#))
  }

  @Test("names file, row and value of a label that is no class, and leaves no file behind")
  func labelOutOfRange() throws {
    let workspace = try example()
    try workspace.write("0\n3\n", to: "y.csv")
    let result = try workspace.lossctl(line: "ce --pred x.csv --label y.csv --grad g.npy")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(
      result.errors == """
        lossctl: error: y.csv: label[1]: expected a class index from 0 to 2, found 3
        hint: --ignore-index 3 leaves such rows out

        """)
    #expect(workspace.files == ["x.csv", "y.csv"])
  }
}
