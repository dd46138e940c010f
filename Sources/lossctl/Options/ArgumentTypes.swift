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

/// A number of bytes: 1500, 64K, 500M, 8G, 1T (of 1024), also as 64KiB, or 64kB (of 1000).
struct ByteCount: ExpressibleByArgument, Equatable {
  let value: Int

  init?(argument: String) {
    let digits = argument.prefix { ("0"..."9").contains($0) }
    let unit = argument.dropFirst(digits.count).lowercased()
    guard let number = Int(digits), let scale = Self.scale(of: unit) else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: scale)
    guard !overflow, value > 0 else { return nil }
    self.value = value
  }

  private static func scale(of unit: String) -> Int? {
    guard let letter = unit.first else { return 1 }
    guard let power = "kmgt".firstIndex(of: letter) else { return unit == "b" ? 1 : nil }
    let base: Int
    switch unit.dropFirst() {
    case "", "ib": base = 1024
    case "b": base = 1000
    default: return nil
    }
    let exponent = "kmgt".distance(from: "kmgt".startIndex, to: power) + 1
    return (0..<exponent).reduce(1) { scale, _ in scale * base }
  }
}

extension Clip.Objective: ExpressibleByArgument {}
extension NCE.Objective: ExpressibleByArgument {}
extension NoiseSampler.Distribution: ExpressibleByArgument {}
extension Logistic.LabelValues: ExpressibleByArgument {}
extension Reduction: ExpressibleByArgument {}
extension EmptyPolicy: ExpressibleByArgument {}
extension NonFinitePolicy: ExpressibleByArgument {}
extension ZeroTimesInfinity: ExpressibleByArgument {}
extension TensorOutput: ExpressibleByArgument {}
extension BinaryCrossEntropy.PredictionKind: ExpressibleByArgument {}
extension SoftmaxCrossEntropy.PredictionKind: ExpressibleByArgument {}
extension MultilabelMargin.LabelFormat: ExpressibleByArgument {}

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
