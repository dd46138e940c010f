/// Sums over the elements of two vectors, in eight lanes whatever the machine, so that all machines give the
/// same bits.
struct VectorPair {
  let a: UnsafeBufferPointer<Double>
  let b: UnsafeBufferPointer<Double>

  private typealias Lanes = SIMD8<Double>

  private static func load(_ values: UnsafePointer<Double>, _ index: Int) -> Lanes {
    UnsafeRawPointer(values + index).loadUnaligned(as: Lanes.self)
  }

  /// The lanes' sum, in pairs.
  private static func sum(_ lanes: Lanes) -> Double {
    let four = lanes.lowHalf + lanes.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }

  /// Σ ((a + shift - b) · scale)²
  func squares(shift: Double, scale: Double = 1) -> Double {
    guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
    let count = self.a.count
    let whole = count - count % 8
    let (shifts, scales) = (Lanes(repeating: shift), Lanes(repeating: scale))
    var lanes = Lanes(repeating: 0)
    for index in stride(from: 0, to: whole, by: 8) {
      let difference = (Self.load(a, index) - Self.load(b, index) + shifts) * scales
      lanes += difference * difference
    }
    var sum = Self.sum(lanes)
    for index in whole..<count {
      let difference = (a[index] - b[index] + shift) * scale
      sum += difference * difference
    }
    return sum
  }

  /// Σ |a + shift - b|
  func magnitudes(shift: Double) -> Double {
    guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
    let count = self.a.count
    let whole = count - count % 8
    let shifts = Lanes(repeating: shift)
    let mask = SIMD8<UInt64>(repeating: ~(1 << 63))
    var lanes = Lanes(repeating: 0)
    for index in stride(from: 0, to: whole, by: 8) {
      let difference = Self.load(a, index) - Self.load(b, index) + shifts
      lanes += Lanes(bits: difference.bits & mask)
    }
    var sum = Self.sum(lanes)
    for index in whole..<count { sum += (a[index] - b[index] + shift).magnitude }
    return sum
  }

  /// Σ a·b, Σ a² and Σ b².
  func products() -> (ab: Double, aa: Double, bb: Double) {
    guard let a = a.baseAddress, let b = b.baseAddress else { return (0, 0, 0) }
    let count = self.a.count
    let whole = count - count % 8
    var (ab, aa, bb) = (Lanes(repeating: 0), Lanes(repeating: 0), Lanes(repeating: 0))
    for index in stride(from: 0, to: whole, by: 8) {
      let (x, y) = (Self.load(a, index), Self.load(b, index))
      ab += x * y
      aa += x * x
      bb += y * y
    }
    var sums = (ab: Self.sum(ab), aa: Self.sum(aa), bb: Self.sum(bb))
    for index in whole..<count {
      sums.ab += a[index] * b[index]
      sums.aa += a[index] * a[index]
      sums.bb += b[index] * b[index]
    }
    return sums
  }

  /// The largest |a + shift - b|; NaN where one is NaN.
  func largest(shift: Double) -> Double {
    var largest = 0.0
    for index in a.indices {
      let magnitude = (a[index] - b[index] + shift).magnitude
      if magnitude > largest || magnitude.isNaN { largest = magnitude }
      if largest.isNaN { break }
    }
    return largest
  }
}

extension SIMD8<Double> {
  fileprivate var bits: SIMD8<UInt64> { unsafeBitCast(self, to: SIMD8<UInt64>.self) }
  fileprivate init(bits: SIMD8<UInt64>) { self = unsafeBitCast(bits, to: SIMD8<Double>.self) }
}
