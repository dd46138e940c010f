import Foundation

/// A temporary directory with files for one test, in which commands run.
final class Workspace {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The directory's path.
  var url: URL { directory.url }

  /// Creates a text file.
  func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

  /// Creates a file.
  func write(_ data: Data, to name: String) throws { try data.write(to: directory.file(name)) }

  /// Copies a fixture.
  func copy(_ fixture: String, as name: String? = nil) throws {
    let source = packageRoot.appendingPathComponent("Tests/Fixtures/" + fixture)
    try write(try Data(contentsOf: source), to: name ?? source.lastPathComponent)
  }

  /// A file's content as text; nil where there is no such file.
  func text(_ name: String) -> String? { data(name).map { String(decoding: $0, as: UTF8.self) } }

  /// A file's content; nil where there is no such file.
  func data(_ name: String) -> Data? { try? Data(contentsOf: directory.file(name)) }

  /// The names of all files, hidden ones too.
  var files: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: url.path).sorted()) ?? []
  }

  /// Runs lossctl here.
  func lossctl(_ arguments: String..., stdin: Data? = nil) throws -> CommandResult {
    try run(Command.lossctl, arguments, stdin: stdin)
  }

  /// Runs lossctl here, the arguments in one string separated by blanks.
  func lossctl(
    line: String, stdin: Data? = nil, environment: [String: String] = [:]
  ) throws -> CommandResult {
    try run(
      Command.lossctl, line.split(separator: " ").map(String.init), stdin: stdin,
      environment: environment)
  }

  /// Runs a shell script here that finds lossctl on its path.
  func shell(_ script: String) throws -> CommandResult {
    try run(URL(fileURLWithPath: "/bin/bash"), ["-c", script])
  }

  private func run(
    _ program: URL, _ arguments: [String], stdin: Data? = nil,
    environment: [String: String] = [:]
  ) throws -> CommandResult {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let products = Command.lossctl.deletingLastPathComponent().path
    return try Command(
      executable: program, arguments: arguments, stdin: stdin,
      environment: environment.merging(["PATH": products + ":" + path]) { $1 }, directory: url
    ).run()
  }
}

/// A NumPy file, version 1.0, with this header dictionary and these bytes.
func npy(header: String, data: Data) -> Data {
  let text = header + "\n"
  let count = UInt16(text.utf8.count)
  let magic: [UInt8] =
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8)]
  return Data(magic) + Data(text.utf8) + data
}

/// A NumPy file of float32 values.
func npy(_ values: [Float], shape: String, descr: String = "<f4") -> Data {
  npy(
    header: "{'descr': '\(descr)', 'fortran_order': False, 'shape': \(shape), }",
    data: values.withUnsafeBytes { Data($0) })
}
