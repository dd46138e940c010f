#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension FileError {
  /// The error in words. Every message about files is here and nowhere else.
  public var wording: Wording {
    switch problem {
    case .cannotOpen(let code):
      Wording("cannot-open", "cannot open: \(systemMessage(code))")
    case .cannotRead(let code):
      Wording("cannot-read", "cannot read: \(systemMessage(code))")
    case .cutShort(let expected, let found):
      Wording(
        "cut-short",
        "expected \(expected) bytes as when it was opened, found \(found): another program cut it "
          + "short while it was read",
        hint: "write files beside their place and rename them")
    case .isDirectory:
      Wording("is-directory", "expected a file, found a directory")
    case .empty:
      Wording("empty-file", "expected a tensor, found an empty file")
    case .notEnoughMemory(let bytes):
      Wording("not-enough-memory", "needs \(bytes) bytes of memory, which the system refuses")
    case .cannotSpool(let directory, let code):
      Wording(
        "cannot-spool", "cannot keep what it brings in \(directory): \(systemMessage(code))",
        hint: "set TMPDIR to a directory with room for it")
    case .tooManyBytes(let limit):
      Wording(
        "too-many-bytes", "expected at most \(limit) bytes, found more",
        hint: "if they are wanted, raise the limit with --max-bytes")
    case .unrecognizedFormat(let found):
      Wording(
        "unrecognized-format",
        "expected NPY, CSV text, an NPZ, zip or tar archive, or one of them compressed, found \(found)",
        hint: "write it with numpy.save, or as numbers separated by commas")
    case .selectorNotSupported(let selector, let format):
      Wording(
        "selector-not-supported",
        "\(format) files have no parts to select, found the selection \"\(selector)\"",
        hint: "leave out \":\(selector)\"")
    case .standardInputTaken:
      Wording(
        "standard-input-taken", "expected at most one input from standard input, found more",
        hint: "name files for the others")
    case .notOneNumber(let shape):
      Wording("not-one-number", "expected one number, found a tensor of shape \(shape)")

    case .noMatch:
      Wording(
        "no-match", "expected files that match this pattern, found none",
        hint: "quote the pattern, and see what the shell finds: ls -d with the pattern unquoted")
    case .listEmpty:
      Wording("list-empty", "expected a list of files, one a line, found none")
    case .listNotText:
      Wording("list-not-text", "expected a list of files in UTF-8, found other bytes")
    case .cannotJoin(let first, let expected, let found):
      Wording(
        "cannot-join", "expected \(expected) as in \(first), found \(found)",
        hint:
          "files of one input are joined along axis 0; their dtypes and other axes have to agree")
    case .scalarToJoin:
      Wording("scalar-to-join", "expected files with rows to join, found a scalar")

    case .wrongMagic(let found):
      Wording(
        "wrong-magic",
        #"expected an NPY file, which starts with "\x93NUMPY", found \#(found)"#)
    case .unsupportedVersion(let major, let minor):
      Wording(
        "unsupported-version", "expected NPY version 1.0, 2.0 or 3.0, found \(major).\(minor)")
    case .headerTruncated(let expected, let found):
      Wording(
        "header-truncated", "expected an NPY header of \(expected) bytes, found only \(found)",
        hint: "the file is cut short; write it again")
    case .headerTooLong(let bytes, let limit):
      Wording(
        "header-too-long", "expected an NPY header of at most \(limit) bytes, found \(bytes)")
    case .headerSyntax(let expected, let found):
      Wording("header-syntax", "NPY header: expected \(expected), found \(found)")
    case .headerKeyMissing(let key):
      Wording("header-key-missing", "NPY header: expected the key '\(key)', found none")
    case .headerKeyDuplicate(let key):
      Wording("header-key-duplicate", "NPY header: expected the key '\(key)' once, found it twice")
    case .headerKeyUnknown(let key):
      Wording(
        "header-key-unknown",
        "NPY header: expected the keys 'descr', 'fortran_order' and 'shape', found '\(key)'")
    case .unsupportedType(let descr, let kind):
      Wording(
        "unsupported-dtype", "expected a real numeric dtype, found \(descr) (\(kind))",
        hint: "convert it with numpy's astype before saving")
    case .typeNeedsOverride(let descr):
      Wording(
        "dtype-needs-override",
        "expected a numeric dtype, found raw bytes (\(descr)), which do not say what they are",
        hint: "if they are bfloat16, add --pred-dtype bfloat16 (or --label-dtype)")
    case .overrideImpossible(let stored, let requested):
      Wording(
        "dtype-override-impossible", "holds \(stored), which cannot be read as \(requested)",
        hint:
          "a dtype option reinterprets raw bytes; to compute in another type use --compute-dtype"
      )
    case .shapeOverflow(let shape):
      Wording("shape-overflow", "the shape \(shape) has more elements than can be addressed")
    case .dataTruncated(let expected, let found, let shape, let type):
      Wording(
        "data-truncated",
        "expected \(expected) bytes of data for \(type) \(shape), found \(found)",
        hint: "the file is cut short; write it again")
    case .trailingBytes(let count):
      Wording(
        "trailing-bytes",
        "expected the end of the file after the data, found \(count) more byte\(count == 1 ? "" : "s")",
        hint: "keep one array in a file")

    case .notANumber(let column, let found):
      Wording(
        "not-a-number", "column \(column): expected a number, found \(found)",
        hint: separatorHint(found))
    case .missingValue(let column, let found):
      Wording(
        "missing-value", "column \(column): expected a number, found \(found)",
        hint: "if it is a missing value, add --na nan or --na skip-row")
    case .inexactInteger(let column, let found, let type):
      Wording(
        "inexact-integer", "column \(column): \(type) cannot hold the integer \(found) exactly",
        hint: "read it as float64: --pred-dtype float64 (or --label-dtype)")
    case .raggedRow(let expected, let found):
      Wording(
        "ragged-row",
        "expected \(expected) field\(expected == 1 ? "" : "s") as in the first row, found \(found)")
    case .unknownColumn(let name, let nearest, let known):
      Wording(
        "unknown-column",
        "expected one of the columns \(known.joined(separator: ", ")), found \"\(name)\"",
        hint: nearest.map { "did you mean \"\($0)\"?" })
    case .columnOutOfRange(let column, let count):
      Wording("column-out-of-range", "expected a column from 1 to \(count), found \(column)")
    case .badColumnSelection(let text):
      Wording(
        "bad-column-selection",
        "expected columns as names, numbers from 1 or ranges (score,label or 2-5), found \(text)")
    case .duplicateColumn(let name, let first, let second):
      Wording(
        "duplicate-column", "expected one column \"\(name)\", found it at \(first) and \(second)",
        hint: "select it by its number")
    case .namesNeedHeader(let name):
      Wording(
        "names-need-header", "expected a header row to find column \"\(name)\" in, found numbers",
        hint: "select columns by number, counted from 1")
    case .namesWithoutHeader(let name):
      Wording(
        "names-without-header",
        "expected columns by number with --header no, found the name \(quotedForMessage(name))",
        hint: "count columns from 1")
    case .sameMark(let mark, let first, let second):
      Wording(
        "same-mark",
        "expected different characters for \(first) and \(second), found \(mark) twice",
        hint: "name what separates fields with --delimiter, such as --delimiter ';'")
    case .ambiguousDelimiter(let found):
      Wording(
        "ambiguous-delimiter",
        "expected one delimiter that fits the first rows, found \(found.joined(separator: " and "))",
        hint: "name it with --delimiter")
    case .rowsToSkipDiffer(let expected, let input, let found):
      Wording(
        "rows-to-skip-differ",
        "expected \(expected) rows as in \(input), to leave the same out of both, found \(found)")
    case .rowsToSkipUnpaired(let row, let input, let first):
      Wording(
        "rows-to-skip-unpaired",
        "expected a missing value only where rows are samples, found one in row \(row) of \(input), "
          + (input == first
            ? "whose rows are no samples" : "whose rows do not belong to those of \(first)"),
        hint: "--na skip-row leaves out samples; complete the file, or take --na nan")
    case .allRowsMissing(let count):
      Wording(
        "all-rows-missing", "expected a row complete in all inputs, found none among \(count)")
    case .malformedQuotes(let what):
      Wording("malformed-quotes", what)
    case .loneCarriageReturn:
      Wording(
        "lone-carriage-return",
        "expected lines that end in LF or CRLF, found a carriage return alone",
        hint: "convert the file, for example with tr '\\r' '\\n'")
    case .noRows:
      Wording("no-rows", "expected rows of numbers, found only a header")
    case .notText(let found):
      Wording("not-text", "expected CSV text in UTF-8, found \(found)")
    case .unsupportedTextType(let requested):
      Wording(
        "unsupported-text-dtype", "text is read as float32 or float64, found \(requested)")

    case .libraryMissing(let name, let package, let reason):
      Wording(
        "library-missing", "reading it needs \(name), which cannot be loaded: \(reason)",
        hint: "install it, on Debian with apt-get install \(package)")
    case .notCompressed(let format, let found):
      Wording("not-compressed", "expected \(format) data, as the name says, found \(found)")
    case .compressedDamaged(let format, let detail):
      Wording(
        "compressed-damaged", "expected intact \(format) data, found damage: \(detail)",
        hint: damagedHint)
    case .compressedTruncated(let format):
      Wording(
        "compressed-truncated",
        "expected the rest of the \(format) data, found the end of the file",
        hint: damagedHint)
    case .compressedTrailing(let format):
      Wording(
        "compressed-trailing",
        "expected the end of the file after the \(format) data, found other bytes",
        hint: "write the file again")
    case .compressedTwice(let format):
      Wording(
        "compressed-twice", "expected data that is compressed once, found \(format) data within",
        hint: "decompress it once")
    case .notAnArchive(let format, let found):
      Wording("not-an-archive", "expected a \(format) archive, as the name says, found \(found)")
    case .archiveDamaged(let format, let detail):
      Wording(
        "archive-damaged", "expected an intact \(format) archive, found damage: \(detail)",
        hint: damagedHint)
    case .archiveField(let name, let expected, let found):
      Wording(
        "archive-field", "zip archive: expected \(name) \(expected), found \(found)",
        hint: damagedHint)
    case .noMembers:
      Wording("no-members", "expected an archive with an array in it, found no files in it")
    case .severalMembers(let members):
      Wording(
        "several-members",
        "expected an archive of one array, or one to be named, found \(members.joined(separator: "; "))",
        hint: "name one behind a colon, as in file.npz:name")
    case .unknownMember(let name, let nearest, let known):
      Wording(
        "unknown-member",
        "expected one of the members \(known.joined(separator: ", ")), found \(quotedForMessage(name))",
        hint: nearest.map { "did you mean \(quotedForMessage($0))?" })
    case .duplicateMember(let count):
      Wording(
        "duplicate-member", "expected one member of this name in the archive, found \(count)",
        hint: "write the archive again")
    case .memberIsNoFile(let kind):
      Wording("member-is-no-file", "expected a member that is a file, found \(kind)")
    case .memberEncrypted:
      Wording(
        "member-encrypted", "expected a member anyone can read, found an encrypted one",
        hint: "unpack the archive first")
    case .memberMethod(let found):
      Wording(
        "member-method", "expected a member that is stored or deflated, found \(found)",
        hint: "write the archive again, for example with numpy.savez_compressed")
    case .memberLength(let expected, let found):
      Wording(
        "member-length",
        "expected a member of \(expected) bytes, as the archive says, found \(found)",
        hint: damagedHint)
    case .checksumMismatch(let expected, let found):
      Wording(
        "checksum-mismatch",
        "expected data with the CRC-32 \(hexadecimal(expected)), found \(hexadecimal(found))",
        hint: damagedHint)
    case .nestedTooDeep(let limit):
      Wording("nested-too-deep", "expected at most \(limit) archives within each other, found more")

    case .doesNotFit(let index, let found, let type):
      Wording(
        "does-not-fit", "expected elements that \(type) has, found \(found) at \(index)",
        hint: "choose a type that has it, with --dtype")
    case .cannotWrite(let code):
      Wording("cannot-write", "cannot write: \(systemMessage(code))")
    case .unknownSuffix(let suffix, let known):
      Wording(
        "unknown-suffix",
        "expected a name ending in \(known.joined(separator: ", ")), found \(suffix.isEmpty ? "no suffix" : "\".\(suffix)\"")"
      )
    case .noOutputDirectory(let directory):
      Wording("no-output-directory", "cannot write: the directory \(directory) does not exist")
    }
  }
}

/// What to do about a file whose checksums or structure are wrong.
private let damagedHint = "the file is damaged or cut short; copy or write it again"

/// The system's own words for an error number.
func systemMessage(_ code: CInt) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  return String(cString: text)
}
