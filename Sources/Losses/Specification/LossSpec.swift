/// What a loss is, as data: from this follow the shape checks, their messages, the help and the
/// documentation.
public struct LossSpec: Sendable {
  /// The name on the command line.
  public let name: String

  /// The full name in one line.
  public let summary: String

  /// The formula in plain text.
  public let formula: String

  /// What `mean` divides by.
  public let meanDivisor: String

  /// The paper or library the definition follows.
  public let reference: String

  /// The tensors the loss takes, predictions first.
  public let inputs: [InputSpec]

  /// A loss's description.
  public init(
    name: String, summary: String, formula: String, meanDivisor: String, reference: String,
    inputs: [InputSpec]
  ) {
    self.name = name
    self.summary = summary
    self.formula = formula
    self.meanDivisor = meanDivisor
    self.reference = reference
    self.inputs = inputs
  }

  /// The inputs a gradient can be asked for.
  public var differentiableInputs: [InputSpec] { inputs.filter(\.isDifferentiable) }
}

/// One tensor a loss takes.
public struct InputSpec: Sendable {
  /// The name of its option, without the dashes.
  public let name: String

  /// The shapes it may have.
  public let shape: ShapeRule

  /// Whether the loss cannot do without it.
  public let isRequired: Bool

  /// Whether the loss has a gradient with respect to it.
  public let isDifferentiable: Bool

  /// The required inputs in whose place it may be given, with all others of which that is so.
  public let replaces: [String]

  /// A tensor's description.
  public init(
    _ name: String, _ shape: ShapeRule, isRequired: Bool = true, isDifferentiable: Bool = false,
    replaces: [String] = []
  ) {
    self.name = name
    self.shape = shape
    self.isRequired = isRequired
    self.isDifferentiable = isDifferentiable
    self.replaces = replaces
  }
}

/// The shapes an input may have, in letters that stand for the same size wherever they stand.
///
/// `N C` is two axes; `S...` is any number of axes, and the same ones wherever `S...` stands again.
public enum ShapeRule: Sendable {
  /// The shape itself.
  case exactly(String)
  /// A shape that broadcasts to this one without enlarging it.
  case broadcastable(to: String)
  /// A shape that depends on options or has alternatives, in words; the loss itself checks it.
  case checkedByLoss(String)

  /// The rule for people, as in `[N, C]`.
  public var description: String {
    switch self {
    case .exactly(let pattern): Self.bracketed(pattern)
    case .broadcastable(let pattern): "broadcastable to " + Self.bracketed(pattern)
    case .checkedByLoss(let description): description
    }
  }

  private static func bracketed(_ pattern: String) -> String {
    "[" + pattern.split(separator: " ").joined(separator: ", ") + "]"
  }
}
