#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The processor time that Linux's control groups grant this process.
///
/// A container gets a quota of time in each period, whatever the number of processors it sees; threads
/// beyond the quota do nothing but use it up sooner. A group is bound by all groups it is in too.
///
/// Version 2 states both numbers in `cpu.max`; version 1 has a hierarchy of its own for processors, with
/// a file for each number. Whatever cannot be read or understood is no limit.
///
/// Reference: Linux, Documentation/admin-guide/cgroup-v2.rst and Documentation/scheduler/sched-bwc.rst.
struct ControlGroups {
  /// What stands before the system's paths: nothing but in tests.
  var root = ""

  /// The processors that the quotas amount to, rounded up; nil where there is no quota.
  var processorLimit: Int? {
    guard var lines = content(of: "/proc/self/cgroup") else { return nil }
    let hasVersionTwoOnly = lines.starts(with: "0::".utf8)
    var lowest: Int?
    while !lines.isEmpty {
      // A hierarchy's number, its controllers (none in version 2), and the path of the group.
      var path = lines.take(upTo: "\n")
      _ = path.take(upTo: ":")
      var controllers = path.take(upTo: ":")
      guard path.first == UInt8(ascii: "/") else { continue }
      if controllers.isEmpty {
        // Beside hierarchies of version 1, that of version 2 is often mounted in a folder of its own.
        let isApart = !hasVersionTwoOnly && exists(Self.mount + "/unified")
        let mount = isApart ? Self.mount + "/unified" : Self.mount
        narrow(&lowest, to: path, in: mount, limit: limitOfVersionTwo)
      } else {
        let name = controllers.text
        guard controllers.takesWord("cpu") else { continue }
        let mount = Self.mount + (exists(Self.mount + "/cpu") ? "/cpu" : "/" + name)
        narrow(&lowest, to: path, in: mount, limit: limitOfVersionOne)
      }
    }
    return lowest
  }

  private static let mount = "/sys/fs/cgroup"

  /// Lowers `lowest` to the limits of the group of that path and of those it is in.
  private func narrow(
    _ lowest: inout Int?, to path: ArraySlice<UInt8>, in mount: String, limit: (String) -> Int?
  ) {
    var (folder, names) = (mount, path.dropFirst())
    while true {
      if let found = limit(folder) { lowest = min(found, lowest ?? found) }
      guard !names.isEmpty else { return }
      let name = names.take(upTo: "/").text
      // Above what a container sees of the hierarchy there is nothing to read.
      guard name != ".." else { return }
      folder += "/" + name
    }
  }

  private func limitOfVersionTwo(_ folder: String) -> Int? {
    guard var text = content(of: folder + "/cpu.max") else { return nil }
    guard let quota = Int(text.take(upTo: " ").text), let period = Int(text.take(upTo: "\n").text)
    else { return nil }
    return processors(quota, period)
  }

  private func limitOfVersionOne(_ folder: String) -> Int? {
    func number(_ name: String) -> Int? {
      guard var text = content(of: folder + name) else { return nil }
      return Int(text.take(upTo: "\n").text)
    }
    // Without a quota, -1, there is no need to read the period.
    guard let quota = number("/cpu.cfs_quota_us"), quota > 0,
      let period = number("/cpu.cfs_period_us")
    else { return nil }
    return processors(quota, period)
  }

  private func processors(_ quota: Int, _ period: Int) -> Int? {
    guard quota > 0, period > 0 else { return nil }
    return quota / period + (quota % period == 0 ? 0 : 1)
  }

  private func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

  /// The bytes of a file; nil where it cannot be read.
  private func content(of path: String) -> ArraySlice<UInt8>? {
    let descriptor = open(root + path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    var end = 0
    while true {
      let free = bytes.count - end
      let count = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress.map { $0 + end }, free)
      }
      if count > 0 {
        end += count
        if end == bytes.count { bytes += [UInt8](repeating: 0, count: end) }
      } else if count == 0 {
        return bytes[..<end]
      } else if errno != EINTR {
        return nil
      }
    }
  }
}

// Bytes, as this runs at the start: the generic ways to split text take tens of microseconds on their first
// use, more than reading a file.
extension ArraySlice<UInt8> {
  /// Takes away what stands before the next separator, and the separator.
  fileprivate mutating func take(upTo separator: Unicode.Scalar) -> ArraySlice<UInt8> {
    let part = prefix { $0 != UInt8(ascii: separator) }
    self = dropFirst(part.count + 1)
    return part
  }

  /// Takes words between commas until one is `word`.
  ///
  /// - Returns: whether there is one.
  fileprivate mutating func takesWord(_ word: String) -> Bool {
    while !isEmpty {
      if take(upTo: ",").elementsEqual(word.utf8) { return true }
    }
    return false
  }

  fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
