import Synchronization
import Testing

@testable import Losses

@Suite("ParallelWork")
struct ParallelWorkTests {
  struct Failure: Error, Equatable {
    let item: Int
  }

  @Test("does every item once", arguments: [(0, 3), (1, 1), (5, 8), (1000, 2), (1000, 7)])
  func everyItem(items: Int, threads: Int) throws {
    let states = try ParallelWork(itemCount: items, threadCount: threads).run(
      makeState: { [Int]() }, body: { state, item in state.append(item) })
    #expect(states.flatMap { $0 }.sorted() == Array(0..<items))
    #expect(states.count <= max(threads, 1))
  }

  @Test("throws the error of the lowest item", arguments: [1, 2, 5])
  func lowestError(threads: Int) {
    for _ in 0..<50 {
      #expect(throws: Failure(item: 37)) {
        try ParallelWork(itemCount: 500, threadCount: threads).run(
          makeState: { 0 },
          body: { _, item in if item >= 37, item % 2 == 1 { throw Failure(item: item) } })
      }
    }
  }

  @Test("throws what keeps a thread from starting")
  func stateError() {
    #expect(throws: Failure(item: -1)) {
      try ParallelWork(itemCount: 5, threadCount: 1).run(
        makeState: { throw Failure(item: -1) }, body: { (_: inout Int, _) in })
    }
  }
}
