"""Makes one file for each way an input can be wrong, and cases.json: the error lossctl is to give.

- *.npy, *.npz, *.gz, *.csv…: small files, each wrong in one way, made byte by byte or from what NumPy, zipfile
  and gzip write
- cases.json: for each the arguments, where it takes more than the file itself, and the first line of the error,
  which is written here by hand from the file's name on. `numpy` says what
  np.load or np.loadtxt does with the same bytes: most raise; the others are what lossctl is stricter about

Run: python make.py
"""

import gzip
import io
import pathlib
import struct
import sys
import warnings
import zipfile
import zlib

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from fixture_files import start, write_json  # noqa: E402

HERE = pathlib.Path(__file__).parent
CASES: list[dict] = []
DATA = np.array([0.5, -1.25, 2.0], "<f4").tobytes()


def case(file: str, data: bytes, error: str, selector: str = "", options: str = "") -> None:
    """One file with its error; `error` begins with what follows the file's name."""
    (HERE / file).write_bytes(data)
    CASES.append({
        "file": file, "selector": selector, "options": options,
        # Places in text are written as compilers do, so that editors find them.
        "line": (file if ": error: " in error else "lossctl: error: " + file) + error,
        "numpy": numpy_outcome(file, data, selector)})


def numpy_outcome(file: str, data: bytes, selector: str) -> str:
    """`error`, or `value` where NumPy reads something."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if ".csv" in file:
                np.loadtxt(io.BytesIO(data), delimiter=",", ndmin=2)
                return "value"
            content = gzip.decompress(data) if file.endswith(".gz") else data
            loaded = np.load(io.BytesIO(content), allow_pickle=False)
            if isinstance(loaded, np.lib.npyio.NpzFile):
                key = selector or loaded.files[0]
                assert isinstance(loaded[key], np.ndarray)
        return "value"
    # Any exception is NumPy's way to say no: ValueError, EOFError, BadZipFile, SyntaxError and others.
    except Exception:
        return "error"


def npy(header: str, data: bytes = DATA, version: tuple[int, int] = (1, 0), encoding: str = "latin-1") -> bytes:
    text = (header + "\n").encode(encoding)
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + data


def header(shape: str = "(3,)", descr: str = "'<f4'", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"

X = np.array([0.5, -1.25, 2.0], "<f4")
NPY = npy(header())


def npz(**arrays: np.ndarray) -> bytes:
    """What np.savez writes."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive with the date NumPy uses, so that every run gives the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def altered(data: bytes, index: int, mask: int) -> bytes:
    """The bytes with one of them changed."""
    changed = bytearray(data)
    changed[index] ^= mask
    return bytes(changed)


def directory(archive: bytes) -> int:
    """Where the zip's central directory begins."""
    return archive.index(b"PK\x01\x02")


def tail(archive: bytes) -> bytes:
    """The directory and what follows it."""
    return archive[directory(archive):]


def member_end(archive: bytes, index: int) -> int:
    """Where the second local header begins."""
    return archive.index(b"PK\x03\x04", 4)


def with_method(archive: bytes, method: int) -> bytes:
    """A stored member that claims to be compressed in another way."""
    changed = bytearray(archive)
    changed[8:10] = struct.pack("<H", method)
    changed[directory(archive) + 10:directory(archive) + 12] = struct.pack("<H", method)
    return bytes(changed)


def twice() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(zipfile.ZipInfo("x.npy"), NPY)
            archive.writestr(zipfile.ZipInfo("x.npy"), npy(header(), DATA[::-1]))
        return file.getvalue()


def overlapping() -> bytes:
    """Two directory entries for the bytes of one member, as in Fifield's zip bombs."""
    archive = zipped({"a.npy": NPY})
    start = directory(archive)
    end = archive.index(b"PK\x05\x06")
    record = archive[start:end]
    other = record.replace(b"a.npy", b"b.npy")
    closing = bytearray(archive[end:])
    closing[8:10] = closing[10:12] = struct.pack("<H", 2)
    closing[12:16] = struct.pack("<I", 2 * len(record))
    return archive[:start] + record + other + bytes(closing)


