#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A loss and its derivative with respect to the prediction.
@frozen
public struct ElementLoss {
  /// The loss.
  public var value: Double

  /// The loss's derivative.
  public var derivative: Double

  /// A loss and its derivative.
  @inlinable
  public init(value: Double, derivative: Double) {
    self.value = value
    self.derivative = derivative
  }
}

/// What 0 · ∞ is where a term's coefficient is zero and its logarithm infinite.
public enum ZeroTimesInfinity: String, CaseIterable, Sendable {
  /// 0, the limit: a class of probability zero adds nothing.
  case zero
  /// NaN, as IEEE arithmetic and PyTorch have it.
  case nan
}

/// Binary cross entropy of one prediction given as a logit.
///
///     ℓ = w · [(1 - y) · softplus(x) + q · y · softplus(-x)]
///
/// For labels y in [0, 1] both terms are non-negative, so that, unlike in the common
/// `(1 - y) · x - logsigmoid(x)`, nothing cancels: x = -40, y = 0 gives 4.248e-18, not 0.
@frozen
public struct LogitCrossEntropy: Sendable {
  /// What 0 · ∞ is.
  public var zeroTimesInfinity: ZeroTimesInfinity

  /// The arithmetic under a convention for 0 · ∞.
  public init(zeroTimesInfinity: ZeroTimesInfinity) {
    self.zeroTimesInfinity = zeroTimesInfinity
  }

  /// The loss of logit `x` for label `y`, with element weight `w` and positive weight `q`.
  public func callAsFunction(
    logit x: Double, label y: Double, weight w: Double, positiveWeight q: Double
  ) -> ElementLoss {
    let derivative = w * ((1 - y) * sigmoid(x) - q * y * sigmoid(-x))
    if x.isInfinite, zeroTimesInfinity == .nan {
      // PyTorch's own form, whose infinities meet zeros and each other.
      let value = w * ((1 - y) * x + (1 + (q - 1) * y) * softplus(-x))
      return ElementLoss(value: value, derivative: derivative)
    }
    let negativePart = product(1 - y, softplus(x))
    let positivePart = product(q * y, softplus(-x))
    return ElementLoss(value: product(w, negativePart + positivePart), derivative: derivative)
  }

  private func product(_ coefficient: Double, _ term: Double) -> Double {
    coefficient == 0 && term.isInfinite && zeroTimesInfinity == .zero ? 0 : coefficient * term
  }
}

/// How logarithms of probabilities near 0 and 1 are kept finite.
public enum ProbabilityClamp: Hashable, Sendable {
  /// The logarithm is at least this (PyTorch: -100). The gradient is PyTorch's too,
  /// (p - y) / max(p(1 - p), 1e-12), which is not the derivative of the clamped loss.
  case logarithm(Double)
  /// The probability is kept within [ε, 1 - ε] (Keras: 1e-7); outside, the gradient is 0.
  case epsilon(Double)
  /// Nothing is clamped; p = 0 for label 1 is an infinite loss.
  case none
}

/// Binary cross entropy of one prediction given as a probability.
///
///     ℓ = -w · [y · log p + (1 - y) · log1p(-p)]
@frozen
public struct ProbabilityCrossEntropy: Sendable {
  /// How the logarithms are kept finite.
  public var clamp: ProbabilityClamp

  /// What 0 · ∞ is, where nothing is clamped.
  public var zeroTimesInfinity: ZeroTimesInfinity

  /// The arithmetic under a clamp and a convention for 0 · ∞.
  public init(clamp: ProbabilityClamp, zeroTimesInfinity: ZeroTimesInfinity) {
    self.clamp = clamp
    self.zeroTimesInfinity = zeroTimesInfinity
  }

  /// The loss of probability `p` for label `y`, with element weight `w`.
  public func callAsFunction(probability p: Double, label y: Double, weight w: Double)
    -> ElementLoss
  {
    switch clamp {
    case .logarithm(let least):
      let logs = (max(log(p), least), max(log1p(-p), least))
      return ElementLoss(
        value: combine(logs, y, w), derivative: w * (p - y) / max(p * (1 - p), 1e-12))
    case .epsilon(let epsilon):
      let kept = min(max(p, epsilon), 1 - epsilon)
      return ElementLoss(
        value: combine((log(kept), log1p(-kept)), y, w),
        derivative: kept == p ? w * derivative(p, y) : 0)
    case .none:
      return ElementLoss(
        value: combine((log(p), log1p(-p)), y, w), derivative: w * derivative(p, y))
    }
  }

  /// (1 - y)/(1 - p) - y/p, where a term with coefficient 0 is 0.
  private func derivative(_ p: Double, _ y: Double) -> Double {
    (y == 1 ? 0 : (1 - y) / (1 - p)) - (y == 0 ? 0 : y / p)
  }

  private func combine(_ logs: (Double, Double), _ y: Double, _ w: Double) -> Double {
    product(w, -(product(y, logs.0) + product(1 - y, logs.1)))
  }

  private func product(_ coefficient: Double, _ term: Double) -> Double {
    coefficient == 0 && term.isInfinite && zeroTimesInfinity == .zero ? 0 : coefficient * term
  }
}
