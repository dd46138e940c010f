/// The types elements are stored as.
@frozen
public enum StoredType: Sendable {
  case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64
  case float16, bfloat16, float32, float64

  /// Bytes one element takes.
  @inlinable
  var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }
}

// Every conversion is exact or rounds to nearest, so that all variants agree. Sixteen elements are
// converted at a time, written out, because the compiler does not vectorise the plain loop.

/// Converts `count` elements at `source`, packed but not necessarily aligned, to floats.
@inlinable @inline(__always)
public func widen<ISA: InstructionSet>(
  _ source: UnsafeRawPointer, _ type: StoredType, count: Int,
  to target: UnsafeMutablePointer<Float>,
  _ set: ISA.Type
) {
  typealias Floats = SIMD16<Float>
  let c = Conversion<Floats>(source: source, size: type.byteCount, count: count, target: target)
  switch type {
  case .bool: c.run { truth(Floats($0.loadUnaligned(as: SIMD16<UInt8>.self))) }
  case .int8: c.run { Floats($0.loadUnaligned(as: SIMD16<Int8>.self)) }
  case .uint8: c.run { Floats($0.loadUnaligned(as: SIMD16<UInt8>.self)) }
  case .int16: c.run { Floats($0.loadUnaligned(as: SIMD16<Int16>.self)) }
  case .uint16: c.run { Floats($0.loadUnaligned(as: SIMD16<UInt16>.self)) }
  case .int32: c.run { Floats($0.loadUnaligned(as: SIMD16<Int32>.self)) }
  case .uint32: c.run { Floats($0.loadUnaligned(as: SIMD16<UInt32>.self)) }
  case .int64: c.run { Floats($0.loadUnaligned(as: SIMD16<Int64>.self)) }
  case .uint64: c.run { Floats($0.loadUnaligned(as: SIMD16<UInt64>.self)) }
  case .float16: c.run { halves($0.loadUnaligned(as: SIMD16<UInt16>.self)) }
  case .bfloat16: c.run { brainFloats($0.loadUnaligned(as: SIMD16<UInt16>.self)) }
  case .float32: c.run { $0.loadUnaligned(as: SIMD16<Float>.self) }
  case .float64: c.run { Floats($0.loadUnaligned(as: SIMD16<Double>.self)) }
  }
}

/// Converts `count` elements at `source`, packed but not necessarily aligned, to doubles.
@inlinable @inline(__always)
public func widen<ISA: InstructionSet>(
  _ source: UnsafeRawPointer, _ type: StoredType, count: Int,
  to target: UnsafeMutablePointer<Double>,
  _ set: ISA.Type
) {
  typealias Doubles = SIMD16<Double>
  let c = Conversion<Doubles>(source: source, size: type.byteCount, count: count, target: target)
  switch type {
  case .bool: c.run { Doubles(truth(SIMD16<Float>($0.loadUnaligned(as: SIMD16<UInt8>.self)))) }
  case .int8: c.run { Doubles($0.loadUnaligned(as: SIMD16<Int8>.self)) }
  case .uint8: c.run { Doubles($0.loadUnaligned(as: SIMD16<UInt8>.self)) }
  case .int16: c.run { Doubles($0.loadUnaligned(as: SIMD16<Int16>.self)) }
  case .uint16: c.run { Doubles($0.loadUnaligned(as: SIMD16<UInt16>.self)) }
  case .int32: c.run { Doubles($0.loadUnaligned(as: SIMD16<Int32>.self)) }
  case .uint32: c.run { Doubles($0.loadUnaligned(as: SIMD16<UInt32>.self)) }
  case .int64: c.run { Doubles($0.loadUnaligned(as: SIMD16<Int64>.self)) }
  case .uint64: c.run { Doubles($0.loadUnaligned(as: SIMD16<UInt64>.self)) }
  case .float16: c.run { Doubles(halves($0.loadUnaligned(as: SIMD16<UInt16>.self))) }
  case .bfloat16: c.run { Doubles(brainFloats($0.loadUnaligned(as: SIMD16<UInt16>.self))) }
  case .float32: c.run { Doubles($0.loadUnaligned(as: SIMD16<Float>.self)) }
  case .float64: c.run { $0.loadUnaligned(as: SIMD16<Double>.self) }
  }
}

/// A run of elements and where they go.
@frozen @usableFromInline
struct Conversion<Vector: SIMD> {
  @usableFromInline let source: UnsafeRawPointer
  @usableFromInline let size: Int
  @usableFromInline let count: Int
  @usableFromInline let target: UnsafeMutablePointer<Vector.Scalar>

  @inlinable @inline(__always)
  init(
    source: UnsafeRawPointer, size: Int, count: Int, target: UnsafeMutablePointer<Vector.Scalar>
  ) {
    self.source = source
    self.size = size
    self.count = count
    self.target = target
  }

  /// Converts sixteen at a time; what is left is first copied to where sixteen may be read.
  @inlinable @inline(__always)
  func run(_ conversion: (UnsafeRawPointer) -> Vector) {
    let output = UnsafeMutableRawPointer(target)
    let stride = MemoryLayout<Vector.Scalar>.stride
    var position = 0
    while position &+ 16 <= count {
      output.storeBytes(
        of: conversion(source + position &* size), toByteOffset: position &* stride, as: Vector.self
      )
      position &+= 16
    }
    guard position < count else { return }
    let rest = count &- position
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 64) { memory in
      guard let base = memory.baseAddress else { return }
      memory.initializeMemory(as: UInt8.self, repeating: 0)
      base.copyMemory(from: source + position &* size, byteCount: rest &* size)
      base.storeBytes(of: conversion(base), toByteOffset: 128, as: Vector.self)
      (output + position &* stride).copyMemory(from: base + 128, byteCount: rest &* stride)
    }
  }
}

/// 1 where a number is not 0: any non-zero byte is true.
@inlinable @inline(__always)
func truth(_ values: SIMD16<Float>) -> SIMD16<Float> {
  values.replacing(with: 1, where: values .> SIMD16<Float>(repeating: 0))
}

/// The values of binary16 numbers, by integer arithmetic that every instruction set has.
///
/// Moved to binary32's place the exponent is 112 too small, which one exact multiplication mends, also for
/// subnormals; infinity and NaN are what then is 2¹⁶ or more.
@inlinable @inline(__always)
func halves(_ bits: SIMD16<UInt16>) -> SIMD16<Float> {
  let wide = SIMD16<UInt32>(truncatingIfNeeded: bits)
  let magnitude = (wide & 0x7FFF) &<< 13
  let sign = (wide & 0x8000) &<< 16
  let scaled =
    unsafeBitCast(magnitude, to: SIMD16<Float>.self)
    * SIMD16<Float>(repeating: Float(bitPattern: (127 + 112) &<< 23))
  let special = SIMD16<Float>(repeating: 0)
    .replacing(with: .infinity, where: scaled .>= SIMD16<Float>(repeating: 65536))
  return unsafeBitCast(
    unsafeBitCast(scaled, to: SIMD16<UInt32>.self)
      | unsafeBitCast(special, to: SIMD16<UInt32>.self) | sign, to: SIMD16<Float>.self)
}

/// The values of bfloat16 numbers, which are the upper halves of binary32 numbers.
@inlinable @inline(__always)
func brainFloats(_ bits: SIMD16<UInt16>) -> SIMD16<Float> {
  unsafeBitCast(SIMD16<UInt32>(truncatingIfNeeded: bits) &<< 16, to: SIMD16<Float>.self)
}
