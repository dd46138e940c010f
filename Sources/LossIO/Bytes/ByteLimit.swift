#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How many bytes one input may take of the memory: what pipes give and compressed files yield.
///
/// Mapped files take none and have no limit. What pipes give is kept in a file, and the limit keeps one without
/// an end from filling the disk.
public enum ByteLimit {
  /// Half of the memory this process may use: running out of memory would end the process without a word.
  public static var standard: Int { memory / 2 }

  /// The machine's memory, or less where this process's container has less.
  private static var memory: Int {
    let pages = sysconf(CInt(_SC_PHYS_PAGES))
    let pageSize = sysconf(CInt(_SC_PAGESIZE))
    let physical = pages > 0 && pageSize > 0 ? pages * pageSize : 1 << 32
    return controlGroupFiles.compactMap(number(in:)).reduce(physical, min)
  }

  /// Where Linux says how much memory a container has: version 2 and version 1 of control groups.
  private static let controlGroupFiles = [
    "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
  ]

  /// The number a file begins with; nil where there is none, such as in `max`.
  static func number(in path: String) -> Int? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var digits = [UInt8](repeating: 0, count: 32)
    let count = read(descriptor, &digits, digits.count)
    let text = String(decoding: digits.prefix(max(count, 0)), as: UTF8.self)
    return Int(text.prefix { $0.isNumber })
  }
}
