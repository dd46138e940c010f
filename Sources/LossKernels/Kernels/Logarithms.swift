/// log(p) and log(1 - p) of a block of probabilities.
///
/// 1 - p is taken in two pieces, so that its logarithm is as accurate for small p as for large.
///
/// - Parameter count: a multiple of the lanes.
@inlinable @inline(__always)
public func probabilityLogarithms<ISA: InstructionSet>(
  _ block: LogarithmBlock, _ lanes: DoubleLanes<ISA>.Type
) {
  typealias L = DoubleLanes<ISA>
  let one = L(1)
  // One call in one loop: with both logarithms in one the compiler takes the lanes apart, and with two
  // loops it leaves a call in one of them.
  var pass = 0
  while pass < 2 {
    let isComplement = L(Double(pass)) > L(0)
    let target = pass == 0 ? block.logarithms : block.complements
    var position = 0
    while position < block.count {
      let p = L(loadingFrom: block.probabilities + position)
      let complement = one - p
      let x = p.replaced(with: complement, where: isComplement)
      let rest = L(0).replaced(with: (one - complement) - p, where: isComplement)
      L.logarithm(x, rest: rest).store(to: target + position)
      position += L.count
    }
    pass += 1
  }
}

/// A block of probabilities and where their logarithms go.
@frozen
public struct LogarithmBlock {
  /// How many there are.
  public var count: Int
  /// The probabilities.
  public var probabilities: UnsafePointer<Double>
  /// Where log(p) goes.
  public var logarithms: UnsafeMutablePointer<Double>
  /// Where log(1 - p) goes.
  public var complements: UnsafeMutablePointer<Double>

  /// A block.
  @inlinable
  public init(
    count: Int, probabilities: UnsafePointer<Double>, logarithms: UnsafeMutablePointer<Double>,
    complements: UnsafeMutablePointer<Double>
  ) {
    self.count = count
    self.probabilities = probabilities
    self.logarithms = logarithms
    self.complements = complements
  }
}

extension LogarithmBlock {
  /// Runs `kernel` over the whole lanes of the block, and over what is left with lanes filled up.
  public func padded(to lanes: Int, _ kernel: (Self) -> Void) {
    let whole = count - count % lanes
    var part = self
    part.count = whole
    kernel(part)
    let rest = count - whole
    guard rest > 0 else { return }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * lanes) { memory in
      memory.initialize(repeating: 0.5)
      guard let base = memory.baseAddress else { return }
      base.update(from: probabilities + whole, count: rest)
      kernel(
        LogarithmBlock(
          count: lanes, probabilities: base, logarithms: base + lanes, complements: base + 2 * lanes
        ))
      (logarithms + whole).update(from: base + lanes, count: rest)
      (complements + whole).update(from: base + 2 * lanes, count: rest)
    }
  }
}
