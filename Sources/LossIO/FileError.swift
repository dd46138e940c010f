#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What is wrong with a file: which one, where in it, and how.
///
/// All wording is in ``wording``; callers test ``problem``.
public struct FileError: Error, Equatable, Sendable {
  /// A position within a file.
  public enum Place: Equatable, Sendable {
    /// Bytes from the start of the file.
    case byte(Int)
    /// Bytes from the start of what the file's data decompress to.
    case decompressedByte(Int)
    /// A physical line and the byte within it, both counted from 1.
    case line(Int, column: Int)
  }

  /// The file, as the user named it; `-` is standard input or output.
  public var path: String

  /// The member of the archive the file is, where the trouble is within one; members of members are
  /// separated by colons.
  public var member: String?

  /// Where in the file or member, where that is known.
  public var place: Place?

  /// What is wrong.
  public var problem: Problem

  /// An error at a place in a file.
  public init(
    _ path: String, member: String? = nil, at place: Place? = nil, _ problem: Problem
  ) {
    self.path = path
    self.member = member
    self.place = place
    self.problem = problem
  }

  /// The kinds of trouble files give.
  public enum Problem: Equatable, Sendable {
    // Any file.
    case cannotOpen(errno: CInt)
    case cannotRead(errno: CInt)
    case isDirectory
    case empty
    case cutShort(expected: Int, found: Int)
    case notEnoughMemory(bytes: Int)
    case cannotSpool(directory: String, errno: CInt)
    case tooManyBytes(limit: Int)
    case unrecognizedFormat(found: String)
    case selectorNotSupported(selector: String, format: String)
    case standardInputTaken
    case notOneNumber(shape: String)

    // Several files.
    case noMatch
    case listEmpty
    case listNotText
    case cannotJoin(first: String, expected: String, found: String)
    case scalarToJoin

    // NPY.
    case wrongMagic(found: String)
    case unsupportedVersion(major: UInt8, minor: UInt8)
    case headerTruncated(expected: Int, found: Int)
    case headerTooLong(bytes: Int, limit: Int)
    case headerSyntax(expected: String, found: String)
    case headerKeyMissing(String)
    case headerKeyDuplicate(String)
    case headerKeyUnknown(String)
    case unsupportedType(descr: String, kind: String)
    case typeNeedsOverride(descr: String)
    case overrideImpossible(stored: String, requested: String)
    case shapeOverflow(shape: String)
    case dataTruncated(expected: Int, found: Int, shape: String, type: String)
    case trailingBytes(count: Int)

    // CSV.
    case notANumber(column: String, found: String)
    case missingValue(column: String, found: String)
    case inexactInteger(column: String, found: String, type: String)
    case raggedRow(expected: Int, found: Int)
    case unknownColumn(name: String, nearest: String?, known: [String])
    case columnOutOfRange(column: String, count: Int)
    case badColumnSelection(String)
    case duplicateColumn(name: String, first: Int, second: Int)
    case namesNeedHeader(name: String)
    case namesWithoutHeader(name: String)
    case sameMark(String, first: String, second: String)
    case ambiguousDelimiter(found: [String])
    case rowsToSkipDiffer(expected: Int, of: String, found: Int)
    case rowsToSkipUnpaired(row: Int, input: String, of: String)
    case allRowsMissing(count: Int)
    case malformedQuotes(String)
    case loneCarriageReturn
    case noRows
    case notText(found: String)
    case unsupportedTextType(requested: String)

    // Archives and compressed files.
    case libraryMissing(name: String, package: String, reason: String)
    case notCompressed(format: String, found: String)
    case compressedDamaged(format: String, detail: String)
    case compressedTruncated(format: String)
    case compressedTrailing(format: String)
    case compressedTwice(format: String)
    case notAnArchive(format: String, found: String)
    case archiveDamaged(format: String, detail: String)
    case archiveField(name: String, expected: String, found: String)
    case noMembers
    case severalMembers([String])
    case unknownMember(name: String, nearest: String?, known: [String])
    case duplicateMember(count: Int)
    case memberIsNoFile(kind: String)
    case memberEncrypted
    case memberMethod(found: String)
    case memberLength(expected: Int, found: Int)
    case checksumMismatch(expected: UInt32, found: UInt32)
    case nestedTooDeep(limit: Int)

    // Output.
    case doesNotFit(index: [Int], found: String, type: String)
    case cannotWrite(errno: CInt)
    case unknownSuffix(suffix: String, known: [String])
    case noOutputDirectory(String)
  }
}

/// An error in words: a stable code for programs, a sentence for people, and what to do about it.
public struct Wording: Equatable, Sendable {
  /// A stable name in kebab case.
  public let code: String
  /// What was expected and what was found, without the file's name.
  public let message: String
  /// What to do about it, where there is something to say.
  public let hint: String?

  /// An error in words.
  public init(_ code: String, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}
