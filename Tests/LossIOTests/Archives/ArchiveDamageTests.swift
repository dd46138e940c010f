import LossTensor
import Testing

@testable import LossIO

@Suite("Archives and compressed files, whole and damaged")
struct ArchiveDamageTests {
  @Test("the list of fixtures is there and has damaged ones")
  func fixtures() {
    #expect(ArchiveFixtures.cases.count == 44)
    #expect(ArchiveFixtures.cases.count { $0.cuts != nil && $0.flips?.count == 4 } == 24)
  }

  @Test("every file gives numpy's array, mapped and from memory", arguments: ArchiveFixtures.cases)
  func whole(_ fixture: ArchiveFixtures.Case) throws {
    let name = ArchiveFixtures.path(fixture.file) + (fixture.selector.map { ":" + $0 } ?? "")
    let mapped = try TensorFile(reading: name)
    #expect(mapped.name == name)
    #expect(fixture.matches(mapped.tensor))
    let bytes = try ArchiveFixtures.bytes(fixture.file)
    #expect(
      fixture.matches(try ArchiveFixtures.read(bytes, as: fixture.file, fixture.selector)))
  }

  /// Reads damaged bytes: an error, or the array as it was where Python gives it too.
  private func check(
    _ bytes: [UInt8], _ fixture: ArchiveFixtures.Case, python: Character,
    _ damage: @autoclosure () -> String
  ) {
    do throws(FileError) {
      let tensor = try ArchiveFixtures.read(bytes, as: fixture.file, fixture.selector)
      #expect(fixture.matches(tensor), "other values, \(damage())")
      #expect(python == "=", "a value where Python gives none, \(damage())")
    } catch {
      #expect(error.path == fixture.file)
      #expect(!error.wording.message.isEmpty)
    }
  }

  @Test(
    "a file cut at any byte gives an error or, where Python does, the array",
    arguments: ArchiveFixtures.cases.filter { $0.cuts != nil })
  func cuts(_ fixture: ArchiveFixtures.Case) throws {
    let bytes = try ArchiveFixtures.bytes(fixture.file)
    let outcomes = Array(fixture.cuts ?? "")
    try #require(outcomes.count == bytes.count)
    for (count, python) in outcomes.enumerated() {
      check(Array(bytes.prefix(count)), fixture, python: python, "cut to \(count) bytes")
    }
  }

  @Test(
    "a file with any byte changed gives an error or, where Python does, the array",
    arguments: ArchiveFixtures.cases.filter { $0.flips != nil })
  func flips(_ fixture: ArchiveFixtures.Case) throws {
    let bytes = try ArchiveFixtures.bytes(fixture.file)
    for (mask, outcomes) in fixture.flips ?? [:] {
      let mask = try #require(UInt8(mask))
      try #require(outcomes.utf8.count == bytes.count)
      for (index, python) in outcomes.enumerated() {
        var damaged = bytes
        damaged[index] ^= mask
        check(damaged, fixture, python: python, "byte \(index) XOR \(mask)")
      }
    }
  }
}
