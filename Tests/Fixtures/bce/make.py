"""A golden grid of binary cross entropy from PyTorch: cases.json and the arrays it names.

Each case names its inputs, lossctl's options (flags without dashes, values as strings), the
`dtype` the loss is computed in, and what is expected: `value` (null for reduction none),
`unreduced` (the reduction=none tensor) and `gradient` (with respect to pred: of the mean or
sum; for none of the sum of the unreduced, or the vector-Jacobian product with `grad-output`).

Expected values come from torch in the case's own dtype. Two kinds do not, because torch has no
such option: label smoothing and the other probability clamps are built from torch operations
in float64 and rounded to the case's dtype. Ignored labels are masked by torch.where.

Run: python make.py
"""

import dataclasses
import pathlib
import sys
import zlib

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import number, save, start, write_json  # noqa: E402

SEED = 20240607

# Every branch of the sigmoid and of float32's exp: overflow, underflow, both signs, both zeros.
EXTREME_LOGITS = [1e4, -1e4, 88.8, -104.5, 50, -50, 20, -20, 0.0, -0.0, 3e38, 17, -3e-39]
EXTREME_LABELS = [0, 1, 0, 0, 1, 0, 0.25, 0.5, 1, 0, 0, 0, 1]
# Zero, one, a subnormal and the last value below one, each with labels that agree and disagree.
EDGE_LABELS = [1, 0, 0.5, 0, 1, 0.25, 1, 0, 1, 0, 1, 0, 0.75]


def edge_probs(dtype: str) -> list[float]:
    tiny = {"float32": 1e-45, "float64": 1e-44}[dtype]
    below_one = 1 - {"float32": 2.0**-24, "float64": 2.0**-53}[dtype]
    return [0, 0, 0, 1, 1, 1, tiny, tiny, 1e-30, below_one, below_one, 0.125, 0.7]


@dataclasses.dataclass(frozen=True)
class Case:
    source: str  # logits | probs
    dtype: str  # of pred
    shape: tuple[int, ...]
    reduction: str
    label: str = "hard"  # hard | soft | beyond | ignore (-1 or 255 among hard labels) | ignored (all of them)
    label_dtype: str = ""  # pred's when empty
    weight: tuple[int, ...] | None = None
    pos_weight: tuple[int, ...] | None = None
    grad_output: bool = False
    values: str = ""  # "" random | extreme | edge | nan-ignored
    options: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        parts = [self.source, self.dtype, shape_name(self.shape), self.reduction, self.values, self.label]
        parts += [self.label_dtype]
        parts += ["weight-" + shape_name(self.weight)] if self.weight is not None else []
        parts += ["pos-weight-" + shape_name(self.pos_weight)] if self.pos_weight is not None else []
        parts += ["grad-output"] if self.grad_output else []
        parts += [f"{flag}-{value}".replace(":", "-") for flag, value in self.options]
        return "-".join(part for part in parts if part)

    @property
    def compute_dtype(self) -> str:
        """float32 unless an input is float64 or the option says otherwise: lossctl's rule."""
        named = dict(self.options).get("compute-dtype")
        return named or ("float64" if "float64" in (self.dtype, self.label_dtype) else "float32")


