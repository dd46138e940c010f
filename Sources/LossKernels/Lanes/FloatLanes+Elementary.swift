// exp and log1p for sixteen floats.
//
// Goals, in this order: within 1 ulp of the true value over the whole range, subnormal results included;
// NaN for NaN; the same bits on every machine; speed. The bounds named here were found by trying every
// float of the range against double arithmetic.

extension FloatLanes {
  /// exp(-a) as (high + low) · 2⁻ᵏ with high in [0.7, 1.5], for 0 ≤ a ≤ 110; k is in the low bits of `exponent`.
  ///
  /// a = k·ln 2 + s with |s| ≤ ln 2 / 2. Adding 1.5·2²³ rounds to the integer k and leaves it in the low
  /// bits of the sum. ln 2 is subtracted in two parts, the first of few bits so that its product is exact.
  /// What the last addition of exp(-s) = 1 + (exp(-s) - 1) rounds off is kept as `low`.
  @inlinable @inline(__always)
  static func exponentialParts(_ a: Self) -> (high: Self, low: Self, exponent: SIMD16<UInt32>) {
    let shifter = Self(12_582_912)
    let shifted = shifter.adding(a, times: Self(1.442_695))
    let k = shifted - shifter
    let s = a.subtracting(k, times: Self(0.693_145_75))
      .subtracting(k, times: Self(1.428_606_8e-6))
    let rest = exponentialMinusOne(s * Self(-1))
    let one = Self(1)
    let high = one + rest
    return (high, rest - (high - one), shifted.bits)
  }

  /// exp(r) - 1 for |r| ≤ ln 2 / 2: r + r²·P(r), P of degree 5 (minimax, error 1.4e-9), evaluated in pairs
  /// as a chain of products would be waited for.
  @inlinable @inline(__always)
  static func exponentialMinusOne(_ r: Self) -> Self {
    let square = r * r
    let p = Self(0.041_666_463).adding(Self(0.008_333_310_5), times: r)
      .adding(Self(0.001_393_366_7).adding(Self(0.000_198_910_1), times: r), times: square)
    let q = Self(0.5).adding(Self(0.166_666_67), times: r).adding(p, times: square)
    return r.adding(q, times: square)
  }

  /// exp(x)·2^shift, within 1 ulp, for |x| up to 2¹² where the result is neither subnormal nor too large.
  @inlinable @inline(__always)
  public static func exponential(_ x: Self, exponentShift shift: Self) -> Self {
    let shifter = Self(12_582_912)
    let shifted = shifter.adding(x, times: Self(1.442_695))
    let k = shifted - shifter
    let r = x.subtracting(k, times: Self(0.693_145_75))
      .subtracting(k, times: Self(1.428_606_8e-6))
    let exponent = ((shifted + shift).bits &- shifter.bits) &<< 23
    return Self(bits: (Self(1) + exponentialMinusOne(r)).bits &+ exponent)
  }

  /// 2⁻ᵏ·2⁶⁴ for -1 ≤ k ≤ 160: half of the way, as 2⁻ᵏ itself may be below every float.
  @inlinable @inline(__always)
  static func raisedPower(_ k: SIMD16<UInt32>) -> Self {
    Self(bits: (127 + 64) << 23 &- (k &<< 23))
  }

  /// exp(x) for x ≤ 0, within 1 ulp.
  @inlinable @inline(__always)
  public static func exponential(_ x: Self) -> Self {
    let a = x * Self(-1)
    let (high, _, k) = exponentialParts(a.replaced(with: Self(110), where: a > Self(110)))
    return high * raisedPower(k) * Self(0x1p-64)
  }

  /// exp(x) is not subnormal for x down to the negative of this, nor is any step towards it.
  @inlinable @inline(__always)
  public static var largestModerate: Float { 86 }

  /// log(1 + e) with e = exp(-a) and the two sigmoids. Losses made of them are within 1.8 ulp.
  ///
  /// log(1 + e) = e·ln 2 + e·P(e), P of degree 9 (minimax, error 4.8e-9 of the whole). P falls from 0.31 at 0
  /// to 0 at 1, so that what its evaluation rounds off hardly shows; the part of e that a float cannot hold
  /// is added to the smaller term. The first half of P is evaluated in pairs; in the second it would cancel.
  @inlinable @inline(__always)
  public static func logistic(_ a: Self, isModerate: Bool) -> LogisticParts<Self> {
    let clamped = isModerate ? a : a.replaced(with: Self(110), where: a > Self(110))
    let (high, low, k) = exponentialParts(clamped)
    let (e, rest): (Self, Self)
    if isModerate {
      e = Self(bits: high.bits &- (k &<< 23))
      rest = low * Self(bits: 127 << 23 &- (k &<< 23))
    } else {
      let power = raisedPower(k)
      e = high * power * Self(0x1p-64)
      // Where e is subnormal this has few bits or none, which is no matter there.
      rest = low * (power * Self(0x1p-64))
    }
    let square = e * e
    let top = Self(0.106_036_55).adding(Self(-0.056_959_54), times: e)
      .adding(Self(0.019_851_465).adding(Self(-0.003_244_025_6), times: e), times: square)
    var p = Self(0.196_759_39).adding(Self(-0.153_055_94), times: e).adding(top, times: square)
    p = Self(-0.249_541_34).adding(p, times: e)
    p = Self(0.333_299_64).adding(p, times: e)
    p = Self(-0.499_999_02).adding(p, times: e)
    p = Self(0.306_852_82).adding(p, times: e)
    let tail = rest.adding(p, times: e).adding(e, times: Self(0.693_147_2))
    return LogisticParts(tail: tail, exponential: e, exponentialRest: rest)
  }
}
