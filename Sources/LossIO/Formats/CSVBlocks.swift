import LossTensor
import LossThreads

/// The rows of a table, read in blocks by several threads.
///
/// A row belongs to the block it begins in. A first pass counts line feeds and quotes: the former bound the
/// rows of each block, so that each can be written to its place before others are read; the latter tell
/// where a line feed stands within quotes and ends no row. That holds up to the first quote out of place,
/// which is an error of its block, and the error of the first block that has one is the one that is thrown.
struct CSVBlocks {
  private let layout: CSVLayout
  private let reader: CSVRowReader
  private let threadCount: Int
  private let blockByteCount: Int
  private let blockCount: Int

  /// Bytes of a block: enough that taking one costs nothing, and few enough for all threads to end together.
  static let standardByteCount = 1 << 18

  /// - Parameters:
  ///   - threadCount: asked only where there is more than one block.
  ///   - blockByteCount: the size of a block, for tests.
  init(
    of layout: CSVLayout, as type: CSVElement, threadCount: () -> Int,
    blockByteCount: Int = Self.standardByteCount
  ) {
    self.layout = layout
    reader = CSVRowReader(layout: layout, type: type)
    self.blockByteCount = blockByteCount
    blockCount = max(1, (layout.dataRange.count + blockByteCount - 1) / blockByteCount)
    self.threadCount = blockCount > 1 ? threadCount() : 1
  }

  /// Reads all rows into one piece of memory.
  ///
  /// - Throws: the first error of the file, whatever the number of threads and blocks; `noRows`;
  ///   `notEnoughMemory`.
  func read() throws(FileError) -> (storage: ByteStorage, rows: CSVRows) {
    let path = layout.text.source.path
    let plan = CSVBlockPlan(
      blocks: try survey(), isSequential: layout.text.dialect.comment != nil,
      rowLimit: rowLimit)
    // Pages beyond the last row are never touched, so that the bound need not be tight.
    let (size, overflow) = plan.rowCount.multipliedReportingOverflow(by: reader.rowByteCount)
    guard !overflow, let memory = MutableByteStorage(byteCount: size) else {
      throw FileError(path, .notEnoughMemory(bytes: overflow ? Int.max : size))
    }
    let rows = try read(plan, into: memory.bytes)
    guard rows.count > 0 else { throw FileError(path, .noRows) }
    return (memory.frozen(count: rows.count * reader.rowByteCount), rows)
  }

  /// A row has no fewer bytes than its delimiters, its line end and, unless it is missing, a digit for each
  /// number. This keeps what a file of empty lines asks for within a few times its own size.
  private func rowLimit(_ byteCount: Int) -> Int {
    let digits = layout.text.dialect.missing == .error ? layout.selected.count : 0
    return byteCount / (layout.columnCount + digits) + 1
  }

  /// The bytes of block `index`.
  private func bytes(of index: Int) -> Range<Int> {
    let data = layout.dataRange
    let start = data.lowerBound + index * blockByteCount
    return start..<min(start + blockByteCount, data.upperBound)
  }

  /// Counts in each block, a byte early: what begins in a block does so behind a line feed.
  private func survey() throws(FileError) -> [CSVBlockPlan.Block] {
    let text = layout.text.bytes
    let work = ParallelWork(itemCount: blockCount, threadCount: threadCount)
    let counted = try work.run(
      makeState: { () throws(FileError) in [(index: Int, block: CSVBlockPlan.Block)]() },
      body: { (blocks, index) throws(FileError) in
        let range = bytes(of: index)
        let isLast = index == blockCount - 1
        let shifted =
          max(
            layout.dataRange.lowerBound, range.lowerBound - 1)..<max(
            layout.dataRange.lowerBound, isLast ? range.upperBound : range.upperBound - 1)
        let counts = CSVByteCounts(UnsafeRawBufferPointer(rebasing: text[shifted]))
        blocks.append((index, CSVBlockPlan.Block(range: range, counts: counts)))
      })
    return counted.joined().sorted { $0.index < $1.index }.map(\.block)
  }

