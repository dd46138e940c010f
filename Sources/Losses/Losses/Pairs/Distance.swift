import LossKernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The norm of the difference of two vectors, ‖a - b + ε‖ₚ, and its derivatives.
///
/// Source: PyTorch `pairwise_distance`, which adds ε to each element of the difference.
struct NormDistance: Sendable {
  /// p, at least 1; infinity for the largest element.
  let p: Double
  /// ε, added to each difference.
  let eps: Double

  /// The distance of two vectors of one length.
  func callAsFunction(_ pair: VectorPair) -> Double {
    if p == 1 { return pair.magnitudes(shift: eps) }
    if p == .infinity { return pair.largest(shift: eps) }
    if p == 2 {
      let squares = pair.squares(shift: eps)
      // Squares that vanish or overflow do not make the distance do so.
      if squares > 0x1p-900, squares < .infinity { return squares.squareRoot() }
    }
    let largest = pair.largest(shift: eps)
    guard largest > 0, largest < .infinity else { return largest }
    if p == 2 { return scaledNorm(pair, largest) }
    let sum = pair.a.indices.reduce(0.0) {
      $0 + pow((pair.a[$1] - pair.b[$1] + eps).magnitude / largest, p)
    }
    return largest * pow(sum, 1 / p)
  }

  private func scaledNorm(_ pair: VectorPair, _ largest: Double) -> Double {
    // A power of two, so that scaling rounds nothing; that of a subnormal's inverse may be infinite.
    let scale = Double(sign: .plus, exponent: -max(largest.exponent, -1000), significand: 1)
    return pair.squares(shift: eps, scale: scale).squareRoot() / scale
  }

  /// Adds `factor` times the derivative of the distance to those of a, and subtracts it from those of b.
  ///
  /// It is 0 where the distance is 0, as in PyTorch.
  func addDerivatives(
    _ pair: VectorPair, distance: Double, times factor: Double,
    a: UnsafeMutableBufferPointer<Double>?, b: UnsafeMutableBufferPointer<Double>?
  ) {
    guard distance != 0, factor != 0, a != nil || b != nil else { return }
    // Equal largest elements share the derivative.
    let share = p == .infinity ? 1 / Double(ties(pair, distance)) : 1
    for index in pair.a.indices {
      let difference = pair.a[index] - pair.b[index] + eps
      let derivative = factor * slope(difference, distance) * share
      a?[index] += derivative
      b?[index] -= derivative
    }
  }

  @inline(__always)
  private func slope(_ difference: Double, _ distance: Double) -> Double {
    if p == 2 { return difference / distance }
    let sign: Double = difference == 0 ? 0 : (difference < 0 ? -1 : 1)
    if difference.isNaN { return .nan }
    if p == 1 { return sign }
    if p == .infinity { return difference.magnitude == distance ? sign : 0 }
    return sign * pow(difference.magnitude / distance, p - 1)
  }

  private func ties(_ pair: VectorPair, _ distance: Double) -> Int {
    max(1, pair.a.indices.count { (pair.a[$0] - pair.b[$0] + eps).magnitude == distance })
  }
}

/// The cosine distance of two vectors, 1 - a·b / (‖a‖ ‖b‖), and its derivatives.
///
/// Source: PyTorch `cosine_similarity`, whose norms are at least 1e-8.
struct CosineDistance: Sendable {
  private static let smallestNorm = 1e-8

  /// What distance and derivatives are made of.
  struct Parts {
    let cosine: Double
    let distance: Double
    fileprivate let normA: Double
    fileprivate let normB: Double
  }

  /// The distance of two vectors of one length.
  func callAsFunction(_ pair: VectorPair) -> Parts {
    let sums = pair.products()
    let normA = max(sums.aa.squareRoot(), Self.smallestNorm)
    let normB = max(sums.bb.squareRoot(), Self.smallestNorm)
    let cosine = sums.ab / normA / normB
    let isNear = cosine > 0.75 && normA > Self.smallestNorm && normB > Self.smallestNorm
    let distance = isNear ? near(pair, normA, normB) : 1 - cosine
    return Parts(cosine: cosine, distance: distance, normA: normA, normB: normB)
  }

  /// Half the square of the distance of the unit vectors: 1 - cosine cancels for vectors that are near.
  private func near(_ pair: VectorPair, _ normA: Double, _ normB: Double) -> Double {
    let sum = pair.a.indices.reduce(0.0) { sum, index in
      let difference = pair.a[index] / normA - pair.b[index] / normB
      return sum + difference * difference
    }
    return sum / 2
  }

  /// Adds `factor` times the derivatives of the distance.
  func addDerivatives(
    _ pair: VectorPair, _ parts: Parts, times factor: Double,
    a: UnsafeMutableBufferPointer<Double>?, b: UnsafeMutableBufferPointer<Double>?
  ) {
    guard factor != 0 else { return }
    let across = factor / (parts.normA * parts.normB)
    // A norm at its lower bound does not move.
    func along(_ norm: Double) -> Double {
      norm > Self.smallestNorm ? factor * parts.cosine / (norm * norm) : 0
    }
    let (alongA, alongB) = (along(parts.normA), along(parts.normB))
    for index in pair.a.indices {
      a?[index] += alongA * pair.a[index] - across * pair.b[index]
      b?[index] += alongB * pair.b[index] - across * pair.a[index]
    }
  }
}
