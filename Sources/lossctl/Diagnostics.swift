import ArgumentParser
import LossIO
import LossTensor
import Losses

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An error of any origin, ready to be printed.
struct ErrorDescription {
  var code: String
  var message: String
  var hint: String?
  var file: String?
  var member: String?
  var place: FileError.Place?

  /// The description of one of lossctl's own errors; nil for any other.
  init?(_ error: any Error) {
    switch error {
    case let error as FileError:
      let wording = error.wording
      self.init(wording.code, wording.message, wording.hint)
      file = error.path
      member = error.member
      place = error.place
    case let error as InputError:
      let (text, hint) = error.error.message
      let hints = [error.hint, hint].compactMap(\.self)
      self.init(error.error.code, text, hints.isEmpty ? nil : hints.joined(separator: "; "))
      file = error.path
    case let error as LossError:
      self.init(error.code, error.message.text, error.message.hint)
    case let error as UsageError:
      self.init(usage: error)
    default:
      return nil
    }
  }

  private init(_ code: String, _ message: String, _ hint: String?) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The description of a usage error in ArgumentParser's words.
  init(usage message: String, hint: String) {
    self.init("usage", message, hint)
  }

  private init(usage error: UsageError) {
    switch error {
    case .noCommand:
      self.init("usage", "expected a command, found none", "see lossctl --help")
    case .unknownCommand(let name, let known):
      let nearest = nearestName(to: name, in: known).map { "did you mean \($0)?" }
      self.init(
        "unknown-command",
        "expected a command (\(known.joined(separator: ", "))), found \"\(name)\"",
        nearest ?? "see lossctl --help")
    case .unknownLoss(let name, let known):
      let nearest = nearestName(to: name, in: known).map { "did you mean \($0)?" }
      self.init(
        "unknown-loss", "expected a loss (\(known.joined(separator: ", "))), found \"\(name)\"",
        nearest ?? "see lossctl list")
    case .noDestination:
      self.init(
        "usage", "expected the files to read and then the file to write, found one file",
        "see lossctl convert --help")
    case .notPositive(let option, let found):
      self.init("usage", "--\(option): expected a number of at least 1, found \(found)", nil)
    case .sameOutput(let path):
      self.init("usage", "expected different files for different outputs, found \(path) twice", nil)
    case .nothingToWrite(let option, let needs):
      self.init("usage", "--\(option) has nothing to apply to", "add \(needs)")
    case .severalGradients(let option, let path, let inputs):
      self.init(
        "usage",
        "--\(option): expected room for the gradients of \(inputs.joined(separator: ", ")), found \(path), a file of one",
        "name an .npz file, or one file each as in grad-{input}.npy")
    case .expectationNeeds(let option, let needs):
      self.init("usage", "--\(option): expected \(needs)", nil)
    case .unknownInstructionSet(let name, let known):
      self.init(
        "unknown-instruction-set",
        "LOSSCTL_ISA: expected an instruction set of this machine (\(known.joined(separator: ", "))), "
          + "found \"\(name)\"", "unset it to use the fastest")
    }
  }

  /// The error as a line: the place first where there is one, so that editors can jump to it.
  var line: String {
    let file = file.map { ($0 == "-" ? "standard input" : $0) + (member.map { ":" + $0 } ?? "") }
    switch (file, place) {
    case (let file?, .line(let line, let column)):
      return "\(file):\(line):\(column): error: \(message)"
    case (let file?, .byte(let offset)):
      return "lossctl: error: \(file): byte \(offset): \(message)"
    case (let file?, .decompressedByte(let offset)):
      return "lossctl: error: \(file): byte \(offset) of the decompressed data: \(message)"
    case (let file?, nil): return "lossctl: error: \(file): \(message)"
    case (nil, _): return "lossctl: error: \(message)"
    }
  }

  /// The error as an object, for programs.
  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("schema", .string("lossctl.error/1")), ("code", .string(code)),
      ("message", .string(message)),
    ]
    if let hint { members.append(("hint", .string(hint))) }
    if let file { members.append(("file", .string(file))) }
    if let member { members.append(("member", .string(member))) }
    switch place {
    case .byte(let offset): members.append(("offset", .integer(offset)))
    case .decompressedByte(let offset):
      members.append(("decompressed_offset", .integer(offset)))
    case .line(let line, let column):
      members += [("line", .integer(line)), ("column", .integer(column))]
    case nil: break
    }
    return .object(members)
  }
}

/// A loss's error about one of its inputs, with the file the input came from.
struct InputError: Error {
  let path: String
  let error: LossError
  /// What else there is to say.
  var hint: String?
}

/// Everything lossctl says besides its results, on standard error.
struct Diagnostics {
  /// Whether errors are JSON.
  var isJSON = false
  /// Whether anything but errors is left out.
  var isQuiet = false

  func report(_ error: ErrorDescription) {
    guard !isJSON else { return write(error.json.text) }
    write(error.line + "\n" + (error.hint.map { "hint: \($0)\n" } ?? ""))
  }

  func report(_ failure: ChecksFailed) {
    for check in failure.checks where !check.isPassed {
      write("lossctl: check failed: \(check.explanation)\n")
    }
  }

  func warn(_ message: String) {
    if !isQuiet { write("lossctl: warning: \(message)\n") }
  }

  func note(_ message: String) {
    if !isQuiet { write("lossctl: note: \(message)\n") }
  }

  /// Shown with `--quiet` too: it was asked for.
  func show(_ timing: Timing) { write("lossctl: timing: \(timing.line)\n") }

  private func write(_ text: String) { writeToStandardError(text) }
}

/// Writes all of `text`; there is nowhere to report a failure to.
func writeToStandardError(_ text: String) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    if written < 0, errno != EINTR { return }
    bytes = bytes.dropFirst(max(written, 0))
  }
}
