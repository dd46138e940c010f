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

    `kind` is logits (normal, mean 0 and deviation 2), parameters (normal, mean 0 and deviation 1/4; what
    all rows of the other arrays share), binary (0 or 1), classes (0 ..< `classes`) or lists (rows of
    `classes` different indices, ended by -1). Arrays that are alike in everything but `variant` hold
    different numbers.
    """

    kind: str
    dtype: str
    shape: tuple[int, ...]
    classes: int = 0
    variant: int = 0

    @property
    def path(self) -> str:
        variant = [str(self.variant)] if self.variant else []
        return "-".join([
            self.kind + (str(self.classes) if self.classes else ""), self.dtype,
            "x".join(map(str, self.shape)), *variant]) + ".npy"

    @property
    def size(self) -> int:
        """The bytes of the whole file."""
        return HEADER_SIZE + ITEM_SIZES[self.dtype] * math.prod(self.shape)

    def quick(self) -> "Array":
        if self.kind == "parameters":
            return self
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

    `loss` is the lossctl command, and the name in references.LOSSES unless `reference` is. `inputs` has the files by the
    names of their options, in the order of the reference's arguments; `flags` are further options.
    `torch` has PyTorch's ways to compute the loss by name, as expressions of the inputs: the fastest
    one counts, and a script uses the first; `compiles` is whether torch.compile takes part. Where it
    is empty, only lossctl and cat run. `gradient` adds the gradients of the inputs in `gradients_of`:
    the first ones, as many as lossctl writes. `one_thread` adds lossctl with one thread. `repeats`
    is the number of runs in a round, `rounds` the most rounds there are, for what takes long.
    `tolerance` is what values and gradients may differ from float64.
    """

    name: str
    title: str
    loss: str
    inputs: dict[str, Array | Fixture]
    flags: tuple[str, ...] = ()
    torch: dict[str, str] = field(default_factory=dict)
    gradient: bool = False
    gradients_of: tuple[str, ...] = ("pred",)
    compiles: bool = True
    one_thread: bool = False
    repeats: int = 1
    rounds: int | None = None
    reference: str = ""
    tolerance: float = 1e-6
    targets: dict[str, float] = field(default_factory=dict)

    def quick(self) -> "Row":
        inputs = {name: file.quick() for name, file in self.inputs.items()}
        return replace(self, inputs=inputs, targets={})

    @property
    def arrays(self) -> list[Array]:
        return [file for file in self.inputs.values() if isinstance(file, Array)]

    @property
    def reference_name(self) -> str:
        return self.reference or self.loss

    @property
    def gradients(self) -> list[str]:
        """The inputs whose gradients are computed."""
        return list(self.gradients_of) if self.gradient else []


def scored(pred: Array | Fixture, label: Array | Fixture) -> dict[str, Array | Fixture]:
    return {"pred": pred, "label": label}


def vectors(*names: str) -> dict[str, Array]:
    """A file for each name, of other numbers than the rest."""
    return {
        name: Array("logits", "float32", (1_000_000, 128), variant=variant)
        for variant, name in enumerate(names)
    }


def regression() -> dict[str, Array]:
    return {
        "features": Array("logits", "float32", (1_000_000, 128)),
        "theta": Array("parameters", "float32", (128,)),
        "label": Array("binary", "float32", (1_000_000,)),
    }


def bce(name: str, title: str, count: int, logits: str, labels: str, **options) -> Row:
    inputs = scored(Array("logits", logits, (count,)), Array("binary", labels, (count,)))
    return Row(name, title, "bce", inputs, **options)


def softmax(
    name: str, title: str, shape: tuple[int, ...], dtype: str = "float32", **options
) -> Row:
    labels = Array("classes", "int64", (shape[0], *shape[2:]), classes=shape[1])
    inputs = scored(Array("logits", dtype, shape), labels)
    return Row(name, title, "softmax-ce", inputs, **options)


def clip(name: str, objective: str, count: int, flags: tuple[str, ...], **options) -> Row:
    inputs = {
        "image": Array("logits", "float32", (count, 512)),
        "text": Array("logits", "float32", (count, 512), variant=1),
    }
    title = f"clip, {objective}, {count:,} × 512 float32"
    title += ", with gradients" if options.get("gradient") else ""
    return Row(
        name, title, "clip", inputs, flags, compiles=False, rounds=3,
        gradients_of=("image", "text"), **options)


CLIP_FLAGS = ("--normalize", "--temperature", "0.07")
SIGLIP_FLAGS = (
    "--normalize", "--objective", "sigmoid", "--logit-scale", "10", "--logit-bias=-10")
BCE = {"eager": "F.binary_cross_entropy_with_logits(pred, label)"}
SOFTMAX = {"eager": "F.cross_entropy(pred, label)"}
TRIPLET = {"eager": "F.triplet_margin_loss(anchor, positive, negative)"}
# PyTorch has no such loss.
CONTRASTIVE = {
    "eager": "(0.5 * ((1 - label) * (d := F.pairwise_distance(a, b, eps=0)) ** 2"
             " + label * F.relu(32 - d) ** 2)).mean()"}
LOGISTIC = {"eager": "F.binary_cross_entropy_with_logits(features @ theta, label)"}
# open_clip's losses, with vectors of length 1.
LOGITS = "F.normalize(image) @ F.normalize(text).T"
CLIP = {
    "eager": f"(F.cross_entropy(logits := {LOGITS} / 0.07, own := torch.arange(len(image)))"
             " + F.cross_entropy(logits.T, own)) / 2"}
