import LossTensor
import Testing

@Suite("Reading tensors")
struct TensorReadingTests {
  /// A way the elements of a (2, 3, 5) tensor lie in memory.
  enum Layout: CaseIterable {
    case rowMajor
    case columnMajor
    case spread
    case repeatedRows
    case repeatedColumns
    case repeatedMiddle
    case scalar

    var strides: [Int] {
      switch self {
      case .rowMajor: [15, 5, 1]
      case .columnMajor: [1, 2, 6]
      case .spread: [31, 10, 2]
      case .repeatedRows: [0, 0, 1]
      case .repeatedColumns: [3, 1, 0]
      case .repeatedMiddle: [5, 0, 1]
      case .scalar: [0, 0, 0]
      }
    }
  }

  /// A tensor over random bytes, and its elements read one by one.
  private struct Sample {
    let tensor: Tensor
    var doubles: [Double] = []
    var floats: [Float] = []

    init(
      _ type: ElementType, isBigEndian: Bool, byteOffset: Int, layout: Layout,
      random: inout SplitMix64
    ) throws {
      let bytes = random.bytes(byteOffset + 64 * type.byteCount)
      let reference = SlowReference(bytes: bytes, type: type, isBigEndian: isBigEndian)
      tensor = try #require(
        Tensor(
          storage: ByteStorage(copying: bytes), byteOffset: byteOffset, elementType: type,
          isByteSwapped: isBigEndian != (1.bigEndian == 1), shape: shape(2, 3, 5),
          strides: layout.strides))
      for i in 0..<2 {
        for j in 0..<3 {
          for k in 0..<5 {
            let step = i * layout.strides[0] + j * layout.strides[1] + k * layout.strides[2]
            let value = reference.element(at: byteOffset + step * type.byteCount)
            doubles.append(value.double)
            floats.append(value.float)
          }
        }
      }
    }
  }

  private func read<Scalar: ComputeScalar>(_ tensor: Tensor, _ range: Range<Int>) -> [Scalar] {
    [Scalar](unsafeUninitializedCapacity: range.count) { buffer, count in
      tensor.read(range, into: buffer)
      count = range.count
    }
  }

  @Test(
    "every type is read from any offset, in either byte order and in every memory order",
    arguments: ElementType.allCases, Layout.allCases)
  func everyElement(type: ElementType, layout: Layout) throws {
    var random = SplitMix64(printing: 20_260_101)
    for isBigEndian in [false, true] {
      for byteOffset in [0, 1, 3, 4, 7, 9] {
        let sample = try Sample(
          type, isBigEndian: isBigEndian, byteOffset: byteOffset, layout: layout, random: &random)
        let place = "\(isBigEndian ? "big" : "little") endian at \(byteOffset)"
        #expect(areSame(sample.tensor.values(as: Double.self), sample.doubles), "\(place)")
        #expect(areSame(sample.tensor.values(as: Float.self), sample.floats), "\(place)")
      }
    }
  }

  @Test(
    "every part of the elements is read, also from the middle of a row to the middle of another",
    arguments: [ElementType.int16, .float32, .float64, .bool], Layout.allCases)
  func everyRange(type: ElementType, layout: Layout) throws {
    var random = SplitMix64(printing: 7_311)
    let sample = try Sample(
      type, isBigEndian: type == .int16, byteOffset: 5, layout: layout, random: &random)
    for start in 0...30 {
      for end in start...30 {
        let floats: [Float] = read(sample.tensor, start..<end)
        let doubles: [Double] = read(sample.tensor, start..<end)
        if !areSame(floats, Array(sample.floats[start..<end]))
          || !areSame(doubles, Array(sample.doubles[start..<end]))
        {
          Issue.record("\(start)..<\(end) is read wrongly")
        }
      }
    }
  }

  @Test("reading writes nothing behind the range")
  func nothingBehind() {
    let tensor = Tensor([1, 2, 3, 4] as [Double], shape: .vector(4))
    var target: [Float] = [-9, -9, -9, -9]
    target.withUnsafeMutableBufferPointer { tensor.read(1..<3, into: $0) }
    #expect(target == [2, 3, -9, -9])
  }

  @Test("one element is read by its place in C order, also from Fortran order")
  func singleElement() throws {
    let stored = ByteStorage(copying: [10, 20, 30, 40, 50, 60] as [UInt8])
    let tensor = try #require(
      Tensor(storage: stored, elementType: .uint8, shape: try shape(2, 3), strides: [1, 2]))
    #expect((0..<6).map { tensor.element(at: $0) } == [10, 30, 50, 20, 40, 60])
  }

  @Test("a scalar and an empty tensor are read")
  func scalarAndEmpty() throws {
    #expect(Tensor([2.5] as [Float], shape: .scalar).values(as: Double.self) == [2.5])
    let empty = try #require(
      Tensor(
        storage: ByteStorage(copying: [] as [UInt8]), elementType: .int32,
        shape: try shape(3, 0)))
    #expect(empty.values(as: Float.self) == [])
  }

  @Test("what the target cannot hold is rounded to nearest, ties to even, once")
  func rounding() throws {
    let integers: [Int64] = [
      9_007_199_254_740_993, 9_007_199_254_740_995, -9_007_199_254_740_993, .max, .min,
      // Above a tie of Float by less than Double can see: through Double it would be rounded down.
      (1 << 60) + (1 << 36) + 1, 16_777_217, 16_777_219,
    ]
    let tensor = try #require(
      Tensor(
        storage: integers.withUnsafeBytes { ByteStorage(copying: $0) }, elementType: .int64,
        shape: .vector(8)))
    let doubles: [Double] = [
      0x1p53, 0x1.0000000000002p53, -0x1p53, 0x1p63, -0x1p63, 0x1.000001p60, 16_777_217,
      16_777_219,
    ]
    #expect(tensor.values(as: Double.self) == doubles)
    let floats: [Float] = [
      0x1p53, 0x1p53, -0x1p53, 0x1p63, -0x1p63, 0x1.000002p60, 16_777_216, 16_777_220,
    ]
    #expect(tensor.values(as: Float.self) == floats)
  }

  @Test("doubles that floats cannot hold are rounded, or become infinity or zero")
  func narrowing() {
    let doubles = Tensor([1e300, -1e300, 1e-300, -0.0, 0x1.000001p0], shape: .vector(5))
    let floats: [Float] = [.infinity, -.infinity, 0, -0.0, 1]
    #expect(areSame(doubles.values(as: Float.self), floats))
  }

  @Test("any byte but zero is true")
  func truth() throws {
    let tensor = try #require(
      Tensor(
        storage: ByteStorage(copying: [0, 1, 2, 128, 255] as [UInt8]), elementType: .bool,
        shape: .vector(5)))
    #expect(tensor.values(as: Float.self) == [0, 1, 1, 1, 1])
  }
}
