import Testing

@testable import LossTensor

@Suite("Rows of a tensor")
struct TensorRowsTests {
  @Test(
    "rows are left out, the others keep their order",
    arguments: [
      ([], [1, 2, 3, 4, 5, 6, 7, 8]), ([0], [3, 4, 5, 6, 7, 8]), ([3], [1, 2, 3, 4, 5, 6]),
      ([1, 2], [1, 2, 7, 8]), ([0, 2, 3], [3, 4]), ([0, 1, 2, 3], []),
    ] as [([Int], [Float])])
  func leavingOut(rows: [Int], expected: [Float]) throws {
    let shape = try #require(Shape([4, 2]))
    let rest = try #require(
      Tensor([1, 2, 3, 4, 5, 6, 7, 8] as [Float], shape: shape)
        .leavingOut(rows: rows))
    #expect(rest.shape.dimensions == [4 - rows.count, 2])
    #expect(rest.values(as: Float.self) == expected)
  }

  @Test("rows that do not lie together are collected, in the other byte order too")
  func strided() throws {
    // Big-endian, three rows of 2 x 2 in Fortran order behind one byte.
    let values: [UInt16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 512]
    let bytes: [UInt8] = [0xFF] + values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] as [UInt8] }
    let shape = try #require(Shape([3, 2, 2]))
    let tensor = try #require(
      Tensor(
        storage: ByteStorage(copying: bytes), byteOffset: 1, elementType: .uint16,
        isByteSwapped: true, shape: shape, strides: shape.columnMajorStrides))
    let rest = try #require(tensor.leavingOut(rows: [1]))
    #expect(rest.shape.dimensions == [2, 2, 2])
    #expect(rest.elementType == .uint16)
    #expect(rest.values(as: Double.self) == [1, 7, 4, 10, 3, 9, 6, 512])
  }
}
