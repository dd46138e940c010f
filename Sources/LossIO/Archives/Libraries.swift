import CArchive

/// The libraries that are opened when a file needs them.
enum Libraries {
  /// libarchive's functions; opening it takes 1.5 ms, once.
  static func archive(for path: String) throws(FileError) -> UnsafePointer<lossctl_archive_library>
  {
    switch openedArchive {
    case .success(let library): return library
    case .failure(let reason):
      throw FileError(
        path,
        .libraryMissing(
          name: String(cString: lossctl_archive_library_file), package: "libarchive13",
          reason: reason.text))
    }
  }

  /// zlib's functions.
  static func zlib(for path: String) throws(FileError) -> UnsafePointer<lossctl_zlib> {
    switch openedZlib {
    case .success(let library): return library
    case .failure(let reason):
      throw FileError(
        path,
        .libraryMissing(
          name: String(cString: lossctl_zlib_file), package: "zlib1g", reason: reason.text))
    }
  }

  /// Why a library cannot be opened, in the dynamic linker's words.
  private struct Reason: Error {
    let text: String

    init(_ text: UnsafePointer<CChar>?) {
      self.text = text.map { String(cString: $0) } ?? "no reason given"
    }
  }

  // nonisolated(unsafe): tables of functions that nobody writes after they are filled, behind the lock of
  // a static variable.
  nonisolated(unsafe) private static let openedArchive:
    Result<UnsafePointer<lossctl_archive_library>, Reason> = {
      var reason: UnsafePointer<CChar>?
      guard let library = lossctl_open_archive_library(&reason) else {
        return .failure(Reason(reason))
      }
      return .success(library)
    }()

  nonisolated(unsafe) private static let openedZlib: Result<UnsafePointer<lossctl_zlib>, Reason> = {
    var reason: UnsafePointer<CChar>?
    guard let library = lossctl_open_zlib(&reason) else { return .failure(Reason(reason)) }
    return .success(library)
  }()
}
