// exp and log1p for eight doubles. The goals and the derivation are those of FloatLanes+Elementary.swift;
// what differs is said here.

extension DoubleLanes {
  /// exp(-a) as (high + low) · 2⁻ᵏ with high in [0.7, 1.5], for 0 ≤ a ≤ 750.
  @inlinable @inline(__always)
  static func exponentialParts(_ a: Self) -> (high: Self, low: Self, exponent: SIMD8<UInt64>) {
    let shifter = Self(6_755_399_441_055_744)
    let shifted = shifter.adding(a, times: Self(1.442_695_040_888_963_4))
    let k = shifted - shifter
    let s = a.subtracting(k, times: Self(0.693_147_180_369_123_8))
      .subtracting(k, times: Self(1.908_214_929_270_587_7e-10))
    let rest = exponentialMinusOne(s * Self(-1))
    let one = Self(1)
    let high = one + rest
    return (high, rest - (high - one), shifted.bits)
  }

  /// exp(r) - 1 for |r| ≤ ln 2 / 2: r + r²·P(r), P of degree 10 (minimax, error 1.4e-18).
  @inlinable @inline(__always)
  static func exponentialMinusOne(_ r: Self) -> Self {
    let square = r * r
    let fourth = square * square
    let a = Self(0.5).adding(Self(0.166_666_666_666_666_7), times: r)
    let b = Self(0.041_666_666_666_666_67).adding(Self(0.008_333_333_333_326_124), times: r)
    let c = Self(0.001_388_888_888_888_374_2).adding(Self(0.000_198_412_698_748_586_12), times: r)
    let d = Self(2.480_158_732_557_486_8e-05).adding(Self(2.755_725_535_203_267_3e-06), times: r)
    let e = Self(2.755_727_360_870_900_7e-07).adding(Self(2.510_523_705_076_03e-08), times: r)
      .adding(Self(2.091_470_128_310_328_5e-09), times: square)
    let p = c.adding(d, times: square).adding(e, times: fourth)
    return r.adding(a.adding(b, times: square).adding(p, times: fourth), times: square)
  }

  /// exp(x)·2^shift, within 1 ulp, for |x| up to 2¹² where the result is neither subnormal nor too large.
  @inlinable @inline(__always)
  public static func exponential(_ x: Self, exponentShift shift: Self) -> Self {
    let shifter = Self(6_755_399_441_055_744)
    let shifted = shifter.adding(x, times: Self(1.442_695_040_888_963_4))
    let k = shifted - shifter
    let r = x.subtracting(k, times: Self(0.693_147_180_369_123_8))
      .subtracting(k, times: Self(1.908_214_929_270_587_7e-10))
    let exponent = ((shifted + shift).bits &- shifter.bits) &<< 52
    return Self(bits: (Self(1) + exponentialMinusOne(r)).bits &+ exponent)
  }

  /// 2⁻ᵏ·2⁵¹² for -1 ≤ k ≤ 1090.
  @inlinable @inline(__always)
  static func raisedPower(_ k: SIMD8<UInt64>) -> Self {
    Self(bits: (1023 + 512) << 52 &- (k &<< 52))
  }

  /// exp(x) for x ≤ 0, within 1 ulp.
  @inlinable @inline(__always)
  public static func exponential(_ x: Self) -> Self {
    let a = x * Self(-1)
    let (high, _, k) = exponentialParts(a.replaced(with: Self(750), where: a > Self(750)))
    return high * raisedPower(k) * Self(0x1p-512)
  }

  /// exp(x) is not subnormal for x down to the negative of this, nor is any step towards it.
  @inlinable @inline(__always)
  public static var largestModerate: Double { 707 }

  /// log(1 + e) with e = exp(-a), within 1.1 ulp, and the two sigmoids.
  ///
  /// log(1 + e) = 2·atanh(s) with s = e / (2 + e), which is 2s + s³·P(s²) with s² ≤ 1/9, P of degree 9
  /// (minimax, error 1.3e-18). Rounding s alone would cost more than 1 ulp, so its error, with the part of
  /// e that a double cannot hold, is carried along: with d + d' = 2 + e exactly,
  /// s' = (e - s·d + e' - s·(d' + e')) / d, and 1/d = (1 - s)/2.
  @inlinable @inline(__always)
  public static func logistic(_ a: Self, isModerate: Bool) -> LogisticParts<Self> {
    let clamped = isModerate ? a : a.replaced(with: Self(750), where: a > Self(750))
    let (high, low, k) = exponentialParts(clamped)
    let (one, two) = (Self(1), Self(2))
    let (e, rest): (Self, Self)
    if isModerate {
      e = Self(bits: high.bits &- (k &<< 52))
      rest = low * Self(bits: 1023 << 52 &- (k &<< 52))
    } else {
      let power = raisedPower(k)
      e = high * power * Self(0x1p-512)
      rest = low * (power * Self(0x1p-512))
    }
    let d = two + e
    let dRest = (two - d) + e
    let s = e / d
    let sRest = (e.subtracting(s, times: d) + rest).subtracting(s, times: dRest + rest)
    let u = s * s
    let (square, fourth) = (u * u, (u * u) * (u * u))
    let low4 = Self(0.666_666_666_666_663_1).adding(Self(0.400_000_000_001_551_3), times: u)
      .adding(
        Self(0.285_714_285_481_161_35).adding(Self(0.222_222_239_537_694_4), times: u),
        times: square)
    let next4 = Self(0.181_817_444_745_363_1).adding(Self(0.153_865_484_933_287_8), times: u)
      .adding(
        Self(0.133_011_200_085_223_1).adding(Self(0.121_049_561_178_437_08), times: u),
        times: square)
    let last2 = Self(0.083_449_209_386_407_06).adding(Self(0.170_098_531_353_046_15), times: u)
    let p = low4.adding(next4.adding(last2, times: fourth), times: fourth)
    let small = (sRest * (one - s)).adding(p * u, times: s)
    return LogisticParts(tail: (s + s) + small, exponential: e, exponentialRest: rest)
  }
}
