"""The edge cases of softmax cross entropy, as data: make.py computes what is expected of them.

Most are what PyTorch says. Those with a `stand_in` are **lossctl's own definition**, where torch
gives a NaN that means nothing: torch then evaluates the stand-in in place of the predictions,
and what it gives is expected for the predictions themselves. Two definitions are of that kind:

- an ignored unit has loss 0 and gradient 0, whatever its predictions; the stand-in is any number
- 0 · ∞ is 0, under `--zero-times-inf zero`, the default; the stand-in of -∞ is -1e300, whose
  probability is 0 as well and whose product with 0 is 0. The same case under
  `--zero-times-inf nan` is what torch says.
"""

import dataclasses

import numpy as np

INF, NAN = float("inf"), float("nan")
FAR = -1e300  # -∞ as far as any probability can tell


@dataclasses.dataclass(frozen=True)
class Edge:
    name: str
    pred: list | np.ndarray
    label: list | np.ndarray | int
    weight: list | None = None
    stand_in: list | None = None
    ignore_index: int | None = None
    smoothing: float = 0
    zero_times_infinity: str = ""
    source: str = "logits"
    label_dtype: str = ""
    dtypes: tuple[str, ...] = ("float32", "float64")


EDGES = [
    # Infinite logits.
    Edge("minus-infinity-elsewhere", [[-INF, 1, 2], [0.5, -0.25, 1]], [1, 0]),
    Edge("minus-infinity-on-the-label", [[-INF, 1, 2], [0.5, -0.25, 1]], [0, 2]),
    Edge("row-of-minus-infinity", [[-INF, -INF, -INF], [0.5, -0.25, 1]], [0, 2]),
    Edge("only-one-finite", [[-INF, 3, -INF], [0.5, -0.25, 1]], [1, 2]),
    Edge("plus-infinity-on-the-label", [[INF, 1, 2], [0.5, -0.25, 1]], [0, 2]),
    Edge("plus-infinity-elsewhere", [[INF, 1, 2], [0.5, -0.25, 1]], [2, 2]),
    Edge("minus-infinity-smoothed", [[-INF, 1, 2], [0.5, -0.25, 1]], [1, 2], smoothing=0.1),
    Edge("minus-infinity-with-a-soft-label", [[-INF, 1, 2]], [[0.125, 0.25, 0.625]]),
    Edge("minus-infinity-with-a-soft-label-of-zero", [[-INF, 1, 2], [0.5, -0.25, 1]],
         [[0, 0.25, 0.75], [0.5, 0, 0.5]], stand_in=[[FAR, 1, 2], [0.5, -0.25, 1]]),
    Edge("minus-infinity-with-a-soft-label-of-zero-as-torch", [[-INF, 1, 2], [0.5, -0.25, 1]],
         [[0, 0.25, 0.75], [0.5, 0, 0.5]], zero_times_infinity="nan"),
    Edge("minus-infinity-with-a-class-weight-of-zero", [[-INF, 1, 2], [0.5, -0.25, 1]], [0, 2],
         weight=[0, 0.5, 2], stand_in=[[FAR, 1, 2], [0.5, -0.25, 1]]),
    Edge("minus-infinity-with-a-class-weight-of-zero-as-torch", [[-INF, 1, 2], [0.5, -0.25, 1]], [0, 2],
         weight=[0, 0.5, 2], zero_times_infinity="nan"),
    # NaN logits.
    Edge("nan", [[0.5, NAN, 2], [0.5, -0.25, 1]], [0, 1]),
    Edge("nan-on-the-label", [[0.5, NAN, 2], [0.5, -0.25, 1]], [1, 1]),
    Edge("nan-with-a-soft-label-of-zero", [[0.5, NAN, 2], [0.5, -0.25, 1]], [[0.5, 0, 0.5], [0.25, 0, 0.75]]),
    Edge("nan-in-an-ignored-row", [[0.5, NAN, 2], [0.5, -0.25, 1], [NAN, NAN, NAN]], [-100, 1, -100],
         weight=[3, 0.5, 2], stand_in=[[0, 0, 0], [0.5, -0.25, 1], [0, 0, 0]]),
    Edge("nan-in-a-row-of-an-ignored-class", [[0.5, NAN, 2], [0.5, -0.25, 1], [1, 3, 0.75]], [0, 1, 2],
         ignore_index=0, smoothing=0.1, stand_in=[[0, 0, 0], [0.5, -0.25, 1], [1, 3, 0.75]]),
    Edge("infinities-in-ignored-rows", [[INF, 1, 2], [0.5, -0.25, 1], [-INF, -INF, -INF]], [255, 1, 255],
         ignore_index=255, label_dtype="uint8", stand_in=[[0, 0, 0], [0.5, -0.25, 1], [0, 0, 0]]),
    # Nothing to average.
    Edge("all-ignored", [[0.5, 3, 2], [0.5, -0.25, 1]], [-100, -100]),
    Edge("all-ignored-weighted-and-smoothed", [[0.5, 3, 2], [0.5, -0.25, 1]], [1, 1], ignore_index=1,
         weight=[3, 0.5, 2], smoothing=0.1),
    Edge("single-ignored", [0.5, 3, 2], -100),
    Edge("all-ignored-with-nan", [[0.5, NAN, 2], [0.5, -0.25, 1]], [-100, -100],
         stand_in=[[0, 0, 0], [0.5, -0.25, 1]]),
    Edge("class-weight-zero-on-every-label", [[3, 1, 2], [1, 2, 4]], [0, 0], weight=[0, 1, 2]),
    Edge("no-rows", np.zeros((0, 5)), np.zeros((0,)), weight=[3, 0.5, 2, 1, 4]),
    Edge("no-rows-soft", np.zeros((0, 5)), np.zeros((0, 5))),
    Edge("no-positions", np.zeros((2, 3, 0)), np.zeros((2, 0))),
    # One class.
    Edge("one-class", [[3], [-1.5], [0]], [0, 0, 0], weight=[2]),
    Edge("one-class-with-one-ignored", [[3], [-1.5], [0]], [0, -100, 0]),
    Edge("one-class-soft", [[3], [-1.5]], [[0.75], [1]]),
    # Two classes as bool.
    Edge("bool-labels", [[1.5, -0.5], [0.25, 2], [3, 1]], [True, True, False], label_dtype="bool"),
    # Large logits.
    Edge("ten-thousand", [[1e4, -1e4, 0], [1e4, -1e4, 0], [-1e4, 1e4, 1e4], [1e4, -1e4, 0]], [0, 1, 1, 2]),
    Edge("ten-thousand-weighted-soft", [[1e4, -1e4, 0]], [[0.25, 0.125, 0.5]], weight=[1, 3, 2]),
    Edge("largest-on-the-label", [[3e38, -3e38, 0]], [0]),
    Edge("largest-elsewhere", [[3e38, -3e38, 0]], [1]),
    Edge("largest-and-zero", [[3e38, -3e38, 0]], [2]),
    # Log-probabilities and probabilities of impossible classes.
    Edge("log-probs-minus-infinity-elsewhere", [[-INF, -0.5, -1.25]], [1], source="log-probs"),
    Edge("log-probs-minus-infinity-on-the-label", [[-INF, -0.5, -1.25]], [0], source="log-probs"),
    Edge("log-probs-minus-infinity-soft-zero", [[-INF, -0.5, -1.25]], [[0, 0.25, 0.75]], source="log-probs",
         stand_in=[[FAR, -0.5, -1.25]]),
    Edge("log-probs-nan-in-an-ignored-row", [[NAN, -0.5, -1.25], [-0.5, -2, -3]], [-100, 1], source="log-probs",
         stand_in=[[0, 0, 0], [-0.5, -2, -3]]),
    Edge("log-probs-all-ignored", [[-1, -0.5, -1.25]], [-100], source="log-probs", weight=[1, 3, 2]),
    Edge("probs-zero-elsewhere", [[0, 0.25, 0.75]], [1], source="probs"),
    Edge("probs-zero-with-a-soft-label-of-zero", [[0, 0.25, 0.75]], [[0, 0.5, 0.5]], source="probs"),
]
