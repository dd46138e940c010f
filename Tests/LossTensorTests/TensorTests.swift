import LossTensor
import Testing

@Suite("Tensor")
struct TensorTests {
  /// 1, 2, 3, … as bytes.
  private func storage(_ count: Int) -> ByteStorage {
    ByteStorage(copying: (0..<count).map { UInt8($0 + 1) })
  }

  @Test(
    "a view that ends with the storage is made, and one that goes a byte further is not",
    arguments: [
      (0, ElementType.float32, [2, 3], nil, 24), (3, .float32, [2, 3], nil, 27),
      (1, .float64, [], nil, 9), (5, .uint8, [7], nil, 12), (0, .int16, [2, 3], [1, 2], 12),
      (7, .int16, [2, 3], [10, 2], 37), (4, .int64, [1000, 2], [0, 1], 20),
      (2, .float16, [5], [0], 4),
    ] as [(Int, ElementType, [Int], [Int]?, Int)])
  func bounds(
    offset: Int, type: ElementType, dimensions: [Int], strides: [Int]?, end: Int
  ) throws {
    let shape = try #require(Shape(dimensions))
    func view(_ byteCount: Int) -> Tensor? {
      Tensor(
        storage: storage(byteCount), byteOffset: offset, elementType: type, shape: shape,
        strides: strides)
    }
    let tensor = try #require(view(end))
    #expect(tensor.shape == shape)
    #expect(tensor.strides == strides ?? shape.rowMajorStrides)
    #expect(tensor.byteOffset == offset)
    #expect(view(end - 1) == nil)
  }

  @Test(
    "an empty view needs no bytes, but its start must lie in the storage or at its end",
    arguments: [(0, true), (5, true), (6, false), (-1, false)])
  func emptyBounds(offset: Int, isMade: Bool) throws {
    let shape = try shape(4, 0, 1 << 60)
    let tensor = Tensor(
      storage: storage(5), byteOffset: offset, elementType: .float64, shape: shape)
    #expect((tensor != nil) == isMade)
  }

