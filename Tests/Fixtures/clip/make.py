"""The contrastive losses of images and texts from PyTorch: cases.json, inputs included.

Each case has the `loss` as lossctl calls it, its `options` (flags without dashes, values as strings), the `dtype`
of the inputs, the `inputs` by name with `shape` and `values`, and `upstream`, a number for each pair. Values read
as float64 and rounded to `dtype` are exact.

Expected are PyTorch's float64 results for the inputs as stored: `unreduced`, `mean`, and by the names of inputs and
parameters the `gradients` of the mean and the `upstream-gradients`, the vector-Jacobian products of the unreduced
loss with `upstream`. The softmax objective is `cross_entropy` over the rows and the columns of the logits, as in
open_clip's ClipLoss; the soft-target objective has the row softmax of mean similarities as labels; the sigmoid objective `binary_cross_entropy_with_logits` as in its SigLipLoss.

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

SEED = 20261201
SHAPES = [(1, 3), (5, 4), (33, 17), (0, 4), (2, 1)]
SETTINGS = [
    {"temperature": "0.07", "normalize": "true"},
    {"logit-scale": "2.5", "direction-weight": "0.75"},
    {"direction-weight": "1", "logit-scale": "10", "normalize": "true"},
    {"direction-weight": "0", "logit-bias": "3", "temperature": "1"},
    {"objective": "sigmoid", "logit-scale": "10", "logit-bias": "-10", "normalize": "true"},
    {"objective": "sigmoid", "temperature": "0.5"},
    {"objective": "soft-target"},
    {"objective": "soft-target", "temperature": "0.25", "normalize": "true"},
    {"objective": "soft-target", "logit-scale": "0.5", "detach-targets": "true"},
]
RANDOM = np.random.default_rng(SEED)


def losses(options, image, text, parameters):
    if options.get("normalize") == "true":
        image, text = F.normalize(image), F.normalize(text)
    similarities = image @ text.T
    if "temperature" in parameters:
        logits = similarities / parameters["temperature"]
    else:
        logits = similarities * parameters["logit-scale"]
    count = len(image)
    if options.get("objective") == "sigmoid":
        logits = logits + parameters["logit-bias"]
        labels = torch.eye(count, dtype=logits.dtype)
        return F.binary_cross_entropy_with_logits(logits, labels, reduction="none").sum(1)
    if options.get("objective") == "soft-target":
        factor = 1 / parameters["temperature"] if "temperature" in parameters else parameters["logit-scale"]
        targets = torch.softmax((image @ image.T + text @ text.T) / 2 / factor, 1)
        if options.get("detach-targets") == "true":
            targets = targets.detach()
        rows, columns = torch.log_softmax(logits.T, 1), torch.log_softmax(logits, 1)
        return -((targets * rows).sum(1) + (targets.T * columns).sum(1)) / 2
    weight = float(options.get("direction-weight", "0.5"))
    labels = torch.arange(count)
    return (weight * F.cross_entropy(logits, labels, reduction="none")
            + (1 - weight) * F.cross_entropy(logits.T, labels, reduction="none"))


def record(dtype, arrays, options) -> dict:
    scale = "temperature" if "temperature" in options else "logit-scale"
    values = {scale: float(options.get(scale, "1"))}
    if options.get("objective") == "sigmoid":
        values["logit-bias"] = float(options.get("logit-bias", "0"))
    tensors = {name: torch.tensor(a.astype("f8"), requires_grad=True) for name, a in arrays.items()}
    parameters = {name: torch.tensor(v, dtype=torch.float64, requires_grad=True) for name, v in values.items()}
    unreduced = losses(options, tensors["image"], tensors["text"], parameters)
    upstream = RANDOM.normal(size=unreduced.shape).astype(dtype)
    mean = unreduced.mean()
    wanted = tensors | parameters
    return named_case("clip", options, dtype, arrays, wanted, unreduced, mean, upstream)


def main() -> None:
    start(HERE, SEED)
    found = []
    for dtype in ("f4", "f8"):
        for shape in SHAPES:
            image = RANDOM.normal(size=shape)
            arrays = {
                "image": image.astype(dtype), "text": (image + RANDOM.normal(size=shape)).astype(dtype)}
            # A vector of one number has a direction that does not change: the gradient is 0, PyTorch's is rounding.
            settings = [o for o in SETTINGS if shape[1] > 1 or "normalize" not in o]
            found += [record(dtype, arrays, options) for options in settings]
    write_json_arrays(HERE / "cases.json", found)
    print(len(found), "cases")


if __name__ == "__main__":
    main()
