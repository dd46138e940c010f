import Testing

@testable import Losses

@Suite("ExactSum")
struct ExactSumTests {
  struct Cases: Decodable {
    struct Case: Decodable {
      let name: String
      let values: [String]
      let sum: String
    }
    let cases: [Case]
  }

  private func double(_ hex: String) throws -> Double {
    Double(bitPattern: try #require(UInt64(hex, radix: 16)))
  }

  private func sum(_ values: [Double]) -> ExactSum {
    values.reduce(into: ExactSum()) { $0.add($1) }
  }

  @Test("is the true sum, rounded once")
  func trueSums() throws {
    let cases = try document("accuracy/exact-sum.json", as: Cases.self).cases
    #expect(cases.count > 20)
    for entry in cases {
      let values = try entry.values.map(double)
      #expect(
        sum(values).rounded.bitPattern == (try double(entry.sum)).bitPattern, "\(entry.name)")
    }
  }

  @Test("does not depend on order or on how it is split", arguments: [11, 12, 13] as [UInt64])
  func anyOrder(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var values = (0..<5000).map { _ in
      Double.random(in: -1...1, using: &generator)
        * Double(
          sign: .plus, exponent: Int.random(in: -300...300, using: &generator), significand: 1)
    }
    let expected = sum(values).rounded.bitPattern
    for parts in 1...7 {
      values.shuffle(using: &generator)
      let size = values.count / parts + 1
      let sums = stride(from: 0, to: values.count, by: size).map {
        sum(Array(values[$0..<min($0 + size, values.count)]))
      }
      let total = sums.shuffled(using: &generator).reduce(into: ExactSum()) { $0.add($1) }
      #expect(total.rounded.bitPattern == expected)
    }
  }

  @Test("stays exact over millions of additions of both signs")
  func manyAdditions() {
    var total = ExactSum()
    var integers = 0
    for step in 0..<2_000_000 {
      let value = (step % 3 == 0 ? -1 : 1) * (step &* 2_654_435_761 % 1_000_003)
      integers += value
      total.add(Double(value) * 0x1p-40)
    }
    #expect(total.rounded == Double(integers) * 0x1p-40)
  }

  @Test("knows infinities and NaN")
  func specials() {
    #expect(sum([1, .infinity, -5]).rounded == .infinity)
    #expect(sum([1, -.infinity]).rounded == -.infinity)
    #expect(sum([.infinity, -.infinity]).rounded.isNaN)
    #expect(sum([.nan, .infinity]).rounded.isNaN)
    var merged = sum([.infinity])
    merged.add(sum([-.infinity]))
    #expect(merged.rounded.isNaN)
    #expect(sum([]).rounded.sign == .plus)
    #expect(sum([-0.0]).rounded.sign == .plus)
  }
}
