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
  case (nil, nil):
    logitLoop(block, lanes, isWeighted: false, hasGradient: false, isModerate: false)
  case (nil, _?):
    logitLoop(block, lanes, isWeighted: false, hasGradient: true, isModerate: false)
  case (_?, nil):
    logitLoop(block, lanes, isWeighted: true, hasGradient: false, isModerate: false)
  case (_?, _?):
    logitLoop(block, lanes, isWeighted: true, hasGradient: true, isModerate: false)
  }
}

/// The same without weights, faster, for logits whose magnitude is at most the lanes' `largestModerate`.
/// Where others are found the results are of no use.
@inlinable @inline(__always)
public func moderateLogitCrossEntropy<L: Lanes>(
  _ block: ElementBlock<L.Scalar>, _ lanes: L.Type
) -> BlockFindings {
  block.gradients == nil
    ? logitLoop(block, lanes, isWeighted: false, hasGradient: false, isModerate: true)
    : logitLoop(block, lanes, isWeighted: false, hasGradient: true, isModerate: true)
}

/// The loop for one combination of the flags, which are constants where it is inlined.
@inlinable @inline(__always)
func logitLoop<L: Lanes>(
  _ block: ElementBlock<L.Scalar>, _ lanes: L.Type, isWeighted: Bool, hasGradient: Bool,
  isModerate: Bool
) -> BlockFindings {
  let (zero, one) = (L(0), L(1))
  let (scaleHigh, scaleLow) = (L(block.scale.high), L(block.scale.low))
  let limit = isModerate ? L.largestModerate : .greatestFiniteMagnitude
  var (large, uncertain) = (L.Notes(), L.Notes())
  var isValid = L.Mask.all
  var position = 0
  while position < block.count {
    let x = L(loadingFrom: block.predictions + position)
    let y = L(loadingFrom: block.labels + position)
    let size = x.magnitude
    large.note(size, above: limit)
    let parts = L.logistic(size, isModerate: isModerate)
    let isPositive = x > zero
    let negative = one - y
    // y·(1 - y) is 0 for a hard label, and NaN or infinite for one that is; + 0 makes -0 a 0.
    uncertain.note(nonZero: zero.adding(y, times: negative))
    var positive = y
    if isWeighted, let factors = block.factors {
      let q = L(loadingFrom: factors.positiveWeights + position)
      isValid = isValid & q.isFinite
      positive = q * y
    }
    let coefficient = positive.replaced(with: negative, where: isPositive)
    let tail = isWeighted ? parts.tail * (negative + positive) : parts.tail
    var value = tail.adding(size, times: coefficient)
    // Where the coefficient is 0 the product is too, for infinite logits as for all others.
    if !isModerate { value = value.replaced(with: tail, where: coefficient == zero) }
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
  var findings: BlockFindings = []
  if uncertain.mayHaveNonFinite || !isValid.isAllTrue { findings.insert(.invalid) }
  if uncertain.hasNonZero { findings.insert(.softLabels) }
  if large.hasAbove { findings.insert(isModerate ? .immoderatePredictions : .nonFinitePredictions) }
  return findings
}

/// (high + low) · factor, again in two pieces.
@inlinable @inline(__always)
func scaled<L: Lanes>(_ high: L, _ low: L, by factor: L) -> (L, L) {
  let product = high * factor
  return (product, (L(0) - product).adding(high, times: factor).adding(low, times: factor))
}
