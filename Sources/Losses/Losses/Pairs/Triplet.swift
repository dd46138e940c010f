import LossKernels
import LossTensor

/// Triplet margin loss.
///
/// With d(u, v) = ‖u - v + ε‖ₚ of an anchor a, a positive p and a negative n of D numbers each:
///
///     ℓ = max(0, d(a, p) - d(a, n) + margin)
///
/// With `swap`, d(p, n) takes the place of d(a, n) where it is less.
///
/// - Shapes: `anchor`, `positive` and `negative` [N..., D].
/// - Mean divisor: the number of triplets.
/// - Gradient: with u = (a - v + ε) / d(a, v) for p = 2, u_p - u_n for the anchor, -u_p for the positive and
///   u_n for the negative; 0 of a distance that is 0. A hinge that is exactly 0 passes it on, and equal
///   distances under `swap` share it, both as in PyTorch.
/// - Edge cases: ε is added to each difference, so that a vector is not at distance 0 from itself. NaN makes its
///   triplet's loss NaN.
/// - Example: a = [0, 0], p = [3, 4], n = [0, 2], ε = 0: 5 - 2 + 1 = 4.
/// - Reference: PyTorch TripletMarginLoss; Balntas et al., "Learning local feature descriptors with triplets and
///   shallow convolutional neural networks", BMVC 2016.
public struct Triplet: Loss {
  /// How much farther than the positive the negative is to be.
  public let margin: Double

  /// Whether the negative is as near as it is to the anchor or to the positive.
  public let swap: Bool

  private let distance: NormDistance

  /// A triplet margin loss.
  ///
  /// - Parameters:
  ///   - p: the norm's degree, at least 1; may be infinite.
  ///   - eps: added to each difference.
  /// - Throws: `LossError.optionOutOfRange` for a margin that is not above 0, a degree below 1 or an ε that is
  ///   not finite or below 0.
  public init(
    margin: Double = 1, p: Double = 2, eps: Double = 1e-6, swap: Bool = false
  ) throws(LossError) {
    guard margin > 0, margin.isFinite else {
      throw .optionOutOfRange(
        option: "margin", found: margin.description, expected: "a number above 0")
    }
    guard p >= 1 else {
      throw .optionOutOfRange(option: "p", found: p.description, expected: "1 or more, or inf")
    }
    guard eps >= 0, eps.isFinite else {
      throw .optionOutOfRange(option: "eps", found: eps.description, expected: "0 or more")
    }
    self.margin = margin
    self.swap = swap
    distance = NormDistance(p: p, eps: eps)
  }

  /// What the loss is.
  public static let spec = LossSpec(
    name: "triplet",
    summary: "triplet margin loss of anchors, positives and negatives",
    formula: "max(0, d(a, p) - d(a, n) + margin), d(u, v) = |u - v + eps|_p",
    meanDivisor: "triplets",
    reference: "PyTorch TripletMarginLoss",
    inputs: [
      InputSpec("anchor", .exactly("N... D"), isDifferentiable: true),
      InputSpec("positive", .exactly("N... D"), isDifferentiable: true),
      InputSpec("negative", .exactly("N... D"), isDifferentiable: true),
    ])

  /// All that the distance and the hinge are made of.
  public func settings(for inputs: BoundInputs) -> [(name: String, value: SettingValue)] {
    [
      ("margin", .number(margin)), ("p", .number(distance.p)), ("eps", .number(distance.eps)),
      ("swap", .flag(swap)),
    ]
  }

  /// The arithmetic for these inputs.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public func makeKernel<Scalar: KernelScalar>(
    _ inputs: BoundInputs, policies: EvaluationPolicies, as type: Scalar.Type
  ) throws(LossError) -> PreparedKernel {
    let anchors = try inputs.require("anchor")
    let (rows, width) = try anchors.shape.vectors(input: "anchor")
    return PreparedKernel(
      RowKernel<Scalar, Arithmetic>(
        Arithmetic(margin: margin, swap: swap, distance: distance), rows: rows,
        [
          RowInput("anchor", anchors, width: width),
          RowInput("positive", try inputs.require("positive"), width: width),
          RowInput("negative", try inputs.require("negative"), width: width),
        ], policies: policies))
  }

  /// Nothing.
  public func warnings(for tally: BlockTally) -> [LossWarning] { [] }

  struct Arithmetic: RowArithmetic {
    let margin: Double
    let swap: Bool
    let distance: NormDistance

    func makeScratch(count: Int) {}

    func loss(
      ofRow row: Int, _ inputs: RowValues, _ scratch: inout Void
    ) throws(LossError) -> Double {
      let near = VectorPair(a: inputs[0], b: inputs[1])
      let far = VectorPair(a: inputs[0], b: inputs[2])
      let swapped = VectorPair(a: inputs[1], b: inputs[2])
      let (toPositive, toNegative) = (distance(near), distance(far))
      let between = swap ? distance(swapped) : .infinity
      let isNaN = swap && (between.isNaN || toNegative.isNaN)
      let loss = toPositive - (isNaN ? .nan : min(toNegative, between)) + margin
      // Not `loss >= 0`, which would leave out NaN.
      guard !(loss < 0) else { return 0 }
      let (a, p, n) = (inputs.derivative(0), inputs.derivative(1), inputs.derivative(2))
      guard a != nil || p != nil || n != nil else { return loss }
      distance.addDerivatives(near, distance: toPositive, times: 1, a: a, b: p)
      let share: Double = !swap || toNegative < between ? 1 : (toNegative > between ? 0 : 0.5)
      distance.addDerivatives(far, distance: toNegative, times: -share, a: a, b: n)
      distance.addDerivatives(swapped, distance: between, times: share - 1, a: p, b: n)
      return loss
    }
  }
}

extension Shape {
  /// The shape without its last axis, and that axis's size: the shape of what there is one of for each vector.
  ///
  /// - Throws: `LossError.shapeMismatch` where there is no axis, or vectors have no elements.
  func vectors(input: String) throws(LossError) -> (rows: Shape, width: Int) {
    guard let width = dimensions.last, let rows = Shape(Array(dimensions.dropLast())),
      width > 0 || rows.elementCount == 0
    else {
      throw .shapeMismatch(
        input: input, found: self, expected: "[N, D], a vector in each row",
        transposeMatches: false)
    }
    return (rows, width)
  }
}
