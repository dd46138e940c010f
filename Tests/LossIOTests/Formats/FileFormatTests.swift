import LossTensor
import Testing

@testable import LossIO

@Suite("Recognizing formats")
struct FileFormatTests {
  private func format(
    _ path: String, _ content: [UInt8]
  ) throws(FileError) -> any FileFormat.Type {
    try FileFormats.format(
      of: ByteSource(path: path, storage: ByteStorage(copying: content)))
  }

  @Test(
    "content that begins as NPY is NPY whatever the suffix says",
    arguments: ["x.npy", "x.csv", "x", "x.txt", "-", "x.NPY", "a.csv/x"])
  func contentWins(path: String) throws {
    #expect(try format(path, NPYBytes.small) == NPYFormat.self)
  }

  @Test(
    "archives and compressed data are known by their content, whatever the suffix says",
    arguments: ["x.npy", "x.csv", "x", "x.gz"])
  func containers(path: String) throws {
    let cases: [(content: [UInt8], format: any FileFormat.Type)] = [
      ([0x50, 0x4B, 0x03, 0x04, 0x2D, 0, 0, 0], ZipFormat.self),
      ([0x50, 0x4B, 0x05, 0x06] + [UInt8](repeating: 0, count: 18), ZipFormat.self),
      ([0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 2, 0xFF], CompressedFormat.self),
      ([0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x00, 0x81, 0], CompressedFormat.self),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00, 0x04], CompressedFormat.self),
      (Array("BZh91AY&SY".utf8) + [0x0E, 0x09, 0xE2, 0xDF, 0, 0], CompressedFormat.self),
      ([0x04, 0x22, 0x4D, 0x18, 0x64, 0x40], CompressedFormat.self),
      (try ArchiveFixtures.bytes("run.tar"), TarFormat.self),
      (try ArchiveFixtures.bytes("ustar.tar"), TarFormat.self),
      (try ArchiveFixtures.bytes("pax.tar"), TarFormat.self),
    ]
    for (content, expected) in cases {
      #expect(try format(path, content) == expected)
    }
  }

  @Test("a name that announces an archive over text is an error of that format")
  func textAsArchive() {
    let cases: [(path: String, problem: FileError.Problem)] = [
      ("x.npz", .notAnArchive(format: "zip", found: "\"score,la\"")),
      ("x.zip", .notAnArchive(format: "zip", found: "\"score,la\"")),
      ("x.tar", .notAnArchive(format: "tar", found: "\"score,la\"")),
      ("x.gz", .notCompressed(format: "gzip", found: "\"score,la\"")),
      ("x.tgz", .notCompressed(format: "gzip", found: "\"score,la\"")),
      ("x.csv.zst", .notCompressed(format: "zstd", found: "\"score,la\"")),
      ("x.csv.xz", .notCompressed(format: "xz", found: "\"score,la\"")),
      ("x.tbz2", .notCompressed(format: "bzip2", found: "\"score,la\"")),
      ("x.lz4", .notCompressed(format: "lz4", found: "\"score,la\"")),
    ]
    for (path, problem) in cases {
      #expect(throws: FileError(path, at: .byte(0), problem)) {
        try format(path, Array("score,label\n0.5,1\n".utf8))
      }
    }
  }

  @Test(
    "a name that announces NPY over text is a wrong magic string", arguments: ["x.npy", "x.Npy"])
  func textAsNPY(path: String) {
    #expect(throws: FileError(path, at: .byte(0), .wrongMagic(found: "\"score,la\""))) {
      try format(path, Array("score,label\n0.5,1\n".utf8))
    }
    #expect(throws: FileError(path, at: .byte(0), .wrongMagic(found: "\"1,2\\n\""))) {
      try format(path, Array("1,2\n".utf8))
    }
  }

  @Test("bytes of no known format are shown", arguments: ["x", "-", "x.bin", "x.npy.bak"])
  func unknownBinary(path: String) {
    #expect(
      throws: FileError(path, .unrecognizedFormat(found: "the bytes 00 ff 07 9c 80 00 01 fe"))
    ) { try format(path, [0x00, 0xFF, 0x07, 0x9C, 0x80, 0x00, 0x01, 0xFE, 0x41]) }
  }

  @Test("a magic string that is cut short is no container")
  func shortMagic() {
    #expect(throws: FileError("x", .unrecognizedFormat(found: "the bytes 28 b5 2f"))) {
      try format("x", [0x28, 0xB5, 0x2F])
    }
  }

  @Test(
    "a suffix is what follows the last dot of the last component, in lower case",
    arguments: [
      ("a.npy", "npy"), ("a.NPY", "npy"), ("a.tar.gz", "gz"), ("a", ""), (".npy", ""),
      ("dir.npy/a", ""), ("/x/.hidden.Csv", "csv"), ("a.", ""), ("-", ""), ("", ""),
      ("dir/.npy", ""), ("a b.c d", "c d"),
    ])
  func suffix(path: String, suffix: String) {
    #expect(fileSuffix(path) == suffix)
  }

  @Test("the start of a file is shown as text where it is text")
  func startOfFile() {
    let cases: [(bytes: [UInt8], text: String)] = [
      (Array("0.25,1".utf8), "\"0.25,1\""), (Array("123456789".utf8), "\"12345678\""),
      (Array("a\tb".utf8), "\"a\\tb\""),
      ([0x7F], "the bytes 7f"), ([0, 5], "the bytes 00 05"),
      (Array("~ ".utf8), "\"~ \""), ([], "\"\""),
    ]
    for (bytes, text) in cases {
      #expect(bytes.withUnsafeBytes { describeStart($0) } == text)
    }
  }
}
