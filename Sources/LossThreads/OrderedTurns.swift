#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The turns of threads at several places, each place's in the order of their numbers.
///
/// What threads add up in floating point at a place has the same bits then, however many they are. A turn may
/// only wait for those of items of work handed out before its own.
public final class OrderedTurns: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let passed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var next: [Int]
  private var isAbandoned = false

  /// Work that ended early as another thread's failed.
  public struct Abandoned: Error {}

  /// Turns at so many places, of which the first is 0.
  public init(places: Int) {
    next = [Int](repeating: 0, count: places)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(passed, nil)
  }

  deinit {
    pthread_cond_destroy(passed)
    pthread_mutex_destroy(lock)
    passed.deallocate()
    lock.deallocate()
  }

  /// Takes a turn at a place once all before it were taken there.
  ///
  /// - Throws: ``Abandoned`` where one of those will never be, or what `body` throws, in which case this one
  ///   never is.
  public func take(_ turn: Int, at place: Int, _ body: () throws -> Void) throws {
    try waitFor(turn, at: place)
    do {
      try body()
    } catch {
      abandon()
      throw error
    }
    pthread_mutex_lock(lock)
    next[place] = turn + 1
    pthread_cond_broadcast(passed)
    pthread_mutex_unlock(lock)
  }

  private func waitFor(_ turn: Int, at place: Int) throws {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while next[place] != turn {
      guard !isAbandoned else { throw Abandoned() }
      pthread_cond_wait(passed, lock)
    }
  }

  /// Wakes all that wait, as some turn will never be taken.
  public func abandon() {
    pthread_mutex_lock(lock)
    isAbandoned = true
    pthread_cond_broadcast(passed)
    pthread_mutex_unlock(lock)
  }
}
