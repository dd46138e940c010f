/// A set of instructions kernels are compiled for.
///
/// It is only ever a type parameter: it makes the symbols of each variant its own, so that the linker can
/// never take code for one processor where another variant asked for its own.
public protocol InstructionSet: Sendable {}

/// A fixed number of floating-point numbers that are computed with at once.
///
/// Kernels are written against this protocol and inlined whole into one module for each instruction set.
/// The number of lanes is the same everywhere, 16 of Float and 8 of Double, however wide the machine's
/// registers are, and all products that are added are fused, so that every variant gives the same bits.
/// The operations are those the compiler turns into single instructions; the standard library's generic
/// SIMD operations go lane by lane.
public protocol Lanes: Sendable {
  /// The type of each number.
  associatedtype Scalar: BinaryFloatingPoint & Sendable

  /// A truth value for each lane.
  associatedtype Mask: LaneMask

  /// The instructions these lanes are compiled for.
  associatedtype Set: InstructionSet

  /// What was noticed about many such lanes.
  associatedtype Notes: LaneNotes<Self>

  /// A sum of many such lanes.
  associatedtype Sum: LaneSum<Self>

  /// How many numbers there are.
  static var count: Int { get }

  /// The same number in every lane.
  init(_ value: Scalar)

  /// The numbers at `address`, aligned or not.
  init(loadingFrom address: UnsafeRawPointer)

  /// Stores the numbers at `address`, aligned or not.
  func store(to address: UnsafeMutableRawPointer)

  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self

  /// `self + a * b`, rounded once.
  func adding(_ a: Self, times b: Self) -> Self

  /// `self - a * b`, rounded once.
  func subtracting(_ a: Self, times b: Self) -> Self

  /// The absolute values.
  var magnitude: Self { get }

  static func < (a: Self, b: Self) -> Mask
  static func > (a: Self, b: Self) -> Mask
  static func >= (a: Self, b: Self) -> Mask
  static func == (a: Self, b: Self) -> Mask

  /// `other` where `mask` is true, else this.
  func replaced(with other: Self, where mask: Mask) -> Self

  /// log(1 + exp(-a)) and what else is made of exp(-a), for a ≥ 0; faster where no a is above
  /// ``largestModerate``, with the same bits.
  static func logistic(_ a: Self, isModerate: Bool) -> LogisticParts<Self>

  /// The largest number that is moderate to ``logistic(_:isModerate:)``.
  static var largestModerate: Scalar { get }

  /// exp(x) for x ≤ 0.
  static func exponential(_ x: Self) -> Self

  /// exp(x)·2^shift for |x| up to 2¹², where the result is neither subnormal nor too large.
  static func exponential(_ x: Self, exponentShift: Self) -> Self

  /// The integers nearest to numbers up to 2¹².
  var rounded: Self { get }

  /// 0, 1, 2 and so on.
  static var indices: Self { get }

  /// The largest of the numbers.
  var largest: Double { get }

  /// (self · factor) · power in double arithmetic, then rounded; `power` is a power of two.
  func product(_ factor: Double, _ power: Double) -> Self

  /// As many numbers as there are lanes of doubles.
  static func widened(from address: UnsafePointer<Scalar>) -> DoubleLanes<Set>

  /// Stores the numbers as doubles.
  func storeWidened(to address: UnsafeMutablePointer<Double>)

  /// Stores doubles rounded to `Scalar`.
  static func store(_ values: DoubleLanes<Set>, to address: UnsafeMutablePointer<Scalar>)

  /// The power of two, s, that exponentials of a row of logits are scaled by.
  static var exponentScale: Double { get }

  /// 2^s.
  static var exponentScalePower: Double { get }

  /// How far below the largest a logit may be for its exponential to count: those beyond are below the
  /// smallest subnormal even in a sum of 2⁴⁰.
  static var exponentReach: Double { get }

  /// Rows whose largest logit is at most this need no shift: from here on logits within reach of it are
  /// within a factor of two of it, so that differences are exact.
  static var largestUncentered: Double { get }
}

/// What was noticed about lanes, by the bits of their numbers: less work than comparing each.
public protocol LaneNotes<Values>: Sendable {
  /// What is looked at.
  associatedtype Values: Lanes

  /// Nothing noticed.
  init()

  /// Notes where a number is not +0.
  mutating func note(nonZero values: Values)

  /// Notes where a number with no sign is above `limit`, or NaN.
  mutating func note(_ magnitudes: Values, above limit: Values.Scalar)

  /// Whether ``note(nonZero:)`` noted anything; only if ``note(_:above:)`` was not used with these.
  var hasNonZero: Bool { get }

  /// Whether a number that ``note(nonZero:)`` saw may be infinite or NaN; never false where one is.
  var mayHaveNonFinite: Bool { get }

  /// Whether ``note(_:above:)`` noted anything; only if ``note(nonZero:)`` was not used with these.
  var hasAbove: Bool { get }
}

/// A sum of lanes in double precision or better.
public protocol LaneSum<Values>: Sendable {
  /// What is added.
  associatedtype Values: Lanes

  /// 0.
  init()

  /// Adds the number of each lane.
  mutating func add(_ values: Values)

  /// Adds the number of each lane times a factor of its own, as many as there are lanes.
  mutating func add(_ values: Values, times factors: UnsafePointer<Double>)

  /// The sum over all lanes, in an order that is always the same.
  var total: Double { get }

  /// Stores the sum of each lane.
  func store(to address: UnsafeMutablePointer<Double>)
}

/// A truth value for each lane.
public protocol LaneMask: Sendable {
  static func & (a: Self, b: Self) -> Self
  static func | (a: Self, b: Self) -> Self

  /// True in every lane.
  static var all: Self { get }

  /// Whether every lane is true.
  var isAllTrue: Bool { get }
}

extension Lanes {
  /// Where a number is neither NaN nor infinite. Written with floating-point operations because the
  /// standard library compares integers lane by lane.
  @inlinable @inline(__always)
  public var isFinite: Mask { (self - self) == Self(0) }

  /// Where a number is infinite.
  @inlinable @inline(__always)
  public var isInfinite: Mask { magnitude == Self(.infinity) }
}

/// What the logistic losses are made of, for a ≥ 0.
@frozen
public struct LogisticParts<L: Lanes> {
  /// log(1 + exp(-a)).
  public var tail: L
  /// sigmoid(a) = 1 / (1 + exp(-a)).
  public var sigmoid: L
  /// sigmoid(-a) = exp(-a) / (1 + exp(-a)).
  public var complement: L

  /// The parts, from log(1 + e) and e = exp(-a) in two pieces, of which the second is below the first's
  /// last place.
  ///
  /// 1 / (1 + e) is divided once and corrected by what the division and the addition rounded off, so that
  /// it and its product with e are within 1 ulp.
  @inlinable @inline(__always)
  public init(tail: L, exponential e: L, exponentialRest rest: L) {
    let one = L(1)
    let d = one + e
    let dRest = ((one - d) + e) + rest
    let quotient = one / d
    let error = one.subtracting(quotient, times: d).subtracting(quotient, times: dRest)
    self.tail = tail
    sigmoid = quotient.adding(quotient, times: error)
    complement = (rest * sigmoid).adding(e, times: sigmoid)
  }
}
