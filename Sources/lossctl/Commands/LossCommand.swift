import ArgumentParser
import LossIO
import LossTensor
import Losses

/// A loss's own flags; everything else is the same for all losses.
protocol LossFlags: ParsableArguments {
  /// What the loss is.
  static var spec: LossSpec { get }

  /// Other names of the command.
  static var aliases: [String] { get }

  /// Examples and whatever else the help should say.
  static var discussion: String { get }

  /// The files to open.
  var inputs: [InputRequest] { get }

  /// The loss with these options.
  func makeLoss() throws -> any Loss

  /// Whether the first axis of predictions with so many axes is that of the samples, so that a row can be
  /// left out of all inputs.
  func hasSampleRows(rank: Int) -> Bool
}

extension LossFlags {
  static var aliases: [String] { [] }
  func hasSampleRows(rank: Int) -> Bool { true }
}

/// The command of a loss: open inputs, evaluate, verify, write.
struct LossCommand<Flags: LossFlags>: ParsableCommand {
  static var configuration: CommandConfiguration {
    let summary = Flags.spec.summary
    return CommandConfiguration(
      commandName: Flags.spec.name,
      abstract: summary.prefix(1).uppercased() + summary.dropFirst() + ".",
      discussion: Flags.discussion, aliases: Flags.aliases)
  }

  @OptionGroup(title: "Inputs and definition")
  var flags: Flags

  @OptionGroup(title: "CSV tables")
  var tables: TableOptions

  @OptionGroup(title: "Result")
  var result: ResultOptions

  @OptionGroup(title: "Checks")
  var checks: CheckOptions

  @OptionGroup(title: "Numbers")
  var numbers: NumberOptions

  @OptionGroup(title: "Run")
  var running: RunOptions

  func run() throws {
    var timing = Timing()
    try running.requireValid()
    try result.requireValid(isGradientChecked: checks.expectGrad != nil)
    let policies = try policies
    var inputs = try InputFiles(
      opening: flags.inputs + gradOutput, for: numbers.computeDtype, reading: readOptions)
    try inputs.leaveOutMissingRows(areSamples: flags.hasSampleRows)
    try inputs.explaining {
      let loss = try flags.makeLoss()
      let evaluation = try LossEvaluation(
        loss, inputs: inputs.tensors, gradientOutput: inputs["grad-output"], policies: policies)
      let expectations = try Expectations(
        checks, reduction: result.reduction, evaluation, reading: readOptions)
      let outputs = try ResultOutputs(result, evaluation, expectations)
      timing.end(.open)
      let report = try evaluation.run(into: outputs.sinks, progress: Progress(running).callback)
      timing.end(.compute)
      try inputs.requireWhole()
      let checked = try expectations.verify(report, outputs)
      warn(about: report, inputs)
      try outputs.write(
        LossDocument(
          report, inputs, result, checked,
          gradientNaming: result.gradientNaming(evaluation.gradients.map(\.input))),
        note: running.diagnostics.note)
      timing.end(.write)
      if running.timing { running.diagnostics.show(timing) }
      if checked.contains(where: { !$0.isPassed }) { throw ChecksFailed(checks: checked) }
    }
  }

  private var gradOutput: [InputRequest] {
    result.gradOutput.map { [InputRequest(name: "grad-output", arguments: [$0], elementType: nil)] }
      ?? []
  }

  private var readOptions: ReadOptions {
    var options = running.readOptions
    options.csv = tables.dialect
    return options
  }

  private var policies: EvaluationPolicies {
    get throws(UsageError) {
      var policies = EvaluationPolicies()
      policies.reduction = result.reduction
      policies.computeType = numbers.computeDtype.elementType
      policies.empty = numbers.empty
      policies.nonFinite = numbers.nonfinite
      policies.zeroTimesInfinity = numbers.zeroTimesInf
      policies.threadCount = running.threads
      try policies.selectKernels(named: EnvironmentVariable.instructionSet.value)
      return policies
    }
  }

  private func warn(about report: LossReport, _ inputs: InputFiles) {
    for note in inputs.notes { running.diagnostics.note(note) }
    for warning in inputs.warnings + report.warnings.map(\.message) {
      running.diagnostics.warn(warning)
    }
  }
}
