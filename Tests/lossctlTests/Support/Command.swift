import Foundation
import Testing

/// How a process ended.
enum CommandStatus: Equatable, Sendable {
  /// By itself, with this exit status.
  case exited(Int32)
  /// By a signal: a crash, or a closed pipe.
  case killed(signal: Int32)
}

/// What a process left behind.
struct CommandResult: Sendable, CustomTestStringConvertible {
  let status: CommandStatus
  let stdout: Data
  let stderr: Data

  /// Standard output as text.
  var output: String { String(decoding: stdout, as: UTF8.self) }

  /// Standard error as text.
  var errors: String { String(decoding: stderr, as: UTF8.self) }

  var testDescription: String { "\(status), stdout \"\(output)\", stderr \"\(errors)\"" }
}

/// Trouble with running a process, as opposed to what the process says.
enum CommandError: Error {
  case timedOut(command: String, seconds: Double)
}

/// A program to run with everything it sees.
struct Command {
  var executable: URL
  var arguments: [String] = []
  /// What it reads, through a pipe; nothing where nil.
  var stdin: Data?
  /// Variables on top of this process's own.
  var environment: [String: String] = [:]
  /// Where it runs; this process's directory where nil.
  var directory: URL?
  /// After this long it is killed.
  var timeout = 60.0

  /// Runs the program to its end.
  ///
  /// Its output goes to temporary files, so that no pipe can fill up, and a process of its own that
  /// outlives it cannot keep one open.
  ///
  /// - Throws: `CommandError.timedOut`, or Foundation's error where the program cannot be started.
  func run() throws -> CommandResult {
    let output = try TemporaryDirectory()
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = directory }
    let (stdoutFile, stderrFile) = (output.file("stdout"), output.file("stderr"))
    process.standardOutput = try Self.writing(stdoutFile)
    process.standardError = try Self.writing(stderrFile)
    let input = stdin.map { _ in Pipe() }
    process.standardInput = input ?? FileHandle.nullDevice

    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    if let input, let stdin { Self.feed(stdin, to: input) }
    guard ended.wait(timeout: .now() + timeout) == .success else {
      kill(process.processIdentifier, SIGKILL)
      ended.wait()
      throw CommandError.timedOut(command: description, seconds: timeout)
    }
    // The directory must not be removed while its files are still to be read.
    return try withExtendedLifetime(output) {
      CommandResult(
        status: process.terminationReason == .uncaughtSignal
          ? .killed(signal: process.terminationStatus) : .exited(process.terminationStatus),
        stdout: try Data(contentsOf: stdoutFile), stderr: try Data(contentsOf: stderrFile))
    }
  }

  private var description: String {
    ([executable.lastPathComponent] + arguments).joined(separator: " ")
  }

  private static func writing(_ file: URL) throws -> FileHandle {
    try Data().write(to: file)
    return try FileHandle(forWritingTo: file)
  }

  /// Writes `data` from a thread of its own; a program may end without reading it.
  private static func feed(_ data: Data, to pipe: Pipe) {
    let end = SendableHandle(handle: pipe.fileHandleForWriting)
    Thread.detachNewThread {
      // A pipe nobody reads must give an error here, not end all tests. The signal goes to the thread
      // that writes and, blocked, is gone with it.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
      try? end.handle.write(contentsOf: data)
      try? end.handle.close()
    }
  }

  /// A file handle on its way to the one thread that uses it.
  private struct SendableHandle: @unchecked Sendable {
    let handle: FileHandle
  }
}

extension Command {
  /// The program of that name on the search path.
  static func find(_ name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").lazy
      .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// The `lossctl` built with these tests.
  static var lossctl: URL {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
    let products = bundle?.deletingLastPathComponent() ?? Bundle.main.bundleURL
    return products.appendingPathComponent("lossctl")
  }
}

/// Runs the built `lossctl`.
func lossctl(
  _ arguments: String..., stdin: Data? = nil, environment: [String: String] = [:],
  in directory: URL? = nil
) throws -> CommandResult {
  try Command(
    executable: Command.lossctl, arguments: arguments, stdin: stdin, environment: environment,
    directory: directory
  ).run()
}

/// A new directory that is removed with this object.
final class TemporaryDirectory {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossctl-tests-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The file of that name in it.
  func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}

/// The root of the package.
let packageRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
