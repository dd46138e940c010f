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
  /// For e > √2 - 1 the logarithm of (1 + e)/2 is taken instead, with s = (e - 1) / (e + 3), and ln 2 added
  /// at the end: s² ≤ 0.0295 then, and P is of degree 6 (minimax, error 3.3e-16).
  @inlinable @inline(__always)
  public static func logistic(_ a: Self) -> LogisticParts<Self> {
    let (high, low, k) = exponentialParts(a.replaced(with: Self(750), where: a > Self(750)))
    let (zero, one) = (Self(0), Self(1))
    let e = scaled(high, byPowerOfTwo: k)
    let eRest = scaled(low, byPowerOfTwo: k)

    let isLarge = e > Self(0.414_213_562_373_095_03)
    let numerator = e.replaced(with: e - one, where: isLarge)
    let numeratorRest = eRest.replaced(with: (e - (numerator + one)) + eRest, where: isLarge)
    let base = Self(2).replaced(with: Self(3), where: isLarge)
    let d = base + e
    let dRest = ((base - d) + e) + eRest
    let s = numerator / d
    let sRest = (numerator.subtracting(s, times: d) + numeratorRest).subtracting(s, times: dRest)
    let u = s * s
    let p = atanhSeries(u)
    // 2 / d is 1 - s, or half of that where the fraction was halved.
    let reciprocal = (one - s) * one.replaced(with: Self(0.5), where: isLarge)
    let logTwoRest = zero.replaced(with: Self(2.319_046_813_846_3e-17), where: isLarge)
    let small = (logTwoRest.adding(sRest, times: reciprocal)).adding(p * u, times: s)
    let logTwo = zero.replaced(with: Self(0.693_147_180_559_945_3), where: isLarge)
    // ln 2 is larger than what is added to it, so that the rest of the sum is exact.
    let twoS = s + s
    let sum = logTwo + twoS
    let tail = (sum + (((logTwo - sum) + twoS) + small))
      .replaced(with: e, where: e < Self(0x1p-60))
    return LogisticParts(tail: tail, exponential: e, exponentialRest: eRest)
  }
}
