import LossTensor
import Testing

@Suite("Shape")
struct ShapeTests {
  @Test(
    "counts elements and prints as NumPy does",
    arguments: [
      ([], 1, "()"), ([3], 3, "(3,)"), ([2, 3], 6, "(2, 3)"), ([4, 0, 7], 0, "(4, 0, 7)"),
      ([1, 1, 5], 5, "(1, 1, 5)"),
    ] as [([Int], Int, String)])
  func basics(dimensions: [Int], count: Int, description: String) throws {
    let shape = try #require(Shape(dimensions))
    #expect(shape.elementCount == count)
    #expect(shape.description == description)
    #expect(shape.rank == dimensions.count)
  }

  @Test(
    "cannot be made of negative sizes or of more elements than Int holds",
    arguments: [
      [-1], [2, -3], [1 << 62, 4], [1 << 62, 0, 4], [Int.max, 2], [Int.max, Int.max],
    ])
  func refused(dimensions: [Int]) {
    #expect(Shape(dimensions) == nil)
  }

  @Test("knows its rows")
  func rows() throws {
    #expect(Shape.scalar.rowCount == 1 && Shape.scalar.elementsPerRow == 1)
    let cube = try #require(Shape([2, 3, 4]))
    #expect(cube.rowCount == 2 && cube.elementsPerRow == 12)
    #expect(Shape.vector(5).rowCount == 5 && Shape.vector(5).elementsPerRow == 1)
  }

  @Test("has strides of either order and turns offsets into indices")
  func stridesAndIndices() throws {
    let cube = try #require(Shape([2, 3, 4]))
    #expect(cube.rowMajorStrides == [12, 4, 1])
    #expect(cube.columnMajorStrides == [1, 2, 6])
    #expect(cube.transposed.dimensions == [4, 3, 2])
    #expect(cube.index(at: 0) == [0, 0, 0])
    #expect(cube.index(at: 23) == [1, 2, 3])
    #expect(cube.index(at: 17) == [1, 1, 1])
    #expect(Shape.scalar.index(at: 0) == [])
  }
}
