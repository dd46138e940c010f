"""The losses in NumPy: straightforward, to be timed, and in float64, to be right.

Each loss takes a row's inputs in their order. It gives the values whose mean the loss is, as many for
each index of the first axis, and the gradient of their sum with respect to the first input, or a tuple
of those of the first few. Inputs that all rows share go by their positions in `shared`; a loss that is
`whole` takes all rows at once.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

# Elements that are computed in float64 at a time.
BLOCK = 1 << 22
# What triplet_margin_loss adds to each difference.
EPSILON = 1e-6
# The options of the rows: of contrastive, clip, and clip with the sigmoid objective.
MARGIN, TEMPERATURE = 32, 0.07
SCALE, BIAS = 10, -10
# Rows of a matrix of logits that are computed at a time.
ROWS = 1024


@dataclass(frozen=True)
class Loss:
    losses: Callable[..., np.ndarray]
    gradient: Callable[..., np.ndarray | tuple[np.ndarray, ...]] | None = None
    shared: tuple[int, ...] = ()
    whole: bool = False

    def gradients(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        found = self.gradient(*inputs)
        return found if isinstance(found, tuple) else (found,)


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


def triplet_losses(
    anchor: np.ndarray, positive: np.ndarray, negative: np.ndarray
) -> np.ndarray:
    return np.maximum(0, distance(anchor - positive) - distance(anchor - negative) + 1)


def triplet_gradients(
    anchor: np.ndarray, positive: np.ndarray, negative: np.ndarray
) -> tuple[np.ndarray, ...]:
    near, far = anchor - positive, anchor - negative
    near_length, far_length = distance(near)[:, None], distance(far)[:, None]
    counts = near_length - far_length + 1 > 0
    toward = counts * (near + EPSILON) / near_length
    away = counts * (far + EPSILON) / far_length
    return toward - away, -toward, away


def distance(difference: np.ndarray) -> np.ndarray:
    return np.linalg.norm(difference + EPSILON, axis=1)


def contrastive_losses(a: np.ndarray, b: np.ndarray, label: np.ndarray) -> np.ndarray:
    d = np.linalg.norm(a - b, axis=1)
    return 0.5 * ((1 - label) * d**2 + label * np.maximum(0, MARGIN - d) ** 2)


def logistic_losses(features: np.ndarray, theta: np.ndarray, label: np.ndarray) -> np.ndarray:
    return bce_losses(features @ theta, label)


def logistic_gradients(
    features: np.ndarray, theta: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, ...]:
    derivatives = bce_gradient(features @ theta, label)
    return derivatives[:, None] * theta, features.T @ derivatives


def nce_losses(pos: np.ndarray, neg: np.ndarray) -> np.ndarray:
    return softplus(-pos) + softplus(neg).sum(axis=1)


def linear_losses(
    hidden: np.ndarray, head: np.ndarray, bias: np.ndarray, label: np.ndarray
) -> np.ndarray:
    return softmax_losses(hidden @ head.T + bias, label)


def normalized(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def pieces(a: np.ndarray, b: np.ndarray, scale: float) -> Iterator[tuple[slice, np.ndarray]]:
    """The logits of some rows at a time."""
    for start in range(0, len(a), ROWS):
        rows = slice(start, start + ROWS)
        yield rows, scale * (a[rows] @ b.T)


def clip_sums(image: np.ndarray, text: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sums of the exponentials of logits, of rows and of columns: vectors of length 1 have none to fear."""
    columns, rows = np.zeros(len(text)), np.zeros(len(image))
    for part, logits in pieces(image, text, 1 / TEMPERATURE):
        exponentials = np.exp(logits)
        rows[part] = exponentials.sum(axis=1)
        columns += exponentials.sum(axis=0)
    return rows, columns


def clip_losses(image: np.ndarray, text: np.ndarray) -> np.ndarray:
    image, text = normalized(image), normalized(text)
    rows, columns = clip_sums(image, text)
    return (np.log(rows) + np.log(columns)) / 2 - (image * text).sum(axis=1) / TEMPERATURE