def deflate_damaged() -> bytes:
    """Deflated data that begins with a block of a kind there is not."""
    archive = zipped({"x.npy": NPY}, zipfile.ZIP_DEFLATED)
    return altered(archive, 30 + len("x.npy"), 0x07 ^ (archive[35] & 0x07))


def nested(depth: int) -> bytes:
    archive = zipped({"x.npy": NPY})
    for _ in range(depth - 1):
        archive = zipped({"a.npz": archive})
    return archive


def npy_headers() -> None:
    case("hex-size.npy", npy(header('(0x3,)')),
         ': byte 62: NPY header: expected ",", as in (3,), found "x3,), }\\n"')
    case("zero-before-size.npy", npy(header('(03,)')),
         ': byte 61: NPY header: expected a size without leading zeros, found "03,), }\\n"')
    case("underscored-size.npy", npy(header('(1_0,)')),
         ': byte 62: NPY header: expected ",", as in (3,), found "_0,), }\\n"')
    case("signed-size.npy", npy(header('(+3,)')),
         ': byte 61: NPY header: expected a size of at least 0, found "+3,), }\\n"')
    case("negative-size.npy", npy(header('(-3,)')),
         ': byte 61: NPY header: expected a size of at least 0, found "-3,), }\\n"')
    case("truth-as-size.npy", npy(header('(True,)')),
         ': byte 61: NPY header: expected a size of at least 0, found "True,), }\\n"')
    case("size-in-parentheses.npy", npy(header('(3)')),
         ': byte 62: NPY header: expected ",", as in (3,), found "), }\\n"')
    case("size-in-a-list.npy", npy(header('[3]')),
         ': byte 60: NPY header: expected "(" or a shape such as (2, 3), found "[3], }\\n"')
    case("numpy-scalar-size.npy", npy(header('(np.int64(3),)')),
         ': byte 61: NPY header: expected a plain size such as 3 (open_memmap wants a shape of Python ints), '
         'found "np.int64(3),), }\\n"')
    case("float-size.npy", npy(header('(3.0,)')),
         ': byte 62: NPY header: expected ",", as in (3,), found ".0,), }\\n"')
    case("joined-descr.npy", npy(header(descr="'<' 'f4'")),
         ': byte 24: NPY header: expected "}" or ",", found "\'f4\', \'fortran_order\': F"')
    case("escaped-descr.npy", npy(header(descr="'\\x3cf4'")),
         ': byte 20: NPY header: expected a string without escapes, found "\'\\\\x3cf4\', \'fortran_order"')
    case("raw-string-descr.npy", npy(header(descr="r'<f4'")),
         ': byte 20: NPY header: expected a dtype such as \'<f4\', found "r\'<f4\', \'fortran_order\':"')
    case("comment-after-header.npy", npy(header() + '# three'),
         ': byte 67: NPY header: expected the end of the header, found "# three\\n"')
    case("text-after-header.npy", npy(header() + 'x'),
         ': byte 67: NPY header: expected the end of the header, found "x\\n"')
    case("nul-in-header.npy", npy(header() + '\0'),
         ': byte 67: NPY header: expected the end of the header, found "\\0\\n"')
    case("bom-before-header.npy", npy('\ufeff' + header(), version=(3, 0), encoding='utf-8'),
         ': byte 12: NPY header: expected "{", found "\\u{FEFF}{\'descr\': \'<f4\', \'for"')
    case("order-as-number.npy", npy(header(order='0')),
         ': byte 44: NPY header: expected True or False, found "0, \'shape\': (3,), }\\n"')
    case("key-twice.npy", npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"),
         ": byte 27: NPY header: expected the key 'descr' once, found it twice")
    case("key-missing.npy", npy("{'descr': '<f4', 'shape': (3,), }"),
         ": byte 10: NPY header: expected the key 'fortran_order', found none")
    case("key-unknown.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'units': 'm', }"),
         ": byte 66: NPY header: expected the keys 'descr', 'fortran_order' and 'shape', found 'units'")
    case("header-unclosed.npy", npy(header()[:-3]),
         ': byte 65: NPY header: expected "}" or ",", found the end of the header')
    case("header-empty.npy", npy(''),
         ': byte 11: NPY header: expected "{", found the end of the header')
    case("header-no-dictionary.npy", npy('3'),
         ': byte 10: NPY header: expected "{", found "3\\n"')
    case("quote-unclosed.npy", npy("{'descr: "),
         ': byte 11: NPY header: expected a closing quote, found "\'descr: \\n"')
    case("wrapping-size.npy", npy(header('(4611686018427387904, 4)')),
         ": the shape (4611686018427387904, 4) has more elements than can be addressed")
    case("zero-and-wrapping-size.npy", npy(header('(0, 4611686018427387904, 4)'), b''),
         ": the shape (0, 4611686018427387904, 4) has more elements than can be addressed")
    case("size-beyond-int64.npy", npy(header('(18446744073709551619,)')),
         ": byte 61: the shape (\u2026, 18446744073709551619, \u2026) has more elements than can be addressed")
    case("dimensions-65.npy", npy(header('(' + '1, ' * 64 + '3)')),
         ": byte 255: NPY header: expected at most 64 dimensions, found 65")
    case("header-of-10001.npy", npy(header() + ' ' * (10_000 - len(header()))),
         ": byte 8: expected an NPY header of at most 10000 bytes, found 10001")


