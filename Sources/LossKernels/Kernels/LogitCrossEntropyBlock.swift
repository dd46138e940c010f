/// Binary cross entropy with logits over a block.
///
/// With a = |x| and L = log(1 + exp(-a)), softplus(x) is L for x < 0 and a + L above, and so
///
///     ℓ = w · [L · ((1 - y) + q·y) + a · c],  c = (1 - y) for x > 0, q·y below
///
/// in which nothing cancels for y in [0, 1]: for y = 0 or 1 it is L or a + L. The derivative is
/// w · [(1 - y)·σ(x) - q·y·σ(-x)]; for y = 0 or 1 one of the two terms.
@inlinable @inline(__always)
public func logitCrossEntropy<L: Lanes>(
  _ block: ElementBlock<L.Scalar>, _ lanes: L.Type
) -> BlockFindings {
  switch (block.factors, block.gradients) {
  case (nil, nil): logitLoop(block, lanes, isWeighted: false, hasGradient: false)
  case (nil, _?): logitLoop(block, lanes, isWeighted: false, hasGradient: true)
  case (_?, nil): logitLoop(block, lanes, isWeighted: true, hasGradient: false)
  case (_?, _?): logitLoop(block, lanes, isWeighted: true, hasGradient: true)
  }
}

/// The loop for one combination of the flags, which are constants where it is inlined.
@inlinable @inline(__always)
func logitLoop<L: Lanes>(
  _ block: ElementBlock<L.Scalar>, _ lanes: L.Type, isWeighted: Bool, hasGradient: Bool
) -> BlockFindings {
  let (zero, one) = (L(0), L(1))
  let (scaleHigh, scaleLow) = (L(block.scale.high), L(block.scale.low))
  var isValid = L.Mask.all
  var isHard = L.Mask.all
  var isWithin = L.Mask.all
  var isFinite = L.Mask.all
  var position = 0
  while position < block.count {
    let x = L(loadingFrom: block.predictions + position)
    let y = L(loadingFrom: block.labels + position)
    let parts = L.logistic(x.magnitude)
    let isPositive = x > zero
    let negative = one - y
    var positive = y
    isValid = isValid & y.isFinite
    let product = y * negative
    isHard = isHard & (product == zero)
    isWithin = isWithin & (product >= zero)
    isFinite = isFinite & x.isFinite
    if isWeighted, let factors = block.factors {
      let q = L(loadingFrom: factors.positiveWeights + position)
      isValid = isValid & q.isFinite
      positive = q * y
    }
    let coefficient = positive.replaced(with: negative, where: isPositive)
    let tail = isWeighted ? parts.tail * (negative + positive) : parts.tail
    // Where the coefficient is 0 the product is too, for infinite logits as for all others.
    var value = tail.adding(x.magnitude, times: coefficient)
      .replaced(with: tail, where: coefficient == zero)
    if hasGradient, let gradients = block.gradients {
      let upper = parts.complement.replaced(with: parts.sigmoid, where: isPositive)
      let lower = parts.sigmoid.replaced(with: parts.complement, where: isPositive)
      var derivative = (negative * upper).subtracting(positive, times: lower)
      var (high, low) = (scaleHigh, scaleLow)
      if isWeighted, let factors = block.factors {
        let w = L(loadingFrom: factors.weights + position)
        let u = L(loadingFrom: factors.upstream + position)
        (high, low) = scaled(high, low, by: w)
        (high, low) = scaled(high, low, by: u)
      }
      derivative = (derivative * low).adding(derivative, times: high)
      derivative.store(to: gradients + position)
    }
    if isWeighted, let factors = block.factors {
      let w = L(loadingFrom: factors.weights + position)
      isValid = isValid & w.isFinite
      value = (w * value).replaced(with: zero, where: (w == zero) & value.isInfinite)
    }
    value.store(to: block.values + position)
    position += L.count
  }
  return BlockFindings(
    isInvalid: !isValid.isAllTrue, hasSoftLabels: !isHard.isAllTrue,
    hasLabelsBeyondOne: !isWithin.isAllTrue, hasNonFinitePredictions: !isFinite.isAllTrue)
}

/// (high + low) · factor, again in two pieces.
@inlinable @inline(__always)
func scaled<L: Lanes>(_ high: L, _ low: L, by factor: L) -> (L, L) {
  let product = high * factor
  return (product, (L(0) - product).adding(high, times: factor).adding(low, times: factor))
}
