// Notes of floats and of doubles: the bits of all numbers, or-ed.

/// Notes of sixteen floats.
@frozen
public struct FloatNotes<ISA: InstructionSet>: LaneNotes {
  @usableFromInline var bits = SIMD16<UInt32>(repeating: 0)

  @inlinable @inline(__always)
  public init() {}

  @inlinable @inline(__always)
  public mutating func note(nonZero values: FloatLanes<ISA>) { bits |= values.bits }

  @inlinable @inline(__always)
  public mutating func note(_ magnitudes: FloatLanes<ISA>, above limit: Float) {
    // Bits of numbers without a sign are in the numbers' order; this sum carries into the sign's place.
    bits |= magnitudes.bits &+ (1 << 31 &- 1 &- limit.bitPattern)
  }

  @inlinable @inline(__always)
  public var hasNonZero: Bool { union != 0 }

  @inlinable @inline(__always)
  public var mayHaveNonFinite: Bool {
    union & Float.infinity.bitPattern == Float.infinity.bitPattern
  }

  @inlinable @inline(__always)
  public var hasAbove: Bool { union >> 31 == 1 }

  @inlinable @inline(__always)
  var union: UInt32 {
    let eight = bits.lowHalf | bits.highHalf
    let four = eight.lowHalf | eight.highHalf
    let two = four.lowHalf | four.highHalf
    return two.x | two.y
  }
}

/// Notes of eight doubles.
@frozen
public struct DoubleNotes<ISA: InstructionSet>: LaneNotes {
  @usableFromInline var bits = SIMD8<UInt64>(repeating: 0)

  @inlinable @inline(__always)
  public init() {}

  @inlinable @inline(__always)
  public mutating func note(nonZero values: DoubleLanes<ISA>) { bits |= values.bits }

  @inlinable @inline(__always)
  public mutating func note(_ magnitudes: DoubleLanes<ISA>, above limit: Double) {
    bits |= magnitudes.bits &+ (1 << 63 &- 1 &- limit.bitPattern)
  }

  @inlinable @inline(__always)
  public var hasNonZero: Bool { union != 0 }

  @inlinable @inline(__always)
  public var mayHaveNonFinite: Bool {
    union & Double.infinity.bitPattern == Double.infinity.bitPattern
  }

  @inlinable @inline(__always)
  public var hasAbove: Bool { union >> 63 == 1 }

  @inlinable @inline(__always)
  var union: UInt64 {
    let four = bits.lowHalf | bits.highHalf
    let two = four.lowHalf | four.highHalf
    return two.x | two.y
  }
}