SIGLIP = {
    "eager": f"-F.logsigmoid(({LOGITS} * 10 - 10) * (2 * torch.eye(len(image)) - 1)).sum() / len(image)",
    "eager, bce": f"F.binary_cross_entropy_with_logits({LOGITS} * 10 - 10,"
                  " torch.eye(len(image)), reduction='sum') / len(image)"}
LINEAR = {
    "eager, chunked": "F.linear_cross_entropy(hidden, head, label, linear_bias=head_bias,"
                      " options=torch.nn.LinearCrossEntropyOptions())",
    "eager": "F.cross_entropy(F.linear(hidden, head, head_bias), label)"}
NCE = {"eager": "(-F.logsigmoid(pos) - F.logsigmoid(-neg).sum(1)).mean()"}

ROWS = [
    bce(
        "bce-float32", "bce, 64 M float32 logits, float32 labels", 64_000_000, "float32", "float32",
        torch=BCE, targets={"eager": 12, "compiled": 4, "limit": 1.0} | MEMORY),
    bce(
        "bce-uint8-labels", "bce, 64 M float32 logits, uint8 labels",
        64_000_000, "float32", "uint8",
        # PyTorch refuses integer labels, so that converting them is part of the work.
        torch={"eager": "F.binary_cross_entropy_with_logits(pred, label.float())"},
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
            "eager": "F.cross_entropy(pred.float(), label)",
            "eager in float16": "F.cross_entropy(pred, label)"},
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
        "multilabel-soft-margin",
        scored(
            Array("logits", "float32", (64_000, 1_000)),
            Array("binary", "float32", (64_000, 1_000))),
        torch={"eager": "F.multilabel_soft_margin_loss(pred, label)"}, targets={"eager": 20} | MEMORY),
    Row(
        "multilabel-margin", "multilabel-margin, 64,000 × 1,000 float32, 5 labels a row",
        "multilabel-margin",
        scored(
            Array("logits", "float32", (64_000, 1_000)),
            Array("lists", "int64", (64_000, 1_000), classes=5)),
        # Compiled it takes 27 s and gives another value.
        torch={"eager": "F.multilabel_margin_loss(pred, label)"}, compiles=False,
        targets={"eager": 4} | MEMORY),
    Row(
        "triplet", "triplet, 1,000,000 × 128 float32", "triplet",
        vectors("anchor", "positive", "negative"), torch=TRIPLET, targets={"eager": 5} | MEMORY),
    Row(
        "contrastive", "contrastive, 1,000,000 × 128 float32", "contrastive",
        vectors("a", "b") | {"label": Array("binary", "float32", (1_000_000,))},
        # Half of the pairs are nearer than that.
        ("--margin", "32"), torch=CONTRASTIVE, targets={"eager": 5} | MEMORY),
    Row(
        "logistic", "logistic, 1,000,000 × 128 float32", "logistic", regression(), torch=LOGISTIC,
        targets={"eager": 5} | MEMORY),
    Row(
        "logistic-gradient", "logistic, 1,000,000 × 128 float32, with gradients", "logistic",
        regression(), torch=LOGISTIC, gradient=True, gradients_of=("features", "theta"),
        targets={"eager": 5} | MEMORY),
    Row(
        "nce", "nce, 4 M × (1 + 5) float32 scores", "nce",
        {
            "pos": Array("logits", "float32", (4_000_000,)),
            "neg": Array("logits", "float32", (4_000_000, 5)),
        },
        torch=NCE, targets={"eager": 10} | MEMORY),
    Row(
        "linear-ce", "softmax-ce of 8,192 × 512 hidden, 128,000 classes", "softmax-ce",
        {
            "hidden": Array("logits", "float32", (8_192, 512)),
            "head": Array("parameters", "float32", (128_000, 512)),
            "head-bias": Array("parameters", "float32", (128_000,)),
            "label": Array("classes", "int64", (8_192,), classes=128_000),
        },
        torch=LINEAR, compiles=False, rounds=3, reference="linear-ce",
        targets={"eager": 1.5, "anonymous": 150e6}),
    clip("clip", "softmax", 16_384, CLIP_FLAGS, torch=CLIP, targets={"eager": 2.5, "anonymous": 100e6}),
    clip(
        "clip-gradient", "softmax", 16_384, CLIP_FLAGS, torch=CLIP, gradient=True,
        # Logits of up to 14 are float32, and off by 5e-7 and more before their exponentials; PyTorch's gradient
        # is off by 1.3e-6.
        tolerance=4e-6,
        targets={"eager": 2, "anonymous": 200e6}),
    clip(
        "siglip", "sigmoid", 16_384, SIGLIP_FLAGS, torch=SIGLIP, reference="siglip",
        targets={"eager": 2, "anonymous": 100e6}),
    clip("clip-65536", "softmax", 65_536, CLIP_FLAGS, targets={"anonymous": 300e6}),
    bce(
        "bce-threads", "bce, 64 M float32", 64_000_000, "float32", "float32",
        one_thread=True, targets={"threads": 1.7}),
    softmax(
        "softmax-ce-threads", "softmax-ce, 64,000 × 1,000 float32", (64_000, 1_000),
        one_thread=True, targets={"threads": 1.7}),
    Row(
        "example-3x3", "bce, the 3 × 3 example", "bce",
        scored(Fixture("example-3x3/logits.csv"), Fixture("example-3x3/labels.csv")),
        repeats=30, targets={"start": 0.010, "static start": 0.005} | MEMORY),
]
