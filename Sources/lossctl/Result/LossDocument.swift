import LossIO
import LossTensor
import Losses

/// The JSON result of a loss, `lossctl.loss/1`.
struct LossDocument {
  let report: LossReport
  private let inputs: InputFiles
  private let options: ResultOptions
  private let gradientNaming: GradientNaming?
  private let checks: [CheckResult]

  init(
    _ report: LossReport, _ inputs: InputFiles, _ options: ResultOptions, _ checks: [CheckResult],
    gradientNaming: GradientNaming?
  ) {
    self.gradientNaming = gradientNaming
    self.report = report
    self.inputs = inputs
    self.options = options
    self.checks = checks
  }

  /// The document.
  ///
  /// - Parameter values: the unreduced losses, where they are to stand in it.
  func json(values: Tensor?) -> JSON {
    var members: [(key: String, value: JSON)] = [
      ("schema", .string("lossctl.loss/1")), ("loss", .string(report.loss)),
      ("value", report.value.map { .real($0) } ?? values.map { .tensor($0) } ?? .null),
    ]
    if report.reduction == .none {
      members.append(("shape", .array(report.shape.dimensions.map { .integer($0) })))
    }
    members += [
      ("reduction", .string(report.reduction.rawValue)),
      ("denominator", .number(report.denominator)), ("sum", .real(report.sum)),
    ]
    if let penalty = report.penalty { members.append(("penalty", .real(penalty))) }
    members += [
      ("rows", .integer(report.rows)), ("elements", .integer(report.elements)),
      ("ignored", .integer(report.ignored)), ("nonfinite", .integer(report.nonFinite)),
      ("compute_dtype", .string(report.computeType.rawValue)), ("options", settings),
    ]
    if !report.metrics.isEmpty {
      members.append(("metrics", .object(report.metrics.map { ($0.name, .real($0.value)) })))
    }
    members += [
      ("inputs", inputs.json), ("outputs", outputs), ("checks", .array(checks.map(\.json))),
    ]
    return .object(members)
  }

  private var settings: JSON {
    .object(
      report.settings.map { name, value in
        switch value {
        case .text(let text): (name, .string(text))
        case .number(let number): (name, .number(number))
        case .flag(let flag): (name, .bool(flag))
        }
      })
  }

  private var outputs: JSON {
    let perRow = options.perRow.map { [(key: "per_row", value: JSON.string($0))] } ?? []
    let gradient = gradientNaming.map { [(key: "grad", value: $0.json)] } ?? []
    return .object(perRow + gradient)
  }
}
