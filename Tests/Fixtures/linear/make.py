"""Linear cross entropy from PyTorch: cases.json, inputs included, in the form of the clip cases.

Expected are PyTorch's float64 `cross_entropy` of `hidden @ head.T + head-bias` for the inputs as stored. Rows whose
label is the ignored one hold numbers like any others.

Run: python make.py
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import named_case, start, write_json_arrays  # noqa: E402

SEED = 20261202
# Rows, hidden width, classes.
SHAPES = [((1,), 3, 1), ((7,), 4, 5), ((3, 5), 9, 31), ((0,), 4, 3)]
SETTINGS = [
    {},
    {"bias": "true"},
    {"bias": "true", "class-weight": "true", "ignore-index": "-100"},
    {"label-smoothing": "0.25", "ignore-index": "2"},
    {"bias": "true", "class-weight": "true", "label-smoothing": "0.1", "ignore-index": "-1"},
]
RANDOM = np.random.default_rng(SEED)


def record(dtype, shape, options) -> dict:
    rows, width, classes = shape
    arrays = {"hidden": RANDOM.normal(size=(*rows, width)), "head": RANDOM.normal(size=(classes, width))}
    if options.get("bias"):
        arrays["head-bias"] = RANDOM.normal(size=classes)
    labels = RANDOM.integers(0, classes, rows)
    ignored = int(options.get("ignore-index", "-100"))
    if "ignore-index" in options and labels.size > 1:
        labels.reshape(-1)[1::3] = ignored
    weights = RANDOM.uniform(0.2, 3, classes) if options.get("class-weight") else None
    arrays = {name: a.astype(dtype) for name, a in arrays.items()}
    tensors = {name: torch.tensor(a.astype("f8"), requires_grad=True) for name, a in arrays.items()}
    if weights is not None:
        arrays["class-weight"] = weights = weights.astype(dtype)
        weights = torch.tensor(weights.astype("f8"))
    logits = tensors["hidden"] @ tensors["head"].T + tensors.get("head-bias", 0)

    def loss(reduction):
        return F.cross_entropy(
            logits.reshape(-1, classes), torch.tensor(labels).reshape(-1), weight=weights, reduction=reduction,
            ignore_index=ignored, label_smoothing=float(options.get("label-smoothing", "0")))

    unreduced, mean = loss("none").reshape(rows), loss("mean")
    upstream = RANDOM.normal(size=rows).astype(dtype)
    arrays["label"] = labels
    return named_case("softmax-ce", options, dtype, arrays, tensors, unreduced, mean, upstream)


def main() -> None:
    start(HERE, SEED)
    found = [record(dtype, shape, options) for dtype in ("f4", "f8") for shape in SHAPES for options in SETTINGS]
    write_json_arrays(HERE / "cases.json", found)
    print(len(found), "cases")


if __name__ == "__main__":
    main()
