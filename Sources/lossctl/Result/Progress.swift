#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A line on standard error that says how far the work is, and vanishes with this object.
///
/// Work of less than half a second shows nothing. It is updated by one thread only.
final class Progress: @unchecked Sendable {
  private let isShown: Bool
  private let start = monotonicSeconds()
  private var lastShown = 0.0
  private var isVisible = false

  init(_ options: RunOptions) {
    isShown =
      switch options.progress {
      case .always: !options.quiet
      case .never: false
      case .auto: !options.quiet && isatty(STDERR_FILENO) == 1
      }
  }

  /// What the evaluation calls with the part done; nil where nothing is to be shown.
  var callback: (@Sendable (Double) -> Void)? {
    guard isShown else { return nil }
    return { @Sendable part in self.update(part) }
  }

  private func update(_ part: Double) {
    let now = monotonicSeconds()
    guard now - start > 0.5, now - lastShown > 0.1 else { return }
    writeToStandardError("\rlossctl: \(Int(part * 100)) %")
    (lastShown, isVisible) = (now, true)
  }

  deinit {
    if isVisible { writeToStandardError("\r\u{1B}[K") }
  }
}
