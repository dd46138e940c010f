import Foundation
import Synchronization
import Testing

@testable import LossThreads

struct ParallelWorkTests {
  private struct Failure: Error, Equatable {
    let item: Int
  }

  @Test(
    "Every item is done once, whatever the threads",
    arguments: [0, 1, 2, 5, 100, 1001], [1, 2, 3, 7])
  func everyItemOnce(items: Int, threads: Int) throws {
    let states = ParallelWork(itemCount: items, threadCount: threads).run(
      makeState: { [Int]() }, body: { done, item in done.append(item) })
    #expect(states.flatMap { $0 }.sorted() == Array(0..<items))
  }

  @Test("Each thread takes its items in rising order")
  func risingOrder() throws {
    let states = ParallelWork(itemCount: 500, threadCount: 3).run(
      makeState: { [Int]() }, body: { done, item in done.append(item) })
    for state in states { #expect(state == state.sorted()) }
  }

  @Test("There are no more threads than items", arguments: [1, 2, 3, 4], [5, 64])
  func moreThreadsThanItems(items: Int, threads: Int) throws {
    let states = ParallelWork(itemCount: items, threadCount: threads).run(
      makeState: { 0 }, body: { count, _ in count += 1 })
    #expect(states.count <= items)
    #expect(states.reduce(0, +) == items)
  }

  @Test("No items run nothing and give the calling thread's state", arguments: [1, 3])
  func zeroItems(threads: Int) throws {
    let states = ParallelWork(itemCount: 0, threadCount: threads).run(
      makeState: { "fresh" },
      body: { _, item in
        Issue.record("item \(item)")
      })
    #expect(states == ["fresh"])
  }

  @Test("Fewer than one thread still does the work", arguments: [0, -1])
  func noThreads(threads: Int) throws {
    let states = ParallelWork(itemCount: 4, threadCount: threads).run(
      makeState: { 0 }, body: { sum, item in sum += item })
    #expect(states == [6])
  }

  @Test("The error is the one of the lowest failing item", arguments: [1, 2, 3, 7])
  func lowestError(threads: Int) {
    let failing: Set = [41, 17, 18, 90]
    for _ in 0..<20 {
      #expect(throws: Failure(item: 17)) {
        try ParallelWork(itemCount: 100, threadCount: threads).run(
          makeState: {},
          body: { _, item in
            // The lowest is the slowest, so that the others fail before it.
            if item == 17 { Thread.sleep(forTimeInterval: 0.001) }
            if failing.contains(item) { throw Failure(item: item) }
          })
      }
    }
  }

  @Test("After an error no further item is begun")
  func stopsAfterError() {
    let begun = Atomic<Int>(0)
    #expect(throws: Failure(item: 3)) {
      try ParallelWork(itemCount: 1_000_000, threadCount: 1).run(
        makeState: {},
        body: { _, item in
          begun.wrappingAdd(1, ordering: .relaxed)
          if item == 3 { throw Failure(item: item) }
        })
    }
    #expect(begun.load(ordering: .relaxed) == 4)
  }

  @Test("An error while a thread's state is made is thrown", arguments: [1, 3])
  func failingState(threads: Int) {
    #expect(throws: Failure(item: -7)) {
      try ParallelWork(itemCount: 10, threadCount: threads).run(
        makeState: { throw Failure(item: -7) }, body: { (_: inout Int, _) in })
    }
  }

  @Test("Progress counts up to the last item on one thread")
  func progressOnOneThread() throws {
    let reported = Mutex<[Int]>([])
    let work = ParallelWork(
      itemCount: 5, threadCount: 1, progress: { count in reported.withLock { $0.append(count) } })
    _ = work.run(makeState: {}, body: { _, _ in })
    #expect(reported.withLock { $0 } == [1, 2, 3, 4, 5])
  }

  @Test("Progress counts the items of all threads")
  func progressOfAllThreads() throws {
    let itemCount = 6
    let caller = pthread_self()
    let callerIsBusy = Atomic<Bool>(false)
    let othersDone = Atomic<Int>(0)
    let reported = Mutex<[Int]>([])
    let work = ParallelWork(
      itemCount: itemCount, threadCount: 2,
      progress: { count in reported.withLock { $0.append(count) } })
    _ = work.run(
      makeState: {},
      body: { _, _ in
        // The calling thread holds one item until the helper has done all others.
        if pthread_equal(pthread_self(), caller) != 0 {
          callerIsBusy.store(true, ordering: .releasing)
          while othersDone.load(ordering: .acquiring) < itemCount - 1 { sched_yield() }
        } else {
          while !callerIsBusy.load(ordering: .acquiring) { sched_yield() }
          othersDone.wrappingAdd(1, ordering: .releasing)
        }
      })
    let last = try #require(reported.withLock { $0.last })
    // The helper may not have counted its last item yet when the caller reports.
    #expect(last >= itemCount - 1)
  }
}
