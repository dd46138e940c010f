import LossTensor

/// Multi-class margin loss.
///
/// With x a row of C scores, y the index of its class and m the margin:
///
///     ℓ = w[y] / C · Σ_{c ≠ y} max(0, m - x[y] + x[c])^p
///
/// - Shapes: `pred` [N, C] or [C]; `label` [N] or a scalar, class indices; `class-weight` [C].
/// - Mean divisor: the number of rows.
/// - Gradient: w[y]/C · p · z^(p-1) at each c with z = m - x[y] + x[c] > 0, and minus their sum at y; a hinge
///   that is exactly 0 adds nothing.
/// - Edge cases: NaN in a row makes its loss NaN (PyTorch leaves such terms out). An infinite score above the
///   label's makes the loss infinite.
/// - Example: x = [0.1, 0.2, 0.4, 0.8], y = 3: (0.3 + 0.4 + 0.6) / 4 = 0.325.
/// - Reference: PyTorch MultiMarginLoss.
public struct MultiMargin: Loss {
  /// The power of each hinge.
  public let power: Int

  /// How far above all others the label's score is to be.
  public let margin: Double

  /// A multi-class margin loss.
  ///
  /// - Throws: `LossError.optionOutOfRange` where the power is neither 1 nor 2, or the margin not finite.
  public init(power: Int = 1, margin: Double = 1) throws(LossError) {
    guard power == 1 || power == 2 else {
      throw .optionOutOfRange(option: "p", found: "\(power)", expected: "1 or 2")
    }
    guard margin.isFinite else {
      throw .optionOutOfRange(
        option: "margin", found: margin.description, expected: "a finite number")
    }
    self.power = power
    self.margin = margin
  }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "multi-margin",
    summary: "multi-class margin loss of scores with class indices as labels",
    formula: "w[y] / C sum_{c != y} max(0, margin - x[y] + x[c])^p",
    meanDivisor: "rows",
    reference: "PyTorch MultiMarginLoss",
    inputs: [
      InputSpec("pred", .checkedByLoss("[N, C] or [C]"), isDifferentiable: true),
      InputSpec("label", .checkedByLoss("[N], or a scalar for [C]")),
      InputSpec("class-weight", .checkedByLoss("[C]"), isRequired: false),
    ])

  /// What differs from the defaults.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    [("p", .number(Double(power))), ("margin", .number(margin))]
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    let (predictions, labels) = (try inputs.require("pred"), try inputs.require("label"))
    let axis = try ClassAxis(-1, of: predictions.shape, input: "pred")
    let rows = axis.rowsShape
    guard labels.shape == rows || (rows.rank == 0 && labels.shape == .vector(1)) else {
      throw .shapeMismatch(
        input: "label", found: labels.shape,
        expected: "\(rows), a class index for each row of pred", transposeMatches: false)
    }
    let weights = try ClassWeights(inputs["class-weight"], axis)
    return PreparedKernel(
      RowKernel<Scalar, Arithmetic>(
        Arithmetic(loss: self, weights: weights.padded, labels: labels.shape), rows: rows,
        [RowInput("pred", predictions, width: axis.count), RowInput("label", labels, width: 1)],
        policies: policies))
  }

  /// Nothing.
  public func warnings(for tally: BlockTally) -> [LossWarning] { [] }

  struct Arithmetic: RowArithmetic {
    let loss: MultiMargin
    let weights: [Double]
    /// For errors.
    let labels: Shape

    func makeScratch(count: Int) {}

    func loss(
      ofRow row: Int, _ inputs: RowValues, _ scratch: inout Void
    ) throws(LossError) -> Double {
      let (x, label, derivative) = (inputs[0], inputs[1], inputs.derivative(0))
      guard let y = Int(exactly: label[0]), x.indices.contains(y) else {
        throw .valueOutOfRange(
          input: "label", index: labels.index(at: row), found: label[0],
          expected: "a class index from 0 to \(x.count - 1)", hint: nil)
      }
      let factor = weights[y] / Double(x.count)
      var hinges = Hinges(power: loss.power, factor: factor)
      let base = loss.margin - x[y]
      for part in [0..<y, y + 1..<x.count] {
        guard let start = x.baseAddress else { break }
        hinges.add(
          base: base, start + part.lowerBound, count: part.count,
          derivatives: derivative?.baseAddress.map { $0 + part.lowerBound })
      }
      derivative?[y] = -hinges.slope
      // A weight of 0 leaves the row out, whatever its scores are.
      return factor == 0 ? 0 : factor * hinges.sum.value
    }
  }
}
