// Half precision by integer arithmetic: Swift's own Float16 is missing on some platforms and, without
// the matching CPU feature, a library call per element; this is the same everywhere.

/// IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits.
struct StoredHalf: StoredElement {
  let bits: UInt16

  @inline(__always)
  init(storedBits: UInt16) { bits = storedBits }

  /// The value, exact: every binary16 number is a binary32 number.
  ///
  /// The exponent and fraction are moved to their binary32 place, which scales the value by 2⁻¹¹²; one
  /// exact multiplication by 2¹¹² undoes that and normalises subnormals. Infinity and NaN are the
  /// values that this leaves at or above 2¹⁶, and get the exponent of all ones.
  @inline(__always)
  var asFloat: Float {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let sign = UInt32(bits & 0x8000) << 16
    let scaled = Float(bitPattern: magnitude) * Float(bitPattern: (127 + 112) << 23)
    let special: UInt32 = scaled >= 65536 ? 0x7F80_0000 : 0
    return Float(bitPattern: scaled.bitPattern | special | sign)
  }

  @inline(__always) var asDouble: Double { Double(asFloat) }

  /// `value` rounded to binary16, to nearest with ties to even; too large becomes infinity and NaN
  /// stays a quiet NaN with its sign.
  init(rounding value: Double) {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 48) & 0x8000
    let magnitude = value.magnitude
    if value.isNaN {
      bits = sign | 0x7E00
    } else if magnitude >= 65520 {
      bits = sign | 0x7C00
    } else {
      // The spacing of binary16 around the value; below 2⁻¹⁴ all subnormals share 2⁻²⁴.
      let exponent = max(magnitude == 0 ? -14 : Int(magnitude.exponent), -14)
      let unit = Double(sign: .plus, exponent: exponent - 10, significand: 1)
      // At most 2048 steps, exact; a carry into the next exponent adds up right in the bits.
      let steps = (magnitude / unit).rounded(.toNearestOrEven)
      bits = sign | UInt16((exponent + 14) << 10) + UInt16(steps)
    }
  }
}

/// bfloat16: the upper half of a binary32 number.
struct StoredBrainFloat: StoredElement {
  let bits: UInt16

  @inline(__always)
  init(storedBits: UInt16) { bits = storedBits }

  @inline(__always)
  var asFloat: Float { Float(bitPattern: UInt32(bits) << 16) }

  @inline(__always) var asDouble: Double { Double(asFloat) }

  /// `value` rounded to bfloat16, to nearest with ties to even; NaN stays a quiet NaN with its sign.
  ///
  /// Going through binary32 would round twice. Rounding the first step to odd (the last bit set where
  /// anything was lost) makes the second rounding see on which side of a tie the value lay.
  init(rounding value: Double) {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 48) & 0x8000
    guard !value.isNaN else {
      bits = sign | 0x7FC0
      return
    }
    let nearest = Float(value.magnitude)
    var odd = nearest.bitPattern
    if nearest.isFinite, Double(nearest) != value.magnitude {
      if Double(nearest) > value.magnitude { odd -= 1 }
      odd |= 1
    }
    let rounded = (UInt64(odd) + 0x7FFF + UInt64((odd >> 16) & 1)) >> 16
    bits = sign | UInt16(truncatingIfNeeded: rounded)
  }
}

extension ElementType {
  /// The number with these bits in a 16-bit floating-point type; as bfloat16 where this is another.
  public func float(storedBits: UInt16) -> Float {
    self == .float16
      ? StoredHalf(storedBits: storedBits).asFloat
      : StoredBrainFloat(storedBits: storedBits).asFloat
  }
}
