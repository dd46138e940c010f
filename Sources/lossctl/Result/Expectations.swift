import LossIO
import LossTensor
import Losses

/// One check and how it went.
struct CheckResult {
  let name: String
  let isPassed: Bool
  /// The expected number, or the file's name.
  let expected: JSON
  let difference: Double
  let tolerance: Tolerance
  /// For tensors, how many elements differ, and the worst of them.
  var mismatches: Int?
  var worst: TensorComparison.Mismatch?
  /// What happened, in words.
  let explanation: String

  /// The check as it stands in a result.
  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("name", .string(name)), ("passed", .bool(isPassed)), ("expected", expected),
      ("difference", .number(difference)), ("rtol", .number(tolerance.relative)),
      ("atol", .number(tolerance.absolute)),
    ]
    if let mismatches { members.append(("mismatches", .integer(mismatches))) }
    if let worst {
      members.append(("worst_index", .array(worst.index.map { .integer($0) })))
    }
    return .object(members)
  }
}

/// What the user expects of the result, read before anything is computed.
struct Expectations {
  private enum Expected {
    case number(Double)
    case file(Dataset)
  }

  private var value: Expected?
  private var perRow: Dataset?
  private var gradients: [(input: String, file: Dataset)] = []
  private let rtol: Double?
  private let atol: Double?

  /// Whether the unreduced loss is needed for a check.
  var needsValues: Bool { if case .file = value { isUnreduced } else { false } }
  /// Whether the per-row losses are needed for a check.
  var needsPerRow: Bool { perRow != nil }
  /// Whether the gradient is needed for a check.
  var needsGradient: Bool { !gradients.isEmpty }

  private let isUnreduced: Bool

  /// Reads the expected tensors.
  ///
  /// - Throws: `FileError` where one cannot be read, `UsageError` or `LossError` where an option is
  ///   misused.
  init(
    _ options: CheckOptions, reduction: Reduction, _ evaluation: LossEvaluation,
    reading: ReadOptions
  ) throws {
    // Text has no type; it is read in the result's, so that what lossctl printed is what it reads.
    var reading = reading
    // The result has no rows that were left out, so that leaving out others would compare rows that do
    // not belong together.
    if reading.csv.missing == .skipRow { reading.csv.missing = .error }
    reading.textType = evaluation.computeType == .float64 ? .float64 : .float32
    func read(_ argument: String) throws(FileError) -> Dataset {
      try Dataset(reading: [argument], options: reading)
    }
    (rtol, atol) = (options.rtol?.value, options.atol?.value)
    isUnreduced = reduction == .none
    if let expect = options.expect {
      if let number = Real(argument: expect) {
        guard reduction != .none else {
          throw UsageError.expectationNeeds(
            option: "expect", needs: "a file, as --reduction none gives a tensor")
        }
        value = .number(number.value)
      } else {
        value = .file(try read(expect))
      }
    } else if rtol != nil || atol != nil, options.expectPerRow == nil, options.expectGrad == nil {
      throw UsageError.nothingToWrite(option: rtol == nil ? "atol" : "rtol", needs: "--expect")
    }
    perRow = try options.expectPerRow.map(read)
    if let path = options.expectGrad {
      gradients = try Self.gradientFiles(path, evaluation).map { ($0, try read($1)) }
    }
    // A bad tolerance is an error before the work, not after it.
    _ = try tolerance(.float32, .float32)
  }

  /// The file of each gradient that is expected.
  private static func gradientFiles(
    _ path: String, _ evaluation: LossEvaluation
  ) throws(UsageError) -> [(input: String, path: String)] {
    let inputs = evaluation.gradients.map(\.input)
    switch try GradientNaming(path, inputs: inputs, option: "expect-grad") {
    case .single(let input, let path): return [(input, path)]
    case .archive(let path): return inputs.map { ($0, path + ":" + jsonKey($0)) }
    case .files(let files): return files
    }
  }

  /// Holds the result against what was expected.
  func verify(_ report: LossReport, _ outputs: ResultOutputs) throws -> [CheckResult] {
    var results: [CheckResult] = []
    switch value {
    case .number(let number):
      results.append(try check(report, number, .number(number), report.computeType))
    case .file(let file) where isUnreduced:
      results += try check("value", outputs.values?.tensor, file)
    case .file(let file):
      guard file.tensor.shape.elementCount == 1 else {
        throw FileError(
          file.name, .notOneNumber(shape: file.tensor.shape.description))
      }
      let number = file.tensor.element(at: 0)
      results.append(try check(report, number, .string(file.name), file.tensor.elementType))
    case nil: break
    }
    if let perRow { results += try check("per_row", outputs.perRow?.tensor, perRow) }
    for (input, file) in gradients {
      let name = gradients.count == 1 ? "grad" : "grad_" + jsonKey(input)
      results += try check(name, outputs.gradients.tensor(input), file)
    }
    for file in files { try file.requireWhole() }
    return results
  }

  private var files: [Dataset] {
    let value: Dataset? = if case .file(let file) = value { file } else { nil }
    return [value, perRow].compactMap(\.self) + gradients.map(\.file)
  }

  private func check(
    _ report: LossReport, _ expected: Double, _ label: JSON, _ type: ElementType
  ) throws(LossError) -> CheckResult {
    let tolerance = try tolerance(report.computeType, type)
    let actual = report.value ?? .nan
    let isSame = actual == expected || (actual.isNaN && expected.isNaN)
    let difference = isSame ? 0 : (actual - expected).magnitude
    return CheckResult(
      name: "value", isPassed: tolerance.accepts(actual, expected: expected), expected: label,
      difference: difference, tolerance: tolerance,
      explanation:
        "value: expected \(expected), found \(actual), \(describe(difference, tolerance))")
  }

  private func check(
    _ name: String, _ actual: Tensor?, _ file: Dataset
  ) throws -> [CheckResult] {
    guard let actual else { return [] }
    let tolerance = try tolerance(actual.elementType, file.tensor.elementType)
    let comparison: TensorComparison
    do {
      comparison = try TensorComparison(
        actual, expected: file.tensor, tolerance: tolerance, name: "the expected tensor")
    } catch {
      throw InputError(path: file.name, error: error)
    }
    let worst = comparison.worst.map { worst in
      "the worst at \(worst.index): expected \(worst.expected), found \(worst.actual), "
    }
    let counts = "\(comparison.mismatches) of \(actual.shape.elementCount) elements differ, "
    return [
      CheckResult(
        name: name, isPassed: comparison.isMatch, expected: .string(file.name),
        difference: comparison.largestDifference, tolerance: tolerance,
        mismatches: comparison.mismatches, worst: comparison.worst,
        explanation: "\(name): \(counts)\(worst ?? "")"
          + describe(comparison.largestDifference, tolerance))
    ]
  }

  private func describe(_ difference: Double, _ tolerance: Tolerance) -> String {
    "difference \(difference), allowed rtol \(tolerance.relative) and atol \(tolerance.absolute)"
  }

  /// The tolerance asked for; naming one part sets the other to 0.
  private func tolerance(
    _ first: ElementType, _ second: ElementType
  ) throws(LossError) -> Tolerance {
    guard rtol != nil || atol != nil else { return .standard(for: first, second) }
    return try Tolerance(relative: rtol ?? 0, absolute: atol ?? 0)
  }
}
