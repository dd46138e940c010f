extension DoubleLanes {
  /// log(x + rest) for 0 ≤ x < 2¹⁰²³, within 1 ulp, where `rest` is below x's last place.
  ///
  /// x = 2ᵏ·m with m in [√½, √2): k·ln 2 + 2·atanh(s), s = (m - 1) / (m + 1), which is 2s + s³·P(s²) with
  /// s² ≤ 0.0295, P of degree 6 (minimax, error 3.3e-16). The error of s and `rest` are carried along, as
  /// in ``logistic(_:)``. Zero gives -∞, and NaN and negative numbers NaN.
  @inlinable @inline(__always)
  public static func logarithm(_ x: Self, rest: Self) -> Self {
    let (zero, one) = (Self(0), Self(1))
    // Subnormal numbers are brought into range first.
    let isTiny = x < Self(0x1p-1000)
    let lifted = x.replaced(with: x * Self(0x1p100), where: isTiny)
    let liftedRest = rest.replaced(with: rest * Self(0x1p100), where: isTiny)
    let lift = zero.replaced(with: Self(100), where: isTiny)

    // The exponent of x / √½, so that m comes out in [√½, √2).
    let offset = lifted.bits &- SIMD8(repeating: 0x3FE6_A09E_667F_3BCD)
    let exponentBits = offset & SIMD8(repeating: 0xFFF0_0000_0000_0000)
    let m = Self(bits: lifted.bits &- exponentBits)
    // An integer as a double: put it into the low bits of 1.5·2⁵² and take that away. It is made positive
    // first, as shifts that keep the sign go lane by lane.
    let biased = (exponentBits &+ SIMD8(repeating: 1 << 63)) &>> 52
    let shifter = Self(6_755_399_441_055_744)
    let k = (Self(bits: shifter.bits &+ biased) - (shifter + Self(2048))) - lift
    // 2⁻ᵏ, for the rest; k is within the exponents of double.
    let inverse = Self(bits: SIMD8(repeating: 0x3FF0_0000_0000_0000) &- exponentBits)
    let mRest = liftedRest * inverse

    let numerator = m - one
    let d = m + one
    let dRest = ((m - d) + one) + mRest
    let s = numerator / d
    let sRest = (numerator.subtracting(s, times: d) + mRest).subtracting(s, times: dRest)
    let u = s * s
    let p = atanhSeries(u)
    // 1 / d is (1 - s) / 2.
    let small = (sRest * (one - s)).adding(p * u, times: s)
      .adding(k, times: Self(1.908_214_929_270_587_7e-10))
    let high = k * Self(0.693_147_180_369_123_8)
    let twoS = s + s
    let sum = high + twoS
    // Either may be the larger, so that the rest takes all six operations.
    let part = sum - high
    let sumRest = (high - (sum - part)) + (twoS - part)
    let result = sum + (sumRest + small)
    // x - x is 0, or NaN where x is NaN or infinite, whose bits mean nothing above.
    return (result + (x - x)).replaced(with: Self(-.infinity), where: x == zero)
      .replaced(with: Self(.nan), where: x < zero)
  }

  /// (2·atanh(√u)/√u - 2) / u for 0 ≤ u ≤ 0.0296.
  @inlinable @inline(__always)
  static func atanhSeries(_ u: Self) -> Self {
    var p = Self(0.153_311_125_879_601_7).adding(Self(0.146_239_566_082_118_8), times: u)
    p = Self(0.181_829_074_976_711_2).adding(p, times: u)
    p = Self(0.222_222_108_819_329_27).adding(p, times: u)
    p = Self(0.285_714_286_275_287_94).adding(p, times: u)
    p = Self(0.399_999_999_998_960_7).adding(p, times: u)
    return Self(0.666_666_666_666_667).adding(p, times: u)
  }
}