def shape_name(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def random_values(name: str) -> np.random.Generator:
    # Seeded by the file's name: adding a case changes no other file, and a shared file is made twice alike.
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


def store(name: str, array: np.ndarray) -> tuple[str, np.ndarray]:
    return save(HERE / f"{name}.npy", array), array


def make_pred(case: Case) -> tuple[str, np.ndarray]:
    name = "-".join(part for part in (case.source, case.values, case.dtype, shape_name(case.shape)) if part)
    if case.values == "extreme":
        return store(name, np.array(EXTREME_LOGITS, case.dtype))
    if case.values == "edge":
        return store(name, np.array(edge_probs(case.dtype), case.dtype))
    random = random_values(name)
    values = random.normal(0.3, 2.5, case.shape) if case.source == "logits" else random.uniform(0.02, 0.97, case.shape)
    values = np.asarray(values).astype(case.dtype)
    if case.values == "nan-ignored":
        # The label file of this shape is made first by name, so the NaN can sit on an ignored element.
        values[make_label(case)[1] == -1] = np.nan
    return store(name, values)


def make_label(case: Case) -> tuple[str, np.ndarray]:
    dtype = case.label_dtype or case.dtype
    fixed = {"extreme": EXTREME_LABELS, "edge": EDGE_LABELS}.get(case.values)
    if fixed is not None:
        return store(f"label-{case.values}-{dtype}", np.array(fixed, dtype))
    name = f"label-{case.label}-{dtype}-{shape_name(case.shape)}"
    random = random_values(name)
    if case.label == "soft":
        return store(name, np.asarray(random.uniform(0, 1, case.shape)).astype(dtype))
    labels = np.asarray(random.uniform(0, 1, case.shape) < 0.4)
    if case.label == "beyond":
        return store(name, np.where(labels, 2, np.where(random.uniform(0, 1, case.shape) < 0.5, -0.5, 0.3)).astype(dtype))
    if case.label in ("ignore", "ignored"):
        ignored = dict(case.options)["ignore-label"]
        everywhere = case.label == "ignored"
        chosen = random.uniform(0, 1, case.shape) < 0.35
        labels = np.where(chosen | everywhere, int(ignored), labels)
        assert everywhere or (chosen.any() and not chosen.all())
    return store(name, labels.astype(dtype))


def make_factor(kind: str, case: Case, shape: tuple[int, ...] | None) -> tuple[str, np.ndarray] | None:
    if shape is None:
        return None
    name = f"{kind}-{case.dtype}-{shape_name(shape)}"
    low, high = (-1.5, 2) if kind == "grad-output" else (0.2, 3)
    values = np.asarray(random_values(name).uniform(low, high, shape)).astype(case.dtype)
    if kind == "weight" and values.size > 2:
        values.flat[1] = 0  # a zero weight still counts in the mean's denominator
    return store(name, values)


def clamped_probs_loss(p, y, weight, clamp: str, dtype: str):
    """BCE on probabilities for the clamps torch does not have."""
    if clamp != "none":
        # lossctl's `auto` is the epsilon of the dtype it computes in, as scikit-learn's log_loss has it.
        epsilon = np.finfo(dtype).eps if clamp == "eps:auto" else float(clamp.removeprefix("eps:"))
        p = torch.clamp(p, float(epsilon), 1 - float(epsilon))
    loss = -(y * torch.log(p) + (1 - y) * torch.log1p(-p))
    return loss if weight is None else loss * weight


def unreduced_loss(case: Case, p, y, weight, pos_weight):
    clamp = dict(case.options).get("prob-clamp", "log:-100")
    if case.source == "logits":
        return binary_cross_entropy_with_logits(p, y, weight, pos_weight=pos_weight, reduction="none")
    if clamp == "log:-100":
        return binary_cross_entropy(p, y, weight, reduction="none")
    return clamped_probs_loss(p, y, weight, clamp, case.compute_dtype)


def expected(case: Case, pred, label, weight, pos_weight, upstream) -> dict:
    options = dict(case.options)
    by_hand = "label-smoothing" in options or options.get("prob-clamp", "log:-100") != "log:-100"
    result_dtype = getattr(torch, case.compute_dtype)
    dtype = torch.float64 if by_hand else result_dtype
    to = lambda array: None if array is None else torch.from_numpy(np.asarray(array)).to(dtype)  # noqa: E731

    keep = torch.ones(case.shape, dtype=torch.bool)
    if "ignore-label" in options:
        keep = torch.from_numpy(np.asarray(label != int(options["ignore-label"])))
    smoothing = float(options.get("label-smoothing", 0))
    y = torch.where(keep, to(label), 0)
    y = y * (1 - smoothing) + smoothing / 2 if smoothing else y
    p = to(pred).clone().requires_grad_()
    # Masked before the loss as well as after: a NaN in an ignored element must not reach the gradient.
    kept = torch.where(keep, p, 0.5)
    unreduced = torch.where(keep, unreduced_loss(case, kept, y, to(weight), to(pos_weight)), 0)

    total = unreduced.sum()
    value = {"mean": total / keep.sum(), "sum": total, "none": None}[case.reduction]
    if case.reduction == "mean" and "ignore-label" not in options:
        value = unreduced.mean()
    if upstream is not None:
        unreduced.backward(to(upstream))
    else:
        (total if value is None else value).backward()
    gradient = torch.where(keep, p.grad, 0)  # all ignored: the mean is 0/0, the gradient still 0
    return {
        "value": None if value is None else number(value.detach().to(result_dtype)),
        "unreduced": store(case.name + "-unreduced", unreduced.detach().to(result_dtype).numpy())[0],
        "gradient": store(case.name + "-gradient", gradient.to(result_dtype).numpy())[0],
    }


def record(case: Case) -> dict:
    inputs = {
        "pred": make_pred(case),
        "label": make_label(case),
        "weight": make_factor("weight", case, case.weight),
        "pos-weight": make_factor("pos-weight", case, case.pos_weight),
        "grad-output": make_factor("grad-output", case, case.shape if case.grad_output else None),
    }
    arrays = [None if made is None else made[1] for made in inputs.values()]
    return {
        "name": case.name,
        "dtype": case.compute_dtype,
        "inputs": {key: made[0] for key, made in inputs.items() if made is not None},
        "options": {"from": case.source, "reduction": case.reduction, **dict(case.options)},
        "expected": expected(case, *arrays),
    }


def options(**named: str) -> tuple[tuple[str, str], ...]:
    return tuple((key.replace("_", "-"), value) for key, value in named.items())


# Not the full product: every value of every dimension meets several others.
CASES = [
    # logits, float32
    Case("logits", "float32", (7,), "mean"),
    Case("logits", "float32", (7,), "sum", "soft", weight=(7,)),
    Case("logits", "float32", (7,), "none", "hard", "bool", pos_weight=(1,)),
    Case("logits", "float32", (5, 3), "mean", "hard", "int64"),
    Case("logits", "float32", (5, 3), "mean", "soft", weight=(3,), pos_weight=(3,)),
    Case("logits", "float32", (5, 3), "mean", "hard", "uint8", weight=(5, 1), pos_weight=(1,)),
    Case("logits", "float32", (5, 3), "sum", "hard", "bool", weight=(5, 3)),
    Case("logits", "float32", (5, 3), "sum", "soft", "float16", weight=(), pos_weight=(5, 1)),
    Case("logits", "float32", (5, 3), "sum", "beyond", pos_weight=(3,)),
    Case("logits", "float32", (5, 3), "none", "soft", weight=(5, 1), pos_weight=(5, 1)),
    Case("logits", "float32", (5, 3), "none", "hard", "uint8", weight=(5, 3), pos_weight=(3,), grad_output=True),
    Case("logits", "float32", (2, 3, 4), "mean", "soft", weight=(2, 3, 4), pos_weight=(4,)),
    Case("logits", "float32", (2, 3, 4), "sum", "hard", "int64", weight=(4,), pos_weight=(3, 1)),
    Case("logits", "float32", (2, 3, 4), "none", "soft", weight=(3, 1), grad_output=True),
    Case("logits", "float32", (), "mean", "soft"),
    Case("logits", "float32", (), "none", "hard", "uint8", weight=(), pos_weight=()),
    Case("logits", "float32", (0, 3), "mean"),
    Case("logits", "float32", (0, 3), "sum", "soft", weight=(3,), pos_weight=(3,)),
    Case("logits", "float32", (0, 3), "none", "hard", "int64"),
    Case("logits", "float32", (13,), "none", "soft", values="extreme"),
    # logits, float64
    Case("logits", "float64", (7,), "mean", "soft", pos_weight=(1,)),
    Case("logits", "float64", (7,), "sum", "hard", "bool", weight=()),
    Case("logits", "float64", (5, 3), "mean", "hard", "bool", weight=(5, 3), pos_weight=(5, 1)),
    Case("logits", "float64", (5, 3), "mean", "beyond"),
    Case("logits", "float64", (5, 3), "sum", "hard", "uint8", weight=(5, 1), pos_weight=(3,)),
    Case("logits", "float64", (5, 3), "none", "soft", weight=(3,), pos_weight=(1,), grad_output=True),
    Case("logits", "float64", (2, 3, 4), "mean", "hard", "int64", weight=(2, 1, 1)),
    Case("logits", "float64", (2, 3, 4), "none", "soft", pos_weight=(2, 1, 1)),
    Case("logits", "float64", (), "sum", "soft", weight=()),
    Case("logits", "float64", (0, 3), "mean", "soft"),
    Case("logits", "float64", (13,), "sum", "soft", values="extreme"),
    # logits, narrower and mixed dtypes
    Case("logits", "float16", (5, 3), "mean", "hard", "uint8"),
    Case("logits", "float16", (5, 3), "none", "soft", weight=(3,), pos_weight=(3,)),
    Case("logits", "float32", (5, 3), "mean", "soft", "float64"),
    Case("logits", "float32", (5, 3), "sum", "soft", options=options(compute_dtype="float64")),
    Case("logits", "float64", (5, 3), "sum", "hard", options=options(compute_dtype="float32")),
    # logits, options torch lacks
    Case("logits", "float32", (5, 3), "mean", "hard", "int64", options=options(label_smoothing="0.1")),
    Case("logits", "float64", (7,), "none", "soft", pos_weight=(1,), options=options(label_smoothing="0.3")),
    Case("logits", "float32", (2, 3, 4), "sum", "hard", weight=(4,), options=options(label_smoothing="1")),
    Case("logits", "float32", (5, 3), "mean", "ignore", "int64", options=options(ignore_label="-1")),
    Case("logits", "float32", (5, 3), "mean", "ignore", "uint8", weight=(3,), pos_weight=(5, 1),
         options=options(ignore_label="255")),
    Case("logits", "float64", (2, 3, 4), "sum", "ignore", weight=(2, 3, 4), options=options(ignore_label="-1")),
    Case("logits", "float32", (5, 3), "none", "ignore", grad_output=True, options=options(ignore_label="-1")),
    Case("logits", "float64", (5, 3), "mean", "ignore", "int64",
         options=options(ignore_label="-1", label_smoothing="0.2")),
    Case("logits", "float32", (5, 3), "mean", "ignore", "int64", values="nan-ignored",
         options=options(ignore_label="-1")),
    Case("logits", "float32", (7,), "mean", "ignored", "uint8", options=options(ignore_label="255")),
    # probs, float32
    Case("probs", "float32", (7,), "mean", "hard", "bool"),
    Case("probs", "float32", (7,), "none", "soft", weight=(1,)),
    Case("probs", "float32", (5, 3), "mean", "soft", weight=(3,)),
    Case("probs", "float32", (5, 3), "sum", "hard", "int64", weight=(5, 1)),
    Case("probs", "float32", (5, 3), "none", "hard", "uint8", weight=(5, 3), grad_output=True),
    Case("probs", "float32", (2, 3, 4), "mean", "soft", "float16", weight=()),
    Case("probs", "float32", (), "mean", "soft"),
    Case("probs", "float32", (0, 3), "mean", "hard", "uint8", weight=(3,)),
    Case("probs", "float32", (0, 3), "none"),
    Case("probs", "float32", (13,), "none", "soft", values="edge"),
    Case("probs", "float32", (13,), "mean", "soft", values="edge", options=options(prob_clamp="log:-100")),
    # probs, float64 and float16
    Case("probs", "float64", (7,), "sum", "soft", weight=(7,)),
    Case("probs", "float64", (5, 3), "mean", "hard", "int64", weight=(5, 3)),
    Case("probs", "float64", (2, 3, 4), "none", "soft", weight=(3, 1), grad_output=True),
    Case("probs", "float64", (), "none", "hard", "bool", weight=()),
    Case("probs", "float64", (0, 3), "sum"),
    Case("probs", "float64", (13,), "sum", "soft", values="edge"),
    Case("probs", "float16", (5, 3), "sum", "hard", "int64", weight=(3,)),
    # probs, options torch lacks
    Case("probs", "float32", (5, 3), "mean", "hard", "uint8", options=options(label_smoothing="0.1")),
    Case("probs", "float64", (5, 3), "none", "soft", weight=(3,), options=options(label_smoothing="0.25")),
    Case("probs", "float32", (5, 3), "mean", "ignore", "int64", weight=(5, 1), options=options(ignore_label="-1")),
    Case("probs", "float64", (2, 3, 4), "sum", "ignore", "uint8", options=options(ignore_label="255")),
    Case("probs", "float32", (13,), "none", "soft", values="edge", options=options(prob_clamp="eps:1e-7")),
    Case("probs", "float64", (13,), "mean", "soft", values="edge", options=options(prob_clamp="eps:1e-7")),
    Case("probs", "float32", (13,), "sum", "soft", values="edge", options=options(prob_clamp="eps:auto")),
    Case("probs", "float64", (13,), "none", "soft", values="edge", options=options(prob_clamp="eps:auto")),
    Case("probs", "float32", (5, 3), "sum", "soft", weight=(5, 3), options=options(prob_clamp="none")),
    Case("probs", "float64", (7,), "mean", "hard", "bool", options=options(prob_clamp="none")),
]


def main() -> None:
    start(HERE, SEED)
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names), "two cases share a name, and so their files"
    write_json(HERE / "cases.json", {"cases": [record(case) for case in CASES]})
    print(f"{len(CASES)} cases")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
