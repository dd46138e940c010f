import LossTensor
import Testing

@testable import LossIO

@Suite("Writing tensors")
struct TensorOutputTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func written(_ tensor: Tensor, as format: TensorOutput) throws -> String {
    String(
      decoding: try folder.written { try format.write(TensorContent(tensor), to: $0) },
      as: UTF8.self)
  }

  @Test(
    "a line is a step of the first axis, the other axes stand side by side",
    arguments: [
      ([], [2.5], ["2.5"]), ([3], [1, -2, 0.25], ["1.0", "-2.0", "0.25"]),
      ([2, 3], [1, 2, 3, 4, 5, 6], ["1.0,2.0,3.0", "4.0,5.0,6.0"]), ([1, 2], [1, 2], ["1.0,2.0"]),
      ([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8], ["1.0,2.0,3.0,4.0", "5.0,6.0,7.0,8.0"]),
      ([1, 3, 2], [1, 2, 3, 4, 5, 6], ["1.0,2.0,3.0,4.0,5.0,6.0"]),
      ([3, 1], [7, 8, 9], ["7.0", "8.0", "9.0"]), ([0], [], []), ([0, 3], [], []),
      ([3, 0], [], []),
    ] as [([Int], [Double], [String])])
  func lines(dimensions: [Int], values: [Double], lines: [String]) throws {
    let shape = try #require(Shape(dimensions))
    let text = lines.map { $0 + "\n" }.joined()
    let doubles = Tensor(values, shape: shape)
    #expect(try written(doubles, as: .csv) == text)
    #expect(try written(doubles, as: .text) == text.split(separator: ",").joined(separator: " "))
    let floats = Tensor(values.map { Float($0) }, shape: shape)
    #expect(try written(floats, as: .csv) == text)
  }

  @Test("numbers have the shortest spelling that reads back as the same number of their type")
  func shortest() throws {
    let floats: [Float] = [
      0.1, 1 / 3, 16_777_216, .leastNonzeroMagnitude, 3.402_823_5e38, -0.0, .infinity, -.infinity,
      .nan, 1e-5,
    ]
    #expect(
      try written(Tensor(floats, shape: .vector(10)), as: .csv) == """
        0.1
        0.33333334
        16777216.0
        1e-45
        3.4028235e+38
        -0.0
        inf
        -inf
        nan
        1e-05

        """)
    let doubles: [Double] = [
      0.1, 1 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0x1p53, 0.1 + 0.2,
    ]
    #expect(
      try written(Tensor(doubles, shape: .vector(6)), as: .text) == """
        0.1
        0.3333333333333333
        5e-324
        1.7976931348623157e+308
        9007199254740992.0
        0.30000000000000004

        """)
  }

  @Test("NaN of any sign and payload is nan")
  func notANumber() throws {
    let doubles: [Double] = [.nan, -.nan, .signalingNaN, Double(nan: 5, signaling: false)]
    let vector = Tensor(doubles, shape: .vector(4))
    #expect(try written(vector, as: .csv) == "nan\nnan\nnan\nnan\n")
    let floats: [Float] = [.nan, -.nan, .signalingNaN, Float(nan: 5, signaling: false)]
    #expect(try written(Tensor(floats, shape: .vector(4)), as: .csv) == "nan\nnan\nnan\nnan\n")
  }

  @Test("a tensor in Fortran order or repeated is written in C order")
  func otherOrders() throws {
    let values = Tensor([1, 2, 3, 4, 5, 6] as [Double], shape: .vector(6))
    let shape = try #require(Shape([2, 3]))
    let columns = try #require(
      Tensor(storage: values.storage, elementType: .float64, shape: shape, strides: [1, 2]))
    #expect(try written(columns, as: .csv) == "1.0,3.0,5.0\n2.0,4.0,6.0\n")
    let repeated = try #require(
      Tensor([7, 8, 9] as [Float], shape: .vector(3)).broadcast(to: shape))
    #expect(try written(repeated, as: .text) == "7.0 8.0 9.0\n7.0 8.0 9.0\n")
  }

  @Test("elements in any order of memory and bytes are written in C order")
  func layouts() throws {
    let values = Tensor([1, 2, 3, 4, 5, 6] as [Double], shape: .vector(6))
    let shape = try #require(Shape([2, 3]))
    let columns = try #require(
      Tensor(storage: values.storage, elementType: .float64, shape: shape, strides: [1, 2]))
    let bytes = try folder.written { try TensorOutput.npy.write(TensorContent(columns), to: $0) }
    #expect(try NPYBytes.read(bytes).values(as: Double.self) == [1, 3, 5, 2, 4, 6])
    let swapped = try #require(
      Tensor(
        storage: ByteStorage(copying: [0x3F, 0x80, 0, 0, 0xC0, 0x20, 0, 0]),
        elementType: .float32, isByteSwapped: true, shape: .vector(2)))
    #expect(try written(swapped, as: .csv) == "1.0\n-2.5\n")
  }

  @Test("a tensor of many blocks and pieces is written whole")
  func large() throws {
    let values = (0..<30_012).map { Float($0 * 7 % 1_000) / 8 }
    let shape = try #require(Shape([10_004, 3]))
    let lines = stride(from: 0, to: values.count, by: 3).map {
      "\(values[$0]),\(values[$0 + 1]),\(values[$0 + 2])\n"
    }
    #expect(try written(Tensor(values, shape: shape), as: .csv) == lines.joined())
  }

  @Test("each format writes what it is named for")
  func formats() throws {
    let tensor = Tensor([1, 2.5] as [Float], shape: .vector(2))
    #expect(try written(tensor, as: .json) == "[1.0,2.5]\n")
    let bytes = try folder.written { try TensorOutput.npy.write(TensorContent(tensor), to: $0) }
    #expect(try NPYBytes.read(bytes).values(as: Float.self) == [1, 2.5])
    #expect(TensorOutput.allCases.filter(\.hasElementType) == [.npy, .npz])
  }

  @Test(
    "a suffix announces its format in any case",
    arguments: [
      ("a.json", .json), ("a.npy", .npy), ("a.csv", .csv), ("a.txt", .text), ("a.text", .text),
      ("x/a.b.NPY", .npy), ("dir.csv/a.Json", .json),
    ] as [(String, TensorOutput)])
  func suffixes(path: String, format: TensorOutput) throws {
    #expect(TensorOutput.announced(by: path) == format)
    #expect(try TensorOutput(suffixOf: path) == format)
  }

  @Test(
    "a suffix of no format is refused with those there are",
    arguments: [("a", ""), ("a.zip", "zip"), ("-", ""), ("a.csv/b", ""), ("a.", ""), (".npy", "")])
  func unknownSuffix(path: String, suffix: String) {
    #expect(TensorOutput.announced(by: path) == nil)
    let known = [".json", ".npy", ".npz", ".csv", ".txt", ".text"]
    #expect(throws: FileError(path, .unknownSuffix(suffix: suffix, known: known))) {
      try TensorOutput(suffixOf: path)
    }
  }
}
