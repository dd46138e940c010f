import LossKernels
import LossTensor

/// The clamp of probabilities as an option, where ε may follow the predictions' type.
public enum ProbabilityClampOption: Hashable, Sendable {
  /// A given clamp.
  case fixed(ProbabilityClamp)
  /// ε is the spacing of the predictions' type at 1, as in scikit-learn's log_loss.
  case machineEpsilon

  /// PyTorch's: logarithms of at least -100.
  public static let standard = ProbabilityClampOption.fixed(.logarithm(-100))

  /// Reads `log:-100`, `eps:1e-7`, `eps:auto` or `none`.
  ///
  /// - Throws: `LossError.optionOutOfRange` for anything else.
  public init(_ text: String) throws(LossError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let number = parts.count == 2 ? Double(parts[1]) : nil
    switch (parts[0], number) {
    case ("none", nil) where parts.count == 1:
      self = .fixed(.none)
    case ("eps", nil) where parts.count == 2 && parts[1] == "auto":
      self = .machineEpsilon
    case ("log", let least?) where least < 0 && least.isFinite:
      self = .fixed(.logarithm(least))
    case ("eps", let epsilon?) where epsilon > 0 && epsilon < 0.5:
      self = .fixed(.epsilon(epsilon))
    default:
      throw .optionOutOfRange(
        option: "prob-clamp", found: "\"\(text)\"",
        expected: "log:X with X below 0, eps:X with X from 0 to 0.5, eps:auto or none")
    }
  }

  /// The spelling ``init(_:)`` reads.
  public var description: String {
    switch self {
    case .machineEpsilon: "eps:auto"
    case .fixed(.none): "none"
    case .fixed(.epsilon(let epsilon)): "eps:\(epsilon)"
    case .fixed(.logarithm(let least)):
      "log:" + (Int(exactly: least).map(String.init) ?? least.description)
    }
  }

  /// The clamp for predictions stored as `type`.
  func clamp(for type: ElementType) -> ProbabilityClamp {
    switch (self, type) {
    case (.fixed(let clamp), _): clamp
    case (.machineEpsilon, .float16): .epsilon(0x1p-10)
    case (.machineEpsilon, .bfloat16): .epsilon(0x1p-7)
    case (.machineEpsilon, .float64): .epsilon(0x1p-52)
    case (.machineEpsilon, _): .epsilon(0x1p-23)
    }
  }
}
