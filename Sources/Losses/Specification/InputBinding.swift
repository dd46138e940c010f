import LossTensor

/// A loss's inputs by name, with shapes that agree.
public struct BoundInputs: Sendable {
  private var tensors: [String: Tensor] = [:]
  /// The shapes that broadcastable inputs had.
  private var givenShapes: [String: Shape] = [:]
  /// The inputs that have a gradient and were given, with the shapes they were given in.
  let gradients: [(input: String, shape: Shape)]

  /// Holds `tensors` against what `spec` says of their shapes.
  ///
  /// Broadcastable inputs come out repeated to the full shape.
  ///
  /// - Throws: `LossError` where an input is missing or its shape does not agree.
  public init(_ given: [String: Tensor], to spec: LossSpec) throws(LossError) {
    gradients = spec.differentiableInputs.compactMap { input in
      given[input.name].map { (input.name, $0.shape) }
    }
    try Self.requireComplete(given, spec)
    var letters = ShapeLetters()
    for input in spec.inputs {
      guard let tensor = given[input.name] else { continue }
      switch input.shape {
      case .exactly(let pattern):
        try letters.match(tensor.shape, pattern, input: input.name)
        tensors[input.name] = tensor
      case .broadcastable(let pattern):
        tensors[input.name] = try letters.broadcast(tensor, pattern, input: input.name)
        givenShapes[input.name] = tensor.shape
      case .checkedByLoss:
        tensors[input.name] = tensor
      }
    }
  }

  /// Makes sure that all inputs the loss cannot do without are there, and nothing together with what it
  /// replaces.
  private static func requireComplete(
    _ given: [String: Tensor], _ spec: LossSpec
  ) throws(LossError) {
    for input in spec.inputs where given[input.name] != nil {
      guard let replaced = input.replaces.first(where: { given[$0] != nil }) else { continue }
      throw .optionConflict("--\(input.name)", with: "--\(replaced)")
    }
    for input in spec.inputs where input.isRequired && given[input.name] == nil {
      let name = input.replaces.first ?? input.name
      let isReplaced = spec.inputs.contains { $0.replaces.contains(name) && given[$0.name] != nil }
      guard input.replaces.isEmpty != isReplaced else { continue }
      throw .missingInput(input.name)
    }
  }

  /// The input of that name, where it was given.
  public subscript(name: String) -> Tensor? { tensors[name] }

  /// The input of that name.
  ///
  /// - Throws: `LossError.missingInput` where it was not given.
  public func require(_ name: String) throws(LossError) -> Tensor {
    guard let tensor = tensors[name] else { throw .missingInput(name) }
    return tensor
  }

  /// The error with its index in a repeated input as it was given.
  func located(_ error: LossError) -> LossError {
    guard case .valueOutOfRange(let input, let index, let found, let expected, let hint) = error,
      let shape = givenShapes[input]
    else { return error }
    let own = zip(index.suffix(shape.rank), shape.dimensions).map { $1 == 1 ? 0 : $0 }
    return .valueOutOfRange(input: input, index: own, found: found, expected: expected, hint: hint)
  }

  /// The type to compute in: float64 where any input is float64, else float32.
  public var naturalComputeType: ElementType {
    tensors.values.contains { $0.elementType == .float64 } ? .float64 : .float32
  }
}

/// The sizes shape letters have come to stand for, and the input that first said so.
private struct ShapeLetters {
  private var sizes: [Substring: (dimensions: [Int], source: String)] = [:]

  mutating func match(_ shape: Shape, _ pattern: String, input: String) throws(LossError) {
    let items = pattern.split(separator: " ")
    let fixedCount = items.count { !$0.hasSuffix("...") }
    guard shape.rank >= fixedCount else { throw mismatch(shape, items, input) }
    // Letters keep what they stand for only once the whole shape matches.
    var updated = sizes
    var rest = shape.dimensions[...]
    for (position, item) in items.enumerated() {
      let following = items.dropFirst(position + 1).count { !$0.hasSuffix("...") }
      let taken = item.hasSuffix("...") ? Array(rest.dropLast(following)) : Array(rest.prefix(1))
      if let known = updated[item] {
        guard known.dimensions == taken else { throw mismatch(shape, items, input) }
      } else {
        updated[item] = (taken, input)
      }
      rest = rest.dropFirst(taken.count)
    }
    guard rest.isEmpty else { throw mismatch(shape, items, input) }
    sizes = updated
  }

  func broadcast(_ tensor: Tensor, _ pattern: String, input: String) throws(LossError) -> Tensor {
    let items = pattern.split(separator: " ")
    let dimensions = items.flatMap { sizes[$0]?.dimensions ?? [] }
    guard let target = Shape(dimensions), let repeated = tensor.broadcast(to: target) else {
      let like = items.lazy.compactMap { sizes[$0]?.source }.first ?? "the predictions"
      throw .notBroadcastable(
        input: input, found: tensor.shape, target: Shape(dimensions) ?? tensor.shape, like: like)
    }
    return repeated
  }

  private func mismatch(_ found: Shape, _ items: [Substring], _ input: String) -> LossError {
    let known = items.map { sizes[$0] }
    let sources = known.compactMap { $0?.source }
    guard known.allSatisfy({ $0 != nil }),
      let expected = Shape(known.flatMap { $0?.dimensions ?? [] })
    else {
      return .shapeMismatch(
        input: input, found: found, expected: "[" + items.joined(separator: ", ") + "]",
        transposeMatches: false)
    }
    let like = sources.first.map { ", like \($0)" } ?? ""
    return .shapeMismatch(
      input: input, found: found, expected: expected.description + like,
      transposeMatches: found.rank > 1 && found.transposed == expected)
  }
}
