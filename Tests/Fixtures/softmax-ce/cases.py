"""The grid of cases, as data: what make.py computes, edge cases apart."""

import dataclasses
import functools
import itertools
import math

SHAPES = [(7,), (4, 5), (3, 6, 2), (2, 5, 3, 4), (3, 4, 2, 1, 5)]
IGNORED_CLASS = 2


@dataclasses.dataclass(frozen=True)
class Case:
    """Shapes are given with the class axis at 1, and at 0 where there is no other."""

    source: str  # logits | log-probs | probs
    dtype: str  # of pred
    shape: tuple[int, ...]
    label: str = "index"  # index | holed (an index, some ignored) | soft | beyond (soft, no distribution)
    weighted: bool = False
    ignore_index: int | None = None
    smoothing: float = 0
    class_axis: int | None = None  # None: 1, the default
    upstream: bool = False
    label_dtype: str = ""  # int64 for an index, else pred's
    weight_dtype: str = ""  # pred's
    compute_dtype: str = ""
    large_gradient: str = "mean"

    @property
    def name(self) -> str:
        parts = [self.source, self.dtype, shape_name(self.shape), self.label, self.label_dtype]
        parts += ["class-weight", self.weight_dtype] if self.weighted else []
        parts += [f"ignore-{self.ignore_index}"] if self.ignore_index is not None else []
        parts += [f"smoothing-{self.smoothing}"] if self.smoothing else []
        parts += [f"class-axis-{self.class_axis}"] if self.class_axis is not None else []
        parts += ["upstream"] if self.upstream else []
        parts += ["compute-" + self.compute_dtype] if self.compute_dtype else []
        return "-".join(part for part in parts if part)

    @property
    def is_soft(self) -> bool:
        return self.label in ("soft", "beyond")

    @property
    def gradients(self) -> tuple[str, ...]:
        # Both of the largest shapes would double the file: every option meets both, not every pair of options.
        return ("sum", "mean") if math.prod(self.shape) <= 36 else (self.large_gradient,)

    @property
    def axis(self) -> int:
        """Where torch has the classes."""
        return min(1, len(self.shape) - 1)

    @property
    def unit_shape(self) -> tuple[int, ...]:
        return self.shape[:self.axis] + self.shape[self.axis + 1:]

    @property
    def options(self) -> dict[str, str]:
        given = {
            "from": self.source, "ignore-index": self.ignore_index, "label-smoothing": self.smoothing or None,
            "class-axis": self.class_axis, "compute-dtype": self.compute_dtype or None,
        }
        return {flag: str(value) for flag, value in given.items() if value is not None}


