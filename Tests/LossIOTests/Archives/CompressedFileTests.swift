import LossTensor
import Testing

@testable import LossIO

@Suite("Compressed files that cannot be read")
struct CompressedFileTests {
  private func expect(
    _ problem: FileError.Problem, at place: FileError.Place? = nil, _ bytes: [UInt8],
    as file: String = "p.npy.gz", limit: Int = 1 << 20,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: FileError(file, at: place, problem), sourceLocation: sourceLocation) {
      try ArchiveFixtures.read(bytes, as: file, limit: limit)
    }
  }

  private func damaged(_ offset: Int, _ file: String = "p.npy.gz") throws -> [UInt8] {
    var bytes = try ArchiveFixtures.bytes(file)
    bytes[offset] ^= 0xFF
    return bytes
  }

  @Test("gzip's checksum and length are verified, of each member")
  func gzipTrailer() throws {
    let count = try ArchiveFixtures.bytes("p.npy.gz").count
    let (check, length) = ("incorrect data check", "incorrect length check")
    for offset in count - 8..<count {
      let detail = offset < count - 4 ? check : length
      expect(
        .compressedDamaged(format: "gzip", detail: detail),
        at: .byte(offset < count - 4 ? count - 4 : count), try damaged(offset))
    }
    // The trailer of the first of two members ends where the second begins.
    let joined = try ArchiveFixtures.bytes("joined.npy.gz")
    let second = try #require(joined.indices.last { joined[$0...].starts(with: [0x1F, 0x8B, 8]) })
    expect(
      .compressedDamaged(format: "gzip", detail: check), at: .byte(second - 4),
      try damaged(second - 5, "joined.npy.gz"))
    expect(
      .compressedDamaged(format: "gzip", detail: length), at: .byte(second),
      try damaged(second - 1, "joined.npy.gz"))
  }

  @Test("gzip data cut short, or with something behind them")
  func gzipEnd() throws {
    let bytes = try ArchiveFixtures.bytes("p.npy.gz")
    for count in [2, 9, 10, 50, bytes.count - 1] {
      expect(
        .compressedTruncated(format: "gzip"), at: .byte(count), Array(bytes.prefix(count)))
    }
    for rest in [[1], [0x1F], [0, 0, 1], Array("more".utf8)] as [[UInt8]] {
      expect(.compressedTrailing(format: "gzip"), at: .byte(bytes.count), bytes + rest)
    }
    expect(
      .compressedTruncated(format: "gzip"), at: .byte(bytes.count + 2), bytes + [0x1F, 0x8B])
  }

  @Test("gzip headers that mean something else")
  func gzipHeader() throws {
    expect(
      .compressedDamaged(format: "gzip", detail: "unknown compression method"), at: .byte(4),
      try damaged(2))
    var bytes = try ArchiveFixtures.bytes("p.npy.gz")
    bytes[3] = 0x80
    expect(
      .compressedDamaged(format: "gzip", detail: "unknown header flags set"), at: .byte(4), bytes)
  }

  @Test(
    "what libarchive decompresses, cut short or damaged",
    arguments: ["xz", "bz2", "zst", "lz4"])
  func otherFormats(suffix: String) throws {
    let file = "p.npy." + suffix
    let format = try #require(Compression(suffix: suffix)).rawValue
    let bytes = try ArchiveFixtures.bytes(file)
    let error = try #require(throws: FileError.self) {
      try ArchiveFixtures.read(Array(bytes.dropLast(3)), as: file)
    }
    #expect(error.problem == .compressedTruncated(format: format))
    let damage = try #require(throws: FileError.self) {
      try ArchiveFixtures.read(try damaged(bytes.count / 2, file), as: file)
    }
    guard case .compressedDamaged(format, _) = damage.problem else {
      Issue.record("expected damaged \(format) data, found \(damage)")
      return
    }
  }

  @Test("bytes behind compressed data are no data", arguments: ["bz2", "lz4"])
  func trailing(suffix: String) throws {
    let file = "p.npy." + suffix
    let bytes = try ArchiveFixtures.bytes(file)
    let error = try #require(throws: FileError.self) {
      try ArchiveFixtures.read(bytes + Array("some more".utf8), as: file)
    }
    #expect(error.problem == .compressedTrailing(format: suffix == "bz2" ? "bzip2" : suffix))
  }

  @Test("data compressed twice", arguments: ["gz", "xz", "bz2", "zst", "lz4"])
  func twice(suffix: String) throws {
    let inner = try ArchiveFixtures.bytes("p.npy." + suffix)
    let format = try #require(Compression(suffix: suffix)).rawValue
    expect(.compressedTwice(format: format), GzipBytes.stored(inner), as: "p.gz")
  }

  @Test("nothing is compressed to something")
  func empty() {
    expect(.empty, GzipBytes.stored([]))
    expect(.empty, GzipBytes.stored([]) + GzipBytes.stored([]))
  }

  @Test("the place of an error within is told as such")
  func places() throws {
    let cut = Array(NPYBytes.small.dropLast(4))
    expect(
      .dataTruncated(expected: 24, found: 20, shape: "(2, 3)", type: "float32"),
      at: .decompressedByte(148), GzipBytes.stored(cut))
    let table = Array("score\n0.5\nx\n".utf8)
    expect(
      .notANumber(column: "\"score\"", found: "\"x\""), at: .line(3, column: 1),
      GzipBytes.stored(table), as: "t.csv.gz")
    // Tabs separate where the name without its suffix says so.
    let tabs = GzipBytes.stored(Array("1\t2\n3\t4\n5\t6\n".utf8))
    #expect(try ArchiveFixtures.read(tabs, as: "t.tsv.gz").shape == Shape([3, 2]))
  }

  @Test("decompression ends at the limit", arguments: [1 << 20, 5 << 20, 100 << 20])
  func limit(limit: Int) throws {
    let mebibyte = try ArchiveFixtures.bytes("zeros.gz")
    // As many mebibytes as there may be, and one that is one too many.
    let bomb = [[UInt8]](repeating: mebibyte, count: (limit >> 20) + 1).flatMap(\.self)
    expect(.tooManyBytes(limit: limit), bomb, as: "zeros.gz", limit: limit)
    // A tar archive of zeros has the same limit, whether they are kept or passed over.
    let header = GzipBytes.stored(TarBytes.member("zeros.bin", [], size: limit))
    for (selector, member) in [(nil, "zeros.bin"), ("other.npy", nil)] as [(String?, String?)] {
      #expect(throws: FileError("z.tar.gz", member: member, .tooManyBytes(limit: limit))) {
        try ArchiveFixtures.read(header + bomb, as: "z.tar.gz", selector, limit: limit)
      }
    }
  }
}
