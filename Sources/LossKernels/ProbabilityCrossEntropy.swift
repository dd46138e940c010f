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

  /// The probability whose logarithms ``callAsFunction(probability:logarithms:label:weight:)`` wants.
  @inlinable
  public func clamped(_ p: Double) -> Double {
    guard case .epsilon(let epsilon) = clamp else { return p }
    return min(max(p, epsilon), 1 - epsilon)
  }

  /// The loss of probability `p` for label `y`, with element weight `w`.
  ///
  /// - Parameter logs: log(p) and log(1 - p) of the clamped probability.
  @inlinable
  public func callAsFunction(
    probability p: Double, logarithms logs: (Double, Double), label y: Double, weight w: Double
  ) -> ElementLoss {
    switch clamp {
    case .logarithm(let least):
      let bounded = (max(logs.0, least), max(logs.1, least))
      return ElementLoss(
        value: combine(bounded, y, w), derivative: w * (p - y) / max(p * (1 - p), 1e-12))
    case .epsilon:
      return ElementLoss(
        value: combine(logs, y, w), derivative: clamped(p) == p ? w * derivative(p, y) : 0)
    case .none:
      return ElementLoss(value: combine(logs, y, w), derivative: w * derivative(p, y))
    }
  }

  /// (1 - y)/(1 - p) - y/p, where a term with coefficient 0 is 0.
  @inlinable
  func derivative(_ p: Double, _ y: Double) -> Double {
    (y == 1 ? 0 : (1 - y) / (1 - p)) - (y == 0 ? 0 : y / p)
  }

  @inlinable
  func combine(_ logs: (Double, Double), _ y: Double, _ w: Double) -> Double {
    product(w, -(product(y, logs.0) + product(1 - y, logs.1)))
  }

  @inlinable
  func product(_ coefficient: Double, _ term: Double) -> Double {
    coefficient == 0 && term.isInfinite && zeroTimesInfinity == .zero ? 0 : coefficient * term
  }
}
