import LossTensor
import Testing

@Suite("Joined tensors")
struct JoinedTensorTests {
  /// Rows `rows` of the (5, 3) tensor of 0, 1, 2 and so on, stored in one of several ways.
  private func part(_ rows: Range<Int>, isColumnMajor: Bool = false) throws -> Tensor {
    let values = rows.flatMap { row in (0..<3).map { Float(3 * row + $0) } }
    let shape = try shape([rows.count, 3])
    guard isColumnMajor else { return Tensor(values, shape: shape) }
    let columns = (0..<3).flatMap { column in rows.map { Float(3 * $0 + column) } }
    let flat = Tensor(columns, shape: .vector(columns.count))
    return try #require(
      Tensor(
        storage: flat.storage, elementType: .float32, shape: shape, strides: [1, rows.count]))
  }

  private func shape(_ sizes: [Int]) throws -> Shape { try #require(Shape(sizes)) }

  private func whole() throws -> Tensor {
    try #require(
      Tensor.joined([
        part(0..<0), part(0..<2), part(2..<2), part(2..<3, isColumnMajor: true),
        part(3..<5, isColumnMajor: true), part(5..<5),
      ]))
  }

  @Test("hold the parts' elements in order")
  func elements() throws {
    let tensor = try whole()
    #expect(tensor.shape == Shape([5, 3]))
    #expect(tensor.elementType == .float32)
    #expect(!tensor.isContiguous)
    #expect(tensor.values(as: Float.self) == (0..<15).map { Float($0) })
    #expect((0..<15).map { tensor.element(at: $0) } == (0..<15).map { Double($0) })
    #expect(tensor.packed()?.values(as: Double.self) == (0..<15).map { Double($0) })
    #expect(tensor.packed()?.isContiguous == true)
  }

  @Test("are read in any range", arguments: 0..<15)
  func ranges(start: Int) throws {
    let tensor = try whole()
    for end in start...15 {
      let values = [Double](unsafeUninitializedCapacity: end - start) { buffer, count in
        tensor.read(start..<end, into: buffer)
        count = end - start
      }
      #expect(values == (start..<end).map { Double($0) })
    }
  }

  @Test("may be joined again, broadcast and read as another type")
  func derived() throws {
    let twice = try #require(Tensor.joined([whole(), part(5..<6)]))
    #expect(twice.values(as: Double.self) == (0..<18).map { Double($0) })
    #expect(twice.parts?.tensors.count == 7)
    let repeated = try #require(try whole().broadcast(to: shape([2, 5, 3])))
    #expect(repeated.values(as: Double.self) == (0..<30).map { Double($0 % 15) })
    #expect(try whole().broadcast(to: shape([5, 4])) == nil)
    let same = try #require(try whole().broadcast(to: shape([5, 3])))
    #expect(same.parts != nil)
    let bits = try #require(try whole().reinterpreted(as: .uint32))
    #expect(bits.values(as: Double.self).last == Double(Float(14).bitPattern))
    #expect(try whole().reinterpreted(as: .uint16) == nil)
  }

  @Test("have one type and the same axes but the first")
  func refused() throws {
    let row = Tensor([Float(1), 2, 3, 4], shape: try shape([1, 4]))
    #expect(Tensor.joined([]) == nil)
    #expect(try Tensor.joined([part(0..<1), row]) == nil)
    #expect(
      try Tensor.joined([
        part(0..<1), Tensor([1.0, 2, 3], shape: try shape([1, 3])),
      ]) == nil)
    #expect(try Tensor.joined([part(0..<1), Tensor([Float(1)], shape: .vector(1))]) == nil)
    let scalar = Tensor([Float(7)], shape: .scalar)
    #expect(Tensor.joined([scalar, scalar]) == nil)
    #expect(Tensor.joined([scalar])?.element(at: 0) == 7)
  }
}
