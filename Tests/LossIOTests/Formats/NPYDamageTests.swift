import Foundation
import LossTensor
import Testing

@testable import LossIO

/// Every damaged NPY file gives NumPy's numbers or an error.
@Suite("NPY files under damage")
struct NPYDamageTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let whole: String
    let cuts: [String]
    let flips: [String: [String]]

    var testDescription: String { file }
  }

  private static let folder = Fixtures.folder + "/npy-damage/"

  private static let cases: [Case] = {
    guard let data = FileManager.default.contents(atPath: folder + "cases.json") else { return [] }
    return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
  }()

  @Test("the list of fixtures is there")
  func fixtures() { #expect(Self.cases.count == 6) }

  @Test("read to numpy's numbers or not at all", arguments: cases)
  func damaged(_ fixture: Case) throws {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: Self.folder + fixture.file)))
    try #require(read(bytes) == fixture.whole)
    try #require(fixture.cuts.count == bytes.count)
    for (count, numpy) in fixture.cuts.enumerated() {
      check(Array(bytes.prefix(count)), numpy, "cut to \(count) bytes")
    }
    var accepted = 0
    for (mask, outcomes) in fixture.flips {
      let mask = try #require(UInt8(mask))
      try #require(outcomes.count == bytes.count)
      for (index, numpy) in outcomes.enumerated() {
        var changed = bytes
        changed[index] ^= mask
        if check(changed, numpy, "byte \(index) XOR \(mask)") { accepted += 1 }
      }
    }
    // Changed elements are read as they then stand.
    #expect(accepted >= 9 * (bytes.count - 128))
  }

  /// Holds what is read against numpy's outcome; whether there is a tensor at all.
  @discardableResult
  private func check(
    _ bytes: [UInt8], _ numpy: String, _ damage: @autoclosure () -> String
  ) -> Bool {
    guard let found = read(bytes) else { return false }
    #expect(found == numpy, "\(damage())")
    return true
  }

  /// The tensor in the fixtures' shorthand; nil for an error.
  private func read(_ bytes: [UInt8]) -> String? {
    guard let tensor = try? NPYBytes.read(bytes) else { return nil }
    let sizes = tensor.shape.dimensions.map { "\($0)," }.joined()
    var content = Array("\(tensor.elementType.rawValue) \(sizes) ".utf8)
    for index in 0..<tensor.shape.elementCount {
      let value = tensor.element(at: index)
      let pattern = value.isNaN ? 0x7FF8_0000_0000_0000 : value.bitPattern
      withUnsafeBytes(of: pattern.littleEndian) { content += $0 }
    }
    let digits = String(crc32(content), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The CRC-32 of zip, bit by bit.
  private func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
        value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0)
      }
    }
  }
}
