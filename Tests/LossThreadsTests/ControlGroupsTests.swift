import Foundation
import Testing

@testable import LossThreads

#if os(Linux)
import Glibc
#endif

/// Files as Linux shows them, in a temporary folder.
private final class FakeSystem {
  private let folder: URL

  init(cgroup: String?, _ files: [String: String] = [:]) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "lossctl-\(UUID())")
    if let cgroup { try write(cgroup, to: "proc/self/cgroup") }
    for (name, text) in files { try write(text, to: "sys/fs/cgroup/" + name) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func write(_ text: String, to name: String) throws {
    let file = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// What the groups grant.
  var limit: Int? { ControlGroups(root: folder.path(percentEncoded: false)).processorLimit }
}

@Suite("Control groups")
struct ControlGroupsTests {
  @Test(
    "of version 2 grant quota over period, rounded up",
    arguments: [
      ("max 100000\n", nil), ("150000 100000\n", 2), ("200000 100000\n", 2), ("200001 100000\n", 3),
      ("1000 100000\n", 1), ("30000 10000", 3), ("9223372036854775807 1\n", Int.max),
      ("9223372036854775807 2\n", 1 << 62),
    ] as [(String, Int?)])
  func versionTwo(text: String, limit: Int?) throws {
    let system = try FakeSystem(cgroup: "0::/a.slice/b\n", ["a.slice/b/cpu.max": text])
    #expect(system.limit == limit)
  }

  @Test(
    "of version 2 that cannot be understood grant everything",
    arguments: [
      "", "\n", "many few\n", "150000\n", "150000 100000 7\n", "0 100000\n", "-1 100000\n",
      "150000 0\n", "150000 -100000\n", "1.5e5 100000\n", "9223372036854775808 1\n", "\u{0}\u{1}",
    ])
  func garbage(text: String) throws {
    let system = try FakeSystem(cgroup: "0::/a\n", ["a/cpu.max": text])
    #expect(system.limit == nil)
    // Nor does it hide what another group says.
    let beside = try FakeSystem(
      cgroup: "0::/a\n", ["a/cpu.max": text, "cpu.max": "300000 100000\n"])
    #expect(beside.limit == 3)
  }

  @Test(
    "are bound by the strictest of those they are in",
    arguments: [
      (["cpu.max": "700000 100000", "a/cpu.max": "max 100000", "a/b/cpu.max": "500000 100000"], 5),
      (["cpu.max": "700000 100000", "a/cpu.max": "250000 100000", "a/b/cpu.max": "max 100000"], 3),
      (
        ["cpu.max": "40000 20000", "a/cpu.max": "500000 100000", "a/b/cpu.max": "900000 100000"], 2
      ),
      (["a/b/cpu.max": "400000 100000", "a/b/c/cpu.max": "100000 100000"], 4),
      (["a/cpu.max": "600000 100000"], 6),
    ])
  func ancestors(files: [String: String], limit: Int) throws {
    #expect(try FakeSystem(cgroup: "0::/a/b\n", files).limit == limit)
  }

  @Test(
    "of version 1 are found under either name of their hierarchy",
    arguments: ["cpu,cpuacct", "cpu"])
  func versionOne(folder: String) throws {
    let system = try FakeSystem(
      cgroup: "12:memory:/m\n4:cpu,cpuacct:/docker/ab:c\n1:name=systemd:/s\n",
      [
        "\(folder)/docker/ab:c/cpu.cfs_quota_us": "350000\n",
        "\(folder)/docker/ab:c/cpu.cfs_period_us": "100000\n",
        "\(folder)/docker/cpu.cfs_quota_us": "-1\n",
        "\(folder)/docker/cpu.cfs_period_us": "100000\n",
        "memory/m/cpu.cfs_quota_us": "100000\n", "memory/m/cpu.cfs_period_us": "100000\n",
      ])
    #expect(system.limit == 4)
  }

  @Test("of version 1 whose ancestor, or the root a container sees, is stricter grant that")
  func versionOneAncestors() throws {
    let files = [
      "cpu/cpu.cfs_quota_us": "90000\n", "cpu/cpu.cfs_period_us": "50000\n",
      "cpu/a/cpu.cfs_quota_us": "500000\n", "cpu/a/cpu.cfs_period_us": "100000\n",
    ]
    #expect(try FakeSystem(cgroup: "3:cpu:/a\n", files).limit == 2)
    #expect(try FakeSystem(cgroup: "3:cpu:/not/here\n", files).limit == 2)
    #expect(try FakeSystem(cgroup: "3:cpuset:/a\n", files).limit == nil)
  }

  @Test("of version 1 with one number missing or wrong grant everything")
  func versionOneGarbage() throws {
    let quota = ["cpu/cpu.cfs_quota_us": "90000\n"]
    let period = ["cpu/cpu.cfs_period_us": "50000\n"]
    for files in [quota, period, quota.merging(["cpu/cpu.cfs_period_us": "x\n"]) { $1 }] {
      #expect(try FakeSystem(cgroup: "3:cpu:/\n", files).limit == nil)
    }
  }

  @Test("of both versions side by side all count")
  func hybrid() throws {
    let one = ["cpu/a/cpu.cfs_quota_us": "500000\n", "cpu/a/cpu.cfs_period_us": "100000\n"]
    let cgroup = "2:cpu:/a\n0::/b\n"
    #expect(try FakeSystem(cgroup: cgroup, one).limit == 5)
    let apart = one.merging(["unified/b/cpu.max": "300000 100000\n"]) { $1 }
    #expect(try FakeSystem(cgroup: cgroup, apart).limit == 3)
    let together = one.merging(["b/cpu.max": "200000 100000\n"]) { $1 }
    #expect(try FakeSystem(cgroup: cgroup, together).limit == 2)
  }

  @Test("outside what a container sees are looked for at its root")
  func outside() throws {
    let files = ["cpu.max": "600000 100000\n", "a/cpu.max": "100000 100000\n"]
    #expect(try FakeSystem(cgroup: "0::/../a\n", files).limit == 6)
  }

  @Test(
    "that are not there grant everything", arguments: [nil, "", "nonsense\n", "0:\n", "0::/a\n"])
  func missing(cgroup: String?) throws {
    #expect(try FakeSystem(cgroup: cgroup).limit == nil)
  }

  @Test("in more lines than one read gives are all read")
  func longList() throws {
    let others = (2..<200).map { "\($0):name=\(String(repeating: "x", count: 40)):/\n" }.joined()
    let system = try FakeSystem(cgroup: others + "0::/a\n", ["a/cpu.max": "800000 100000\n"])
    #expect(system.limit == 8)
  }

  #if os(Linux)
  @Test("do not hide that a process may be bound to one processor")
  func affinity() throws {
    let count = onThread { () -> Int? in
      var mask = [UInt8](repeating: 0, count: 1024)
      guard let get = affinityCall("sched_getaffinity"),
        let set = affinityCall("sched_setaffinity"), get(0, mask.count, &mask) == 0,
        let byte = mask.firstIndex(where: { $0 != 0 })
      else { return nil }
      let lowestBit = mask[byte] & (~mask[byte] &+ 1)
      mask = mask.indices.map { $0 == byte ? lowestBit : 0 }
      // The mask is a thread's own, so this one is not in the way of other tests.
      guard set(0, mask.count, &mask) == 0 else { return nil }
      return availableProcessorCount()
    }
    #expect(count == 1)
  }

  private typealias AffinityCall =
    @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> CInt

  /// A system call that Swift's C module hides.
  private func affinityCall(_ name: String) -> AffinityCall? {
    dlsym(nil, name).map { unsafeBitCast($0, to: AffinityCall.self) }
  }

  private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value?) -> Value? {
    let result = ThreadResult<Value>()
    let thread = Thread {
      result.value = body()
      result.isDone.signal()
    }
    thread.start()
    result.isDone.wait()
    return result.value
  }

  private final class ThreadResult<Value>: @unchecked Sendable {
    let isDone = DispatchSemaphore(value: 0)
    var value: Value?
  }
  #endif
}
