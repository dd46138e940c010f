import LossTensor

/// What is wrong with a loss's inputs or options: which one, where in it, and how.
///
/// All wording is in ``message``; callers test the case.
public enum LossError: Error, Equatable, Sendable {
  /// A required input was not given.
  case missingInput(String)

  /// An input's shape is not what the others make it.
  case shapeMismatch(input: String, found: Shape, expected: String, transposeMatches: Bool)

  /// An input cannot be repeated to the shape it applies to.
  case notBroadcastable(input: String, found: Shape, target: Shape, like: String)

  /// An option's value is outside its range.
  case optionOutOfRange(option: String, found: String, expected: String)

  /// Two options, or an option and an input, that do not go together.
  case optionConflict(String, with: String)

  /// An element is outside the range its input allows.
  case valueOutOfRange(input: String, index: [Int], found: Double, expected: String, hint: String?)

  /// A loss is NaN or infinite, under `--nonfinite error`.
  case nonFiniteLoss(index: [Int], found: Double)

  /// The penalty is NaN or infinite, under `--nonfinite error`.
  case nonFinitePenalty(found: Double)

  /// There is nothing to average, under `--empty error`.
  case nothingToReduce(elements: Int, ignored: Int)

  /// Memory was refused.
  case notEnoughMemory(bytes: Int)

  /// A library the loss needs cannot be opened.
  case libraryMissing(name: String, package: String, reason: String)

  /// The input the error is about, by its name.
  public var input: String? {
    switch self {
    case .missingInput(let name), .shapeMismatch(let name, _, _, _),
      .notBroadcastable(let name, _, _, _), .valueOutOfRange(let name, _, _, _, _):
      name
    default: nil
    }
  }

  /// A stable name in kebab case.
  public var code: String {
    switch self {
    case .missingInput: "missing-input"
    case .shapeMismatch: "shape-mismatch"
    case .notBroadcastable: "not-broadcastable"
    case .optionOutOfRange: "option-out-of-range"
    case .optionConflict: "option-conflict"
    case .valueOutOfRange: "value-out-of-range"
    case .nonFiniteLoss: "non-finite-loss"
    case .nonFinitePenalty: "non-finite-penalty"
    case .nothingToReduce: "nothing-to-reduce"
    case .notEnoughMemory: "not-enough-memory"
    case .libraryMissing: "library-missing"
    }
  }

  /// The error in words, and what to do about it. Every message about losses is here.
  public var message: (text: String, hint: String?) {
    switch self {
    case .missingInput(let name):
      ("expected --\(name), found none", nil)
    case .shapeMismatch(let name, let found, let expected, let transposeMatches):
      (
        "expected \(name) of shape \(expected), found \(found)",
        transposeMatches ? "its transpose would match: save \(name).T instead" : nil
      )
    case .notBroadcastable(let name, let found, let target, let like):
      (
        "expected \(name) of a shape that broadcasts to \(target), the shape of \(like), found \(found)",
        nil
      )
    case .optionOutOfRange(let option, let found, let expected):
      ("--\(option): expected \(expected), found \(found)", nil)
    case .optionConflict(let option, let other):
      ("\(option) cannot be used with \(other)", nil)
    case .valueOutOfRange(let name, let index, let found, let expected, let hint):
      ("\(name)\(describe(index)): expected \(expected), found \(describe(found))", hint)
    case .nonFiniteLoss(let index, let found):
      (
        "loss\(describe(index)): expected a finite loss, found \(describe(found))",
        "inspect that element of the inputs, or leave out --nonfinite error"
      )
    case .nonFinitePenalty(let found):
      (
        "penalty: expected a finite number, found \(describe(found))",
        "inspect the parameters, or leave out --nonfinite error"
      )
    case .nothingToReduce(let elements, let ignored):
      (
        "expected at least one element to average, found \(elements) elements, \(ignored) of them ignored",
        "--empty nan or --empty zero give a value"
      )
    case .notEnoughMemory(let bytes):
      ("needs \(bytes) bytes of memory, which the system refuses", nil)
    case .libraryMissing(let name, let package, let reason):
      (
        "expected the library \(name), which this loss's matrix products need, found none: \(reason)",
        "install it, on Debian with: apt install \(package)"
      )
    }
  }
}

/// A position as NumPy writes one: `[3, 1]`; a scalar has none.
private func describe(_ index: [Int]) -> String {
  index.isEmpty ? "" : "[" + index.map(String.init).joined(separator: ", ") + "]"
}

/// A number in its shortest spelling, whole numbers without a point. A value that came from float32 is
/// spelled as one: 0.4, not 0.4000000059604645.
private func describe(_ value: Double) -> String {
  if value.magnitude < 1e15, let whole = Int(exactly: value) { return String(whole) }
  let single = Float(value)
  return Double(single) == value ? single.description : value.description
}
