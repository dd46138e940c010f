import Foundation
import LossIO
import LossTensor

/// The folder of committed test data.
let fixtures = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("Fixtures")

/// A file's content in memory.
func source(_ content: some Collection<UInt8>, path: String) -> ByteSource {
  ByteSource(path: path, storage: ByteStorage(copying: content))
}

/// A NumPy file of version 1.0 with this header text and these bytes of data.
func npy(_ header: String, data: [UInt8] = []) -> [UInt8] {
  let text = Array(header.utf8)
  let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  return magic + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text + data
}

/// A new directory that is removed with this object.
final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "lossio-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it.
  func file(_ name: String) -> String { path + "/" + name }

  /// Creates a file and returns its path.
  func create(_ name: String, _ content: String = "old") throws -> String {
    try content.write(toFile: file(name), atomically: false, encoding: .utf8)
    return file(name)
  }

  /// A file's content; nil where there is none.
  func text(_ name: String) -> String? { try? String(contentsOfFile: file(name), encoding: .utf8) }

  /// The names of all files, hidden ones too.
  var files: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
  }
}

/// A NumPy file that a script made, and what it holds.
struct NPYCase: Decodable, CustomStringConvertible, Sendable {
  /// A number, or the name of one that JSON does not have.
  struct Number: Decodable, Sendable {
    let value: Double
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        value = number
      } else {
        value = Double(try container.decode(String.self)) ?? .signalingNaN
      }
    }
  }

  let file: String
  let dtype: String
  let shape: [Int]
  let values: [Number]
  let override: String?
  var description: String { file }

  static func all(in path: String) -> [NPYCase] {
    let data = try? Data(contentsOf: fixtures.appendingPathComponent(path))
    return data.flatMap { try? JSONDecoder().decode([NPYCase].self, from: $0) } ?? []
  }
}
