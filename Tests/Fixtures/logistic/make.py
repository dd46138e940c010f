"""The cost of logistic regression from PyTorch: random cases, and a model of the breast cancer data.

cases.json, inputs included: each case has the `options` (flags without dashes, values as strings), the `dtype` of
the inputs, the `inputs` by name with `shape` and `values`, and `upstream`, a number for each row. Values read as
float64 and rounded to `dtype` are exact. Expected are PyTorch's float64 results for the inputs as stored:
`unreduced`, `mean` with the penalty, and by the names of the inputs the `gradients` of the mean and the
`upstream-gradients`, the vector-Jacobian products of the unreduced loss with `upstream`. Losses are written with
softplus: binary_cross_entropy_with_logits cancels for confident rows.

The model: scikit-learn's LogisticRegression(C=1) of the first 200 rows of its bundled breast cancer data, which are
UCI's Breast Cancer Wisconsin (Diagnostic), CC BY 4.0; features are standardized and rounded to float32.
- features.npy (float32, 200x30), labels.npy (uint8), theta.npy (float32, 30), bias.npy (float32, 1): the parameters
  are the fitted ones rounded to float32
- model.json: for l2 = 0.02, of which 1/200 is the one of the fit, `unreduced`, `mean` with `penalty`, and of the mean
  `theta`, `bias` and `derivatives`, those with respect to the logits

Run: python make.py   (the parameters may move in the last digits with another BLAS, as L-BFGS does; the expected
values are computed from what is stored, so the folder stays consistent)
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import named_case, number, numbers, save, start, write_json_arrays  # noqa: E402

SEED = 20261203
SHAPES = [(5, 3), (0, 4), (1, 1), (33, 1), (6, 16), (4, 37), (23, 8)]
# Options, the bias's shape and whether there are weights.
SETTINGS = [
    ({}, None, False),
    ({"l2": "0.1"}, (1,), False),
    ({"label-values": "pm1"}, (), True),
    ({"label-values": "pm1", "l2": "2.5"}, None, True),
]
ROWS = 200
L2 = 0.02
RANDOM = np.random.default_rng(SEED)


def losses(logits, labels, weights=1.0):
    """The losses of labels of 0 and 1."""
    # Beyond its threshold, softplus(x) is x.
    return weights * (labels * F.softplus(-logits, threshold=700) + (1 - labels) * F.softplus(logits, threshold=700))


def record(dtype, shape, options, bias_shape, has_weights) -> dict:
    count, width = shape
    arrays = {
        "features": RANDOM.normal(size=shape).astype(dtype),
        "theta": (3 * RANDOM.normal(size=width) / np.sqrt(width)).astype(dtype),
    }
    if bias_shape is not None:
        arrays["bias"] = np.asarray(RANDOM.normal(size=bias_shape), dtype=dtype)
    tensors = {name: torch.tensor(a.astype("f8"), requires_grad=True) for name, a in arrays.items()}
    ones = (RANDOM.random(count) < 0.5).astype(dtype)
    others = {"label": 2 * ones - 1 if options.get("label-values") == "pm1" else ones}
    if has_weights:
        others["sample-weight"] = RANDOM.uniform(0, 3, count).astype(dtype)
    logits = tensors["features"] @ tensors["theta"] + tensors.get("bias", torch.zeros(()))
    weights = torch.tensor(others.get("sample-weight", np.ones(count)).astype("f8"))
    unreduced = losses(logits, torch.tensor(ones.astype("f8")), weights)
    mean = unreduced.mean() + float(options.get("l2", "0")) / 2 * (tensors["theta"] ** 2).sum()
    upstream = RANDOM.normal(size=count).astype(dtype)
    return named_case("logistic", options, dtype, arrays | others, tensors, unreduced, mean, upstream)


def model() -> dict:
    features, target = load_breast_cancer(return_X_y=True)
    features = StandardScaler().fit_transform(features[:ROWS]).astype(np.float32)
    labels = target[:ROWS].astype(np.uint8)
    fitted = LogisticRegression(C=1, tol=1e-10, max_iter=10000).fit(features.astype("f8"), labels)
    theta, bias = fitted.coef_[0].astype(np.float32), fitted.intercept_.astype(np.float32)
    for name, array in {"features": features, "labels": labels, "theta": theta, "bias": bias}.items():
        save(HERE / f"{name}.npy", array)
    inputs = [torch.tensor(a.astype("f8"), requires_grad=True) for a in (theta, bias)]
    logits = torch.tensor(features.astype("f8")) @ inputs[0] + inputs[1]
    unreduced = losses(logits, torch.tensor(labels.astype("f8")))
    penalty = L2 / 2 * (inputs[0] ** 2).sum()
    mean = unreduced.mean() + penalty
    found = torch.autograd.grad(mean, [*inputs, logits])
    return {
        "l2": L2, "unreduced": numbers(unreduced.detach()), "mean": number(mean.detach()),
        "penalty": number(penalty.detach()), "theta": numbers(found[0]), "bias": numbers(found[1]),
        "derivatives": numbers(found[2]),
    }


def main() -> None:
    start(HERE, SEED)
    found = [
        record(dtype, shape, *setting) for dtype in ("f4", "f8") for shape in SHAPES for setting in SETTINGS]
    write_json_arrays(HERE / "cases.json", found)
    write_json_arrays(HERE / "model.json", model())
    print(len(found), "cases")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
