import LossTensor

/// The labels of rows of classes: an index for each, or a distribution.
struct ClassLabels: Sendable {
  /// What the labels are, by their shape.
  enum Kind: Sendable {
    /// A class for each row.
    case indices
    /// A number for each class of each row.
    case distributions
  }

  let tensor: Tensor
  let kind: Kind
  private let axis: ClassAxis
  private let ignoredIndex: Double

  /// Finds out what the labels are.
  ///
  /// - Throws: `LossError` where their shape fits neither, or ignored indices are asked of distributions.
  init(
    _ tensor: Tensor, like predictions: Shape, _ axis: ClassAxis, ignoredIndex: Int?
  ) throws(LossError) {
    self.tensor = tensor
    self.axis = axis
    self.ignoredIndex = Double(ignoredIndex ?? SoftmaxCrossEntropy.standardIgnoredIndex)
    if tensor.shape == predictions {
      guard ignoredIndex == nil else {
        throw .optionConflict("--ignore-index", with: "labels that are distributions")
      }
      kind = .distributions
    } else if tensor.shape == axis.rowsShape
      || (predictions.rank == 1 && tensor.shape == .vector(1))
    {
      kind = .indices
    } else {
      throw .shapeMismatch(
        input: "label", found: tensor.shape,
        expected: "\(axis.rowsShape), a class index for each row of pred, or \(predictions), "
          + "a distribution over the classes for each",
        transposeMatches: tensor.shape.rank > 1 && tensor.shape.transposed == predictions)
    }
  }

  /// A class index for each row, whatever the shape of the rows.
  ///
  /// - Parameter like: the input that has such rows.
  /// - Throws: `LossError.shapeMismatch` where the labels are not one for each.
  init(
    indices tensor: Tensor, _ axis: ClassAxis, like input: String, ignoredIndex: Int?
  ) throws(LossError) {
    guard tensor.shape == axis.rowsShape || (axis.rowsShape.rank == 0 && tensor.shape == .vector(1))
    else {
      throw .shapeMismatch(
        input: "label", found: tensor.shape,
        expected: "\(axis.rowsShape), a class index for each row of \(input)",
        transposeMatches: false)
    }
    self.tensor = tensor
    self.axis = axis
    self.ignoredIndex = Double(ignoredIndex ?? SoftmaxCrossEntropy.standardIgnoredIndex)
    kind = .indices
  }

  /// What stands for the class of an ignored row.
  static let ignored = -1

  /// The classes of the rows from `start` on, ``ignored`` for rows to leave out.
  ///
  /// - Throws: `LossError.valueOutOfRange` for the first label that is no class.
  func classes(
    _ labels: UnsafeBufferPointer<Double>, of start: Int,
    into classes: UnsafeMutableBufferPointer<Int>
  ) throws(LossError) {
    for position in labels.indices {
      let label = labels[position]
      if label == ignoredIndex {
        classes[position] = Self.ignored
      } else if let found = Int(exactly: label), found >= 0, found < axis.count {
        classes[position] = found
      } else {
        throw outOfRange(label, row: start + position)
      }
    }
  }

  private func outOfRange(_ label: Double, row: Int) -> LossError {
    let isWhole = label.rounded(.towardZero) == label && label.isFinite
    let hint =
      isWhole
      ? "--ignore-index \(Int(exactly: label).map(String.init) ?? "\(label)") leaves such rows out"
      : "labels that are distributions have the shape of pred"
    return .valueOutOfRange(
      input: "label", index: tensor.shape.index(at: row), found: label,
      expected: axis.count > 1 ? "a class index from 0 to \(axis.count - 1)" : "the class index 0",
      hint: hint)
  }

  /// How many of the labels are not ignored.
  func countKept(_ labels: UnsafeBufferPointer<Double>) -> Int {
    labels.count { $0 != ignoredIndex }
  }
}

/// The weights of the classes, 1 where none are given.
struct ClassWeights: Sendable {
  /// The weights, followed by zeros up to whole steps of every kernel.
  let padded: [Double]
  /// Whether weights were given.
  let areGiven: Bool
  /// Σ w.
  let total: Double

  /// Reads the weights of the classes along `axis`.
  ///
  /// - Throws: `LossError` where there is not a finite weight for each class.
  init(_ tensor: Tensor?, _ axis: ClassAxis) throws(LossError) {
    areGiven = tensor != nil
    var weights = [Double](repeating: 1, count: axis.count)
    if let tensor {
      guard tensor.shape == .vector(axis.count) else {
        throw .shapeMismatch(
          input: "class-weight", found: tensor.shape,
          expected: "\(Shape.vector(axis.count)), a weight for each class",
          transposeMatches: false)
      }
      weights = tensor.values(as: Double.self)
      for (position, weight) in weights.enumerated() where !weight.isFinite {
        throw .valueOutOfRange(
          input: "class-weight", index: [position], found: weight, expected: "a finite weight",
          hint: nil)
      }
    }
    var sum = ExactSum()
    for weight in weights { sum.add(weight) }
    total = sum.rounded
    padded = weights + [Double](repeating: 0, count: 16)
  }
}
