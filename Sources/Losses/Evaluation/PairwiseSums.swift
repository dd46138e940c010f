import Synchronization

/// Sums of vectors that blocks of rows contribute to, added in pairs: block 0 to block 1, 2 to 3, their sums to
/// each other, and so on.
///
/// Which vectors are added to which depends on the blocks' numbers alone, so that any number of threads gives
/// the same bits; and the error grows with the logarithm of the number of blocks. Besides what threads work on,
/// a vector is kept for each power of two in the number of blocks so far.
final class PairwiseSums: Sendable {
  /// A node of the tree of sums: at level 0 a block, above the sum of two of the level below.
  private struct Node: Hashable {
    var level = 0
    var index: Int

    var sibling: Node { Node(level: level, index: index ^ 1) }
    var parent: Node { Node(level: level + 1, index: index >> 1) }
  }

  private let pending = Mutex<[Node: [Double]]>([:])

  /// Adds the vector of one block. Each block is to be added once, and all have vectors of one length.
  func add(_ vector: UnsafeBufferPointer<Double>, ofBlock block: Int) {
    var sum = Array(vector)
    var node = Node(index: block)
    while true {
      let (key, value) = (node, sum)
      let other = pending.withLock { pending -> [Double]? in
        if let other = pending.removeValue(forKey: key.sibling) { return other }
        pending[key] = value
        return nil
      }
      guard let other else { return }
      for index in sum.indices { sum[index] += other[index] }
      node = node.parent
    }
  }

  /// The sum of the vectors of all blocks, from block 0 on without a gap; nil where there were none.
  var total: [Double]? {
    let rest = pending.withLock { $0 }.sorted { $0.key.level < $1.key.level }
    guard var sum = rest.first?.value else { return nil }
    for (_, other) in rest.dropFirst() {
      for index in sum.indices { sum[index] += other[index] }
    }
    return sum
  }
}
