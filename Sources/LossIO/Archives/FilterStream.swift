import CArchive
import LossTensor

/// Decompresses zstd, xz, bzip2 or lz4 data with libarchive, which verifies their checksums.
final class FilterStream: ByteStream {
  private let reader: ArchiveReader
  private let compression: Compression
  private let content: ByteStorage
  private let path: String
  private var isAtEnd = false

  /// A stream of what `content` decompresses to.
  init(_ compression: Compression, _ content: ByteStorage, path: String) throws(FileError) {
    self.compression = compression
    self.content = content
    self.path = path
    do {
      reader = try ArchiveReader(compression, of: content, path: path)
      isAtEnd = try reader.nextEntry() == nil
    } catch {
      throw Self.renamed(error, compression)
    }
    // One damaged byte at the start, and libarchive takes the compressed bytes for the data.
    guard reader.filterCount > 0 else {
      throw FileError(
        path, at: .byte(0),
        .compressedDamaged(format: compression.rawValue, detail: "its header is not valid"))
    }
    guard reader.filterCount == 1 else {
      throw FileError(path, .compressedTwice(format: compression.rawValue))
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    guard !isAtEnd else { return 0 }
    do {
      let count = try reader.read(into: buffer)
      if count > 0 { return count }
    } catch {
      throw Self.renamed(error, compression)
    }
    isAtEnd = true
    // What libarchive makes no sense of after the data it leaves out without a word.
    let rest = content.bytes.count - reader.consumedCount
    guard rest == 0 else {
      throw FileError(
        path, at: .byte(content.bytes.count - rest),
        .compressedTrailing(format: compression.rawValue))
    }
    return 0
  }

  /// libarchive speaks of archives where it means compressed files, and of a lack of progress where a
  /// file is cut short.
  private static func renamed(_ error: FileError, _ compression: Compression) -> FileError {
    guard case .archiveDamaged(_, let detail) = error.problem else { return error }
    var error = error
    let isCut = ["truncated", "no progress"].contains { detail.lowercased().contains($0) }
    error.problem =
      isCut
      ? .compressedTruncated(format: compression.rawValue)
      : .compressedDamaged(format: compression.rawValue, detail: detail)
    return error
  }
}
