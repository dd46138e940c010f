"""Every NPY file of a kind NumPy writes, in archives: dtype × byte order × memory order × shape × version.

- matrix.npz, matrix-deflated.npz, matrix.tar.gz, matrix.tar.xz: the same arrays in different containers; their
  names are dtype-shape-order-memory-version, as in f4-2x3-big-column-v2
- expected.json: for each dtype and shape, as in f4-2x3, NumPy's name of the dtype, the sizes and the values

Run: python make.py
"""

import gzip
import io
import lzma
import pathlib
import sys
import tarfile
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import numbers, start, write_json_arrays  # noqa: E402

DTYPES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]
SHAPES = [(), (5,), (2, 3), (2, 0, 3), (2, 3, 2)]
VERSIONS = [(1, 0), (2, 0), (3, 0)]


def array(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of which no two are equal, the extremes of integers among them; doubles hold them all."""
    count = int(np.prod(shape))
    if dtype == "b1":
        return (np.arange(count) % 3 == 1).reshape(shape)
    values = np.arange(count, dtype="f8") * 1.25 - 2.5
    if dtype[0] in "iu":
        limits = np.iinfo(dtype)
        values = np.arange(count) * 7 + (3 if dtype[0] == "u" else -20)
        if count > 1:
            # 2⁵³ - 1 where the extreme is no double.
            values[-1] = min(limits.max, 2**53 - 1)
    elif count > 2:
        values[1:3] = np.nan, -np.inf
    return values.astype(dtype).reshape(shape)


def name_of(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def files() -> dict[str, bytes]:
    result = {}
    for dtype in DTYPES:
        for shape in SHAPES:
            for order, mark in (("little", "<"), ("big", ">")):
                if order == "big" and dtype.endswith("1"):
                    continue
                for memory in ("row", "column") if len(shape) > 1 else ("row",):
                    for version in VERSIONS:
                        stored = np.array(
                            array(dtype, shape), dtype=mark + dtype, order="C" if memory == "row" else "F")
                        target = io.BytesIO()
                        np.lib.format.write_array(target, stored, version=version)
                        name = f"{dtype}-{name_of(shape)}-{order}-{memory}-v{version[0]}.npy"
                        result[name] = target.getvalue()
    return result


def zipped(members: dict[str, bytes], method: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return target.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def main() -> None:
    start(HERE)
    members = files()
    (HERE / "matrix.npz").write_bytes(zipped(members, zipfile.ZIP_STORED))
    (HERE / "matrix-deflated.npz").write_bytes(zipped(members, zipfile.ZIP_DEFLATED))
    (HERE / "matrix.tar.gz").write_bytes(gzip.compress(tarred(members), mtime=0))
    (HERE / "matrix.tar.xz").write_bytes(lzma.compress(tarred(members)))
    with np.load(HERE / "matrix.npz") as loaded:
        for name in loaded.files:
            dtype, shape = name.split("-")[:2]
            expected = array(dtype, next(known for known in SHAPES if name_of(known) == shape))
            np.testing.assert_array_equal(loaded[name], expected)
    expected = {}
    for dtype in DTYPES:
        for shape in SHAPES:
            content = array(dtype, shape)
            expected[f"{dtype}-{name_of(shape)}"] = {
                "dtype": content.dtype.name, "shape": list(shape), "values": numbers(content)}
    write_json_arrays(HERE / "expected.json", {"arrays": expected, "names": sorted(name[:-4] for name in members)})


if __name__ == "__main__":
    main()
