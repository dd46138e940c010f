import ArgumentParser
import LossIO
import LossKernels
import LossTensor
import Losses

/// A decimal number, NaN or an infinity; none of the hexadecimal forms Swift reads too.
struct Real: ExpressibleByArgument, Equatable {
  let value: Double

  init?(argument: String) {
    let isDecimal = argument.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
    let word = argument.lowercased().drop { "+-".contains($0) }
    guard isDecimal || ["nan", "inf", "infinity"].contains(String(word)),
      let value = Double(argument)
    else { return nil }
    self.value = value
  }

  init(_ value: Double) { self.value = value }

  var defaultValueDescription: String {
    Int(exactly: value).map(String.init) ?? value.description
  }
}

extension Reduction: ExpressibleByArgument {}
extension EmptyPolicy: ExpressibleByArgument {}
extension NonFinitePolicy: ExpressibleByArgument {}
extension ZeroTimesInfinity: ExpressibleByArgument {}
extension TensorOutput: ExpressibleByArgument {}
extension BinaryCrossEntropy.PredictionKind: ExpressibleByArgument {}
extension SoftmaxCrossEntropy.PredictionKind: ExpressibleByArgument {}

/// The type to compute in.
enum ComputeTypeChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, float32, float64

  /// The type; nil where the inputs decide.
  var elementType: ElementType? { ElementType(rawValue: rawValue) }
}

/// A floating-point type of a file.
enum FloatTypeChoice: String, CaseIterable, ExpressibleByArgument {
  case float16, bfloat16, float32, float64

  /// The type.
  var elementType: ElementType {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    }
  }
}

/// When to show progress.
enum ProgressChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never
}