def npy_files() -> None:
    case("structured.npy", npy(header(descr="[('x', '<f4'), ('y', '<f4')]"), DATA * 2),
         ": byte 20: expected a real numeric dtype, found [('x', '<f4'), ('y', '<f4')] (structured, with fields x, y)")
    case("subarray.npy", npy(header(descr="('<f4', (2,))"), DATA * 2),
         ": byte 20: expected a real numeric dtype, found ('<f4', (2,)) (a subarray)")
    case("field-list.npy", npy(header(descr="'f4,i4'"), DATA * 2),
         ": expected a real numeric dtype, found 'f4,i4' (not a NumPy numeric type)")
    case("repeated-descr.npy", npy(header(descr="'3f4'"), DATA * 3),
         ": expected a real numeric dtype, found '3f4' (not a NumPy numeric type)")
    case("objects.npy", npy(header(descr="'|O'"), b'\x80\x04]\x94.'),
         ": expected a real numeric dtype, found '|O' (Python objects)")
    case("unicode-text.npy", npy(header(descr="'<U2'"), b'\0' * 24),
         ": expected a real numeric dtype, found '<U2' (strings)")
    case("byte-text.npy", npy(header(descr="'|S3'"), b'abc' * 3),
         ": expected a real numeric dtype, found '|S3' (strings)")
    case("dates.npy", npy(header(descr="'<M8[ns]'"), b'\0' * 24),
         ": expected a real numeric dtype, found '<M8[ns]' (dates or time spans)")
    case("long-double.npy", npy(header(descr="'<f16'"), b'\0' * 48),
         ": expected a real numeric dtype, found '<f16' (extended precision)")
    case("complex.npy", npy(header(descr="'<c8'"), DATA * 2),
         ": expected a real numeric dtype, found '<c8' (complex numbers)")
    case("float8.npy", npy(header(descr="'<f1'"), b'abc'),
         ": expected a real numeric dtype, found '<f1' (not a NumPy numeric type)")
    case("raw-bytes.npy", npy(header(descr="'|V4'")),
         ": expected a real numeric dtype, found '|V4' (raw bytes)")
    case("version-1-1.npy", npy(header(), version=(1, 1)),
         ": byte 6: expected NPY version 1.0, 2.0 or 3.0, found 1.1")
    case("version-4-0.npy", npy(header(), version=(4, 0)),
         ": byte 6: expected NPY version 1.0, 2.0 or 3.0, found 4.0")
    case("version-0-0.npy", npy(header(), version=(0, 0)),
         ": byte 6: expected NPY version 1.0, 2.0 or 3.0, found 0.0")
    case("magic-short.npy", b'\x93NUMP',
         ': byte 0: expected an NPY file, which starts with "\\x93NUMPY", found the bytes 93 4e 55 4d 50')
    case("magic-wrong.npy", b'\x93NUMPX' + npy(header())[6:],
         ': byte 0: expected an NPY file, which starts with "\\x93NUMPY", found the bytes 93 4e 55 4d 50 58 01 00')
    case("magic-only.npy", b'\x93NUMPY',
         ": byte 6: expected an NPY header of 10 bytes, found only 6")
    case("length-missing.npy", npy(header())[:9],
         ": byte 9: expected an NPY header of 10 bytes, found only 9")
    case("length-of-4-gib.npy", b'\x93NUMPY\x02\x00\xff\xff\xff\xff',
         ": byte 12: expected an NPY header of 4294967295 bytes, found only 0")
    case("length-f8ff.npy", b'\x93NUMPY\x01\x00\xf8\xff',
         ": byte 10: expected an NPY header of 65528 bytes, found only 0")
    case("length-zero.npy", b'\x93NUMPY\x01\x00\x00\x00' + DATA,
         ': byte 10: NPY header: expected "{", found the end of the header')
    case("empty.npy", b'',
         ": expected a tensor, found an empty file")
    case("data-missing.npy", npy(header(), b''),
         ": byte 68: expected 12 bytes of data for float32 (3,), found 0")
    case("data-short.npy", npy(header(), DATA[:-1]),
         ": byte 79: expected 12 bytes of data for float32 (3,), found 11")
    case("data-long.npy", npy(header(), DATA + b'\0'),
         ": byte 80: expected the end of the file after the data, found 1 more byte")
    case("two-arrays.npy", npy(header()) * 2,
         ": byte 80: expected the end of the file after the data, found 80 more bytes")
    case("huge-shape-small-file.npy", npy(header('(1073741824, 1073741824)')),
         ": byte 100: expected 4611686018427387904 bytes of data for float32 (1073741824, 1073741824), found 12")


