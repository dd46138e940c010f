// exp and log1p for eight doubles. The goals and the derivation are those of FloatLanes+Elementary.swift;
// what differs is said here.

extension DoubleLanes {
  /// exp(-a) as (high + low) · 2ᵏ with high in [0.7, 1.5], for 0 ≤ a ≤ 750. P is of degree 10 (minimax,
  /// error 1.4e-18).
  @inlinable @inline(__always)
  static func exponentialParts(_ a: Self) -> (high: Self, low: Self, exponent: SIMD8<UInt64>) {
    let shifter = Self(6_755_399_441_055_744)
    let shifted = shifter.subtracting(a, times: Self(1.442_695_040_888_963_4))
    let k = shifted - shifter
    let r = (Self(0) - a).subtracting(k, times: Self(0.693_147_180_369_123_8))
      .subtracting(k, times: Self(1.908_214_929_270_587_7e-10))
    let rest = exponentialMinusOne(r)
    let one = Self(1)
    let high = one + rest
    return (high, rest - (high - one), shifted.bits &- shifter.bits)
  }

  /// exp(r) - 1 for |r| ≤ ln 2 / 2.
  @inlinable @inline(__always)
  static func exponentialMinusOne(_ r: Self) -> Self {
    var p = Self(2.510_523_705_076_03e-08).adding(Self(2.091_470_128_310_328_5e-09), times: r)
    p = Self(2.755_727_360_870_900_7e-07).adding(p, times: r)
    p = Self(2.755_725_535_203_267_3e-06).adding(p, times: r)
    p = Self(2.480_158_732_557_486_8e-05).adding(p, times: r)
    p = Self(0.000_198_412_698_748_586_12).adding(p, times: r)
    p = Self(0.001_388_888_888_888_374_2).adding(p, times: r)
    p = Self(0.008_333_333_333_326_124).adding(p, times: r)
    p = Self(0.041_666_666_666_666_67).adding(p, times: r)
    p = Self(0.166_666_666_666_666_7).adding(p, times: r)
    p = Self(0.5).adding(p, times: r)
    return r.adding(p, times: r * r)
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

  /// `x`·2ᵏ for -1090 ≤ k ≤ 1, correctly rounded where the result is subnormal.
  @inlinable @inline(__always)
  static func scaled(_ x: Self, byPowerOfTwo k: SIMD8<UInt64>) -> Self {
    x * Self(bits: (k &+ (1023 + 512)) &<< 52) * Self(0x1p-512)
  }

  /// exp(x) for x ≤ 0, within 1 ulp.
  @inlinable @inline(__always)
  public static func exponential(_ x: Self) -> Self {
    let a = Self(0) - x
    let (high, _, k) = exponentialParts(a.replaced(with: Self(750), where: a > Self(750)))
    return scaled(high, byPowerOfTwo: k)
  }

  /// log(1 + e) with e = exp(-a), within 1 ulp, and the two sigmoids.
  ///
  /// log(1 + e) = 2·atanh(s) with s = e / (2 + e), which is 2s + s³·P(s²) with s² ≤ 1/9, P of degree 9
  /// (minimax, error 1.3e-18). Rounding s alone would cost more than 1 ulp, so its error, with the part of
  /// e that a double cannot hold, is carried along: with d + d' = 2 + e exactly,
  /// s' = (e - s·d + e' - s·(d' + e')) / d, and 1/d = (1 - s)/2.
  @inlinable @inline(__always)
  public static func logistic(_ a: Self) -> LogisticParts<Self> {
    let (high, low, k) = exponentialParts(a.replaced(with: Self(750), where: a > Self(750)))
    let (one, two) = (Self(1), Self(2))
    let e = scaled(high, byPowerOfTwo: k)
    let rest = scaled(low, byPowerOfTwo: k)
    let d = two + e
    let dRest = (two - d) + e
    let s = e / d
    let sRest = (e.subtracting(s, times: d) + rest).subtracting(s, times: dRest + rest)
    let u = s * s
    var p = Self(0.083_449_209_386_407_06).adding(Self(0.170_098_531_353_046_15), times: u)
    p = Self(0.121_049_561_178_437_08).adding(p, times: u)
    p = Self(0.133_011_200_085_223_1).adding(p, times: u)
    p = Self(0.153_865_484_933_287_8).adding(p, times: u)
    p = Self(0.181_817_444_745_363_1).adding(p, times: u)
    p = Self(0.222_222_239_537_694_4).adding(p, times: u)
    p = Self(0.285_714_285_481_161_35).adding(p, times: u)
    p = Self(0.400_000_000_001_551_3).adding(p, times: u)
    p = Self(0.666_666_666_666_663_1).adding(p, times: u)
    let small = (sRest * (one - s)).adding(p * u, times: s)
    return LogisticParts(tail: (s + s) + small, exponential: e, exponentialRest: rest)
  }
}
