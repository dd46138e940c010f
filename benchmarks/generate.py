"""Makes the files of random numbers that bench.py measures with."""

import math
import os
import zlib
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from rows import Array

SEED = 20261123
CHUNK = 1 << 22


def make(array: Array, folder: Path) -> None:
    """Writes the file of `array`; it has its name only when it is complete."""
    # By name, so that a file is the same whatever else is made.
    random = np.random.default_rng([SEED, zlib.crc32(array.path.encode())])
    header = {"descr": np.dtype(array.dtype).str, "fortran_order": False, "shape": array.shape}
    path = folder / array.path
    part = path.with_suffix(".part")
    count = math.prod(array.shape)
    with part.open("wb") as file:
        npy.write_array_header_1_0(file, header)
        # Whole rows, for what is made a row at a time.
        chunk = CHUNK - CHUNK % array.shape[-1] if array.kind == "lists" else CHUNK
        for start in range(0, count, chunk):
            values(array, random, min(chunk, count - start)).tofile(file)
    if part.stat().st_size != array.size:
        raise ValueError(f"{part} has {part.stat().st_size} bytes, not {array.size}")
    os.replace(part, path)


def values(array: Array, random: np.random.Generator, count: int) -> np.ndarray:
    if array.kind in ("logits", "parameters"):
        wide = np.float64 if array.dtype == "float64" else np.float32
        deviation = 2 if array.kind == "logits" else 0.25
        return (deviation * random.standard_normal(count, dtype=wide)).astype(array.dtype)
    if array.kind == "lists":
        return lists(array, random, count)
    high = array.classes if array.kind == "classes" else 2
    return random.integers(0, high, count).astype(array.dtype)


def lists(array: Array, random: np.random.Generator, count: int) -> np.ndarray:
    """Rows of `classes` different indices, ended by -1."""
    length = array.shape[-1]
    rows = np.full((count // length, length), -1, array.dtype)
    first = random.integers(0, length, len(rows))
    # The same distances from another start are different indices.
    steps = random.permutation(length)[: array.classes]
    rows[:, : array.classes] = (first[:, None] + steps) % length
    return rows.ravel()
