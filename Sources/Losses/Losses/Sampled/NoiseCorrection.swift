import LossKernels
import LossTensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What is taken off each logit before it is held against noise: the logarithm of how often noise would be that.
struct NoiseCorrection: Sendable {
  /// An input with numbers for all true or all noise logits.
  struct Source: Sendable {
    let name: String
    /// Of the shape of the logits.
    let tensor: Tensor
    /// The shape it was given in, for errors.
    let given: Shape
  }

  /// What numbers stand for.
  enum Kind: Sendable {
    /// log p, of which ν samples are drawn.
    case logProbabilities(ratio: Double)
    /// How often a class is expected among the samples.
    case expectedCounts
  }

  let kind: Kind
  let positive: Source
  let negative: Source

  /// Takes the corrections off the logits of a block.
  final class Reader {
    private let kind: Kind
    private let source: Source
    private let reader: BlockReader<Double>

    fileprivate init(
      _ kind: Kind, _ source: Source, capacity: Int, _ policies: EvaluationPolicies
    ) throws(LossError) {
      (self.kind, self.source) = (kind, source)
      reader = try BlockReader(source.tensor, capacity: max(capacity, 1), policies.kernels)
    }

    /// Takes them off rows of so many logits, which begin `stride` apart.
    ///
    /// - Throws: `LossError.valueOutOfRange` for the first that noise is never, or that is not a number.
    func subtract(
      _ rows: Range<Int>, count: Int, from logits: UnsafeMutablePointer<Double>, stride: Int
    ) throws(LossError) {
      let range = rows.lowerBound * count..<rows.upperBound * count
      let numbers = reader.read(range)
      for row in 0..<rows.count {
        for index in 0..<count {
          let number = numbers[row * count + index]
          let logarithm = try self.logarithm(number, at: range.lowerBound + row * count + index)
          let place = row * stride + index
          logits[place] -= logarithm
        }
      }
    }

    private func logarithm(_ number: Double, at offset: Int) throws(LossError) -> Double {
      switch kind {
      case .logProbabilities(let ratio):
        guard number.isFinite else {
          throw outOfRange(
            number, offset, "a finite number, the logarithm of a probability above 0")
        }
        return log(ratio) + number
      case .expectedCounts:
        guard number > 0, number.isFinite else {
          throw outOfRange(number, offset, "a finite number above 0")
        }
        return log(number)
      }
    }

    private func outOfRange(_ number: Double, _ offset: Int, _ expected: String) -> LossError {
      let full = source.tensor.shape.index(at: offset)
      let index = zip(full.suffix(source.given.rank), source.given.dimensions).map {
        $1 == 1 ? 0 : $0
      }
      return .valueOutOfRange(
        input: source.name, index: index, found: number, expected: expected,
        hint: "noise that is never drawn has no place here")
    }
  }

  /// A thread's readers for blocks of so many rows.
  func readers(
    rowCount: Int, _ policies: EvaluationPolicies
  ) throws(LossError) -> (positive: Reader, negative: Reader) {
    func width(_ source: Source) -> Int { max(source.tensor.shape.elementsPerRow, 1) }
    return (
      try Reader(kind, positive, capacity: rowCount * width(positive), policies),
      try Reader(kind, negative, capacity: rowCount * width(negative), policies)
    )
  }
}

extension NoiseCorrection.Source {
  /// Numbers that broadcast to the shape of the logits.
  ///
  /// - Throws: `LossError.notBroadcastable` where they do not.
  init(_ name: String, _ tensor: Tensor, to shape: Shape, like: String) throws(LossError) {
    guard let full = tensor.broadcast(to: shape) else {
      throw .notBroadcastable(input: name, found: tensor.shape, target: shape, like: like)
    }
    (self.name, self.tensor, given) = (name, full, tensor.shape)
  }
}
