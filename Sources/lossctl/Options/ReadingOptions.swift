import ArgumentParser
import LossIO
import LossTensor
import LossThreads
import Losses

/// How commands about files read them.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The type of elements stored as raw bytes or 16-bit integers, such as bfloat16.",
      valueName: "dtype"))
  var readAs: FloatTypeChoice?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Threads to use; by default one for each processor it may use.", valueName: "count"))
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The most bytes to read from a pipe or to decompress from a file, such as 500M or 8G; half of the memory by default.",
      valueName: "size"))
  var maxBytes: ByteCount?

  @Flag(help: "Print errors as JSON.")
  var jsonErrors = false

  /// How files are read. Text has no type of its own, and is read in the one that loses nothing.
  var readOptions: ReadOptions {
    get throws(UsageError) {
      if let threads, threads < 1 { throw .notPositive(option: "threads", found: threads) }
      return ReadOptions(
        elementType: readAs?.elementType, textType: .float64, byteLimit: maxBytes?.value
      ) { [threads] in threads ?? availableProcessorCount() }
    }
  }
}

/// Any type of elements.
enum ElementTypeChoice: String, CaseIterable, ExpressibleByArgument {
  case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64
  case float16, bfloat16, float32, float64

  /// The type.
  var elementType: ElementType? { ElementType(rawValue: rawValue) }
}
