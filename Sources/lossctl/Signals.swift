import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file cut short while it is mapped shows as SIGBUS; the message must be made of what a signal
/// handler may use.
private let truncatedMessage: StaticString =
  "lossctl: error: an input file was cut short by another program while it was read\n"

/// Whether a thread is already on its way out; several may meet the file's new end at once.
private let isLeaving = Atomic<Bool>(false)

/// Makes the signals a batch tool meets end it as people expect.
func installSignalHandlers() {
  // A parent may have left it ignored; a closed pipe then would be an error instead of the end.
  signal(SIGPIPE, SIG_DFL)
  // Set up before a handler looks at it, which must not do such work.
  isLeaving.store(false, ordering: .relaxed)
  signal(SIGBUS) { _ in
    while isLeaving.exchange(true, ordering: .relaxed) { pause() }
    truncatedMessage.withUTF8Buffer { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    _exit(ExitStatus.trouble.rawValue)
  }
}