  private func read(
    _ plan: CSVBlockPlan, into memory: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> CSVRows {
    let destination = CSVDestination(bytes: memory)
    let work = ParallelWork(itemCount: plan.items.count, threadCount: threadCount)
    let read = try work.run(
      makeState: { () throws(FileError) in [(index: Int, rows: CSVRows)]() },
      body: { (done, index) throws(FileError) in
        let item = plan.items[index]
        let start = item.firstRow * reader.rowByteCount
        let count = item.rowLimit * reader.rowByteCount
        let stretch = range(ofRowsIn: item)
        done.append((index, try reader.read(stretch, into: destination.part(start, count))))
      })
    let parts = read.joined().sorted { $0.index < $1.index }
    // Blank lines and comments leave gaps between the blocks' rows.
    var rows = CSVRows()
    for (index, part) in parts {
      let start = plan.items[index].firstRow * reader.rowByteCount
      let target = rows.count * reader.rowByteCount
      destination.move(part.count * reader.rowByteCount, from: start, to: target)
      rows.missing += part.missing.map { $0 + rows.count }
      rows.count += part.count
    }
    return rows
  }

  /// From the first row that begins in a block to the first that begins behind it.
  private func range(ofRowsIn item: CSVBlockPlan.Item) -> Range<Int> {
    let start = start(ofRowAt: item.range.lowerBound, isQuoted: item.startsQuoted)
    let end = self.start(ofRowAt: item.range.upperBound, isQuoted: item.endsQuoted)
    return start..<max(start, end)
  }

  /// Where the first row begins at or behind `offset`.
  ///
  /// - Parameter isQuoted: whether a quote is open before the byte before `offset`.
  private func start(ofRowAt offset: Int, isQuoted: Bool) -> Int {
    let data = layout.dataRange
    guard offset > data.lowerBound, offset < data.upperBound else { return offset }
    let bytes = layout.text.bytes
    var isQuoted = isQuoted
    var cursor = offset - 1
    while cursor < data.upperBound {
      let byte = bytes[cursor]
      cursor += 1
      if byte == CSVByte.quote { isQuoted.toggle() }
      if byte == CSVByte.lineFeed, !isQuoted { return cursor }
    }
    return data.upperBound
  }
}

/// Which rows are whose.
struct CSVBlockPlan {
  /// A stretch of the file.
  struct Block {
    let range: Range<Int>
    let counts: CSVByteCounts
  }

  /// A stretch for one thread, and where its rows go.
  struct Item {
    var range: Range<Int>
    let startsQuoted: Bool
    var endsQuoted = false
    let firstRow: Int
    var rowLimit: Int
  }

  private(set) var items: [Item] = []

  /// At least as many rows as there are.
  var rowCount: Int { items.last.map { $0.firstRow + $0.rowLimit } ?? 0 }

  /// - Parameters:
  ///   - isSequential: whether quotes cannot be told by counting, because comments may hold some.
  ///   - rowLimit: how many rows may begin in so many bytes.
  init(blocks: [Block], isSequential: Bool, rowLimit: (Int) -> Int) {
    let hasQuotes = blocks.contains { $0.counts.quotes > 0 }
    var isQuoted = false
    for (index, block) in blocks.enumerated() {
      let lines = block.counts.lineFeeds + (index == 0 ? 1 : 0)
      let limit = min(lines, rowLimit(block.range.count))
      let endsQuoted = isQuoted != (block.counts.quotes % 2 == 1)
      if hasQuotes, isSequential, let first = items.first {
        items[0].range = first.range.lowerBound..<block.range.upperBound
        items[0].rowLimit += limit
      } else {
        items.append(
          Item(
            range: block.range, startsQuoted: isQuoted, endsQuoted: endsQuoted,
            firstRow: rowCount, rowLimit: limit))
      }
      isQuoted = endsQuoted
    }
  }
}

/// Memory that threads write to, each in a part of its own.
private struct CSVDestination: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  func part(_ start: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + count])
  }

  func move(_ count: Int, from source: Int, to target: Int) {
    guard source != target, count > 0, let base = bytes.baseAddress else { return }
    (base + target).copyMemory(from: base + source, byteCount: count)
  }
}
