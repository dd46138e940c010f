import ArgumentParser
import LossIO
import LossTensor
import Losses

/// A transform of a file's elements into another file.
protocol TransformFlags: ParsableArguments {
  static var name: String { get }
  static var abstract: String { get }
  static var discussion: String { get }

  /// The transform with these options.
  var transform: TensorTransform { get }
}

/// The flags of `lossctl sigmoid`: none.
struct SigmoidFlags: TransformFlags {
  static let name = "sigmoid"
  static let abstract = "Turn logits into probabilities, 1 / (1 + exp(-x))."
  static let discussion = """
    EXAMPLES
      lossctl sigmoid logits.npy probs.npy
      lossctl sigmoid table.csv:score - --format text
    """

  var transform: TensorTransform { .sigmoid }
}

/// The flags of `lossctl softmax`.
struct SoftmaxFlags: TransformFlags {
  static let name = "softmax"
  static let abstract = "Turn rows of logits into probabilities that add up to 1."
  static let discussion = """
    EXAMPLES
      lossctl softmax logits.npy probs.npy
      lossctl softmax images.npy probs.npy --axis 1
    """

  @OptionGroup var axis: AxisOption

  var transform: TensorTransform { .softmax(axis: axis.axis) }
}

/// The flags of `lossctl log-softmax`.
struct LogSoftmaxFlags: TransformFlags {
  static let name = "log-softmax"
  static let abstract = "Turn rows of logits into logarithms of probabilities."
  static let discussion = """
    EXAMPLES
      lossctl log-softmax logits.npy logs.npy
      lossctl log-softmax logits.npy - --format csv
    """

  @OptionGroup var axis: AxisOption

  var transform: TensorTransform { .logSoftmax(axis: axis.axis) }
}

/// The axis along which probabilities add up to 1.
struct AxisOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The axis of the classes; negative ones count from the last, -1.", valueName: "axis"))
  var axis = -1
}

/// The command of a transform.
struct TransformCommand<Flags: TransformFlags>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Flags.name, abstract: Flags.abstract, discussion: Flags.discussion)
  }

  @Argument(
    help: ArgumentHelp("The files to read, then the file to write.", valueName: "file"),
    completion: .tensorFile)
  var files: [String]

  @OptionGroup var flags: Flags

  @Option(
    help: ArgumentHelp(
      "The type to write; by default float64 for float64 and text, else float32.",
      valueName: "dtype"))
  var dtype: FloatTypeChoice?

  @Option(
    help: ArgumentHelp(
      "The format to write; by default the one the destination's suffix announces.",
      valueName: "name"))
  var format: TensorOutput?

  @OptionGroup(title: "CSV tables")
  var tables: TableOptions

  @OptionGroup(title: "Reading")
  var reading: ReadingOptions

  func run() throws {
    let source = try ConvertSource(files, reading, tables, textType: .float64)
    let target = try ConvertTarget(source.destination, format: format)
    let tensor = source.data.tensor
    let type: ElementType = tensor.elementType == .float64 ? .float64 : .float32
    let result = try TensorResult(
      path: target.path, format: target.format, key: target.key,
      elementType: dtype?.elementType ?? type, shape: tensor.shape, isKept: false)
    try flags.transform.apply(
      to: tensor, as: type, into: result.sink, threadCount: reading.threads)
    try result.write()
    try source.data.requireWhole()
    try result.commit()
  }
}
