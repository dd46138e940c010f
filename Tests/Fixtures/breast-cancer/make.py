"""Real predictions: logistic regression on scikit-learn's bundled breast cancer data, 569 rows.

The data set is UCI's Breast Cancer Wisconsin (Diagnostic), CC BY 4.0; no measurement of it is
stored here, only the 569 labels and the fitted model's scores.

Makes, with expected values from PyTorch:
- logits.npy (float32), logits-float64.npy, labels.npy (uint8), probabilities.npy (sigmoid in
  float64 rounded to float32), predictions.csv (header `score,label`, shortest float32 decimals)
- unreduced.npy, gradient.npy: BCE of logits.npy; the gradient is that of the mean
- unreduced-float64.npy, gradient-float64.npy: of logits-float64.npy
- unreduced-probs.npy, gradient-probs.npy: binary_cross_entropy of probabilities.npy, float32
- expected.json: mean and sum of `float32`, `float64` and `probs`

Run: python make.py   (the scores may move in the last digits with another BLAS, as L-BFGS does;
the expected values are computed from the scores as stored, so the folder stays consistent)
"""

import pathlib
import sys

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import number, save, start, write_json  # noqa: E402


def record(loss, predictions: np.ndarray, labels: np.ndarray, suffix: str) -> dict:
    """Saves the unreduced loss and the mean's gradient; returns the reduced values."""
    pred = torch.from_numpy(predictions).requires_grad_()
    label = torch.from_numpy(labels).to(pred.dtype)
    mean = loss(pred, label)
    mean.backward()
    save(HERE / f"unreduced{suffix}.npy", loss(pred, label, reduction="none").detach().numpy())
    save(HERE / f"gradient{suffix}.npy", pred.grad.numpy())
    return {"mean": number(mean.detach()), "sum": number(loss(pred, label, reduction="sum").detach())}


def main() -> None:
    start(HERE)
    features, target = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, target)
    logits64 = model.decision_function(features).astype(np.float64)
    logits32, labels = logits64.astype(np.float32), target.astype(np.uint8)
    probabilities = (1 / (1 + np.exp(-logits64))).astype(np.float32)

    save(HERE / "logits.npy", logits32)
    save(HERE / "logits-float64.npy", logits64)
    save(HERE / "labels.npy", labels)
    save(HERE / "probabilities.npy", probabilities)
    lines = (f"{score!s},{label}\n" for score, label in zip(logits32, labels))
    (HERE / "predictions.csv").write_text("score,label\n" + "".join(lines), encoding="ascii")
    write_json(HERE / "expected.json", {
        "float32": record(binary_cross_entropy_with_logits, logits32, labels, ""),
        "float64": record(binary_cross_entropy_with_logits, logits64, labels, "-float64"),
        "probs": record(binary_cross_entropy, probabilities, labels, "-probs"),
    })


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
