import Foundation
import LossTensor
import Testing

@testable import LossIO

@Suite("CSV under damage")
struct CSVDamageTests {
  /// A valid file and selections from it.
  struct Case: Sendable {
    let bytes: [UInt8]
    let selectors: [String?]

    init(_ text: String, _ selectors: [String?]) {
      bytes = Array(text.utf8)
      self.selectors = selectors
    }
  }

  static let cases = [
    Case(
      "\u{FEFF}id,\"a, \"\"b\"\"\",c\r\nx1,0.5,-2\n\"y\n\"\"2\",\"+1e1\", 16777217\r\n\n z , .25,nan\n",
      [nil, "2", "3,2", "c", "2-", "!1", "c,\"a, \"\"b\"\"\""]),
    Case("-1.5\r\n20\n\" 3e2 \"\n\n", [nil, "1"]),
    Case("1,2,3\n4.25,-inf,+6\n", [nil, "2-", "3,2"]),
  ]

  @Test("a file cut at any byte is read in part or refused", arguments: cases)
  func cuts(of valid: Case) throws {
    var accepted = 0
    for selector in valid.selectors {
      for length in 0...valid.bytes.count {
        accepted += try check(Array(valid.bytes.prefix(length)), selector)
        accepted += try check(Array(valid.bytes.dropFirst(length)), selector)
      }
    }
    #expect(accepted > valid.bytes.count)
  }

  @Test("a file with any byte changed is read as it then stands or refused", arguments: cases)
  func flips(of valid: Case) throws {
    let replacements: [UInt8] = Array(",\"\n\r\t 9e-;\0".utf8) + [0x80, 0xC3, 0xFF]
    var accepted = 0
    for selector in valid.selectors {
      for position in valid.bytes.indices {
        let byte = valid.bytes[position]
        for replacement in replacements + [byte ^ 1, byte ^ 0x20, byte ^ 0x80] {
          var bytes = valid.bytes
          bytes[position] = replacement
          accepted += try check(bytes, selector)
        }
      }
    }
    #expect(accepted > 3 * valid.bytes.count)
  }

  /// Reads `bytes` as either type and returns how often that works; the numbers must then be those of a
  /// slow and obvious reader.
  private func check(_ bytes: [UInt8], _ selector: String?) throws -> Int {
    var accepted = 0
    for type in [ElementType.float64, .float32] {
      let file: TensorFile
      do {
        file = try readCSV(bytes: bytes, columns: selector, options: ReadOptions(textType: type))
      } catch let error as FileError {
        #expect(!error.wording.message.isEmpty)
        continue
      }
      var rows = Self.rows(of: bytes)
      let header = file.hasHeader == true ? rows.removeFirst() : []
      #expect(file.tensor.shape.rowCount == rows.count)
      let columns: [Int]
      if let names = file.columns {
        columns = try names.map { try #require(header.firstIndex(of: $0)) }
      } else {
        columns = try Self.numbered(selector, count: try #require(rows.first).count)
      }
      let expected = rows.flatMap { row in columns.map { Double(row[$0]) ?? -77 } }
      let found = file.doubles
      let rounded = type == .float32 ? expected.map { Double(Float($0)) } : expected
      #expect(zip(found, rounded).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
      #expect(found.count == expected.count)
      accepted += 1
    }
    return accepted
  }

  /// The columns of those of our selectors that have no names.
  private static func numbered(_ selector: String?, count: Int) throws -> [Int] {
    switch selector {
    case nil: Array(0..<count)
    case "1": [0]
    case "2": [1]
    case "3,2": [2, 1]
    case "2-", "!1": Array(1..<count)
    default: try #require(nil)
    }
  }

  /// One state machine over the bytes, field by field.
  private static func rows(of bytes: [UInt8]) -> [[String]] {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    var rows: [[String]] = [[]]
    var field: [UInt8] = []
    var isQuoted = false
    func close() {
      let text = String(decoding: field, as: UTF8.self)
      rows[rows.count - 1].append(text.trimmingCharacters(in: CharacterSet(charactersIn: " \t")))
      field = []
    }
    for (byte, next) in zip(text, Array(text.dropFirst()) + [0x0A]) {
      switch byte {
      case 0x22:
        // The second of two quotes opens again, and stands for one.
        if isQuoted, next == 0x22 { field.append(0x22) }
        isQuoted.toggle()
      case 0x2C where !isQuoted: close()
      case 0x0D where !isQuoted && next == 0x0A: continue
      case 0x0A where !isQuoted:
        close()
        rows.append([])
      default: field.append(byte)
      }
    }
    close()
    return rows.filter { $0 != [""] }
  }
}
