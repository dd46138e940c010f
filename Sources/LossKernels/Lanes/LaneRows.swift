// What rows of logits need of lanes: bounds of their exponentials, sums, and the way to double and back.

extension FloatLanes {
  public typealias Set = ISA
  public typealias Notes = FloatNotes<ISA>
  public typealias Sum = FloatSum<ISA>

  @inlinable @inline(__always)
  public static var exponentScale: Double { 100 }

  @inlinable @inline(__always)
  public static var exponentScalePower: Double { 0x1p100 }

  @inlinable @inline(__always)
  public static var exponentReach: Double { 150 }

  @inlinable @inline(__always)
  public static var largestUncentered: Double { 300 }

  @inlinable @inline(__always)
  public static var indices: Self {
    Self(vector: SIMD16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
  }

  @inlinable @inline(__always)
  public var largest: Double {
    let eight = vector.lowHalf.replacing(
      with: vector.highHalf, where: vector.highHalf .> vector.lowHalf)
    let four = eight.lowHalf.replacing(
      with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return Double(two.x > two.y ? two.x : two.y)
  }

  @inlinable @inline(__always)
  public func product(_ factor: Double, _ power: Double) -> Self {
    let (low, high) = widened
    let factors = SIMD8<Double>(repeating: factor)
    let powers = SIMD8<Double>(repeating: power)
    return Self(
      vector: SIMD16(
        lowHalf: SIMD8<Float>(low.vector * factors * powers),
        highHalf: SIMD8<Float>(high.vector * factors * powers)))
  }

  @inlinable @inline(__always)
  public func storeWidened(to address: UnsafeMutablePointer<Double>) {
    let (low, high) = widened
    low.store(to: address)
    high.store(to: address + 8)
  }

  @inlinable @inline(__always)
  public var rounded: Self {
    let shifter = Self(12_582_912)
    return (self + shifter) - shifter
  }

  @inlinable @inline(__always)
  public static func widened(from address: UnsafePointer<Float>) -> DoubleLanes<ISA> {
    let floats = UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self)
    return DoubleLanes(vector: SIMD8<Double>(floats))
  }

  @inlinable @inline(__always)
  public static func store(_ values: DoubleLanes<ISA>, to address: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(address)
      .storeBytes(of: SIMD8<Float>(values.vector), as: SIMD8<Float>.self)
  }
}

extension DoubleLanes {
  public typealias Set = ISA
  public typealias Notes = DoubleNotes<ISA>
  public typealias Sum = DoubleSum<ISA>

  @inlinable @inline(__always)
  public static var exponentScale: Double { 500 }

  @inlinable @inline(__always)
  public static var exponentScalePower: Double { 0x1p500 }

  @inlinable @inline(__always)
  public static var exponentReach: Double { 800 }

  @inlinable @inline(__always)
  public static var largestUncentered: Double { 1600 }

  @inlinable @inline(__always)
  public static var indices: Self { Self(vector: SIMD8(0, 1, 2, 3, 4, 5, 6, 7)) }

  @inlinable @inline(__always)
  public var largest: Double {
    let four = vector.lowHalf.replacing(
      with: vector.highHalf, where: vector.highHalf .> vector.lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two.x > two.y ? two.x : two.y
  }

  @inlinable @inline(__always)
  public func product(_ factor: Double, _ power: Double) -> Self {
    self * Self(factor) * Self(power)
  }

  @inlinable @inline(__always)
  public func storeWidened(to address: UnsafeMutablePointer<Double>) { store(to: address) }

  @inlinable @inline(__always)
  public var rounded: Self {
    let shifter = Self(6_755_399_441_055_744)
    return (self + shifter) - shifter
  }

  @inlinable @inline(__always)
  public static func widened(from address: UnsafePointer<Double>) -> DoubleLanes<ISA> {
    DoubleLanes(loadingFrom: address)
  }

  @inlinable @inline(__always)
  public static func store(_ values: DoubleLanes<ISA>, to address: UnsafeMutablePointer<Double>) {
    values.store(to: address)
  }
}

/// A sum of floats in doubles, whose 29 further bits make it exact but for rounding far below a float's.
@frozen
public struct FloatSum<ISA: InstructionSet>: LaneSum {
  @usableFromInline var first = DoubleLanes<ISA>(0)
  @usableFromInline var second = DoubleLanes<ISA>(0)

  @inlinable @inline(__always)
  public init() {}

  @inlinable @inline(__always)
  public mutating func add(_ values: FloatLanes<ISA>) {
    let (low, high) = values.widened
    first = first + low
    second = second + high
  }

  @inlinable @inline(__always)
  public mutating func add(_ values: FloatLanes<ISA>, times factors: UnsafePointer<Double>) {
    let (low, high) = values.widened
    first = first.adding(low, times: DoubleLanes(loadingFrom: factors))
    second = second.adding(high, times: DoubleLanes(loadingFrom: factors + 8))
  }

  @inlinable @inline(__always)
  public func store(to address: UnsafeMutablePointer<Double>) {
    first.store(to: address)
    second.store(to: address + 8)
  }

  @inlinable @inline(__always)
  public var total: Double {
    let eight = (first + second).vector
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}

/// A sum of doubles that carries along what each addition rounds off.
///
/// Source: Ogita, Rump and Oishi, "Accurate sum and dot product", SIAM Journal on Scientific Computing 26
/// (2005), algorithm Sum2.
@frozen
public struct DoubleSum<ISA: InstructionSet>: LaneSum {
  @usableFromInline var sum = DoubleLanes<ISA>(0)
  @usableFromInline var rest = DoubleLanes<ISA>(0)

  @inlinable @inline(__always)
  public init() {}

  @inlinable @inline(__always)
  public mutating func add(_ values: DoubleLanes<ISA>) {
    let new = sum + values
    let part = new - sum
    rest = rest + ((sum - (new - part)) + (values - part))
    sum = new
  }

  @inlinable @inline(__always)
  public mutating func add(_ values: DoubleLanes<ISA>, times factors: UnsafePointer<Double>) {
    let factors = DoubleLanes<ISA>(loadingFrom: factors)
    let product = values * factors
    // What the product rounds off, exactly; a fused operation rounds once.
    let error = (DoubleLanes(0) - product).adding(values, times: factors)
    add(product)
    rest = rest + error
  }

  @inlinable @inline(__always)
  public func store(to address: UnsafeMutablePointer<Double>) { (sum + rest).store(to: address) }

  @inlinable @inline(__always)
  public var total: Double {
    var (high, low) = (0.0, 0.0)
    for lane in 0..<8 {
      let value = sum.vector[lane]
      let new = high + value
      let part = new - high
      low += (high - (new - part)) + (value - part) + rest.vector[lane]
      high = new
    }
    // Infinities leave NaN in the rest.
    return low.isFinite ? high + low : high
  }
}
