"""The margin losses from PyTorch: cases.json, inputs included.

Each case has the `loss` as lossctl calls it, its `options` (flags without dashes, values as strings), the `dtype`
of the predictions, the `shape`, and `pred`, `label` with `label-shape`, perhaps `class-weight`, and `upstream`, a
number for each row. Values read as float64 and rounded to `dtype` are exact.

Expected are PyTorch's float64 results for the inputs as stored: `unreduced`, `mean`, `sum`, `gradient` of the mean
and `upstream-gradient`, the vector-Jacobian product of the unreduced loss with `upstream`. multi-hot labels are
handed to PyTorch as lists.

Run: python make.py
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import numbers, start, write_json_arrays  # noqa: E402

SEED = 20261125
SHAPES = [(4,), (3, 5), (1, 2), (6, 17), (0, 3), (2, 1)]
RANDOM = np.random.default_rng(SEED)


def record(loss, function, dtype, pred, label, options=None, weight=None) -> dict:
    x = torch.tensor(pred.astype("f8"), requires_grad=True)
    unreduced = function(x, "none")
    upstream = RANDOM.normal(size=unreduced.shape).astype(dtype)
    mean, total = function(x, "mean"), function(x, "sum")
    gradient = torch.autograd.grad(mean, x)[0]
    product = torch.autograd.grad(unreduced, x, torch.tensor(upstream.astype("f8")))[0]
    case = {
        "loss": loss, "options": options or {}, "dtype": np.dtype(dtype).name, "shape": list(pred.shape),
        "pred": numbers(pred), "label": numbers(label), "label-shape": list(label.shape),
        "upstream": numbers(upstream), "unreduced": numbers(unreduced.detach()),
        "mean": numbers(mean.detach())[0], "sum": numbers(total.detach())[0],
        "gradient": numbers(gradient), "upstream-gradient": numbers(product),
    }
    if weight is not None:
        case["class-weight"] = numbers(weight)
    if pred.size == 0:
        # PyTorch's results for no rows are memory it did not write.
        case |= {"mean": "NaN", "sum": 0.0, "unreduced": []}
    return case


def class_lists(shape) -> np.ndarray:
    """Lists of classes ended by -1, some with a class twice, and anything allowed behind the end."""
    classes = shape[-1]
    rows = np.full((int(np.prod(shape[:-1])), classes), -1, "i8")
    for number, row in enumerate(rows):
        count = (number * 2 + 1) % (classes + 1)
        row[:count] = RANDOM.permutation(classes)[:count]
        if number % 3 == 2 and count > 1:
            row[1] = row[0]
        if count + 1 < classes:
            row[count + 1:] = RANDOM.integers(-1, classes, classes - count - 1)
    return rows.reshape(shape)


def as_lists(hot: np.ndarray) -> np.ndarray:
    rows = np.full(hot.shape, -1, "i8").reshape(-1, hot.shape[-1])
    for row, flags in zip(rows, hot.reshape(-1, hot.shape[-1])):
        found = np.flatnonzero(flags)
        row[:found.size] = found
    return rows.reshape(hot.shape)


def cases(dtype: str, shape: tuple[int, ...]) -> list[dict]:
    pred = (RANDOM.normal(size=shape) * 1.5).astype(dtype)
    weight = RANDOM.uniform(0.2, 2, shape[-1]).astype(dtype)
    w = torch.tensor(weight.astype("f8"))
    classes = RANDOM.integers(0, shape[-1], shape[:-1])
    index = torch.tensor(classes)
    found = []
    for p, margin, is_weighted in ((1, 1.0, False), (2, 1.0, True), (1, 0.375, True), (2, -0.5, False)):
        found.append(record(
            "multi-margin",
            lambda x, reduction: F.multi_margin_loss(
                x, index, p=p, margin=margin, weight=w if is_weighted else None, reduction=reduction),
            dtype, pred, np.array(classes), {"p": str(p), "margin": str(margin)}, weight if is_weighted else None))
    lists = class_lists(shape)
    hot = (RANDOM.random(shape) < 0.4).astype("u1")
    for label, tensor, options in (
            (lists, torch.tensor(lists), {}), (hot, torch.tensor(as_lists(hot)), {"label-format": "multi-hot"})):
        found.append(record(
            "multilabel-margin",
            lambda x, reduction: F.multilabel_margin_loss(x, tensor, reduction=reduction),
            dtype, pred, label, options))
    for label in (hot.astype(dtype), RANDOM.random(shape).astype(dtype)):
        for is_weighted in (False, True):
            y = torch.tensor(label.astype("f8"))
            found.append(record(
                "multilabel-soft-margin",
                lambda x, reduction: F.multilabel_soft_margin_loss(
                    x, y, weight=w if is_weighted else None, reduction=reduction),
                dtype, pred, label, None, weight if is_weighted else None))
    return found


def main() -> None:
    start(HERE, SEED)
    found = [case for dtype in ("f4", "f8") for shape in SHAPES for case in cases(dtype, shape)]
    write_json_arrays(HERE / "cases.json", found)
    print(len(found), "cases")


if __name__ == "__main__":
    main()
