import Losses
import Testing

struct ExactSumTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let values: [BitPattern]
    let sum: BitPattern
    var testDescription: String { name }

    static func all() throws -> [Case] {
      try Fixtures.json("accuracy/exact-sum.json", as: [String: [Case]].self)["cases"] ?? []
    }
  }

  private static func sum(_ values: some Sequence<Double>) -> ExactSum {
    values.reduce(into: ExactSum()) { $0.add($1) }
  }

  /// Numbers of every exponent and both signs, with pairs that cancel.
  private static func spread(_ count: Int, _ random: inout SeededRandom) -> [Double] {
    let values = (0..<count).map { _ in
      Double(
        sign: Bool.random(using: &random) ? .plus : .minus,
        exponent: Int.random(in: -1074...1010, using: &random),
        significand: Double.random(in: 1..<2, using: &random))
    }
    return values + values.prefix(count / 3).map { -$0 }
  }

  @Test("The fixture holds cases")
  func fixtureIsRead() throws {
    #expect(try Case.all().count > 30)
  }

  @Test("A sum is the true sum rounded once, to the last bit", arguments: try Case.all())
  func fixtureSum(_ item: Case) {
    let actual = Self.sum(item.values.map(\.value)).rounded
    #expect(actual.bitPattern == item.sum.value.bitPattern, "\(actual)")
  }

  @Test("A sum taken backwards has the same bits", arguments: try Case.all())
  func backwards(_ item: Case) {
    let actual = Self.sum(item.values.reversed().map(\.value)).rounded
    #expect(actual.bitPattern == item.sum.value.bitPattern, "\(actual)")
  }

  @Test("Shuffling the numbers changes no bit", arguments: [11, 12, 13] as [UInt64])
  func shuffles(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var values = Self.spread(3000, &random)
    let expected = Self.sum(values).rounded
    for _ in 0..<5 {
      values.shuffle(using: &random)
      #expect(Self.sum(values).rounded.bitPattern == expected.bitPattern)
    }
  }

  @Test("Parts merged in any order give the bits of the whole", arguments: 1...7)
  func splits(parts: Int) {
    var random = SeededRandom(seed: 20 + UInt64(parts))
    let values = Self.spread(2000, &random)
    let expected = Self.sum(values).rounded
    for _ in 0..<5 {
      var sums = [ExactSum](repeating: ExactSum(), count: parts)
      for value in values { sums[Int.random(in: 0..<parts, using: &random)].add(value) }
      sums.shuffle(using: &random)
      let whole = sums.reduce(into: ExactSum()) { $0.add($1) }
      #expect(whole.rounded.bitPattern == expected.bitPattern)
    }
  }

  @Test("A tree of merges gives the bits of a chain of merges")
  func trees() {
    var random = SeededRandom(seed: 31)
    let values = Self.spread(700, &random)
    var sums = values.map { Self.sum([$0]) }
    while sums.count > 1 {
      let last = sums.removeLast()
      sums[Int.random(in: 0..<sums.count, using: &random)].add(last)
    }
    #expect(sums[0].rounded.bitPattern == Self.sum(values).rounded.bitPattern)
  }

  @Test(
    "More than a million additions of both signs equal the sum of integers", arguments: [-40, 900])
  func manyAdditions(exponent: Int) {
    var random = SeededRandom(seed: 41)
    let unit = Double(sign: .plus, exponent: exponent, significand: 1)
    var reference = 0
    var sum = ExactSum()
    for _ in 0..<(1 << 20) + 12345 {
      let whole = Int.random(in: -(1 << 41)...(1 << 42), using: &random)
      reference += whole
      sum.add(Double(whole) * unit)
    }
    // An integer is rounded once on its way to a double; the power of two after it is exact.
    #expect(sum.rounded == Double(reference) * unit)
  }

  @Test("More than a million numbers that cancel leave the one that does not")
  func cancellation() {
    var sum = ExactSum()
    for step in 0..<(1 << 19) {
      let value = Double(step * 7 + 1) * 0x1p300
      sum.add(value)
      sum.add(-value)
    }
    sum.add(-0x1p-1074)
    #expect(sum.rounded.bitPattern == (-0x1p-1074).bitPattern)
  }

  @Test("Adding a sum to itself doubles it")
  func doubling() {
    var sum = Self.sum([0.3, -1e-300, 0x1.8p-1072])
    let expected = sum.rounded
    for _ in 0..<900 {
      let copy = sum
      sum.add(copy)
    }
    #expect(sum.rounded == Double(sign: .plus, exponent: 900, significand: expected))
  }

  @Test("Zeros of either sign add up to +0", arguments: [[], [-0.0], [-0.0, -0.0], [0.0, -0.0]])
  func zeros(_ values: [Double]) {
    #expect(Self.sum(values).rounded.bitPattern == 0)
  }

  @Test(
    "An infinity decides the sum",
    arguments: [
      ([1.5, Double.infinity, -2], Double.infinity),
      ([-Double.infinity, 3, -Double.infinity], -Double.infinity),
      ([1e308, 1e308, -Double.infinity], -Double.infinity),
    ])
  func infinities(_ values: [Double], _ expected: Double) {
    #expect(Self.sum(values).rounded == expected)
  }

  @Test(
    "A NaN, or infinities of both signs, give NaN",
    arguments: [
      [1, Double.nan, 2], [Double.infinity, 4, -Double.infinity], [Double.infinity, Double.nan],
      [-Double.nan], [Double.signalingNaN, 7],
    ])
  func notNumbers(_ values: [Double]) {
    #expect(Self.sum(values).rounded.isNaN)
  }

  @Test("Infinities of both signs in different parts give NaN")
  func infinitiesInParts() {
    var sum = Self.sum([2, .infinity])
    sum.add(Self.sum([-.infinity, 3]))
    #expect(sum.rounded.isNaN)
  }

  @Test("A sum beyond the largest double is infinite until it comes back")
  func overflow() {
    let huge = Double.greatestFiniteMagnitude
    var sum = Self.sum(repeatElement(huge, count: 1000))
    #expect(sum.rounded == .infinity)
    sum.add(Self.sum(repeatElement(-huge, count: 2000)))
    #expect(sum.rounded == -.infinity)
    sum.add(Self.sum(repeatElement(huge, count: 999)))
    #expect(sum.rounded == -huge)
  }
}
