"""The inputs of the grid: drawn by name, stored once, as short decimals."""

import zlib

import numpy as np
import torch
from cases import IGNORED_CLASS, Case
from fixture_files import number

SEED = 20240611


class Tensors:
    """The inputs by name. Seeded by their names: adding a case changes no other."""

    def __init__(self) -> None:
        self.records: dict[str, dict] = {}

    def add(self, name: str, array: np.ndarray) -> str:
        record = {"dtype": array.dtype.name, "shape": list(array.shape), "values": shortest(array)}
        assert self.records.setdefault(name, record) == record, name
        return name

    def draw(self, case: Case, kind: str) -> np.ndarray:
        shape, dtype = self.shape_and_dtype(case, kind)
        random = np.random.default_rng([SEED, zlib.crc32(f"{kind} {dtype} {shape}".encode())])
        if kind in ("index", "holed"):
            labels = random.integers(0, case.shape[case.axis], shape)
            units = np.arange(labels.size).reshape(shape)
            # Some units have the class that may be ignored, and never the only one of a shape.
            labels = np.where(units % 5 == 3, IGNORED_CLASS, np.where(units == 0, IGNORED_CLASS + 1, labels))
            return np.where((units % 3 == 1) & (kind == "holed"), -100, labels).astype(dtype)
        draws = {
            "logits": lambda: random.normal(0.2, 1.5, shape),
            "log-probs": lambda: log_softmax(random.normal(0.2, 1.5, shape), case.axis),
            "probs": lambda: np.exp(log_softmax(random.normal(0.2, 1.1, shape), case.axis)),
            "soft": lambda: random.uniform(0.02, 0.6, shape),
            "beyond": lambda: random.uniform(-0.7, 1.4, shape),
            "class-weight": lambda: random.uniform(0.2, 3, shape),
            "grad-output": lambda: random.uniform(-1.5, 2, shape),
        }
        # Four decimals keep the file short; few of them are exact in binary.
        return np.asarray(np.round(draws[kind](), 4)).astype(dtype)

    @staticmethod
    def shape_and_dtype(case: Case, kind: str) -> tuple[tuple[int, ...], str]:
        if kind in ("index", "holed"):
            return case.unit_shape, case.label_dtype or "int64"
        if kind == "class-weight":
            return (case.shape[case.axis],), case.weight_dtype or case.dtype
        if kind == "grad-output":
            return case.unit_shape, case.dtype
        return case.shape, case.dtype if kind == case.source else case.label_dtype or case.dtype


def shortest(array: np.ndarray) -> list:
    if array.dtype.kind != "f":
        return [int(value) for value in array.ravel()]
    decimals = [number(str(value)) for value in array.ravel()]
    assert np.array_equal(np.array([float(value) for value in decimals]).astype(array.dtype),
                          array.ravel(), equal_nan=True)
    return decimals


def log_softmax(x: np.ndarray, axis: int) -> np.ndarray:
    return torch.log_softmax(torch.from_numpy(x), axis).numpy()
