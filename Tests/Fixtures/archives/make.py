"""Archives and compressed files for the reader, whole and with each byte damaged.

Makes the files and cases.json, a list of {"file", "selector", "dtype", "shape", "values"} with the values
that numpy reads there. A case may have "cuts" and "flips": what Python makes of the file when it is damaged,
a letter for each length it is cut to and, in a string for each mask, for each byte the mask is XORed onto:

    =  numpy reads the same array    x  an error    !  numpy reads another array

Python reads .npz with numpy, .gz, .xz and .bz2 with its own modules, and .zst and .lz4 with the command-line
tools zstd and lz4, which write them too. Whatever is compressed is read to its end, checksums included.

Run: python make.py   (needs zstd and lz4 on the path)
"""

import bz2
import gzip
import io
import lzma
import pathlib
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile
import zlib

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import numbers, write_json  # noqa: E402

MASKS = (0xFF, 0x01, 0x20, 0x80)
P = np.array([[1.5, -2, 3.25], [4, 5.5, -6.125]], dtype="<f4")
Y = np.array([1, 0, 7], dtype="u1")
Z = np.array([[0.1, -0.2], [1e300, 3]], dtype=">f8", order="F")
CSV = b"score,label\n0.25,1\n-1.5,0\n3,1\n"


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


class Pipe(io.RawIOBase):
    """A file that cannot seek, as a pipe."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.content += bytes(data)
        return len(data)


# Zip archives.

def npz(compressed: bool = False, to_pipe: bool = False, **arrays: np.ndarray) -> bytes:
    file = Pipe() if to_pipe else io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return bytes(file.content) if to_pipe else file.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, content)
        archive.comment = comment
    return file.getvalue()


def with_zip64_directory(**arrays: np.ndarray) -> bytes:
    """An archive whose directory has all its large numbers in zip64 fields, though they are small."""
    limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 10, 0
    try:
        return npz(**arrays)
    finally:
        zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits


# Compressed files.

def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def gzipped_with_all_fields(data: bytes) -> bytes:
    """A gzip member with an extra field, a name, a comment and a checksum of the header."""
    header = b"\x1f\x8b\x08\x1e" + bytes(4) + b"\x00\x03" + struct.pack("<H", 6) + b"AB\x02\x00xy" + b"p.npy\0why\0"
    header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    return header + body + struct.pack("<II", zlib.crc32(data), len(data))


def by_tool(*command: str):
    def run(data: bytes) -> bytes:
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    return run


COMPRESS = {
    "gz": gzipped,
    "xz": lambda data: lzma.compress(data, check=lzma.CHECK_CRC64),
    "bz2": bz2.compress,
    "zst": by_tool("zstd", "-q", "--check", "-c"),
    "lz4": by_tool("lz4", "-q", "-c"),
}
DECOMPRESS = {
    "gz": lambda data: gzip.open(io.BytesIO(data)).read(),
    "xz": lambda data: lzma.open(io.BytesIO(data)).read(),
    "bz2": lambda data: bz2.open(io.BytesIO(data)).read(),
    "zst": by_tool("zstd", "-q", "-d", "-c"),
    "lz4": by_tool("lz4", "-q", "-d", "-c"),
}


# Tar archives.

def tarred(members: dict[str, bytes | None], form: int = tarfile.PAX_FORMAT, prefix: str = "") -> bytes:
    """A tar archive; None stands for a directory."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(prefix + name)
            if content is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content or b""))
    return file.getvalue()


