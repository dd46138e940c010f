/// Eight numbers of 64 bits.
@frozen
public struct DoubleLanes<ISA: InstructionSet>: Lanes {
  /// The numbers.
  @usableFromInline var vector: SIMD8<Double>

  @inlinable @inline(__always)
  init(vector: SIMD8<Double>) { self.vector = vector }

  /// A truth value for each lane.
  @frozen
  public struct Mask: LaneMask {
    @usableFromInline var mask: SIMDMask<SIMD8<Int64>>

    @inlinable @inline(__always)
    init(_ mask: SIMDMask<SIMD8<Int64>>) { self.mask = mask }

    @inlinable @inline(__always)
    public static func & (a: Self, b: Self) -> Self { Self(a.mask .& b.mask) }

    @inlinable @inline(__always)
    public static func | (a: Self, b: Self) -> Self { Self(a.mask .| b.mask) }

    @inlinable @inline(__always)
    public static var all: Self { Self(SIMDMask(repeating: true)) }

    @inlinable @inline(__always)
    public var isAllTrue: Bool {
      // Not `all`, which calls a function that belongs to no instruction set.
      let eight = unsafeBitCast(mask, to: SIMD8<UInt64>.self)
      let four = eight.lowHalf & eight.highHalf
      let two = four.lowHalf & four.highHalf
      return two.x & two.y == .max
    }
  }

  @inlinable @inline(__always)
  public static var count: Int { 8 }

  @inlinable @inline(__always)
  public init(_ value: Double) { vector = SIMD8(repeating: value) }

  @inlinable @inline(__always)
  public init(loadingFrom address: UnsafeRawPointer) {
    vector = address.loadUnaligned(as: SIMD8<Double>.self)
  }

  @inlinable @inline(__always)
  public func store(to address: UnsafeMutableRawPointer) {
    address.storeBytes(of: vector, as: SIMD8<Double>.self)
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
    Self(vector: vector.addingProduct(a.vector * -1, b.vector))
  }

  @inlinable @inline(__always)
  public var magnitude: Self { Self(bits: bits & 0x7FFF_FFFF_FFFF_FFFF) }

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
  var bits: SIMD8<UInt64> { unsafeBitCast(vector, to: SIMD8<UInt64>.self) }

  @inlinable @inline(__always)
  init(bits: SIMD8<UInt64>) { vector = unsafeBitCast(bits, to: SIMD8<Double>.self) }
}
