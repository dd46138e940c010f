/// What 0 · ∞ is where a term's coefficient is zero and its logarithm infinite.
public enum ZeroTimesInfinity: String, CaseIterable, Sendable {
  /// 0, the limit: a class of probability zero adds nothing.
  case zero
  /// NaN, as IEEE arithmetic and PyTorch have it.
  case nan
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
