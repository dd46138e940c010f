import Foundation
import LossTensor

@testable import LossIO

/// The files under Tests/Fixtures.
enum Fixtures {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures").path(percentEncoded: false)

  /// A file and what it holds, as the scripts beside the files describe it in JSON.
  struct TensorCase: Decodable, Sendable, CustomStringConvertible {
    let file: String
    let dtype: String
    let shape: [Int]
    let values: [FixtureNumber]
    /// The type the reader has to be told.
    let override: String?

    var description: String { file }
    var doubles: [Double] { values.map(\.value) }
  }

  /// The cases `list` (a path under Tests/Fixtures) describes; none where it cannot be read.
  static func cases(_ list: String) -> [TensorCase] {
    guard let data = FileManager.default.contents(atPath: folder + "/" + list) else { return [] }
    return (try? JSONDecoder().decode([TensorCase].self, from: data)) ?? []
  }
}

/// A number that JSON may have to spell as a string.
struct FixtureNumber: Decodable, Sendable {
  let value: Double

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      value = number
      return
    }
    switch try container.decode(String.self) {
    case "NaN": value = .nan
    case "Infinity": value = .infinity
    case "-Infinity": value = -.infinity
    default:
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number")
    }
  }
}

extension ByteSource {
  /// A copy of the bytes, which may outlive the source.
  var content: [UInt8] { withExtendedLifetime(storage) { Array(bytes) } }
}

/// Whether two lists hold the same numbers, zeros told apart by sign and any NaN equal to any other.
func areSame(_ first: [Double], _ second: [Double]) -> Bool {
  first.count == second.count
    && zip(first, second).allSatisfy { a, b in
      a.isNaN ? b.isNaN : a == b && a.sign == b.sign
    }
}
