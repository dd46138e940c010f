import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Draws classes as noise, the same ones on every machine.
///
/// Numbers are those of SplitMix64, begun with the seed, 53 upper bits of each over 2⁵³. Logarithms and powers that
/// decide which class a number falls to are made of IEEE operations only.
///
/// - Reference: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; the
///   distributions and expected counts are those of TensorFlow's candidate samplers.
public struct NoiseSampler: Equatable, Sendable {
  /// How often each class is drawn.
  public enum Distribution: String, CaseIterable, Sendable {
    /// Class k with log((k + 2) / (k + 1)) / log(C + 1): classes sorted by falling frequency.
    case logUniform = "log-uniform"
    /// Each the same.
    case uniform
    /// By the counts of the classes, to a power.
    case unigram
  }

  /// How often each class is drawn.
  public var distribution: Distribution
  /// How many are drawn.
  public var count: Int
  /// Where the generator begins.
  public var seed: UInt64
  /// Whether no class is drawn twice.
  public var isUnique: Bool
  /// The power counts are raised to.
  public var distortion: Double

  /// A sampler.
  public init(
    _ distribution: Distribution, count: Int, seed: UInt64 = 0, isUnique: Bool = false,
    distortion: Double = 0.75
  ) {
    (self.distribution, self.count, self.seed) = (distribution, count, seed)
    (self.isUnique, self.distortion) = (isUnique, distortion)
  }

  /// Draws from `classCount` classes.
  ///
  /// - Parameter counts: how often each class was seen; for `unigram` only.
  /// - Throws: `LossError.optionOutOfRange` where there are fewer classes than are to be drawn;
  ///   `LossError.valueOutOfRange` for a count that is negative or not finite.
  public func draw(classCount: Int, counts: [Double]? = nil) throws(LossError) -> NoiseSample {
    var weights: [Double]?
    if let counts { weights = try cumulated(counts) }
    var generator = SplitMix64(state: seed)
    let logRange = portableLog(Double(classCount) + 1)
    func next() -> Int {
      switch distribution {
      case .uniform: Int(generator.next().multipliedFullWidth(by: UInt64(classCount)).high)
      case .logUniform:
        firstIndex(below: classCount, logRange * generator.nextUnit()) {
          portableLog(Double($0) + 2)
        }
      case .unigram:
        firstIndex(below: classCount, (weights?.last ?? 0) * generator.nextUnit()) {
          weights?[$0] ?? 0
        }
      }
    }
    let possible = counts.map { $0.count { $0 > 0 } } ?? classCount
    guard possible > 0 || count == 0, !isUnique || count <= possible else {
      throw .optionOutOfRange(
        option: "num-samples", found: "\(count)",
        expected: isUnique
          ? "at most \(possible), the classes there are" : "0, as there is no class")
    }
    var (ids, seen, tries): ([Int], Set<Int>, Int) = ([], [], 0)
    while ids.count < count {
      // Rare classes take long to come; nobody waits for all of them.
      guard tries < 100_000_000 else {
        throw .optionOutOfRange(
          option: "num-samples", found: "\(count)",
          expected: "fewer, as only \(ids.count) different classes came in \(tries) draws")
      }
      tries += 1
      let id = next()
      if !isUnique || seen.insert(id).inserted { ids.append(id) }
    }
    return NoiseSample(
      ids: ids, tries: tries, sampler: self, classCount: classCount, cumulated: weights)
  }

  /// The sums of the classes' weights up to each.
  private func cumulated(_ counts: [Double]) throws(LossError) -> [Double] {
    var (sums, sum): ([Double], Double) = ([], 0)
    for (id, count) in counts.enumerated() {
      guard count >= 0, count.isFinite else {
        throw .valueOutOfRange(
          input: "counts", index: [id], found: count, expected: "a finite count, 0 or more",
          hint: nil)
      }
      if count > 0 { sum += portableExp(distortion * portableLog(count)) }
      sums.append(sum)
    }
    return sums
  }

  /// The first index whose number is above a limit; the last where none is.
  private func firstIndex(below count: Int, _ limit: Double, _ number: (Int) -> Double) -> Int {
    var (low, high) = (0, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if number(middle) > limit { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// The classes that were drawn, and how often each is expected.
public struct NoiseSample: Sendable {
  /// The classes, in the order they came.
  public let ids: [Int]
  /// How often was drawn.
  let tries: Int
  fileprivate let sampler: NoiseSampler
  fileprivate let classCount: Int
  fileprivate let cumulated: [Double]?

  fileprivate func probability(_ id: Int) -> Double {
    switch sampler.distribution {
    case .uniform: 1 / Double(classCount)
    case .logUniform: log1p(1 / (Double(id) + 1)) / log1p(Double(classCount))
    case .unigram:
      ((cumulated?[id] ?? 0) - (id > 0 ? cumulated?[id - 1] ?? 0 : 0)) / (cumulated?.last ?? 1)
    }
  }

  /// How often a class is expected among the samples; once at most where none is drawn twice.
  public func expectedCount(_ id: Int) -> Double {
    let probability = probability(id)
    return sampler.isUnique
      ? -expm1(Double(tries) * log1p(-probability)) : Double(tries) * probability
  }
}

/// Steele, Lea and Flood's generator.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 up to 1.
  mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// log x of a positive number, of the same bits wherever numbers are IEEE's, and right to a few of the last.
func portableLog(_ x: Double) -> Double {
  var (exponent, significand) = (Double(x.exponent), x.significand)
  if significand > 1.5 { (exponent, significand) = (exponent + 1, significand / 2) }
  // 2 artanh(s), whose series gains 1.4 digits a term here.
  let s = (significand - 1) / (significand + 1)
  var (power, sum) = (s, 0.0)
  for term in 0..<14 {
    sum += power / Double(2 * term + 1)
    power *= s * s
  }
  return exponent * 0.693_147_180_559_945_3 + 2 * sum
}

/// e to the power of x, of the same bits wherever numbers are IEEE's.
func portableExp(_ x: Double) -> Double {
  let exponent = (x / 0.693_147_180_559_945_3).rounded()
  let rest = x - exponent * 0.693_147_180_559_945_3
  var (power, sum) = (1.0, 0.0)
  for term in 1...18 {
    sum += power
    power *= rest / Double(term)
  }
  return Double(sign: .plus, exponent: Int(max(-1000, min(1000, exponent))), significand: sum)
}