  @Test(
    "strides that are negative, too few, too many or overflow are refused",
    arguments: [
      [3, -1], [-3, 1], [3], [6, 3, 1], [], [.max, 1], [.max, .max], [.max / 4, 1], [1 << 61, 1],
    ] as [[Int]])
  func badStrides(strides: [Int]) throws {
    let shape = try shape(2, 3)
    #expect(
      Tensor(storage: storage(200), elementType: .float32, shape: shape, strides: strides) == nil)
  }

  @Test("an end beyond the largest integer is refused")
  func endOverflow() throws {
    #expect(
      Tensor(
        storage: storage(8), byteOffset: .max, elementType: .uint8, shape: .scalar) == nil)
    #expect(
      Tensor(storage: storage(8), elementType: .uint8, shape: try shape(.max)) == nil)
    #expect(
      Tensor(storage: storage(8), elementType: .float64, shape: try shape(1 << 60)) == nil)
  }

  @Test("one byte has no order to swap")
  func singleBytesAreNotSwapped() {
    for type in ElementType.allCases {
      let tensor = Tensor(
        storage: storage(8), elementType: type, isByteSwapped: true, shape: .scalar)
      #expect(tensor?.isByteSwapped == (type.byteCount > 1), "\(type)")
    }
  }

  @Test("values are kept in the type they are given in")
  func fromValues() throws {
    let floats = Tensor([1.5, -2, 0.1] as [Float], shape: .vector(3))
    #expect(floats.elementType == .float32)
    #expect(floats.values(as: Float.self) == [1.5, -2, 0.1])
    let doubles = Tensor([0.1, 7, -3, 1e300] as [Double], shape: try shape(2, 2))
    #expect(doubles.elementType == .float64)
    #expect(doubles.values(as: Double.self) == [0.1, 7, -3, 1e300])
    #expect(Tensor([Float](), shape: .vector(0)).values(as: Float.self) == [])
  }

  @Test(
    "an axis that is missing or of size 1 is repeated",
    arguments: [
      ([3], [2, 3], [0, 1], [1, 2, 3, 1, 2, 3]), ([2, 1], [2, 3], [1, 0], [1, 1, 1, 2, 2, 2]),
      ([], [2, 2], [0, 0], [1, 1, 1, 1]), ([1], [3], [0], [1, 1, 1]),
      ([2, 3], [2, 3], [3, 1], [1, 2, 3, 4, 5, 6]), ([1, 3], [0, 3], [0, 1], []),
      ([2, 1, 2], [2, 3, 2], [2, 0, 1], [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]),
      ([3, 1], [2, 3, 2], [0, 1, 0], [1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3]),
      ([], [], [], [1]), ([0], [2, 0], [0, 1], []),
    ] as [([Int], [Int], [Int], [Double])])
  func broadcast(from: [Int], to: [Int], strides: [Int], values: [Double]) throws {
    let shape = try #require(Shape(from))
    let target = try #require(Shape(to))
    let numbers = (0..<shape.elementCount).map { Double($0 + 1) }
    let wide = try #require(Tensor(numbers, shape: shape).broadcast(to: target))
    #expect(wide.shape == target)
    #expect(wide.strides == strides)
    #expect(wide.values(as: Double.self) == values)
  }

  @Test(
    "shapes that do not match are not broadcast",
    arguments: [
      ([3], [2, 4]), ([2], [2, 3]), ([2, 3], [3]), ([1, 3], [3]), ([2, 3], [2, 1]), ([3], []),
      ([0], [3]), ([2, 3], [3, 2]), ([3], [0]),
    ] as [([Int], [Int])])
  func refusedBroadcast(from: [Int], to: [Int]) throws {
    let shape = try #require(Shape(from))
    let tensor = Tensor([Float](repeating: 1, count: shape.elementCount), shape: shape)
    let target = try #require(Shape(to))
    #expect(tensor.broadcast(to: target) == nil)
  }

  @Test("a broadcast view keeps its offset, its byte order and its bytes")
  func broadcastKeepsTheView() throws {
    let stored = ByteStorage(copying: [9, 0x01, 0x02, 0x03, 0x04])
    let tensor = try #require(
      Tensor(
        storage: stored, byteOffset: 1, elementType: .uint16, isByteSwapped: true,
        shape: .vector(2)))
    let wide = try #require(tensor.broadcast(to: try shape(2, 2)))
    #expect(wide.storage === stored)
    let (first, second) = 1.bigEndian == 1 ? (0x0201, 0x0403) : (0x0102, 0x0304)
    #expect(wide.values(as: Double.self) == [first, second, first, second].map(Double.init))
  }

  @Test("bytes are read as another type of the same size")
  func reinterpretation() throws {
    let bits: [UInt16] = [0x3F80, 0xC020, 0x3C00]
    let stored = bits.withUnsafeBytes { ByteStorage(copying: $0) }
    let integers = try #require(
      Tensor(storage: stored, elementType: .uint16, shape: .vector(3)))
    #expect(integers.values(as: Double.self) == [16256, 49184, 15360])
    let brain = try #require(integers.reinterpreted(as: .bfloat16))
    #expect(brain.values(as: Double.self) == [1, -2.5, 0.0078125])
    let half = try #require(integers.reinterpreted(as: .float16))
    #expect(half.values(as: Double.self) == [1.875, -2.0625, 1])
    #expect(brain.storage === stored)
  }

  @Test("a type of another size is not read from the same bytes")
  func refusedReinterpretation() {
    for type in ElementType.allCases {
      let tensor = Tensor(storage: storage(8), elementType: type, shape: .scalar)
      for other in ElementType.allCases {
        let isMade = tensor?.reinterpreted(as: other) != nil
        #expect(isMade == (type.byteCount == other.byteCount), "\(type) as \(other)")
      }
    }
  }

  @Test(
    "packed C order is contiguous whatever the strides of axes of size 1",
    arguments: [
      ([2, 3], [3, 1], true), ([2, 3], [1, 2], false), ([2, 3], [4, 1], false), ([], [], true),
      ([5, 1], [1, 40], true), ([1, 5], [17, 1], true), ([5], [2], false), ([5], [0], false),
      ([2, 1, 3], [3, 0, 1], true), ([2, 3], [0, 1], false), ([2, 3], [1, 0], false),
      ([0], [1], true), ([4, 0, 3], [3, 3, 1], true),
    ] as [([Int], [Int], Bool)])
  func contiguity(dimensions: [Int], strides: [Int], isContiguous: Bool) throws {
    let shape = try #require(Shape(dimensions))
    let tensor = try #require(
      Tensor(storage: storage(64), elementType: .uint8, shape: shape, strides: strides))
    #expect(tensor.isContiguous == isContiguous)
  }
}
