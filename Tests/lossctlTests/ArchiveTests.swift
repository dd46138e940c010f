import Foundation
import Testing

@Suite("Archives and compressed files")
struct ArchiveTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    for name in [
      "stored.npz", "deflated.npz", "p.npy.gz", "p.npy.zst", "run.tar.gz", "run.tar.xz",
      "zeros.gz", "table.csv.gz", "table.zip",
    ] { try workspace.copy("archives/" + name) }
    // The array p of the archives, and labels for it.
    try workspace.write(npy([1.5, -2, 3.25, 4, 5.5, -6.125], shape: "(2, 3)"), to: "p.npy")
    try workspace.write(npy([1, 0, 0, 1, 1, 0], shape: "(2, 3)"), to: "labels.npy")
  }

  private func text(_ pred: String, stdin: Data? = nil) throws -> CommandResult {
    try workspace.lossctl(
      line: "bce --pred \(pred) --label labels.npy --format text", stdin: stdin)
  }

  @Test("an array gives the same result wherever it lies")
  func sameResult() throws {
    let expected = try text("p.npy")
    #expect(expected.status == .exited(0))
    for pred in [
      "stored.npz:p", "stored.npz:p.npy", "deflated.npz:p", "p.npy.gz", "p.npy.zst",
      "run.tar.gz:epoch3/p.npy", "run.tar.xz:epoch3/p",
    ] {
      let result = try text(pred)
      #expect(result.output == expected.output, "\(pred)")
      #expect(result.errors == "", "\(pred)")
    }
  }

  @Test("an array of an archive on standard input gives the same result")
  func standardInput() throws {
    let expected = try text("p.npy")
    for (file, selection) in [
      ("deflated.npz", ":p"), ("stored.npz", ":p"), ("p.npy.zst", ""), ("run.tar.gz", ":epoch3/p"),
    ] {
      let result = try text("-" + selection, stdin: workspace.data(file))
      #expect(result.output == expected.output, "\(file)")
    }
  }

  @Test("columns of compressed tables, and the names of all of it in the result")
  func tables() throws {
    let result = try workspace.lossctl(
      line: "bce --pred table.csv.gz:score --label table.zip:table.csv:label")
    #expect(result.status == .exited(0))
    #expect(
      result.output.contains(
        #""pred":{"path":"table.csv.gz:score","dtype":"float32","shape":[3],"header":true,"columns":["score"]}"#
      ))
    #expect(result.output.contains(#""label":{"path":"table.zip:table.csv:label""#))
  }

  @Test("a result is checked against an array of an archive")
  func expectation() throws {
    let options = "bce --pred p.npy --label labels.npy --reduction none --out losses.npy"
    let result = try workspace.lossctl(line: options + " --expect stored.npz:p")
    #expect(result.status == .exited(1))
    #expect(
      result.errors.hasPrefix("lossctl: check failed: value: 6 of 6 elements differ, the worst at"))
  }

  @Test("an error names the file, the member and the place")
  func errors() throws {
    var damaged = try #require(workspace.data("stored.npz"))
    damaged[206] = 0x40
    try workspace.write(damaged, to: "damaged.npz")
    let result = try text("damaged.npz:p")
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(
      result.errors == """
        lossctl: error: damaged.npz:p.npy: expected data with the CRC-32 3eac0c80, found d3148fa0
        hint: the file is damaged or cut short; copy or write it again

        """)
    let json = try workspace.lossctl(
      line: "bce --json-errors --pred damaged.npz:p --label labels.npy")
    #expect(
      json.errors == #"""
        {"schema":"lossctl.error/1","code":"checksum-mismatch","message":"expected data with the CRC-32 3eac0c80, found d3148fa0","hint":"the file is damaged or cut short; copy or write it again","file":"damaged.npz","member":"p.npy"}

        """#)
    try workspace.write(try #require(workspace.data("p.npy.gz")).dropLast(3), to: "cut.npy.gz")
    #expect(
      try text("cut.npy.gz").errors == """
        lossctl: error: cut.npy.gz: byte 105: expected the rest of the gzip data, found the end of the file
        hint: the file is damaged or cut short; copy or write it again

        """)
    let shell = try workspace.shell(
      "head -c -4 p.npy | gzip > short.npy.gz; lossctl bce --pred short.npy.gz --label labels.npy")
    let end = try #require(workspace.data("p.npy")).count - 4
    #expect(
      shell.errors == """
        lossctl: error: short.npy.gz: byte \(end) of the decompressed data: expected 24 bytes of data \
        for float32 (2, 3), found 20
        hint: the file is cut short; write it again

        """)
  }

  @Test("an archive of several arrays lists them")
  func several() throws {
    let result = try text("deflated.npz")
    #expect(result.status == .exited(2))
    #expect(
      result.errors == """
        lossctl: error: deflated.npz: expected an archive of one array, or one to be named, \
        found p float32 (2, 3); y uint8 (3,)
        hint: name one behind a colon, as in file.npz:name

        """)
  }

  @Test("sizes of --max-bytes", arguments: ["154", "1K", "1KiB", "1kB", "3M", "2g", "1T", "200b"])
  func sizes(size: String) throws {
    let result = try workspace.lossctl(
      line: "bce --pred p.npy.gz --label labels.npy --max-bytes \(size)")
    #expect(result.status == .exited(0))
  }

  @Test(
    "what is no size", arguments: ["0", "-1", "1.5G", "5x", "K", "1Kx", "9999999999999T", "1 K"])
  func noSizes(size: String) throws {
    let result = try workspace.lossctl(
      "bce", "--pred", "p.npy.gz", "--label", "labels.npy", "--max-bytes", size)
    #expect(result.status == .exited(2))
    #expect(result.errors.contains("'\(size)' is invalid for '--max-bytes <size>'"))
  }

  @Test("more than --max-bytes is an error, decompressed or from a device without an end")
  func limit() throws {
    for (pred, size, limit) in [
      ("p.npy.gz", "151", 151), ("/dev/zero", "3M", 3 << 20), ("run.tar.gz:epoch3/p", "9K", 9216),
    ] {
      let result = try workspace.lossctl(
        line: "bce --pred \(pred) --label labels.npy --max-bytes \(size)")
      #expect(result.status == .exited(2))
      #expect(
        result.errors.contains(
          """
          : expected at most \(limit) bytes, found more
          hint: if they are wanted, raise the limit with --max-bytes
          """))
    }
  }

  #if os(Linux)
  @Test("a bomb of 4 GiB ends at the limit with little memory")
  func bomb() throws {
    // 1 GB of address space is more than the program needs and less than a quarter of the bomb.
    let result = try workspace.shell(
      """
      for i in $(seq 64); do cat zeros.gz; done > 64.gz
      for i in $(seq 64); do cat 64.gz; done > bomb.gz
      ulimit -v 1000000
      lossctl bce --pred bomb.gz --label labels.npy --max-bytes 64M
      """)
    #expect(result.status == .exited(2))
    #expect(
      result.errors == """
        lossctl: error: bomb.gz: expected at most 67108864 bytes, found more
        hint: if they are wanted, raise the limit with --max-bytes

        """)
  }

  @Test("a library is loaded where a file needs it, and not before")
  func libraries() throws {
    for (pred, libraries) in [
      ("p.npy", []), ("stored.npz:p", []), ("p.npy.gz", ["libz.so"]),
      // libarchive itself loads zlib.
      ("deflated.npz:p", ["libarchive.so", "libz.so"]),
      ("p.npy.zst", ["libarchive.so", "libz.so"]),
    ] as [(String, [String])] {
      let result = try Command(
        executable: Command.lossctl,
        arguments: ["bce", "--pred", pred, "--label", "labels.npy"],
        environment: ["LD_DEBUG": "files"], directory: workspace.url
      ).run()
      #expect(result.status == .exited(0))
      let loaded = ["libarchive.so", "libz.so"].filter { result.errors.contains("file=\($0)") }
      #expect(loaded == libraries, "\(pred)")
    }
  }

  @Test("a library that cannot be loaded is named with its package")
  func missingLibrary() throws {
    let folder = workspace.url.appendingPathComponent("libraries")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    try workspace.write("", to: "libraries/libarchive.so.13")
    let path = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ":" + $0 } ?? ""
    let result = try Command(
      executable: Command.lossctl,
      arguments: ["bce", "--pred", "p.npy.zst", "--label", "labels.npy"],
      environment: ["LD_LIBRARY_PATH": folder.path + path], directory: workspace.url
    ).run()
    #expect(result.status == .exited(2))
    #expect(result.output == "")
    #expect(
      result.errors == """
        lossctl: error: p.npy.zst: reading it needs libarchive.so.13, which cannot be loaded: \
        \(folder.path)/libarchive.so.13: file too short
        hint: install it, on Debian with apt-get install libarchive13

        """)
  }
  #endif
}
