"""A matrix of .npy files for the reader, and files from np.save for the writer.

Makes cases.json, a list of {"file", "dtype", "shape", "values"} with the values as float64 in
C order whatever the file's order ("override" names the dtype the reader has to be told), and
written/written.json, the same for written/, whose files lossctl's writer must equal byte for byte.

Names: dtype, byte order (le, be, na), memory order (c, f), shape; v2 and v3 are format versions.
Numpy accepts every file here, the hand-written ones included; the script checks that it does.

Run: python make.py
"""

import math
import pathlib
import sys
import warnings

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import numbers, save, start, write_json  # noqa: E402

WRITTEN = HERE / "written"
ONE_BYTE = ["b1", "i1", "u1"]
WIDER = ["i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]
SHAPES = [(), (0,), (0, 3), (5,), (2, 3, 4)]


def sample(code: str) -> list:
    """24 values with no symmetry, the awkward ones within the first twelve, the first not zero."""
    kind = np.dtype(code).kind
    if kind == "b":
        return [True, False, False, True, True, False, True, True, True, False, False, False] * 2
    if kind == "f":
        info = np.finfo(code)
        awkward = [-1.5, float(info.smallest_subnormal), np.inf, -0.0, float(info.max), np.nan, -np.inf,
                   -3 * float(info.smallest_subnormal), float(info.smallest_normal), 1 / 3, 0.0, -float(info.max)]
    else:
        info = np.iinfo(code)
        # Near the ends of 64-bit integers float64 has to round; 2^53 + 1 is the first such value.
        awkward = [-7, info.max, info.min, 2**53 + 1, 1, 2**24 + 1, info.max - 1, 100, 0, -(2**53) - 3, 42, 17]
        awkward = [v if info.min <= v <= info.max else index + 3 for index, v in enumerate(awkward)]
    return awkward + [index * 3 + 1 for index in range(12)]


def array(code: str, shape: tuple[int, ...]) -> np.ndarray:
    count = math.prod(shape)
    return np.array(sample(code)[:count], dtype=np.dtype(code)).reshape(shape)


def shape_name(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def entry(file: str, dtype: str, values: np.ndarray) -> dict:
    return {"file": file, "dtype": dtype, "shape": list(values.shape), "values": numbers(values)}


def matrix_entry(code: str, order: str, memory: str, shape: tuple[int, ...], version=(1, 0)) -> dict:
    values = array(code, shape)
    stored = values.astype(values.dtype.newbyteorder({"le": "<", "be": ">", "na": "="}[order]))
    stored = np.asfortranarray(stored) if memory == "f" else stored
    suffix = "" if version == (1, 0) else f"-v{version[0]}"
    name = f"{code}-{order}-{memory}-{shape_name(shape)}{suffix}.npy"
    with open(HERE / name, "wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # numpy remarks that 2.0 and 3.0 need a newer numpy
        np.lib.format.write_array(file, stored, version=version)
    return entry(name, values.dtype.name, values)


def matrix() -> list[dict]:
    kinds = [(code, "na") for code in ONE_BYTE] + [(code, order) for code in WIDER for order in ("le", "be")]
    entries = [matrix_entry(code, order, memory, (3, 4)) for code, order in kinds for memory in "cf"]
    for code in ("f4", "f8", "i8"):
        for order in ("le", "be"):
            for shape in SHAPES:
                # Of the other shapes only the 3-D one is written differently in Fortran order.
                orders = "cf" if len(shape) == 3 else "c"
                entries += [matrix_entry(code, order, memory, shape) for memory in orders]
    for version in ((2, 0), (3, 0)):
        entries += [matrix_entry(code, "le", "c", (3, 4), version) for code in ("f4", "f8", "i8")]
        entries += [matrix_entry("f4", "be", "f", (3, 4), version), matrix_entry("f8", "le", "c", (), version)]
    return entries


def write_by_hand(name: str, header: bytes, data: bytes) -> None:
    preamble = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
    (HERE / name).write_bytes(preamble + header + data)


def padded(header: str, alignment: int) -> bytes:
    used = 10 + len(header) + 1
    return header.encode("latin-1") + b" " * (-used % alignment) + b"\n"


def bfloat16_entries() -> list[dict]:
    # 1, -2.5, the smallest subnormal, the largest, infinity, NaN, -0, pi, a third, -infinity, 1e-3 and 7.
    bits = np.array([0x3F80, 0xC020, 0x0001, 0x7F7F, 0x7F80, 0x7FC0, 0x8000, 0x4049, 0x3EAB, 0xFF80, 0x3A83, 0x40E0],
                    dtype=np.uint16).reshape(3, 4)
    values = (bits.astype(np.uint32) << 16).view(np.float32)
    # numpy has no bfloat16: ml_dtypes' arrays are saved as 2-byte void, torch's users save the bits as uint16.
    header = "{'descr': '<V2', 'fortran_order': False, 'shape': (3, 4), }"
    write_by_hand("bf16-v2-le-c-3x4.npy", padded(header, 64), bits.astype("<u2").tobytes())
    save(HERE / "bf16-u2-le-c-3x4.npy", bits.astype("<u2"))
    files = ["bf16-v2-le-c-3x4.npy", "bf16-u2-le-c-3x4.npy"]
    assert all((np.load(HERE / file).view(np.uint16) == bits).all() for file in files)
    return [{**entry(file, "bfloat16", values), "override": "bfloat16"} for file in files]


def hand_written_entries() -> list[dict]:
    python2 = np.array([2.5, -0.75])
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2L,), }"
    write_by_hand("python2-long-shape.npy", padded(header, 16), python2.astype("<f8").tobytes())

    foreign = np.array([[1.5, -2, 3.25], [4, 5.5, -6.125]], dtype=np.float32)
    header = b'{"shape": (2, 3), "fortran_order": False, "descr": "<f4"} \n'
    assert (10 + len(header)) % 4 != 0, "the data must not be aligned, not even to its own size"
    write_by_hand("double-quotes-unaligned.npy", header, foreign.astype("<f4").tobytes())
    return [
        entry("python2-long-shape.npy", "float64", python2),
        entry("double-quotes-unaligned.npy", "float32", foreign),
    ]


def check_with_numpy(folder: pathlib.Path, entries: list[dict]) -> None:
    for case in entries:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # for the Python 2 header
            loaded = np.load(folder / case["file"])
        assert list(loaded.shape) == case["shape"], case["file"]
        if "override" not in case:
            assert loaded.dtype.name == case["dtype"] and numbers(loaded) == case["values"], case["file"]


def written_entries() -> list[dict]:
    shapes = [("f4", (2, 3)), ("f8", ()), ("f4", (0, 3)), ("f2", (5,)), ("f8", (10,)), ("f4", (2, 3, 4)), ("f4", (1, 5)),
              ("f8", (5, 1)), ("f4", (0,)), ("f4", ()), ("f8", (3, 2))]
    entries = []
    for code, shape in shapes:
        values = array(code, shape)
        file = save(WRITTEN / f"{code}-{shape_name(shape)}.npy", values.astype(values.dtype.newbyteorder("<")))
        entries.append(entry(file, values.dtype.name, values))
    return entries


def main() -> None:
    start(HERE)
    start(WRITTEN)
    entries = matrix() + bfloat16_entries() + hand_written_entries()
    check_with_numpy(HERE, entries)
    write_json(HERE / "cases.json", entries)
    written = written_entries()
    check_with_numpy(WRITTEN, written)
    write_json(WRITTEN / "written.json", written)
    print(f"{len(entries)} files to read, {len(written)} to write")


if __name__ == "__main__":
    main()