def zip_archives() -> None:
    case("cut-in-directory.npz", npz(x=X)[:-30],
         ": byte 238: expected an intact zip archive, found damage: it has no directory at its end")
    case("cut-at-member.npz", npz(x=X, y=X)[:member_end(npz(x=X, y=X), 0)],
         ": byte 195: expected an intact zip archive, found damage: it has no directory at its end")
    case("cut-in-data.npz", npz(x=X)[:200],
         ": byte 200: expected an intact zip archive, found damage: it has no directory at its end")
    case("end-record-only-half.npz", npz(x=X)[:-10],
         ": byte 258: expected an intact zip archive, found damage: it has no directory at its end")
    case("wrong-crc.npz", altered(npz(x=X), -1 - len(tail(npz(x=X))), 1),
         ":x.npy: expected data with the CRC-32 14443611, found 63430687")
    case("crc-of-directory.npz", altered(npz(x=X), directory(npz(x=X)) + 16, 1),
         ": byte 14: zip archive: expected the directory's CRC-32, 14443610, found 14443611")
    case("size-of-directory.npz", altered(npz(x=X), directory(npz(x=X)) + 24, 1),
         ":x.npy: expected a member of 141 bytes, as the archive says, found 140")
    case("encrypted.npz",
         altered(altered(zipped({'x.npy': NPY}), 6, 1), directory(zipped({'x.npy': NPY})) + 8, 1),
         ":x.npy: expected a member anyone can read, found an encrypted one")
    case("method-ppmd.npz", with_method(zipped({'x.npy': NPY}), 98),
         ":x.npy: expected a member that is stored or deflated, found one compressed by method 98 (PPMd)")
    case("same-name-twice.npz", twice(),
         ":x.npy: expected one member of this name in the archive, found 2", selector="x")
    case("key-unknown.npz", npz(pred=X, label=X),
         ': expected one of the members pred, label, found "perd"', selector="perd")
    case("key-needed.npz", npz(pred=X, label=X),
         ": expected an archive of one array, or one to be named, found pred float32 (3,); label float32 (3,)")
    case("no-members.npz", zipped({}),
         ": expected an archive with an array in it, found no files in it")
    case("directory-member.npz", zipped({'runs/': b''}),
         ": expected an archive with an array in it, found no files in it", selector="runs/")
    case("text-member.npz", zipped({'notes.txt': b'to do\n'}),
         ":notes.txt: expected rows of numbers, found only a header", selector="notes.txt")
    case("prepended.npz", b'#!/bin/sh\n' + npz(x=X),
         ': byte 0: expected a zip archive, as the name says, found "#!/bin/s"')
    case("no-zip.npz", b'PK' + bytes(60),
         ": byte 0: expected a zip archive, as the name says, found the bytes 50 4b 00 00 00 00 00 00")
    case("header-promises-more.npz", zipped({'x.npy': npy(header('(1000000,)'))}),
         ":x.npy: byte 86: expected 4000000 bytes of data for float32 (1000000,), found 12")
    case("header-longer-than-member.npz", zipped({'x.npy': b'\x93NUMPY\x01\x00\xff\xff'}),
         ":x.npy: byte 10: expected an NPY header of 65535 bytes, found only 0")
    case("member-longer-than-array.npz", zipped({'x.npy': NPY + b'\0' * 7}),
         ":x.npy: byte 80: expected the end of the file after the data, found 7 more bytes")
    case("member-empty.npz", zipped({'x.npy': b''}),
         ":x.npy: expected a tensor, found an empty file")
    case("overlapping-members.npz", overlapping(),
         ": byte 0: zip archive: expected a local header of one member, found 2 with it", selector="b")
    case("deflate-damaged.npz", deflate_damaged(),
         ":x.npy: byte 35: expected an intact zip archive, found damage: ZIP decompression failed (-3)")
    case("deflate-bomb.npz",
         zipped({'x.npy': npy(header('(4194304,)'), bytes(4194304 * 4))}, zipfile.ZIP_DEFLATED),
         ":x.npy: expected at most 1000000 bytes, found more", options="--max-bytes 1000000")
    case("npz-in-npz-5.npz", nested(5),
         ":a.npz:a.npz:a.npz:a.npz:x.npy: expected at most 4 archives within each other, found more",
         selector="a.npz:a.npz:a.npz:a.npz:x")


