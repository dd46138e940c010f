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
  inSixteens(source, size: type.byteCount, count: count, to: target, SIMD16<Float>.self) {
    widenToFloat(type, $0)
  }
}

@inlinable @inline(__always)
func widenToFloat(_ type: StoredType, _ c: Conversion<SIMD16<Float>>) {
  switch type {
  case .bool: c.run { truth(convert($0.loadUnaligned(as: SIMD16<UInt8>.self)) { Float($0) }) }
  case .int8: c.run { convert($0.loadUnaligned(as: SIMD16<Int8>.self)) { Float($0) } }
  case .uint8: c.run { convert($0.loadUnaligned(as: SIMD16<UInt8>.self)) { Float($0) } }
  case .int16: c.run { convert($0.loadUnaligned(as: SIMD16<Int16>.self)) { Float($0) } }
  case .uint16: c.run { convert($0.loadUnaligned(as: SIMD16<UInt16>.self)) { Float($0) } }
  case .int32: c.run { convert($0.loadUnaligned(as: SIMD16<Int32>.self)) { Float($0) } }
  case .uint32: c.run { convert($0.loadUnaligned(as: SIMD16<UInt32>.self)) { Float($0) } }
  case .int64: c.run { convert($0.loadUnaligned(as: SIMD16<Int64>.self)) { Float($0) } }
  case .uint64: c.run { convert($0.loadUnaligned(as: SIMD16<UInt64>.self)) { Float($0) } }
  case .float16: c.run { halves($0.loadUnaligned(as: SIMD16<UInt16>.self)) }
  case .bfloat16: c.run { brainFloats($0.loadUnaligned(as: SIMD16<UInt16>.self)) }
  case .float32: c.run { $0.loadUnaligned(as: SIMD16<Float>.self) }
  case .float64: c.run { convert($0.loadUnaligned(as: SIMD16<Double>.self)) { Float($0) } }
  }
}

/// Converts `count` elements at `source`, packed but not necessarily aligned, to doubles.
@inlinable @inline(__always)
public func widen<ISA: InstructionSet>(
  _ source: UnsafeRawPointer, _ type: StoredType, count: Int,
  to target: UnsafeMutablePointer<Double>,
  _ set: ISA.Type
) {
  inSixteens(source, size: type.byteCount, count: count, to: target, SIMD16<Double>.self) {
    widenToDouble(type, $0)
  }
}

@inlinable @inline(__always)
func widenToDouble(_ type: StoredType, _ c: Conversion<SIMD16<Double>>) {
  switch type {
  case .bool:
    c.run {
      convert(truth(convert($0.loadUnaligned(as: SIMD16<UInt8>.self)) { Float($0) })) { Double($0) }
    }
  case .int8: c.run { convert($0.loadUnaligned(as: SIMD16<Int8>.self)) { Double($0) } }
  case .uint8: c.run { convert($0.loadUnaligned(as: SIMD16<UInt8>.self)) { Double($0) } }
  case .int16: c.run { convert($0.loadUnaligned(as: SIMD16<Int16>.self)) { Double($0) } }
  case .uint16: c.run { convert($0.loadUnaligned(as: SIMD16<UInt16>.self)) { Double($0) } }
  case .int32: c.run { convert($0.loadUnaligned(as: SIMD16<Int32>.self)) { Double($0) } }
  case .uint32: c.run { convert($0.loadUnaligned(as: SIMD16<UInt32>.self)) { Double($0) } }
  case .int64: c.run { convert($0.loadUnaligned(as: SIMD16<Int64>.self)) { Double($0) } }
  case .uint64: c.run { convert($0.loadUnaligned(as: SIMD16<UInt64>.self)) { Double($0) } }
  case .float16: c.run { convert(halves($0.loadUnaligned(as: SIMD16<UInt16>.self))) { Double($0) } }
  case .bfloat16:
    c.run { convert(brainFloats($0.loadUnaligned(as: SIMD16<UInt16>.self))) { Double($0) } }
  case .float32: c.run { convert($0.loadUnaligned(as: SIMD16<Float>.self)) { Double($0) } }
  case .float64: c.run { $0.loadUnaligned(as: SIMD16<Double>.self) }
  }
}

/// A run of elements and where they go.
@frozen @usableFromInline
struct Conversion<Vector: SIMD> {
  @usableFromInline let source: UnsafeRawPointer
  @usableFromInline let size: Int
  @usableFromInline let count: Int
  @usableFromInline let target: UnsafeMutableRawPointer

  @inlinable @inline(__always)
  init(_ source: UnsafeRawPointer, size: Int, count: Int, _ target: UnsafeMutableRawPointer) {
    self.source = source
    self.size = size
    self.count = count
    self.target = target
  }

  /// Converts sixteen at a time.
  @inlinable @inline(__always)
  func run(_ conversion: (UnsafeRawPointer) -> Vector) {
    let stride = MemoryLayout<Vector.Scalar>.stride
    var position = 0
    while position < count {
      target.storeBytes(
        of: conversion(source + position &* size), toByteOffset: position &* stride, as: Vector.self
      )
      position &+= 16
    }
  }
}

/// Hands a run to `body` in multiples of sixteen: as far as that goes in place, and what is left from and
/// to memory where sixteen may be read and written.
@inlinable @inline(__always)
func inSixteens<Vector: SIMD>(
  _ source: UnsafeRawPointer, size: Int, count: Int,
  to target: UnsafeMutablePointer<Vector.Scalar>, _ vector: Vector.Type,
  _ body: (Conversion<Vector>) -> Void
) {
  let whole = count & ~15
  let rest = count &- whole
  let stride = MemoryLayout<Vector.Scalar>.stride
  let output = UnsafeMutableRawPointer(target)
  var conversion = Conversion<Vector>(source, size: size, count: whole, output)
  guard rest > 0 else { return body(conversion) }
  let spare = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 64)
  defer { spare.deallocate() }
  spare.initializeMemory(as: UInt8.self, repeating: 0, count: 256)
  spare.copyMemory(from: source + whole &* size, byteCount: rest &* size)
  // One place where `body` stands, of which there is a copy wherever it is called.
  while true {
    body(conversion)
    if conversion.count == 16, conversion.target == spare + 128 { break }
    conversion = Conversion<Vector>(UnsafeRawPointer(spare), size: size, count: 16, spare + 128)
  }
  (output + whole &* stride).copyMemory(from: spare + 128, byteCount: rest &* stride)
}

/// Each number converted by `body`.
///
/// Not `SIMD16.init(_:)`: where the compiler does not inline that, its code belongs to no instruction set,
/// and the linker may take it from a variant this machine cannot run.
@inlinable @inline(__always)
func convert<From: SIMDScalar, To: SIMDScalar>(
  _ values: SIMD16<From>, _ body: (From) -> To
) -> SIMD16<To> where To: ExpressibleByIntegerLiteral {
  var converted = SIMD16<To>(repeating: 0)
  for lane in 0..<16 { converted[lane] = body(values[lane]) }
  return converted
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
  let wide = convert(bits) { UInt32($0) }
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
  unsafeBitCast(convert(bits) { UInt32($0) } &<< 16, to: SIMD16<Float>.self)
}
