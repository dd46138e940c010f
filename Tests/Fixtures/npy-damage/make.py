"""NPY files for the reader, damaged in every byte, with what NumPy makes of each.

- *.npy: small valid files of several dtypes, versions and memory orders
- cases.json: for each file `cuts`, an outcome for each length it is cut to, and `flips`, by the mask that is XORed
  onto a byte an outcome for each byte. An outcome is `x`, where NumPy raises, `o`, where it reads something that
  is no array of real numbers, or else the CRC-32 of the dtype's name, a blank, the sizes each with a comma, a
  blank, and the values in C order as little-endian doubles, every NaN as the one 7ff8000000000000

Run: python make.py
"""

import io
import pathlib
import sys
import warnings
import zlib

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import start, write_json_arrays  # noqa: E402

MASKS = [1 << bit for bit in range(8)] + [0xFF]


def file(array: np.ndarray, version: tuple[int, int]) -> bytes:
    target = io.BytesIO()
    np.lib.format.write_array(target, array, version=version)
    return target.getvalue()


def files() -> dict[str, bytes]:
    return {
        "float32-v1.npy": file(np.array([[1.5, -2, 3.25], [4, 5.5, -6.125]], "<f4"), (1, 0)),
        "float64-column-major-v2.npy": file(np.array([[0.1, -0.2, 7], [1e300, 3, -1e-9]], ">f8", order="F"), (2, 0)),
        "uint8-v3.npy": file(np.array([1, 0, 7, 255], "u1"), (3, 0)),
        "int16-big-endian.npy": file(np.array([[[-2, 300]], [[7, -32768]]], ">i2"), (1, 0)),
        "float16-scalar.npy": file(np.array(-2.5, "<f2"), (1, 0)),
        "int64-empty.npy": file(np.zeros((0, 3), "<i8"), (1, 0)),
    }


def outcome(data: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            array = np.load(io.BytesIO(data), allow_pickle=False)
        # NumPy has dozens of ways to say no, MemoryError and SyntaxError among them.
        except Exception:
            return "x"
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        return "o"
    values = array.astype("<f8").ravel(order="C")
    values[np.isnan(values)] = np.nan
    text = f"{array.dtype.name} {''.join(f'{size},' for size in array.shape)} "
    return f"{zlib.crc32(text.encode() + values.tobytes()):08x}"


def main() -> None:
    start(HERE)
    cases = []
    for name, data in files().items():
        (HERE / name).write_bytes(data)
        assert outcome(data) not in "xo"
        flips = {}
        for mask in MASKS:
            changed = (data[:index] + bytes([data[index] ^ mask]) + data[index + 1:] for index in range(len(data)))
            flips[str(mask)] = [outcome(bytes_) for bytes_ in changed]
        cases.append({
            "file": name, "whole": outcome(data), "cuts": [outcome(data[:count]) for count in range(len(data))],
            "flips": flips})
    write_json_arrays(HERE / "cases.json", cases)


if __name__ == "__main__":
    main()
