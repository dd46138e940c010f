import CPlatform
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How many threads to use where the user does not say: the processors this process may run on, or fewer
/// where control groups grant it less of their time.
public func availableProcessorCount() -> Int {
  let allowed = Int(lossctl_processor_count())
  guard allowed > 1, let granted = ControlGroups().processorLimit else { return allowed }
  return min(allowed, granted)
}

/// Work cut into items that threads take one after another.
///
/// Items are handed out in order and an item once taken is finished, so the error reported is the one of
/// the lowest failing item whatever the number of threads.
public struct ParallelWork {
  let itemCount: Int
  let threadCount: Int
  /// Called on the calling thread with the items finished so far.
  var progress: (@Sendable (Int) -> Void)?

  /// Work of `itemCount` items for at most `threadCount` threads, of which the calling thread is one.
  public init(
    itemCount: Int, threadCount: Int, progress: (@Sendable (Int) -> Void)? = nil
  ) {
    self.itemCount = itemCount
    self.threadCount = threadCount
    self.progress = progress
  }

  /// Runs `body` on every item and returns each thread's state.
  ///
  /// - Throws: the error of the lowest item that failed.
  public func run<State, Failure: Error>(
    makeState: @escaping () throws(Failure) -> State,
    body: @escaping (inout State, Int) throws(Failure) -> Void
  ) throws(Failure) -> [State] {
    let shared = SharedWork(makeState: makeState, body: body, itemCount: itemCount)
    let helperCount = max(0, min(threadCount, itemCount) - 1)
    let helpers = (0..<helperCount).compactMap { _ in startThread { shared.work(progress: nil) } }
    shared.work(progress: progress)
    for helper in helpers { pthread_join(helper, nil) }
    return try shared.finish()
  }
}

private final class SharedWork<State, Failure: Error>: @unchecked Sendable {
  private struct Outcome {
    var states: [State] = []
    var failure: (item: Int, error: Failure)?
  }

  private let makeState: () throws(Failure) -> State
  private let body: (inout State, Int) throws(Failure) -> Void
  private let itemCount: Int
  private let next = Atomic<Int>(0)
  private let finished = Atomic<Int>(0)
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var outcome = Outcome()

  init(
    makeState: @escaping () throws(Failure) -> State,
    body: @escaping (inout State, Int) throws(Failure) -> Void, itemCount: Int
  ) {
    self.makeState = makeState
    self.body = body
    self.itemCount = itemCount
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  func work(progress: (@Sendable (Int) -> Void)?) {
    var current = -1
    do throws(Failure) {
      var state = try makeState()
      while true {
        current = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard current < itemCount else { break }
        try body(&state, current)
        // Counted by every thread; `progress?(…)` would not evaluate its argument on the others.
        let count = finished.wrappingAdd(1, ordering: .relaxed).newValue
        progress?(count)
      }
      synchronized { outcome.states.append(state) }
    } catch {
      // Nobody needs to start an item beyond the one that failed.
      next.store(itemCount, ordering: .relaxed)
      synchronized {
        if outcome.failure.map({ current < $0.item }) ?? true { outcome.failure = (current, error) }
      }
    }
  }

  func finish() throws(Failure) -> [State] {
    if let failure = outcome.failure { throw failure.error }
    return outcome.states
  }

  private func synchronized(_ body: () -> Void) {
    pthread_mutex_lock(lock)
    body()
    pthread_mutex_unlock(lock)
  }
}

/// Starts a thread; nil where the system has none left, and the work is done by fewer.
private func startThread(_ body: @escaping () -> Void) -> pthread_t? {
  final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
  let retained = Unmanaged.passRetained(Body(body))
  var thread = pthread_t()
  let status = pthread_create(
    &thread, nil,
    { argument in
      argument.map { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() }
      return nil
    }, retained.toOpaque())
  guard status == 0 else {
    retained.release()
    return nil
  }
  return thread
}
