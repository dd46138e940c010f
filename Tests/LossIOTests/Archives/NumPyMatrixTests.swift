import Foundation
import LossTensor
import Testing

@testable import LossIO

/// Every dtype, byte order, memory order, shape and version NumPy writes, in every kind of container.
@Suite("NumPy's matrix")
struct NumPyMatrixTests {
  private struct Expected: Decodable {
    struct Array: Decodable {
      let dtype: String
      let shape: [Int]
      let values: [FixtureNumber]
    }

    let arrays: [String: Array]
    /// The members: dtype-shape-order-memory-version.
    let names: [String]
  }

  private static let folder = Fixtures.folder + "/matrix/"

  @Test(
    "is read to numpy's values",
    arguments: ["matrix.npz:", "matrix-deflated.npz:", "matrix.tar.gz:", "matrix.tar.xz:"])
  func values(container: String) throws {
    let data = try Data(contentsOf: URL(filePath: Self.folder + "expected.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: data)
    #expect(expected.names.count == 504)
    let suffix = container.contains("tar") ? ".npy" : ""
    for name in expected.names {
      let key = name.split(separator: "-").prefix(2).joined(separator: "-")
      let array = try #require(expected.arrays[key])
      let tensor = try TensorFile(reading: Self.folder + container + name + suffix).tensor
      #expect(tensor.elementType.rawValue == array.dtype, "\(name)")
      #expect(tensor.shape.dimensions == array.shape, "\(name)")
      let values = (0..<tensor.shape.elementCount).map { tensor.element(at: $0) }
      #expect(areSame(values, array.values.map(\.value)), "\(name)")
    }
  }
}
