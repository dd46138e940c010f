"""Real predictions of ten classes: logistic regression on scikit-learn's bundled digits, 300 rows.

The data set is UCI's Optical Recognition of Handwritten Digits, CC BY 4.0; no pixel of it is
stored here, only the labels of 300 images the model was not fitted on and its scores for them.

Makes, with expected values from PyTorch:
- logits.npy (float32, 300x10), labels.npy (int64, 300)
- unreduced.npy, gradient.npy: cross_entropy in float32; the gradient is that of the mean
- unreduced-float64.npy, gradient-float64.npy: of the same float32 logits, in float64
- expected.json: mean and sum of `float32` and `float64`, and `errors`, the images misread

Run: python make.py   (the scores may move in the last digits with another BLAS, as L-BFGS does;
the expected values are computed from the scores as stored, so the folder stays consistent)
"""

import pathlib
import sys

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.nn.functional import cross_entropy

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import number, save, start, write_json  # noqa: E402

HELD_OUT = 300


def record(logits: np.ndarray, labels: np.ndarray, suffix: str) -> dict:
    """Saves the unreduced loss and the mean's gradient; returns the reduced values."""
    pred, label = torch.from_numpy(logits).requires_grad_(), torch.from_numpy(labels)
    mean = cross_entropy(pred, label)
    mean.backward()
    save(HERE / f"unreduced{suffix}.npy", cross_entropy(pred, label, reduction="none").detach().numpy())
    save(HERE / f"gradient{suffix}.npy", pred.grad.numpy())
    return {"mean": number(mean.detach()), "sum": number(cross_entropy(pred, label, reduction="sum").detach())}


def main() -> None:
    start(HERE)
    features, target = load_digits(return_X_y=True)
    # Sure enough for losses down to 1e-6, of which PyTorch's float32 is off by 5 % and its float64 by 1e-10.
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(features[:-HELD_OUT], target[:-HELD_OUT])
    logits = model.decision_function(features[-HELD_OUT:]).astype(np.float32)
    labels = target[-HELD_OUT:].astype(np.int64)
    save(HERE / "logits.npy", logits)
    save(HERE / "labels.npy", labels)
    write_json(HERE / "expected.json", {
        "float32": record(logits, labels, ""),
        "float64": record(logits.astype(np.float64), labels, "-float64"),
        "errors": int((logits.argmax(axis=1) != labels).sum()),
    })


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
