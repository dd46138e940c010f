/// Sixteen numbers of 32 bits.
@frozen
public struct FloatLanes<ISA: InstructionSet>: Lanes {
  /// The numbers.
  @usableFromInline var vector: SIMD16<Float>

  @inlinable @inline(__always)
  init(vector: SIMD16<Float>) { self.vector = vector }

  /// A truth value for each lane.
  @frozen
  public struct Mask: LaneMask {
    @usableFromInline var mask: SIMDMask<SIMD16<Int32>>

    @inlinable @inline(__always)
    init(_ mask: SIMDMask<SIMD16<Int32>>) { self.mask = mask }

    @inlinable @inline(__always)
    public static func & (a: Self, b: Self) -> Self { Self(a.mask .& b.mask) }

    @inlinable @inline(__always)
    public static func | (a: Self, b: Self) -> Self { Self(a.mask .| b.mask) }

    @inlinable @inline(__always)
    public static var all: Self { Self(SIMDMask(repeating: true)) }

    @inlinable @inline(__always)
    public var isAllTrue: Bool {
      // Not `all`, which calls a function that belongs to no instruction set.
      let sixteen = unsafeBitCast(mask, to: SIMD16<UInt32>.self)
      let eight = sixteen.lowHalf & sixteen.highHalf
      let four = eight.lowHalf & eight.highHalf
      let two = four.lowHalf & four.highHalf
      return two.x & two.y == .max
    }
  }

  @inlinable @inline(__always)
  public static var count: Int { 16 }

  @inlinable @inline(__always)
  public init(_ value: Float) { vector = SIMD16(repeating: value) }

  @inlinable @inline(__always)
  public init(loadingFrom address: UnsafeRawPointer) {
    vector = address.loadUnaligned(as: SIMD16<Float>.self)
  }

  @inlinable @inline(__always)
  public func store(to address: UnsafeMutableRawPointer) {
    address.storeBytes(of: vector, as: SIMD16<Float>.self)
  }

  @inlinable @inline(__always)
  public static func + (a: Self, b: Self) -> Self { Self(vector: a.vector + b.vector) }

  @inlinable @inline(__always)
  public static func - (a: Self, b: Self) -> Self { Self(vector: a.vector - b.vector) }

  @inlinable @inline(__always)
  public static func * (a: Self, b: Self) -> Self { Self(vector: a.vector * b.vector) }

  @inlinable @inline(__always)
  public static func / (a: Self, b: Self) -> Self { Self(vector: a.vector / b.vector) }

  @inlinable @inline(__always)
  public func adding(_ a: Self, times b: Self) -> Self {
    Self(vector: vector.addingProduct(a.vector, b.vector))
  }

  @inlinable @inline(__always)
  public func subtracting(_ a: Self, times b: Self) -> Self {
    // Not `-a`, which is 0 - a: an instruction of its own, where a product with -1 becomes part of this one.
    Self(vector: vector.addingProduct(a.vector * -1, b.vector))
  }

  @inlinable @inline(__always)
  public var magnitude: Self { Self(bits: bits & 0x7FFF_FFFF) }

  @inlinable @inline(__always)
  public static func < (a: Self, b: Self) -> Mask { Mask(a.vector .< b.vector) }

  @inlinable @inline(__always)
  public static func > (a: Self, b: Self) -> Mask { Mask(a.vector .> b.vector) }

  @inlinable @inline(__always)
  public static func >= (a: Self, b: Self) -> Mask { Mask(a.vector .>= b.vector) }

  @inlinable @inline(__always)
  public static func == (a: Self, b: Self) -> Mask { Mask(a.vector .== b.vector) }

  @inlinable @inline(__always)
  public func replaced(with other: Self, where mask: Mask) -> Self {
    Self(vector: vector.replacing(with: other.vector, where: mask.mask))
  }

  /// The numbers' bits.
  @inlinable @inline(__always)
  var bits: SIMD16<UInt32> { unsafeBitCast(vector, to: SIMD16<UInt32>.self) }

  @inlinable @inline(__always)
  init(bits: SIMD16<UInt32>) { vector = unsafeBitCast(bits, to: SIMD16<Float>.self) }
}

extension FloatLanes {
  /// The numbers as doubles: the first eight, and the other eight.
  @inlinable @inline(__always)
  var widened: (DoubleLanes<ISA>, DoubleLanes<ISA>) {
    (
      DoubleLanes(vector: SIMD8<Double>(vector.lowHalf)),
      DoubleLanes(vector: SIMD8<Double>(vector.highHalf))
    )
  }
}
