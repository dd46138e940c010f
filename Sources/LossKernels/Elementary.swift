#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// ln(1 + eˣ), within 2 ulp over the whole range.
///
/// `max(x, 0) + log1p(exp(-|x|))`: the exponential never overflows, both terms are non-negative, so
/// nothing cancels, and for x → -∞ the result keeps its relative accuracy because `log1p(e) → e`.
/// `-log(sigmoid(-x))`, the form found in frameworks, loses the tail once `1 + eˣ` rounds to 1.
@inlinable
public func softplus(_ x: Double) -> Double {
  // Written as a comparison: `max` would lose a NaN.
  (x < 0 ? 0 : x) + log1p(exp(-x.magnitude))
}

/// 1 / (1 + e⁻ˣ), within 2 ulp over the whole range.
///
/// With e = exp(-|x|) this is 1 / (1 + e) for x ≥ 0 and e / (1 + e) below: no overflow, and
/// `sigmoid(-x)` is the accurate 1 - `sigmoid(x)`.
@inlinable
public func sigmoid(_ x: Double) -> Double {
  let e = exp(-x.magnitude)
  return (x < 0 ? e : 1) / (1 + e)
}
