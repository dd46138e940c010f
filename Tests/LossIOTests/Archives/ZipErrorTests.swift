import LossTensor
import Testing

@testable import LossIO

@Suite("Zip archives that cannot be read")
struct ZipErrorTests {
  /// Where the records of stored.npz begin: p.npy's header, its record in the directory, and the end.
  private static let (header, secondHeader, record, end) = (0, 207, 393, 495)

  /// stored.npz with other bytes at an offset.
  private func patched(
    _ offset: Int, _ bytes: [UInt8], _ file: String = "stored.npz"
  ) throws -> [UInt8] {
    var content = try ArchiveFixtures.bytes(file)
    content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return content
  }

  private func expect(
    _ problem: FileError.Problem, at place: FileError.Place? = nil, member: String? = nil,
    _ bytes: [UInt8], _ selector: String? = "p",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      throws: FileError("a.npz", member: member, at: place, problem), sourceLocation: sourceLocation
    ) { try ArchiveFixtures.read(bytes, as: "a.npz", selector) }
  }

  private func field(_ name: String, _ expected: String, _ found: String) -> FileError.Problem {
    .archiveField(name: name, expected: expected, found: found)
  }

  @Test("the records are where these tests take them to be")
  func layout() throws {
    let bytes = try ArchiveFixtures.bytes("stored.npz")
    for (offset, signature) in [
      (Self.header, [3, 4]), (Self.secondHeader, [3, 4]), (Self.record, [1, 2]),
      (Self.end, [5, 6]),
    ] as [(Int, [UInt8])] {
      #expect(bytes[offset..<offset + 4].elementsEqual([0x50, 0x4B] + signature))
    }
  }

  @Test("an archive cut short, or with something behind it, has no directory")
  func noDirectory() throws {
    let bytes = try ArchiveFixtures.bytes("stored.npz")
    let problem = FileError.Problem.archiveDamaged(
      format: "zip", detail: "it has no directory at its end")
    expect(problem, at: .byte(515), Array(bytes.dropLast(2)))
    expect(problem, at: .byte(518), bytes + [0])
    expect(problem, at: .byte(10), Array(bytes.prefix(10)))
  }

  @Test("a directory that is not where it should be")
  func directoryElsewhere() throws {
    expect(
      field("a directory that ends at", "byte 495", "102 bytes from byte 394 on"), at: .byte(495),
      try patched(Self.end + 16, [0x8A]))
    expect(
      field("a directory that ends at", "byte 495", "101 bytes from byte 393 on"), at: .byte(495),
      try patched(Self.end + 12, [101]))
    // A whole archive with bytes before it.
    let bytes = try ArchiveFixtures.bytes("stored.npz")
    expect(
      field("a directory that ends at", "byte 702", "102 bytes from byte 393 on"), at: .byte(702),
      Array(bytes.prefix(207)) + bytes)
  }

  @Test("a directory that contradicts itself")
  func damagedDirectory() throws {
    expect(
      field("an archive with all its", "3 members", "2"), at: .byte(495),
      try patched(Self.end + 10, [3]))
    expect(
      field("a directory of", "3 members", "2"), at: .byte(393),
      try patched(Self.end + 8, [3, 0, 3, 0]))
    expect(
      field("an archive in", "one part", "one of several"), at: .byte(495),
      try patched(Self.end + 4, [1]))
    expect(
      field("a directory record, which begins with", "\"PK\"", "the bytes 50 4b 03 02"),
      at: .byte(393), try patched(Self.record + 2, [3]))
    expect(
      field("a directory record of", "65586 bytes", "only 102 bytes"), at: .byte(393),
      try patched(Self.record + 32, [0xFF, 0xFF]))
    expect(
      field("version", "6.3 of the format at most", "9.9"), at: .byte(399),
      try patched(Self.record + 6, [99]))
  }

  @Test("zip64 numbers that are not there")
  func missingLargeNumbers() throws {
    expect(
      field("a zip64 locator, which begins with", "\"PK\"", "the bytes 00 00 00 00"),
      at: .byte(475), try patched(Self.end + 12, [0xFF, 0xFF, 0xFF, 0xFF]))
    expect(
      field("a zip64 number of", "8 bytes", "only 0 bytes"), at: .byte(444),
      try patched(Self.record + 24, [0xFF, 0xFF, 0xFF, 0xFF]))
  }

  @Test("a member whose header is not what the directory says")
  func contradictingHeader() throws {
    expect(
      field("a local header, which begins with", "\"PK\"", "the bytes 50 4b 03 05"), at: .byte(207),
      try patched(Self.secondHeader + 3, [5]), "y")
    expect(
      field("the directory's name,", "\"p.npy\"", "another"), at: .byte(30),
      try patched(Self.header + 30, [0x71]))
    expect(
      field("the directory's flags,", "0", "2049"), at: .byte(6),
      try patched(Self.header + 6, [1, 8]))
    expect(
      field("the directory's method,", "0", "8"), at: .byte(8),
      try patched(Self.header + 8, [8]))
    expect(
      field("the directory's CRC-32,", "3eac0c80", "3eac0c00"), at: .byte(14),
      try patched(Self.header + 14, [0]))
    // The lengths are in the zip64 field, which begins at byte 35.
    expect(
      field("the directory's length,", "152", "153"), at: .byte(22),
      try patched(Self.header + 39, [153]))
    expect(
      field("the directory's compressed length,", "152", "151"), at: .byte(18),
      try patched(Self.header + 47, [151]))
  }

  @Test("a header beyond the directory, or for two members")
  func strayHeader() throws {
    expect(
      field("a local header at", "byte 500", "only 0 bytes"), at: .byte(393),
      try patched(Self.record + 42, [0xF4, 1]))
    expect(
      field("a local header of", "one member", "2 with it"), at: .byte(207),
      try patched(Self.record + 42, [207]), "y")
  }

  @Test("members that overlap, as in a bomb of few bytes")
  func overlap() throws {
    // One byte more than there is before the next member, in all three places.
    var bytes = try patched(Self.record + 20, [153, 0, 0, 0, 153])
    (bytes[39], bytes[47]) = (153, 153)
    expect(
      field("room for a member's header and data,", "153 bytes", "152 before the next member"),
      at: .byte(0), bytes)
  }

  @Test("a stored member with two lengths")
  func twoLengths() throws {
    expect(
      .memberLength(expected: 152, found: 151), member: "p.npy",
      try patched(Self.record + 20, [151]))
  }

  @Test("data with another checksum")
  func checksum() throws {
    expect(
      .checksumMismatch(expected: 0x3EAC_0C80, found: 0xD314_8FA0), member: "p.npy",
      // The sign of the last element.
      try patched(206, [0x40]))
  }

  @Test("members that need a password or another method")
  func unreadable() throws {
    expect(.memberEncrypted, member: "p.npy", try ArchiveFixtures.bytes("encrypted.npz"))
    expect(
      .memberMethod(found: "a patch of another file"), member: "p.npy",
      try patched(Self.record + 8, [0x20]))
    for (method, found) in [
      (1, "one compressed by method 1 (shrink)"), (2, "one compressed by method 2"),
      (93, "one compressed by method 93 (zstd)"), (99, "one compressed by method 99 (AES)"),
    ] as [(UInt8, String)] {
      let bytes = try patched(Self.record + 10, [method])
      expect(.memberMethod(found: found), member: "p.npy", bytes)
      // The other member is as good as before.
      #expect(try ArchiveFixtures.read(bytes, as: "a.npz", "y").shape == Shape([3]))
    }
  }

  @Test("names that are not UTF-8, or go on after a NUL")
  func names() throws {
    let utf8 = try ArchiveFixtures.bytes("utf8.npz")
    let name = try #require(
      utf8.indices.last { utf8[$0...].starts(with: Array("Zürich".utf8)) })
    var bytes = utf8
    bytes[name + 1] = 0xFF
    expect(field("a name in", "UTF-8", "other bytes"), at: .byte(name), bytes)
    expect(
      field("a name without", "NUL", "one"), at: .byte(439), try patched(Self.record + 46, [0]))
  }

  @Test("a comment of any length belongs to the archive, one that lies about it does not")
  func comments() throws {
    let bytes = try ArchiveFixtures.bytes("stored.npz")
    for count in [1, 20_000, 0xFFFF] {
      let comment = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
      let length = [UInt8(truncatingIfNeeded: count), UInt8(count >> 8)]
      #expect(
        try ArchiveFixtures.read(bytes.dropLast(2) + length + comment, as: "a.npz", "p").shape
          == Shape([2, 3]))
      let problem = FileError.Problem.archiveDamaged(
        format: "zip", detail: "it has no directory at its end")
      expect(
        problem, at: .byte(bytes.count + count - 1), bytes.dropLast(2) + length + comment.dropLast()
      )
    }
  }
}
