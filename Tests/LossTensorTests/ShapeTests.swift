import LossTensor
import Testing

@Suite("Shape")
struct ShapeTests {
  @Test(
    "the element count is the product of the sizes",
    arguments: [
      ([], 1), ([7], 7), ([2, 3], 6), ([2, 3, 5], 30), ([0], 0), ([4, 0, 3], 0), ([1, 1, 1], 1),
      ([1 << 31, 1 << 31], 1 << 62), ([.max], .max), ([1, .max, 1], .max), ([.max, 0], 0),
    ] as [([Int], Int)])
  func elementCount(dimensions: [Int], count: Int) throws {
    let shape = try #require(Shape(dimensions))
    #expect(shape.elementCount == count)
    #expect(shape.dimensions == dimensions)
    #expect(shape.rank == dimensions.count)
  }

  @Test(
    "a product that overflows is refused, even where a zero hides it",
    arguments: [
      [1 << 62, 4], [1 << 62, 0, 4], [0, 1 << 62, 4], [1 << 62, 4, 0], [1 << 62, 2],
      [.max, 2], [3, .max], [1 << 32, 1 << 32], [1 << 21, 1 << 21, 1 << 21],
    ] as [[Int]])
  func overflow(dimensions: [Int]) {
    #expect(Shape(dimensions) == nil)
  }

  @Test("a negative size is refused", arguments: [[-1], [2, -3], [0, -1], [-2, -3], [.min]])
  func negative(dimensions: [Int]) {
    #expect(Shape(dimensions) == nil)
  }

  @Test(
    "a shape is described as NumPy prints it",
    arguments: [
      ([], "()"), ([3], "(3,)"), ([2, 3], "(2, 3)"), ([0, 1, 12], "(0, 1, 12)"), ([0], "(0,)"),
    ] as [([Int], String)])
  func description(dimensions: [Int], text: String) throws {
    #expect(try #require(Shape(dimensions)).description == text)
  }

  @Test(
    "strides step over the axes behind in C order and over those before in Fortran order",
    arguments: [
      ([], [], []), ([5], [1], [1]), ([2, 3], [3, 1], [1, 2]),
      ([2, 3, 5], [15, 5, 1], [1, 2, 6]),
      ([4, 1, 3], [3, 3, 1], [1, 4, 4]), ([4, 0, 3], [3, 3, 1], [1, 4, 4]),
    ] as [([Int], [Int], [Int])])
  func strides(dimensions: [Int], rowMajor: [Int], columnMajor: [Int]) throws {
    let shape = try #require(Shape(dimensions))
    #expect(shape.rowMajorStrides == rowMajor)
    #expect(shape.columnMajorStrides == columnMajor)
  }

  @Test("the strides of the largest empty shape do not overflow")
  func largestEmptyStrides() throws {
    let shape = try #require(Shape([0, 1 << 31, 1 << 31]))
    #expect(shape.rowMajorStrides == [1 << 62, 1 << 31, 1])
    #expect(shape.columnMajorStrides == [1, 1, 1 << 31])
  }

  @Test(
    "an index counts the last axis fastest",
    arguments: [
      (0, [0, 0, 0]), (1, [0, 0, 1]), (4, [0, 0, 4]), (5, [0, 1, 0]), (14, [0, 2, 4]),
      (15, [1, 0, 0]), (23, [1, 1, 3]), (29, [1, 2, 4]),
    ])
  func index(offset: Int, index: [Int]) throws {
    let shape = try #require(Shape([2, 3, 5]))
    #expect(shape.index(at: offset) == index)
    #expect(zip(index, shape.rowMajorStrides).reduce(0) { $0 + $1.0 * $1.1 } == offset)
  }

  @Test("the index of a scalar has no axes")
  func scalarIndex() {
    #expect(Shape.scalar.index(at: 0) == [])
    #expect(Shape.scalar.dimensions == [])
    #expect(Shape.scalar.elementCount == 1)
  }

  @Test(
    "rows are the steps of the first axis",
    arguments: [
      ([], 1, 1), ([7], 7, 1), ([2, 3], 2, 3), ([2, 3, 5], 2, 15), ([4, 0], 4, 0), ([0, 3], 0, 3),
    ] as [([Int], Int, Int)])
  func rows(dimensions: [Int], rowCount: Int, elementsPerRow: Int) throws {
    let shape = try #require(Shape(dimensions))
    #expect(shape.rowCount == rowCount)
    #expect(shape.elementsPerRow == elementsPerRow)
  }

  @Test("a vector has one axis, and a transposed shape the opposite order of axes")
  func vectorAndTransposed() throws {
    #expect(Shape.vector(9) == Shape([9]))
    #expect(try #require(Shape([2, 3, 5])).transposed == Shape([5, 3, 2]))
    #expect(Shape.vector(9) != Shape([9, 1]))
  }
}
