import LossTensor
import Testing

@testable import LossIO

@Suite("Members of archives")
struct ArchiveMemberTests {
  private func expect(
    _ error: FileError, _ file: String, _ selector: String?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let bytes = try ArchiveFixtures.bytes(file)
    #expect(throws: error, sourceLocation: sourceLocation) {
      try ArchiveFixtures.read(bytes, as: file, selector)
    }
  }

  @Test("without a name an archive of several lists them with their dtypes and shapes")
  func several() throws {
    let members = ["p float32 (2, 3)", "y uint8 (3,)"]
    for file in ["stored.npz", "deflated.npz", "piped.npz"] {
      try expect(FileError(file, .severalMembers(members)), file, nil)
    }
    let inFolder = members.map { "epoch3/" + $0 }
    for file in ["run.tar", "dotted.tar", "run.tar.gz", "run.tar.zst"] {
      try expect(FileError(file, .severalMembers(inFolder)), file, nil)
    }
    try expect(
      FileError("npy-key.npz", .severalMembers(["x.npy float32 (2, 3)", "x uint8 (3,)"])),
      "npy-key.npz", nil)
  }

  @Test("a list of members says what it leaves out")
  func longList() throws {
    let names = (0..<23).map { "a\($0).txt" }
    let bytes = TarBytes.archive(names.map { ($0, [0x31, 0x0A]) })
    let shown = names.prefix(20).map { $0 + " (2 bytes, not NPY)" }
    #expect(throws: FileError("a.tar", .severalMembers(shown + ["3 more"]))) {
      try ArchiveFixtures.read(bytes, as: "a.tar")
    }
    #expect(
      throws: FileError(
        "a.tar",
        .unknownMember(
          name: "a222.txt", nearest: "a22.txt", known: Array(names.prefix(20)) + ["3 more"]))
    ) { try ArchiveFixtures.read(bytes, as: "a.tar", "a222.txt") }
  }

  @Test("a name no member has is told with the nearest")
  func unknown() throws {
    let known = ["p", "y"]
    for file in ["stored.npz", "deflated.npz"] {
      try expect(
        FileError(file, .unknownMember(name: "q", nearest: "p", known: known)), file, "q")
      try expect(
        FileError(file, .unknownMember(name: "labels", nearest: nil, known: known)), file, "labels")
    }
    try expect(
      FileError(
        "run.tar",
        .unknownMember(
          name: "epoch3/p.npz", nearest: "epoch3/p", known: ["epoch3/p", "epoch3/y"])),
      "run.tar", "epoch3/p.npz")
    // A folder is no member, and neither is a part of a name.
    try expect(
      FileError(
        "run.tar.gz",
        .unknownMember(name: "epoch3", nearest: "epoch3/p", known: ["epoch3/p", "epoch3/y"])),
      "run.tar.gz", "epoch3")
  }

  @Test("two members of one name are an error, whichever is meant")
  func duplicates() throws {
    for file in ["duplicate.npz", "duplicate.tar"] {
      for selector in ["p", "p.npy"] {
        try expect(
          FileError(file, member: "p.npy", .duplicateMember(count: 2)), file, selector)
      }
    }
  }

  @Test("an archive without files has no members")
  func empty() throws {
    for file in ["empty.npz", "folders.zip"] {
      try expect(FileError(file, .noMembers), file, nil)
      try expect(FileError(file, .noMembers), file, "p")
    }
  }

  @Test("links and devices are no files, and no candidates where none is named")
  func links() throws {
    for (name, kind) in [
      ("soft", "a link to another member"), ("hard.npy", "a link to another member"),
      ("pipe", "a device or pipe"),
    ] {
      let member = name.hasSuffix(".npy") ? name : name + ".npy"
      try expect(
        FileError("links.tar", member: member, .memberIsNoFile(kind: kind)), "links.tar", name)
    }
    let bytes = try ArchiveFixtures.bytes("links.tar")
    #expect(try ArchiveFixtures.read(bytes, as: "links.tar").shape == Shape([2, 3]))
  }

  @Test("what follows a member's name selects a part of it")
  func partsOfMembers() throws {
    let zip = try ArchiveFixtures.bytes("stored.npz")
    let table = Array("score,label\n0.25,1\n-1.5,0\n".utf8)
    let bytes = TarBytes.archive([("run/s.npz", zip), ("a:b.csv", table)])
    #expect(try ArchiveFixtures.read(bytes, as: "a.tar", "run/s.npz:p").shape == Shape([2, 3]))
    #expect(try ArchiveFixtures.read(bytes, as: "a.tar", "run/s.npz:y.npy").shape == Shape([3]))
    #expect(try ArchiveFixtures.read(bytes, as: "a.tar", "a:b.csv").shape == Shape([2, 2]))
    let score = try ArchiveFixtures.read(bytes, as: "a.tar", "a:b.csv:score")
    #expect([0, 1].map(score.element) == [0.25, -1.5])
    #expect(
      throws: FileError(
        "a.tar", member: "run/s.npz", .unknownMember(name: "q", nearest: "p", known: ["p", "y"]))
    ) { try ArchiveFixtures.read(bytes, as: "a.tar", "run/s.npz:q") }
    #expect(
      throws: FileError(
        "a.tar", member: "run/s.npz:p.npy",
        .selectorNotSupported(selector: "x", format: "NPY"))
    ) { try ArchiveFixtures.read(bytes, as: "a.tar", "run/s.npz:p.npy:x") }
    #expect(
      throws: FileError(
        "a.tar", member: "a:b.csv",
        .unknownColumn(name: "scores", nearest: "score", known: ["score", "label"]))
    ) { try ArchiveFixtures.read(bytes, as: "a.tar", "a:b.csv:scores") }
  }

  @Test("archives within each other are read four deep")
  func nesting() throws {
    var bytes = try ArchiveFixtures.bytes("p.npy.gz")
    for depth in 1...5 {
      bytes = TarBytes.archive([("\(depth)", bytes)])
      guard depth > 4 else {
        #expect(try ArchiveFixtures.read(bytes, as: "a.tar").shape == Shape([2, 3]))
        continue
      }
      #expect(throws: FileError("a.tar", member: "5:4:3:2:1", .nestedTooDeep(limit: 4))) {
        try ArchiveFixtures.read(bytes, as: "a.tar")
      }
    }
  }

  @Test("a header that claims more than its member has is an error before memory is taken")
  func claims() throws {
    // 2^40 float64 in a member of 128 bytes.
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }"
    let bytes = TarBytes.archive([("p.npy", NPYBytes.file(header: NPYBytes.pad(header), data: []))])
    for (file, content) in [("a.tar", bytes), ("a.tar.gz", GzipBytes.stored(bytes))] {
      #expect(
        throws: FileError(
          file, member: "p.npy", at: .byte(128),
          .dataTruncated(
            expected: 1 << 43, found: 0, shape: "(1099511627776,)", type: "float64"))
      ) { try ArchiveFixtures.read(content, as: file) }
    }
  }

  @Test("a member may be as long as the limit where it has to be copied, of any length in place")
  func limits() throws {
    let stored = try ArchiveFixtures.bytes("stored.npz")
    #expect(try ArchiveFixtures.read(stored, as: "a.npz", "p", limit: 1).shape == Shape([2, 3]))
    let tar = try ArchiveFixtures.bytes("run.tar")
    #expect(
      try ArchiveFixtures.read(tar, as: "a.tar", "epoch3/p", limit: 1).shape == Shape([2, 3]))
    let deflated = try ArchiveFixtures.bytes("deflated.npz")
    #expect(
      try ArchiveFixtures.read(deflated, as: "a.npz", "p", limit: 152).shape == Shape([2, 3]))
    #expect(throws: FileError("a.npz", member: "p.npy", .tooManyBytes(limit: 151))) {
      try ArchiveFixtures.read(deflated, as: "a.npz", "p", limit: 151)
    }
    let zeros = try ArchiveFixtures.bytes("zeros.npz")
    #expect(
      try ArchiveFixtures.read(zeros, as: "a.npz", limit: (1 << 20) + 128).shape
        == Shape([1 << 18]))
    #expect(throws: FileError("a.npz", member: "zeros.npy", .tooManyBytes(limit: 1 << 20))) {
      try ArchiveFixtures.read(zeros, as: "a.npz", limit: 1 << 20)
    }
  }
}