def gzip_files() -> None:
    case("wrong-crc.npy.gz", altered(gzipped(NPY), -8, 1),
         ": byte 90: expected intact gzip data, found damage: incorrect data check")
    case("wrong-length.npy.gz", altered(gzipped(NPY), -4, 1),
         ": byte 94: expected intact gzip data, found damage: incorrect length check")
    case("cut-in-trailer.npy.gz", gzipped(NPY)[:-3],
         ": byte 91: expected the rest of the gzip data, found the end of the file")
    case("cut-in-data.npy.gz", gzipped(NPY)[:-12],
         ": byte 82: expected the rest of the gzip data, found the end of the file")
    case("cut-in-header.npy.gz", gzipped(NPY)[:6],
         ": byte 6: expected the rest of the gzip data, found the end of the file")
    case("trailing.npy.gz", gzipped(NPY) + b'more',
         ": byte 94: expected the end of the file after the gzip data, found other bytes")
    case("wrong-magic.npy.gz", altered(gzipped(NPY), 1, 1),
         ": byte 0: expected gzip data, as the name says, found the bytes 1f 8a 08 00 00 00 00 00")
    case("method.npy.gz", altered(gzipped(NPY), 2, 1),
         ": byte 4: expected intact gzip data, found damage: unknown compression method")
    case("twice.npy.gz", gzipped(gzipped(NPY)),
         ": expected data that is compressed once, found gzip data within")
    case("empty-inside.npy.gz", gzipped(b''),
         ": expected a tensor, found an empty file")
    case("bomb.csv.gz", gzipped(b'0\n' * 10_000_000),
         ": expected at most 1000000 bytes, found more", options="--max-bytes 1000000")
    case("reserved-flag.npy.gz", altered(gzipped(NPY), 3, 0x80),
         ": byte 4: expected intact gzip data, found damage: unknown header flags set")


