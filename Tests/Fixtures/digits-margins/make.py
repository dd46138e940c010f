"""Real scores for the margin losses: ridge regression on scikit-learn's bundled digits, 200 rows.

The data set is UCI's Optical Recognition of Handwritten Digits, CC BY 4.0; no pixel of it is stored here, only the
labels of 200 images the models were not fitted on and their scores for them. One model scores the ten digits, the
other attributes that digits have, of which an image has from one to three:
an even number, a prime, above four, a square, with a loop.

Makes:
- digit-scores.npy (float32, 200x10), digits.npy (int64, 200), digit-weights.npy (float32, 10)
- attribute-scores.npy (float32, 200x5), attributes.npy (uint8, 200x5, 0 or 1), attribute-lists.npy (int64, 200x5,
  the same as class indices ended by -1), attribute-weights.npy (float32, 5)
- NAME-unreduced.npy, NAME-gradient.npy for each NAME of the table in `main`: PyTorch's float64 losses of these
  numbers, and the gradient of their mean
- expected.json: the `mean` of each

Run: python make.py   (the scores may move in the last digits with another BLAS; the expected values are computed
from the scores as stored, so the folder stays consistent)
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import Ridge

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import number, save, start, write_json  # noqa: E402

HELD_OUT = 200
ATTRIBUTES = [
    {0, 2, 4, 6, 8},  # even
    {2, 3, 5, 7},  # prime
    {5, 6, 7, 8, 9},  # above four
    {0, 1, 4, 9},  # square
    {0, 6, 8, 9},  # with a loop
]


def scores(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The held-out images' scores by a model of targets of ±1, widened to margins of about 1."""
    model = Ridge(alpha=10).fit(features[:-HELD_OUT], targets[:-HELD_OUT])
    return (2 * model.predict(features[-HELD_OUT:])).astype(np.float32)


def lists(labels: np.ndarray) -> np.ndarray:
    """The columns of each row's ones, then -1."""
    result = np.full(labels.shape, -1, np.int64)
    for row, ones in zip(result, labels):
        found = np.flatnonzero(ones)
        row[:found.size] = found
    return result


def record(name: str, loss, pred: np.ndarray) -> float | str:
    tensor = torch.tensor(pred.astype("f8"), requires_grad=True)
    unreduced = loss(tensor)
    mean = unreduced.mean()
    mean.backward()
    save(HERE / f"{name}-unreduced.npy", unreduced.detach().numpy())
    save(HERE / f"{name}-gradient.npy", tensor.grad.numpy())
    return number(mean.detach())


def main() -> None:
    start(HERE)
    features, target = load_digits(return_X_y=True)
    digits = target[-HELD_OUT:].astype(np.int64)
    table = np.array([[digit in attribute for attribute in ATTRIBUTES] for digit in range(10)])
    attributes = table[digits].astype(np.uint8)
    of_digits = scores(features, 2.0 * np.eye(10)[target] - 1)
    of_attributes = scores(features, 2.0 * table[target] - 1)
    # The rarer, the heavier.
    digit_weights = (HELD_OUT / 10 / np.bincount(digits, minlength=10)).astype(np.float32)
    attribute_weights = (HELD_OUT / 2 / attributes.sum(axis=0)).astype(np.float32)
    found = {
        "digit-scores": of_digits, "digits": digits, "digit-weights": digit_weights,
        "attribute-scores": of_attributes, "attributes": attributes, "attribute-lists": lists(attributes),
        "attribute-weights": attribute_weights,
    }
    for name, array in found.items():
        save(HERE / f"{name}.npy", array)
    index, indices = torch.from_numpy(digits), torch.from_numpy(lists(attributes))
    hot = torch.from_numpy(attributes.astype("f8"))
    by_digit, by_attribute = (torch.tensor(w.astype("f8")) for w in (digit_weights, attribute_weights))
    none = {"reduction": "none"}
    write_json(HERE / "expected.json", {
        name: {"mean": record(name, loss, pred)} for name, loss, pred in [
            ("multi-margin", lambda x: F.multi_margin_loss(x, index, **none), of_digits),
            ("multi-margin-squared", lambda x: F.multi_margin_loss(
                x, index, p=2, margin=0.75, weight=by_digit, **none), of_digits),
            ("multilabel-margin", lambda x: F.multilabel_margin_loss(x, indices, **none), of_attributes),
            ("multilabel-soft-margin", lambda x: F.multilabel_soft_margin_loss(x, hot, **none), of_attributes),
            ("multilabel-soft-margin-weighted", lambda x: F.multilabel_soft_margin_loss(
                x, hot, by_attribute, **none), of_attributes),
        ]})


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
