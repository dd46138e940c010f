import CChecksum
import Testing

/// Expected values are those of Python's `zlib.crc32` for the same bytes.
@Suite("CRC-32")
struct ChecksumTests {
  private static let bytes = (0..<100_003).map {
    UInt8(truncatingIfNeeded: $0 * 31 + ($0 >> 8) * 7)
  }

  @Test(
    "the CRC of bytes by either way",
    arguments: [
      (0, 0), (1, 0xD202_EF8D), (7, 0xAC70_26DF), (8, 0x3BCD_3A9E), (63, 0xD904_81EB),
      (64, 0x44D2_4382), (65, 0x4A94_1D72), (200, 0x9A6D_7464), (100_003, 0x9DA8_73A0),
    ] as [(Int, UInt32)])
  func lengths(count: Int, expected: UInt32) {
    Self.bytes.withUnsafeBytes {
      #expect(lossctl_crc32(0, $0.baseAddress, count) == expected)
      #expect(lossctl_crc32_portable(0, $0.baseAddress, count) == expected)
    }
  }

  @Test(
    "the CRC of bytes behind others, at an odd address",
    arguments: [
      (7, 0x72E0_C8DA), (63, 0xA346_545D), (64, 0x66AA_17EE), (65, 0x0EB2_4855),
      (200, 0xBE9E_7DD1), (100_003, 0x6481_9261),
    ] as [(Int, UInt32)])
  func continued(end: Int, expected: UInt32) {
    Self.bytes[3..<end].withUnsafeBytes {
      #expect(lossctl_crc32(0x1234_5678, $0.baseAddress, $0.count) == expected)
      #expect(lossctl_crc32_portable(0x1234_5678, $0.baseAddress, $0.count) == expected)
    }
  }

  @Test("every length and start gives the same by either way")
  func waysAgree() {
    Self.bytes.withUnsafeBytes { bytes in
      for count in 0..<400 {
        let start = UInt32(truncatingIfNeeded: count &* 2_654_435_761)
        let part = bytes[(count % 17)...].prefix(count)
        let address = UnsafeRawBufferPointer(rebasing: part).baseAddress
        #expect(
          lossctl_crc32(start, address, count) == lossctl_crc32_portable(start, address, count))
      }
    }
  }

  @Test("two CRCs make that of both parts", arguments: [0, 1, 63, 4096, 99_999, 100_003])
  func joined(cut: Int) {
    Self.bytes.withUnsafeBytes { bytes in
      let first = lossctl_crc32(0, bytes.baseAddress, cut)
      let rest = UnsafeRawBufferPointer(rebasing: bytes[cut...])
      let second = lossctl_crc32(0, rest.baseAddress, rest.count)
      #expect(lossctl_crc32_joined(first, second, rest.count) == 0x9DA8_73A0)
    }
  }

  @Test("any number of threads gives the same")
  func threads() {
    let bytes = (0..<5 << 20).map { UInt8(truncatingIfNeeded: $0 * 131 + ($0 >> 11) * 29) }
    for count: CInt in [-1, 0, 1, 2, 3, 5, 16, 1000] {
      bytes.withUnsafeBytes {
        #expect(lossctl_crc32_threaded($0.baseAddress, $0.count, count) == 0xAFE2_9795)
      }
      #expect(lossctl_crc32_threaded(nil, 0, count) == 0)
    }
  }
}
