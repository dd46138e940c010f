"""The losses in NumPy: straightforward, to be timed, and in float64, to be right.

Each loss gives one value for each label, and the gradient of their sum with respect to the logits.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

# Elements that are computed in float64 at a time.
BLOCK = 1 << 22


@dataclass(frozen=True)
class Loss:
    losses: Callable[[np.ndarray, np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray, np.ndarray], np.ndarray] | None


def bce_losses(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))


def bce_gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x)) - y


def softmax_losses(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    shifted = x - x.max(axis=1, keepdims=True)
    labelled = np.take_along_axis(shifted, np.expand_dims(y, 1), 1)
    return np.log(np.exp(shifted).sum(axis=1)) - labelled.squeeze(1)


def softmax_gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    result = np.exp(x - x.max(axis=1, keepdims=True))
    result /= result.sum(axis=1, keepdims=True)
    index = np.expand_dims(y, 1)
    np.put_along_axis(result, index, np.take_along_axis(result, index, 1) - 1, 1)
    return result


def soft_margin_losses(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return bce_losses(x, y).mean(axis=1)


def soft_margin_gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return bce_gradient(x, y) / x.shape[1]


def margin_losses(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """For lists as long as the longest, ended by -1; no class is listed twice."""
    return np.array([margin_row(a, b[: np.append(b, -1).argmin()]) for a, b in zip(x, y)])


def margin_row(x: np.ndarray, targets: np.ndarray) -> float:
    others = np.delete(x, targets)
    return np.maximum(0, 1 - (x[targets, None] - others)).sum() / x.size


LOSSES = {
    "bce": Loss(bce_losses, bce_gradient),
    "softmax-ce": Loss(softmax_losses, softmax_gradient),
    "multilabel-soft-margin": Loss(soft_margin_losses, soft_margin_gradient),
    "multilabel-margin": Loss(margin_losses, None),
}


def straightforward(loss: Loss, x: np.ndarray, y: np.ndarray, gradient: bool) -> float:
    """The mean loss, as NumPy is usually written; the gradient is computed and dropped."""
    if x.dtype == np.float16:
        # Sums of float16 overflow, and its arithmetic is emulated.
        x = x.astype(np.float32)
    value = loss.losses(x, y).mean()
    if gradient:
        loss.gradient(x, y) / y.size
    return float(value)


def exact_mean(loss: Loss, x: np.ndarray, y: np.ndarray) -> float:
    """The mean loss, all of it in float64."""
    found = [loss.losses(a, b) for a, b, _ in blocks(x, y)]
    return math.fsum(float(part.sum()) for part in found) / sum(part.size for part in found)


def gradient_error(loss: Loss, x: np.ndarray, y: np.ndarray, found: np.ndarray) -> float:
    """The largest difference of `found` from the mean's gradient, over the largest gradient."""
    if found.shape != x.shape:
        raise ValueError(f"the gradient has the shape {found.shape}, the logits {x.shape}")
    difference = largest = 0.0
    for a, b, rows in blocks(x, y):
        true = loss.gradient(a, b) / y.size
        # NaN is larger than nothing: np.maximum keeps it, max() may not.
        difference = np.maximum(difference, np.abs(true - found[rows]).max())
        largest = np.maximum(largest, np.abs(true).max())
    return float(difference / largest)


def blocks(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, slice]]:
    count = max(1, BLOCK * len(x) // x.size)
    for start in range(0, len(x), count):
        rows = slice(start, start + count)
        yield x[rows].astype(np.float64), y[rows], rows
