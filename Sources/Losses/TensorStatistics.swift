import LossKernels
import LossTensor
import LossThreads

/// What a tensor's elements are like.
///
/// NaN is counted and otherwise left out. 64-bit integers count as the nearest doubles.
public struct TensorStatistics: Sendable {
  /// The least number; nil where there is none.
  public private(set) var least: Double?

  /// The largest number; nil where there is none.
  public private(set) var largest: Double?

  /// How many elements are NaN.
  public private(set) var notNumbers = 0

  /// How many elements are infinite.
  public private(set) var infinities = 0

  private var sum = ExactSum()
  private var count = 0

  /// The mean of the numbers: their exact sum over their count, rounded; nil where there is none.
  public var mean: Double? { count > 0 ? sum.divided(by: Double(count)) : nil }

  private init() {}

  /// Looks at all elements.
  ///
  /// - Parameters:
  ///   - threadCount: `availableProcessorCount()` where nil; the result is the same for any.
  ///   - kernels: those that convert and add; all give the same result.
  /// - Throws: `LossError.notEnoughMemory`.
  public init(
    of tensor: Tensor, threadCount: Int? = nil, kernels: KernelTable = KernelSelection.best
  ) throws {
    let blockSize = 2048
    let blocksPerItem = 32
    let elements = tensor.shape.elementCount
    let items = (elements + blockSize * blocksPerItem - 1) / (blockSize * blocksPerItem)
    let threads = items > 1 ? threadCount ?? availableProcessorCount() : 1
    let parts = try ParallelWork(itemCount: items, threadCount: threads).run(
      makeState: {
        (TensorStatistics(), try BlockReader<Double>(tensor, capacity: blockSize, kernels))
      },
      body: { state, item in
        let start = item * blockSize * blocksPerItem
        let end = min(start + blockSize * blocksPerItem, elements)
        for block in stride(from: start, to: end, by: blockSize) {
          state.0.add(state.1.read(block..<min(block + blockSize, end)), kernels)
        }
      })
    self = parts.reduce(into: TensorStatistics()) { $0.merge($1.0) }
  }

  private mutating func add(_ values: UnsafeBufferPointer<Double>, _ kernels: KernelTable) {
    var (low, high) = (Double.infinity, -Double.infinity)
    var unusual = 0
    for value in values {
      low = value < low ? value : low
      high = value > high ? value : high
      unusual += value - value == 0 ? 0 : 1
    }
    if unusual == 0 {
      _ = sum.add(values, kernels)
      count += values.count
    } else {
      for value in values {
        guard !value.isNaN else {
          notNumbers += 1
          continue
        }
        infinities += value.isInfinite ? 1 : 0
        sum.add(value)
        count += 1
      }
    }
    // All NaN leaves the two as they were.
    if low <= high { widen(low, high) }
  }

  private mutating func widen(_ low: Double, _ high: Double) {
    least = min(least ?? low, low)
    largest = max(largest ?? high, high)
  }

  private mutating func merge(_ other: TensorStatistics) {
    if let low = other.least, let high = other.largest { widen(low, high) }
    notNumbers += other.notNumbers
    infinities += other.infinities
    sum.add(other.sum)
    count += other.count
  }
}