def tarred_links() -> bytes:
    """A file, a symbolic link and a hard link to it, a FIFO."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo("p.npy")
        info.size = len(npy(P))
        archive.addfile(info, io.BytesIO(npy(P)))
        for name, kind in (("soft.npy", tarfile.SYMTYPE), ("hard.npy", tarfile.LNKTYPE), ("pipe.npy", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "p.npy"
            archive.addfile(info)
    return file.getvalue()


RUN = {"epoch3": None, "epoch3/p.npy": npy(P), "epoch3/y.npy": npy(Y)}


# What Python reads.

def load(file: str, selector: str | None, data: bytes) -> np.ndarray:
    """The array that `selector` names in a file of this name and these bytes, as numpy reads it."""
    name, _, suffix = file.rpartition(".")
    if suffix in DECOMPRESS:
        return load(name, selector, DECOMPRESS[suffix](data))
    if suffix == "tar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for info in archive:  # to the end
                pass
            return np.load(io.BytesIO(archive.extractfile(selector).read()))
    if suffix == "csv":
        table = np.genfromtxt(io.BytesIO(data), delimiter=",", names=True, dtype="f4")
        return table[selector]
    loaded = np.load(io.BytesIO(data))
    if suffix in ("npz", "zip"):
        keys = loaded.files
        if selector is None and len(keys) != 1:
            raise KeyError(selector)
        return loaded[keys[0] if selector is None else selector]
    return loaded


def outcome(file: str, selector: str | None, data: bytes, expected: np.ndarray) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = load(file, selector, data)
        except Exception:  # numpy, zipfile and the others have dozens
            return "x"
    same = found.dtype == expected.dtype and found.shape == expected.shape and found.tobytes() == expected.tobytes()
    return "=" if same else "!"


def flipped(data: bytes, index: int, mask: int) -> bytes:
    return data[:index] + bytes([data[index] ^ mask]) + data[index + 1:]


def entry(file: str, selector: str | None, data: bytes, is_damaged: bool) -> dict:
    array = load(file, selector, data)
    result = {
        "file": file, "dtype": array.dtype.name, "shape": list(array.shape), "values": numbers(array),
        "selector": selector,
    }
    if is_damaged:
        result["cuts"] = "".join(outcome(file, selector, data[:count], array) for count in range(len(data)))
        result["flips"] = {
            str(mask): "".join(
                outcome(file, selector, flipped(data, index, mask), array) for index in range(len(data)))
            for mask in MASKS
        }
    return result


def zip_files() -> list[tuple]:
    two, one = {"p": P, "y": Y}, {"z": Z}
    return [
        ("stored.npz", "y", npz(**two), True),
        ("deflated.npz", "y", npz(compressed=True, **two), True),
        ("one.npz", None, npz(**one), True),
        ("one-deflated.npz", None, npz(compressed=True, **one), True),
        ("piped.npz", "p", npz(to_pipe=True, **two), True),
        ("piped-deflated.npz", "p", npz(compressed=True, to_pipe=True, **two), True),
        ("zip64.npz", "p", with_zip64_directory(**two), True),
        ("utf8.npz", "Zürich/λ", npz(**{"Zürich/λ": P, "y": Y}), True),
        ("bzip2.npz", "p", zipped({"p.npy": npy(P)}, zipfile.ZIP_BZIP2), True),
        ("lzma.npz", "p", zipped({"p.npy": npy(P)}, zipfile.ZIP_LZMA), True),
        ("commented.npz", "p", zipped({"p.npy": npy(P)}, comment=b"run 7, epoch 3"), True),
        # A raw name wins over the one without its suffix.
        ("npy-key.npz", "x.npy", npz(**{"x.npy": P, "x": Y}), False),
        ("npy-key.npz", "x.npy.npy", npz(**{"x.npy": P, "x": Y}), False),
        ("npy-key.npz", "x", npz(**{"x.npy": P, "x": Y}), False),
        ("odd-keys.npz", "../up", npz(**{"../up": P, "/abs": Y, "a:b": Z}), False),
        ("odd-keys.npz", "/abs", npz(**{"../up": P, "/abs": Y, "a:b": Z}), False),
        ("odd-keys.npz", "a:b", npz(**{"../up": P, "/abs": Y, "a:b": Z}), False),
        ("empty-array.npz", "e", npz(compressed=True, e=np.zeros((0, 3), "<f4"), s=np.array(2.5)), False),
        ("empty-array.npz", "s", npz(compressed=True, e=np.zeros((0, 3), "<f4"), s=np.array(2.5)), False),
        ("table.zip:table.csv", "score", zipped({"table.csv": CSV}, zipfile.ZIP_DEFLATED), False),
    ]


def compressed_files() -> list[tuple]:
    halves = npy(P)[:100], npy(P)[100:]
    files = [
        ("fields.npy.gz", None, gzipped_with_all_fields(npy(P)), True),
        ("padded.npy.gz", None, gzipped(npy(P)) + bytes(7), True),
        ("stored.npz.gz", "p", gzipped(npz(p=P, y=Y)), False),
        ("table.csv.gz", "label", gzipped(CSV), False),
    ]
    for suffix, compress in COMPRESS.items():
        files += [
            (f"p.npy.{suffix}", None, compress(npy(P)), True),
            (f"joined.npy.{suffix}", None, b"".join(map(compress, halves)), suffix == "gz"),
            (f"run.tar.{suffix}", "epoch3/y.npy", compress(tarred(RUN)), True),
        ]
    return files


def tar_files() -> list[tuple]:
    long_name = "/".join(["a-folder-with-a-name-of-some-length"] * 5) + "/p.npy"
    return [
        ("run.tar", "epoch3/p.npy", tarred(RUN), False),
        ("dotted.tar", "./epoch3/y.npy", tarred(RUN, prefix="./"), False),
        ("pax.tar", "Zürich/λ.npy", tarred({"Zürich/λ.npy": npy(P), "y.npy": npy(Y)}), False),
        ("gnu.tar", long_name, tarred({long_name: npy(P)}, tarfile.GNU_FORMAT), False),
        ("ustar.tar", long_name, tarred({long_name: npy(P)}, tarfile.USTAR_FORMAT), False),
    ]


def bare_files() -> dict[str, bytes]:
    """Files without an array to be read; tests know them by name."""
    duplicate = io.BytesIO()
    with zipfile.ZipFile(duplicate, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the name is there already
        for content in (npy(P), npy(Y)):
            archive.writestr(zipfile.ZipInfo("p.npy"), content)
    encrypted = bytearray(zipped({"p.npy": npy(P)}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + offset] |= 1
    return {
        "empty.npz": npz(),
        "duplicate.npz": duplicate.getvalue(),
        "encrypted.npz": bytes(encrypted),
        "links.tar": tarred_links(),
        "duplicate.tar": tarred({"p.npy": npy(P)})[:1024] + tarred({"p.npy": npy(P)}),
        "table.zip": zipped({"table.csv": CSV}, zipfile.ZIP_DEFLATED),
        # A mebibyte of zeros, to be joined into as many as a test wants.
        "zeros.gz": gzipped(bytes(1 << 20)),
        "zeros.npz": npz(compressed=True, zeros=np.zeros(1 << 18, "<f4")),
        "folders.zip": zipped({"a/": b"", "a/b/": b""}),
    }


def main() -> None:
    print("archives: no random data")
    for path in HERE.iterdir():
        if path.is_file() and path.name != "make.py":
            path.unlink()
    for name, data in bare_files().items():
        (HERE / name).write_bytes(data)
    entries = []
    for file, selector, data, is_damaged in zip_files() + compressed_files() + tar_files():
        if ":" in file:
            file, member = file.split(":")
            array = load(member, selector, CSV)
            entries.append({
                "file": file, "dtype": array.dtype.name, "shape": list(array.shape), "values": numbers(array),
                "selector": f"{member}:{selector}"})
            continue
        (HERE / file).write_bytes(data)
        entries.append(entry(file, selector, data, is_damaged))
    write_json(HERE / "cases.json", entries)
    print(f"{len(entries)} cases, {sum('cuts' in case for case in entries)} of them damaged")


if __name__ == "__main__":
    main()
