import Foundation
import LossTensor
import Testing

@testable import LossIO

/// The files of Tests/Fixtures/archives.
enum ArchiveFixtures {
  /// A file, what numpy reads in it, and what becomes of that when the file is damaged.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let selector: String?
    let dtype: String
    let shape: [Int]
    let values: [FixtureNumber]
    /// Python's outcome for each length the file is cut to.
    let cuts: String?
    /// Python's outcome for each byte a mask is XORed onto, by the mask.
    let flips: [String: String]?

    var testDescription: String { file + (selector.map { ":" + $0 } ?? "") }
    var doubles: [Double] { values.map(\.value) }

    /// Whether `tensor` is the array of this case.
    func matches(_ tensor: Tensor) -> Bool {
      tensor.elementType.rawValue == dtype && tensor.shape.dimensions == shape
        && areSame((0..<tensor.shape.elementCount).map { tensor.element(at: $0) }, doubles)
    }
  }

  /// All cases; none where the list cannot be read.
  static let cases: [Case] = {
    let path = Fixtures.folder + "/archives/cases.json"
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
  }()

  /// The path of a file.
  static func path(_ file: String) -> String { Fixtures.folder + "/archives/" + file }

  /// A file's bytes.
  static func bytes(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(file))))
  }

  /// Reads a tensor from bytes in memory.
  static func read(
    _ bytes: [UInt8], as file: String, _ selector: String? = nil, limit: Int = 1 << 20
  ) throws(FileError) -> Tensor {
    let source = ByteSource(path: file, storage: ByteStorage(copying: bytes))
    return try FileFormats.read(
      source, name: file, selector: selector, options: ReadOptions(byteLimit: limit)
    ).tensor
  }
}