def clip_gradients(image: np.ndarray, text: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    images, texts = normalized(image), normalized(text)
    rows, columns = clip_sums(images, texts)
    of_images, of_texts = np.zeros_like(images), np.zeros_like(texts)
    for part, logits in pieces(images, texts, 1 / TEMPERATURE):
        g = np.exp(logits)
        g *= (1 / rows[part, None] + 1 / columns) / 2
        g[np.arange(len(g)), np.arange(part.start, part.start + len(g))] -= 1
        of_images[part] = g @ texts / TEMPERATURE
        of_texts += g.T @ images[part] / TEMPERATURE
    return unnormalized(of_images, images, image), unnormalized(of_texts, texts, text)


def unnormalized(gradient: np.ndarray, direction: np.ndarray, x: np.ndarray) -> np.ndarray:
    along = (gradient * direction).sum(axis=1, keepdims=True)
    return (gradient - along * direction) / np.linalg.norm(x, axis=1, keepdims=True)


def siglip_losses(image: np.ndarray, text: np.ndarray) -> np.ndarray:
    found = np.zeros(len(image))
    for part, logits in pieces(normalized(image), normalized(text), SCALE):
        logits += BIAS
        own = np.arange(part.start, part.start + len(logits))
        found[part] = softplus(logits).sum(axis=1) - logits[np.arange(len(logits)), own]
    return found


def softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


LOSSES = {
    "bce": Loss(bce_losses, bce_gradient),
    "softmax-ce": Loss(softmax_losses, softmax_gradient),
    "multilabel-soft-margin": Loss(soft_margin_losses, soft_margin_gradient),
    "multilabel-margin": Loss(margin_losses),
    "triplet": Loss(triplet_losses, triplet_gradients),
    "contrastive": Loss(contrastive_losses),
    "logistic": Loss(logistic_losses, logistic_gradients, shared=(1,)),
    "nce": Loss(nce_losses),
    "linear-ce": Loss(linear_losses, shared=(1, 2)),
    "clip": Loss(clip_losses, clip_gradients, whole=True),
    "siglip": Loss(siglip_losses, whole=True),
}


def straightforward(loss: Loss, inputs: list[np.ndarray], gradient: bool) -> float:
    """The mean loss, as NumPy is usually written; the gradients are computed and dropped."""
    # Sums of float16 overflow, and its arithmetic is emulated.
    inputs = [a.astype(np.float32) if a.dtype == np.float16 else a for a in inputs]
    losses = loss.losses(*inputs)
    value = losses.mean()
    if gradient:
        for found in loss.gradients(*inputs):
            found / losses.size
    return float(value)


def exact_mean(loss: Loss, inputs: list[np.ndarray]) -> float:
    """The mean loss, all of it in float64."""
    if loss.whole:
        return float(loss.losses(*(a.astype(np.float64) for a in inputs)).mean())
    found = [loss.losses(*block) for block, _ in blocks(inputs, loss.shared)]
    return math.fsum(float(part.sum()) for part in found) / sum(part.size for part in found)


def gradient_error(loss: Loss, inputs: list[np.ndarray], found: list[np.ndarray]) -> float:
    """The largest difference of `found` from the mean's gradients, over the largest gradient.

    With several gradients, it is that of the one where it is worst.
    """
    for gradient, values in zip(found, inputs):
        if gradient.shape != values.shape:
            raise ValueError(f"the gradient has the shape {gradient.shape}, its input {values.shape}")
    if loss.whole:
        true = loss.gradients(*(a.astype(np.float64) for a in inputs))
        pairs = ((sums / len(inputs[0]), gradient) for sums, gradient in zip(true, found, strict=True))
        return max(float(np.abs(t - gradient).max() / np.abs(t).max()) for t, gradient in pairs)
    first = (a if i in loss.shared else a[:1] for i, a in enumerate(inputs))
    count = len(inputs[0]) * loss.losses(*first).size
    difference, largest = np.zeros(len(found)), np.zeros(len(found))

    def hold(i: int, true: np.ndarray, gradient: np.ndarray) -> None:
        # NaN is larger than nothing: np.maximum keeps it, max() may not.
        difference[i] = np.maximum(difference[i], np.abs(true - gradient).max())
        largest[i] = np.maximum(largest[i], np.abs(true).max())

    totals = {i: np.zeros(found[i].shape) for i in loss.shared if i < len(found)}
    for block, rows in blocks(inputs, loss.shared):
        for i, (sums, gradient) in enumerate(zip(loss.gradients(*block), found, strict=True)):
            if i in totals:
                totals[i] += sums
            else:
                hold(i, sums / count, gradient[rows])
    for i, total in totals.items():
        hold(i, total / count, found[i])
    return float((difference / largest).max())


def blocks(
    inputs: list[np.ndarray], shared: tuple[int, ...]
) -> Iterator[tuple[list[np.ndarray], slice]]:
    """Some rows of all inputs that have rows at a time, in float64 what is no integer."""
    length = len(inputs[0])
    count = max(1, BLOCK * length // max(a.size for a in inputs))
    for start in range(0, length, count):
        rows = slice(start, start + count)
        parts = (a if i in shared else a[rows] for i, a in enumerate(inputs))
        yield [a.astype(np.float64) if a.dtype.kind == "f" else a for a in parts], rows