def shape_name(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def grid() -> list[Case]:
    """Every combination of labels, weights, ignored labels and smoothing on each shape in both dtypes.

    But the largest, which are most of the file, have no labels without an ignored one.
    """
    cases = []
    for dtype, shape, weighted, smoothing in itertools.product(
            ("float32", "float64"), SHAPES, (False, True), (0, 0.1)):
        make = functools.partial(Case, "logits", dtype, shape, weighted=weighted, smoothing=smoothing,
                                 large_gradient="mean" if weighted == bool(smoothing) else "sum")
        cases += [make("index", ignore_index=IGNORED_CLASS), make("soft")]
        # What ignores some of its labels tests the others as well; a single one is ignored in edges.py.
        cases += [make("index")] if len(shape) < 4 else []
        cases += [make("holed")] if len(shape) > 1 else []
    return cases


def log_probabilities() -> list[Case]:
    """nll_loss has no smoothing; the formula's cases are a handful."""
    cases = []
    for dtype, shape, weighted in itertools.product(("float32", "float64"), SHAPES[:3], (False, True)):
        make = functools.partial(Case, "log-probs", dtype, shape, weighted=weighted)
        cases += [make("index"), make("index", ignore_index=IGNORED_CLASS)]
        cases += [make("holed")] if len(shape) > 1 else []
    return cases + [
        Case("log-probs", "float32", SHAPES[3], "holed", weighted=True),
        Case("log-probs", "float64", SHAPES[3], ignore_index=IGNORED_CLASS),
        Case("log-probs", "float32", (4, 5), "soft", weighted=True, upstream=True),
        Case("log-probs", "float64", (3, 6, 2), "soft", smoothing=0.1),
        Case("log-probs", "float32", (3, 6, 2), "holed", weighted=True, smoothing=0.1),
        Case("log-probs", "float64", (4, 5), "index", weighted=True, smoothing=0.1, ignore_index=IGNORED_CLASS),
        Case("log-probs", "float32", (3, 6, 2), "holed", weighted=True, class_axis=-1, upstream=True),
    ]


PROBABILITIES = [
    Case("probs", "float32", (7,)),
    Case("probs", "float32", (4, 5), weighted=True, upstream=True),
    Case("probs", "float64", (4, 5), "holed"),
    Case("probs", "float32", (3, 6, 2), "holed", weighted=True, ignore_index=-100),
    Case("probs", "float64", (3, 6, 2), "index", weighted=True, ignore_index=IGNORED_CLASS, smoothing=0.1),
    Case("probs", "float32", (4, 5), "soft"),
    Case("probs", "float64", (4, 5), "soft", weighted=True, smoothing=0.1, upstream=True),
    Case("probs", "float32", (3, 6, 2), "soft", weighted=True, class_axis=-1),
]

# Not a product: every class axis meets weights, ignored labels, smoothing, soft labels and upstream.
AXES = [
    Case("logits", "float32", (7,), weighted=True, class_axis=-1),
    Case("logits", "float64", (7,), "soft", class_axis=0),
    Case("logits", "float32", (4, 5), "holed", weighted=True, class_axis=-1),
    Case("logits", "float64", (4, 5), "holed", weighted=True, class_axis=0, upstream=True),
    Case("logits", "float32", (4, 5), "soft", weighted=True, class_axis=0),
    Case("logits", "float32", (3, 6, 2), "index", class_axis=-1, upstream=True),
    Case("logits", "float64", (3, 6, 2), "holed", weighted=True, smoothing=0.1, class_axis=2),
    Case("logits", "float64", (3, 6, 2), "soft", weighted=True, class_axis=-1),
    Case("logits", "float32", (3, 6, 2), "index", weighted=True, class_axis=-2),
    Case("logits", "float32", (3, 6, 2), "soft", smoothing=0.1, class_axis=0, upstream=True),
    Case("logits", "float32", (2, 5, 3, 4), "holed", weighted=True, class_axis=-1),
    Case("logits", "float64", (2, 5, 3, 4), "index", weighted=True, class_axis=2, upstream=True),
    Case("logits", "float64", (2, 5, 3, 4), "holed", class_axis=0),
    Case("logits", "float32", (2, 5, 3, 4), "soft", weighted=True, class_axis=-1),
    Case("logits", "float64", (3, 4, 2, 1, 5), "holed", weighted=True, class_axis=-1, smoothing=0.1),
    Case("logits", "float32", (3, 4, 2, 1, 5), "index", weighted=True, class_axis=3),
]

# More classes than any vector has lanes, and a rest beyond.
WIDE = [
    Case("logits", "float32", (3, 37), "holed"),
    Case("logits", "float32", (3, 37), "soft", upstream=True),
    Case("logits", "float32", (3, 37), "index", weighted=True, smoothing=0.1),
    Case("logits", "float32", (3, 37), "soft", weighted=True, smoothing=0.1, large_gradient="sum"),
    Case("logits", "float64", (3, 37), "holed", weighted=True, smoothing=0.1, large_gradient="sum"),
    Case("logits", "float64", (3, 37), "soft", weighted=True),
    Case("logits", "float32", (2, 33, 3), "soft", weighted=True),
    Case("logits", "float64", (2, 33, 3), "holed", weighted=True, large_gradient="sum"),
    Case("logits", "float32", (2, 33, 3), "index", smoothing=0.1, class_axis=-1),
    Case("log-probs", "float32", (3, 37), "soft", weighted=True, smoothing=0.1),
    Case("probs", "float64", (3, 37), "soft", weighted=True),
]

OTHERS = [
    # An upstream gradient on the default axis.
    Case("logits", "float32", (7,), upstream=True),
    Case("logits", "float32", (4, 5), "holed", weighted=True, upstream=True),
    Case("logits", "float64", (4, 5), "soft", weighted=True, upstream=True),
    Case("logits", "float64", (3, 6, 2), "holed", smoothing=0.1, upstream=True),
    Case("logits", "float32", (2, 5, 3, 4), "index", weighted=True, ignore_index=IGNORED_CLASS, upstream=True),
    # Soft labels that are negative or sum to anything.
    Case("logits", "float32", (4, 5), "beyond"),
    Case("logits", "float64", (3, 6, 2), "beyond", weighted=True, smoothing=0.1),
    Case("log-probs", "float64", (4, 5), "beyond"),
    # All smoothed away.
    Case("logits", "float64", (4, 5), "holed", weighted=True, smoothing=1.0),
    # Narrower and mixed dtypes, and an index stored as other types.
    Case("logits", "float16", (4, 5), "holed", weighted=True),
    Case("logits", "float16", (4, 5), "soft", label_dtype="float32"),
    Case("logits", "float32", (4, 5), "soft", label_dtype="float64", weighted=True),
    Case("logits", "float32", (4, 5), weighted=True, weight_dtype="float64"),
    Case("logits", "float32", (4, 5), "holed", compute_dtype="float64"),
    Case("logits", "float64", (4, 5), "holed", compute_dtype="float32"),
    Case("logits", "float32", (3, 6, 2), "index", label_dtype="uint8"),
    Case("logits", "float32", (3, 6, 2), "holed", label_dtype="int16"),
    Case("logits", "float64", (3, 6, 2), "holed", label_dtype="int32"),
    Case("logits", "float32", (3, 6, 2), "holed", label_dtype="float32"),
]


def all_cases() -> list[Case]:
    return grid() + log_probabilities() + PROBABILITIES + AXES + WIDE + OTHERS
