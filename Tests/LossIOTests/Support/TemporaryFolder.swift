import Foundation

@testable import LossIO

/// An empty folder that goes away with the object.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "lossctl-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Everything in the folder, hidden files too.
  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
  }

  /// The path of `name` in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  /// Makes a file and returns its path.
  @discardableResult
  func make(_ name: String, _ content: [UInt8] = [1]) throws -> String {
    try Data(content).write(to: URL(filePath: file(name)))
    return file(name)
  }

  /// A file's bytes.
  func content(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: file(name))))
  }

  /// What `write` puts into a file, which is committed.
  func written(_ write: (OutputFile) throws -> Void) throws -> [UInt8] {
    let name = "written-\(UUID())"
    let output = try OutputFile(path: file(name))
    try write(output)
    try output.commit()
    return try content(name)
  }
}

extension OutputFile {
  /// Writes bytes after those that are there.
  func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try append($0) }
  }

  /// Writes bytes at an offset.
  func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { try write($0, at: offset) }
  }
}
