"""The losses of triplets and pairs from PyTorch: cases.json, inputs included.

Each case has the `loss` as lossctl calls it, its `options` (flags without dashes, values as strings), the `dtype`
of the inputs, the `inputs` by name with `shape` and `values`, and `upstream`, a number for each row. Values read
as float64 and rounded to `dtype` are exact.

Expected are PyTorch's float64 results for the inputs as stored: `unreduced`, `mean`, and by the names of the
inputs the `gradients` of the mean and the `upstream-gradients`, the vector-Jacobian products of the unreduced loss
with `upstream`. The contrastive loss is written out with PyTorch's distances, as sentence-transformers and
TensorFlow Addons do.

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

SEED = 20261126
SHAPES = [(5,), (3, 4), (2, 3, 17), (7, 1), (0, 3), (2, 25)]
RANDOM = np.random.default_rng(SEED)


def record(loss, function, dtype, arrays, labels, options) -> dict:
    tensors = {name: torch.tensor(a.astype("f8"), requires_grad=True) for name, a in arrays.items()}
    unreduced = function(**tensors)
    upstream = RANDOM.normal(size=unreduced.shape).astype(dtype)
    mean = unreduced.mean()
    return named_case(loss, options, dtype, arrays | labels, tensors, unreduced, mean, upstream)


def triplets(dtype, shape) -> list[dict]:
    # Some negatives are far, so that some hinges are 0.
    arrays = {name: RANDOM.normal(size=shape).astype(dtype) for name in ("anchor", "positive", "negative")}
    arrays["negative"] = (arrays["negative"] * 1.5).astype(dtype)
    found = []
    for margin, p, eps, swap in (
            (1.0, 2.0, 1e-6, False), (0.25, 1.0, 1e-6, False), (2.0, 3.5, 0.0, True), (1.0, np.inf, 1e-3, False),
            (0.5, 2.0, 1e-6, True)):
        found.append(record(
            "triplet",
            lambda anchor, positive, negative: F.triplet_margin_loss(
                anchor, positive, negative, margin=margin, p=p, eps=eps, swap=swap, reduction="none"),
            dtype, arrays, {},
            {"margin": str(margin), "p": str(p), "eps": str(eps), "swap": str(swap).lower()}))
    return found


def contrastive(distance, label, margin, similar, half, squared):
    y = label if similar == 1 else 1 - label
    power = 2 if squared else 1
    loss = y * distance**power + (1 - y) * F.relu(margin - distance)**power
    return loss / 2 if half else loss


PRESETS = {
    "hadsell": ("euclidean", 1.0, 0, True, True, 0.0),
    "sentence-transformers": ("cosine", 0.5, 1, True, True, 1e-6),
    "tf-addons": ("euclidean", 1.0, 1, False, True, 0.0),
}


def pairs(dtype, shape) -> list[dict]:
    arrays = {name: (RANDOM.normal(size=shape) * 0.5).astype(dtype) for name in ("a", "b")}
    found = []
    for preset, changes in (
            ("hadsell", {}), ("sentence-transformers", {}), ("tf-addons", {"margin": 2.5}),
            ("hadsell", {"squared": False, "half": False, "margin": 1.25}),
            ("sentence-transformers", {"metric": "manhattan", "margin": 4.0}),
            ("sentence-transformers", {"metric": "euclidean"})):
        names = ("metric", "margin", "similar", "half", "squared", "eps")
        setting = dict(zip(names, PRESETS[preset])) | changes
        if setting["metric"] == "cosine" and shape[-1] == 1:
            continue  # Gradients of numbers that are ±1 are 0; PyTorch's are what rounding left.
        label = RANDOM.random(shape[:-1])
        label = (label if "squared" in changes else (label < 0.5)).astype(dtype)
        y = torch.tensor(label.astype("f8"))

        def function(a, b):
            if setting["metric"] == "cosine":
                distance = 1 - F.cosine_similarity(a, b, dim=-1)
            else:
                distance = F.pairwise_distance(a, b, p=2 if setting["metric"] == "euclidean" else 1, eps=setting["eps"])
            return contrastive(
                distance, y, setting["margin"], setting["similar"], setting["half"], setting["squared"])

        options = {"preset": preset} | {key: str(value).lower() for key, value in changes.items()}
        found.append(record("contrastive", function, dtype, arrays, {"label": label}, options))
    distances = np.abs(RANDOM.normal(size=shape)).astype(dtype)
    label = (RANDOM.random(shape) < 0.5).astype(dtype)
    y = torch.tensor(label.astype("f8"))
    found.append(record(
        "contrastive", lambda distance: contrastive(distance, y, 0.75, 0, True, True), dtype,
        {"distance": distances}, {"label": label}, {"preset": "hadsell", "margin": "0.75"}))
    return found


def main() -> None:
    start(HERE, SEED)
    found = [
        case for dtype in ("f4", "f8") for shape in SHAPES for case in triplets(dtype, shape) + pairs(dtype, shape)]
    write_json_arrays(HERE / "cases.json", found)
    print(len(found), "cases")


if __name__ == "__main__":
    main()
