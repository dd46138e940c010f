import LossTensor

/// Multi-label margin loss.
///
/// With x a row of C scores and T the list of its classes:
///
///     ℓ = 1 / C · Σ_{j ∈ T} Σ_{c ∉ T} max(0, 1 - (x[j] - x[c]))
///
/// - Shapes: `pred` [N, C] or [C]; `label` of the same shape: the row's class indices, ended by -1 where they are
///   fewer than C, or with multi-hot labels a 1 for each of its classes and 0 for the others.
/// - Mean divisor: the number of rows.
/// - Gradient: -1/C at j and 1/C at c for each pair whose hinge is above 0.
/// - Edge cases: a class that is listed twice counts twice, as in PyTorch. What stands behind the first -1 does
///   not count, but has to be a class index or -1. A row without classes has the loss 0. NaN in a row with a
///   pair makes its loss NaN (PyTorch leaves such pairs out).
/// - Example: x = [0.1, 0.2, 0.4, 0.8], label = [3, 0, -1, 1]: T = {3, 0}, and
///   (0.4 + 0.6 + 1.1 + 1.3) / 4 = 0.85.
/// - Reference: PyTorch MultiLabelMarginLoss.
public struct MultilabelMargin: Loss {
  /// How labels name classes.
  public enum LabelFormat: String, CaseIterable, Sendable {
    /// Indices, ended by -1.
    case classList = "class-list"
    /// 1 for each class of the row, 0 for the others.
    case multiHot = "multi-hot"
  }

  /// How labels name classes.
  public let labelFormat: LabelFormat

  /// A multi-label margin loss.
  public init(labelFormat: LabelFormat = .classList) { self.labelFormat = labelFormat }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "multilabel-margin",
    summary: "multi-label margin loss of scores with lists of classes as labels",
    formula: "1 / C sum_{j in T} sum_{c not in T} max(0, 1 - (x[j] - x[c]))",
    meanDivisor: "rows",
    reference: "PyTorch MultiLabelMarginLoss",
    inputs: [
      InputSpec("pred", .exactly("S..."), isDifferentiable: true),
      InputSpec("label", .exactly("S...")),
    ])

  /// How labels name classes.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    [("label_format", .text(labelFormat.rawValue))]
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    let (predictions, labels) = (try inputs.require("pred"), try inputs.require("label"))
    let axis = try ClassAxis(-1, of: predictions.shape, input: "pred")
    return PreparedKernel(
      RowKernel<Scalar, Arithmetic>(
        Arithmetic(labelFormat: labelFormat, shape: labels.shape), rows: axis.rowsShape,
        [
          RowInput("pred", predictions, width: axis.count),
          RowInput("label", labels, width: axis.count),
        ], policies: policies))
  }

  /// Nothing.
  public func warnings(for tally: BlockTally) -> [LossWarning] { [] }

  struct Arithmetic: RowArithmetic {
    let labelFormat: LabelFormat
    /// For errors.
    let shape: Shape

    /// A row's classes, and the scores of those that are not, packed.
    struct Scratch {
      var targets: [Int] = []
      var isTarget: [Bool]
      var scores: [Double]
      /// In how many pairs with a hinge above 0 each of them is.
      var counts: [Double]
    }

    func makeScratch(count: Int) -> Scratch {
      let zeros = [Double](repeating: 0, count: count)
      return Scratch(
        isTarget: [Bool](repeating: false, count: count), scores: zeros, counts: zeros)
    }

    func loss(
      ofRow row: Int, _ inputs: RowValues, _ scratch: inout Scratch
    ) throws(LossError) -> Double {
      let (x, label, derivative) = (inputs[0], inputs[1], inputs.derivative(0))
      try readTargets(label, row, &scratch)
      let others = packOthers(x, &scratch)
      let share = 1 / Double(x.count)
      if derivative != nil { for index in 0..<others { scratch.counts[index] = 0 } }
      var sum = RowSum()
      for target in scratch.targets {
        var hinges = Hinges()
        scratch.scores.withUnsafeBufferPointer { scores in
          scratch.counts.withUnsafeMutableBufferPointer { counts in
            guard let start = scores.baseAddress else { return }
            hinges.add(
              base: 1 - x[target], start, count: others,
              derivatives: derivative == nil ? nil : counts.baseAddress)
          }
        }
        sum.add(hinges.sum.value)
        derivative?[target] -= hinges.slope * share
      }
      if let derivative {
        var position = 0
        for c in x.indices where !scratch.isTarget[c] {
          derivative[c] = scratch.counts[position] * share
          position += 1
        }
      }
      for target in scratch.targets { scratch.isTarget[target] = false }
      return sum.value * share
    }

    /// Packs the scores of the classes that are not the row's, and returns how many there are.
    private func packOthers(
      _ x: UnsafeBufferPointer<Double>, _ scratch: inout Scratch
    ) -> Int {
      scratch.scores.withUnsafeMutableBufferPointer { scores in
        scratch.isTarget.withUnsafeBufferPointer { isTarget in
          var count = 0
          // Without a branch: each score is stored, and only those that count are kept.
          for c in x.indices {
            scores[count] = x[c]
            count += isTarget[c] ? 0 : 1
            if count == scores.count { break }
          }
          return count
        }
      }
    }

    private func readTargets(
      _ label: UnsafeBufferPointer<Double>, _ row: Int, _ scratch: inout Scratch
    ) throws(LossError) {
      scratch.targets.removeAll(keepingCapacity: true)
      let (least, end) = labelFormat == .multiHot ? (0.0, 2.0) : (-1.0, Double(label.count))
      guard Self.areWhole(label, from: least, below: end) else {
        throw firstOutOfRange(label, row, from: least, below: end)
      }
      switch labelFormat {
      case .multiHot:
        for (position, value) in label.enumerated() where value == 1 {
          scratch.targets.append(position)
        }
      case .classList:
        for value in label {
          guard value >= 0 else { break }
          scratch.targets.append(Int(value))
        }
      }
      for target in scratch.targets { scratch.isTarget[target] = true }
    }

    /// Whether all labels are integers from `least` to below `end`, which is far below 2⁵¹.
    private static func areWhole(
      _ label: UnsafeBufferPointer<Double>, from least: Double, below end: Double
    ) -> Bool {
      // Adding 1.5·2⁵² rounds to an integer.
      let shifter = 0x1.8p52
      var isGood = true
      for value in label {
        let isWhole = (value + shifter) - shifter == value
        isGood = isGood && (value >= least) && (value < end) && isWhole
      }
      return isGood
    }

    private func firstOutOfRange(
      _ label: UnsafeBufferPointer<Double>, _ row: Int, from least: Double, below end: Double
    ) -> LossError {
      let isBad = { (value: Double) in
        !(value >= least && value < end && value.rounded() == value)
      }
      let position = label.firstIndex(where: isBad) ?? 0
      let expected =
        labelFormat == .multiHot ? "0 or 1" : "a class index from 0 to \(label.count - 1), or -1"
      return outOfRange(label[position], row, position, label.count, expected)
    }

    private func outOfRange(
      _ value: Double, _ row: Int, _ position: Int, _ count: Int, _ expected: String
    ) -> LossError {
      .valueOutOfRange(
        input: "label", index: shape.index(at: row * count + position), found: value,
        expected: expected,
        hint: labelFormat == .multiHot
          ? "for lists of class indices, use --label-format class-list"
          : "for a 0 or 1 for each class, use --label-format multi-hot")
    }
  }
}
