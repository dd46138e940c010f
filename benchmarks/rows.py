"""The rows of the table: what is measured, against what, and how good it should be.

A later loss adds entries to ROWS, and its NumPy arithmetic to references.py. Nothing else changes.
"""

import math
from dataclasses import dataclass, field, replace

ITEM_SIZES = {"float16": 2, "float32": 4, "float64": 8, "uint8": 1, "int64": 8}
# NumPy pads the header of a file to a multiple of 64 bytes, and these all take two.
HEADER_SIZE = 128
# --quick divides the first axis by this, and drops the targets: they are for the full size.
QUICK = 16

# The targets, by name; Summary.measured in verdicts.py says what each is held against.
MEMORY = {"anonymous": 64e6}


@dataclass(frozen=True)
class Array:
    """A file of random numbers.

    `kind` is logits (normal, mean 0 and deviation 2), binary (0 or 1), classes (0 ..< `classes`) or lists (rows of
    `classes` different indices, ended by -1).
    """

    kind: str
    dtype: str
    shape: tuple[int, ...]
    classes: int = 0

    @property
    def path(self) -> str:
        return "-".join([
            self.kind + (str(self.classes) if self.classes else ""), self.dtype,
            "x".join(map(str, self.shape)) + ".npy"])

    @property
    def size(self) -> int:
        """The bytes of the whole file."""
        return HEADER_SIZE + ITEM_SIZES[self.dtype] * math.prod(self.shape)

    def quick(self) -> "Array":
        return replace(self, shape=(max(1, self.shape[0] // QUICK), *self.shape[1:]))


@dataclass(frozen=True)
class Fixture:
    """A file of the tests, small enough that only starting a process counts."""

    path: str

    def quick(self) -> "Fixture":
        return self


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `loss` is the lossctl command and the name in references.LOSSES. `torch` has PyTorch's ways to
    compute it by name, as expressions of the logits x and labels y: the fastest one counts, and a
    script uses the first; `compiles` is whether torch.compile takes part. Where it is empty, only lossctl and cat run. `one_thread` adds lossctl
    with one thread. `repeats` is the number of runs in a round.
    """

    name: str
    title: str
    loss: str
    pred: Array | Fixture
    label: Array | Fixture
    torch: dict[str, str] = field(default_factory=dict)
    gradient: bool = False
    compiles: bool = True
    one_thread: bool = False
    repeats: int = 1
    targets: dict[str, float] = field(default_factory=dict)

    def quick(self) -> "Row":
        return replace(self, pred=self.pred.quick(), label=self.label.quick(), targets={})

    @property
    def arrays(self) -> list[Array]:
        return [file for file in (self.pred, self.label) if isinstance(file, Array)]


def bce(name: str, title: str, count: int, logits: str, labels: str, **options) -> Row:
    return Row(
        name, title, "bce", Array("logits", logits, (count,)), Array("binary", labels, (count,)),
        **options)


def softmax(
    name: str, title: str, shape: tuple[int, ...], dtype: str = "float32", **options
) -> Row:
    labels = Array("classes", "int64", (shape[0], *shape[2:]), classes=shape[1])
    return Row(name, title, "softmax-ce", Array("logits", dtype, shape), labels, **options)


BCE = {"eager": "F.binary_cross_entropy_with_logits(x, y)"}
SOFTMAX = {"eager": "F.cross_entropy(x, y)"}

ROWS = [
    bce(
        "bce-float32", "bce, 64 M float32 logits, float32 labels", 64_000_000, "float32", "float32",
        torch=BCE, targets={"eager": 12, "compiled": 4, "limit": 1.0} | MEMORY),
    bce(
        "bce-uint8-labels", "bce, 64 M float32 logits, uint8 labels",
        64_000_000, "float32", "uint8",
        # PyTorch refuses integer labels, so that converting them is part of the work.
        torch={"eager": "F.binary_cross_entropy_with_logits(x, y.float())"},
        targets={"eager": 12, "compiled": 4, "limit": 1.0} | MEMORY),
    bce(
        "bce-float64", "bce, 32 M float64 logits and labels", 32_000_000, "float64", "float64",
        torch=BCE, targets={"eager": 6, "compiled": 4, "limit": 1.5} | MEMORY),
    bce(
        "bce-gradient", "bce, 64 M float32, with gradient", 64_000_000, "float32", "float32",
        torch=BCE, gradient=True, targets={"eager": 6, "limit": 1.5} | MEMORY),
    softmax(
        "softmax-ce", "softmax-ce, 64,000 × 1,000 float32", (64_000, 1_000),
        torch=SOFTMAX, targets={"eager": 6, "compiled": 1.5, "limit": 1.0} | MEMORY),
    softmax(
        "softmax-ce-vocabulary", "softmax-ce, 512 × 256,000 float32", (512, 256_000),
        torch=SOFTMAX, targets={"eager": 4, "compiled": 1.5, "limit": 1.5} | MEMORY),
    softmax(
        "softmax-ce-float16", "softmax-ce, 64,000 × 1,000 float16", (64_000, 1_000), "float16",
        torch={
            "eager": "F.cross_entropy(x.float(), y)", "eager in float16": "F.cross_entropy(x, y)"},
        targets={"eager": 6, "compiled": 1.5, "limit": 2.5} | MEMORY),
    softmax(
        "softmax-ce-gradient", "softmax-ce, 64,000 × 1,000 float32, with gradient",
        (64_000, 1_000), torch=SOFTMAX, gradient=True, targets={"eager": 6, "limit": 1.5} | MEMORY),
    softmax(
        "softmax-ce-few-classes", "softmax-ce, 6,400,000 × 10 float32", (6_400_000, 10),
        torch=SOFTMAX, targets={"compiled": 1.5} | MEMORY),
    softmax(
        "softmax-ce-segmentation", "softmax-ce, 8 × 21 × 512 × 512 float32", (8, 21, 512, 512),
        torch=SOFTMAX, targets={"compiled": 1.5} | MEMORY),
    Row(
        "multilabel-soft-margin", "multilabel-soft-margin, 64,000 × 1,000 float32",
        "multilabel-soft-margin", Array("logits", "float32", (64_000, 1_000)),
        Array("binary", "float32", (64_000, 1_000)),
        torch={"eager": "F.multilabel_soft_margin_loss(x, y)"}, targets={"eager": 20} | MEMORY),
    Row(
        "multilabel-margin", "multilabel-margin, 64,000 × 1,000 float32, 5 labels a row",
        "multilabel-margin", Array("logits", "float32", (64_000, 1_000)),
        Array("lists", "int64", (64_000, 1_000), classes=5),
        # Compiled it takes 27 s and gives another value.
        torch={"eager": "F.multilabel_margin_loss(x, y)"}, compiles=False,
        targets={"eager": 4} | MEMORY),
    bce(
        "bce-threads", "bce, 64 M float32", 64_000_000, "float32", "float32",
        one_thread=True, targets={"threads": 1.7}),
    softmax(
        "softmax-ce-threads", "softmax-ce, 64,000 × 1,000 float32", (64_000, 1_000),
        one_thread=True, targets={"threads": 1.7}),
    Row(
        "example-3x3", "bce, the 3 × 3 example", "bce",
        Fixture("example-3x3/logits.csv"), Fixture("example-3x3/labels.csv"),
        repeats=30, targets={"start": 0.010, "static start": 0.005} | MEMORY),
]