def csv_tables() -> None:
    case("text-behind-quote.csv", b'"1"x,2\n',
         ':1:4: error: expected the end of the field after its closing quote, found "x"')
    case("quote-unclosed.csv", b'1,"2\n3,4\n',
         ":1:3: error: expected a closing quote, found the end of the file")
    case("quote-within.csv", b'1,2"3\n',
         ':1:4: error: expected quotes around the whole field, found one after "2"')
    case("lone-cr.csv", b"1,2\r3,4\r",
         ":1:4: error: expected lines that end in LF or CRLF, found a carriage return alone")
    case("utf-16.csv", "1,2\n".encode("utf-16"),
         ": byte 0: expected CSV text in UTF-8, found UTF-16 text")
    case("latin-1.csv", b"1,2\n3,\xe9\n",
         ": byte 0: expected CSV text in UTF-8, found the bytes 31 2c 32 0a 33 2c e9 0a")
    case("nul.csv", b"1,2\0\n",
         ": byte 0: expected CSV text in UTF-8, found the bytes 31 2c 32 00 0a")
    case("empty-field.csv", b"1,2\n3,\n",
         ":2:3: error: column 2: expected a number, found an empty field")
    case("missing-text.csv", b"1,2\n3,NA\n",
         ':2:3: error: column 2: expected a number, found "NA"')
    case("blank-line-in-one-column.csv", b"1\n\n3\n",
         ":2:1: error: column 1: expected a number, found an empty line")
    case("nan-payload.csv", b"1,2\n3,nan(7)\n",
         ':2:3: error: column 2: expected a number, found "nan(7)"')
    case("hex-float.csv", b"1,2\n3,0x1p3\n",
         ':2:3: error: column 2: expected a number, found "0x1p3"')
    case("underscore.csv", b"1,2\n3,1_000\n",
         ':2:3: error: column 2: expected a number, found "1_000"')
    case("fortran-exponent.csv", b"1,2\n3,1d3\n",
         ':2:3: error: column 2: expected a number, found "1d3"')
    case("float-suffix.csv", b"1,2\n3,1.5f\n",
         ':2:3: error: column 2: expected a number, found "1.5f"')
    case("full-width.csv", "1,2\n3,\uff11\n".encode(),
         ':2:3: error: column 2: expected a number, found "\uff11"')
    case("two-signs.csv", b"1,2\n3,--4\n",
         ':2:3: error: column 2: expected a number, found "--4"')
    case("inner-blank.csv", b"1,2\n3,4 5\n",
         ':2:3: error: column 2: expected a number, found "4 5"')
    case("thousands.csv", b'1,2\n"1,000",4\n',
         ':2:1: error: column 1: expected a number, found "1,000"')
    case("row-short.csv", b"1,2\n3\n",
         ":2:1: error: expected 2 fields as in the first row, found 1")
    case("row-long.csv", b"1,2\n3,4,5\n",
         ":2:1: error: expected 2 fields as in the first row, found 3")
    case("header-alone.csv", b"a,b\n",
         ": expected rows of numbers, found only a header")
    case("column-unknown.csv", b"score,label\n1,2\n",
         ': expected one of the columns score, label, found "scroe"', selector="scroe")
    case("column-beyond.csv", b"1,2\n",
         ": expected a column from 1 to 2, found 3", selector="3")
    case("name-twice.csv", b"a,a\n1,2\n",
         ': expected one column "a", found it at 1 and 2', selector="a")
    case("names-without-header.csv", b"1,2\n",
         ': expected a header row to find column "score" in, found numbers', selector="score")
    case("semicolons.csv", b"1;2\n3;4\n",
         ':2:1: error: column "1;2": expected a number, found "3;4"')
    case("decimal-comma.csv", b'"1,5";2\n',
         ':1:6: error: expected the end of the field after its closing quote, found ";2"')
    case("integer-inexact.csv", b"16777217\n",
         ":1:1: error: column 1: float32 cannot hold the integer 16777217 exactly")
    case("text-within.csv", b"1,2\nthree,4\n",
         ':2:1: error: column 1: expected a number, found "three"')
    case("empty.csv", b"",
         ": expected a tensor, found an empty file")


def main() -> None:
    start(HERE)
    for suffix in ("npz", "gz"):
        for path in HERE.glob(f"*.{suffix}"):
            path.unlink()
    npy_headers()
    npy_files()
    zip_archives()
    gzip_files()
    csv_tables()
    write_json(HERE / "cases.json", CASES)


if __name__ == "__main__":
    main()
