"""sigmoid, softmax and log-softmax of logits of all sizes from mpmath: cases.json.

Each case has the `dtype`, the `shape`, `x` and, in C order, `sigmoid`, and `softmax` and `log-softmax` along the
last axis, each rounded from 60 digits to the nearest double. Values of `x` are exact in `dtype`.

Run: python make.py
"""

import pathlib
import sys

import mpmath
import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import numbers, start, write_json_arrays  # noqa: E402

SEED = 20261126
mpmath.mp.dps = 60


def case(dtype: str, rows: np.ndarray) -> dict:
    x = rows.astype(dtype)
    found = {"dtype": np.dtype(dtype).name, "shape": list(x.shape), "x": numbers(x)}
    sigmoid, softmax, logs = [], [], []
    for row in x:
        values = [mpmath.mpf(float(value)) for value in row]
        total = mpmath.fsum(mpmath.exp(value - max(values)) for value in values)
        for value in values:
            sigmoid.append(float(1 / (1 + mpmath.exp(-value))))
            softmax.append(float(mpmath.exp(value - max(values)) / total))
            logs.append(float(value - max(values) - mpmath.log(total)))
    return found | {"sigmoid": numbers(sigmoid), "softmax": numbers(softmax), "log-softmax": numbers(logs)}


def main() -> None:
    start(HERE, SEED)
    random = np.random.default_rng(SEED)
    cases = []
    for dtype in ("f4", "f8"):
        cases += [
            case(dtype, random.normal(size=(5, 3)) * 3), case(dtype, random.normal(size=(3, 47)) * 20),
            case(dtype, random.normal(size=(2, 1))), case(dtype, random.uniform(-90, 90, (4, 6))),
            case(dtype, np.array([[0, -1e4, 1e4], [1e-30, -1e-30, 0], [88, 87, -103], [700, 709, 0]])),
        ]
    write_json_arrays(HERE / "cases.json", cases)


if __name__ == "__main__":
    main()
