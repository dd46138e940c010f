"""True softmax cross entropy of long rows, for softmax-ce.json; make.py writes it.

A row of a thousand logits is not stored but described: the test makes the same ones by RECIPE,
in integers, so that no rounding comes in. Each of `rows` holds the recipe's parameters, the
`label`, `classes`, and for each type the true `loss` and the true `gradient` at those classes:

    loss = log(1 + Σ_{j≠y} e^(x_j - x_y))    gradient = p_c at c ≠ y,  -Σ_{j≠y} p_j at y

`examples` are small and hold their inputs: losses with weights, smoothing and soft labels q,
loss = Σ_c w_c ((1-ε)q_c + ε/C)(-log p_c), each with its `unreduced` loss, `sum`, `mean` (over
Σ w_y for indices and N for soft labels) and, for plain indices, the `gradient` of the mean.
"""

import collections
import math

import mpmath
from mpmath import mpf
from rounding import FLOAT32, FLOAT64, Format, rounded_bits

RECIPE = (
    "SplitMix64 from `seed` gives u_0, u_1, ... (u_0 is its first output). "
    "`steps`: k_j = offset + scale * (the sum of the eight bytes of u_j, less 1020); where `cap` is given, "
    "k_j = min(k_j, cap); then k_j is set to each value in `assigned` as [j, value]; the logit is k_j / divisor, "
    "exact in float32 and float64. "
    "`spread`: with B = 24 for float32 and 53 for float64, m is the top B bits of u_j, e its lowest 3 bits, "
    "and bit 3 says that it is negative; the logit is m * 2^-(B - 6 + e), exact in its type, "
    "but the difference of two logits seldom is."
)

# Eight bytes have a mean of 1020 and a standard deviation of 209: these scales make it 1, 3, 10 and 30.
SCALES = {1: 5, 3: 15, 10: 49, 30: 147}
DIVISOR = 1024
COUNT = 1000


class SplitMix64:
    """Steele, Lea and Flood 2014."""

    MASK = (1 << 64) - 1

    def __init__(self, seed: int) -> None:
        self.state = seed

    def next(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & self.MASK
        return mixed ^ (mixed >> 31)


def step_integers(seed: int, count: int, scale: int, offset: int = 0, cap: int | None = None) -> list[int]:
    random = SplitMix64(seed)
    steps = [offset + scale * (sum(random.next().to_bytes(8, "little")) - 1020) for _ in range(count)]
    return steps if cap is None else [min(step, cap) for step in steps]


def spread_logits(seed: int, count: int, form: Format) -> list[mpf]:
    random, logits = SplitMix64(seed), []
    for _ in range(count):
        draw = random.next()
        magnitude = mpmath.ldexp(draw >> (64 - form.precision), -(form.precision - 6 + (draw & 7)))
        logits.append(-magnitude if draw & 8 else magnitude)
    return logits


def extremes(logits: list, label: int) -> tuple[int, int]:
    """The first of the largest and the first of the smallest logits that is not the label's."""
    others = [index for index in range(len(logits)) if index != label]
    return max(others, key=logits.__getitem__), min(others, key=logits.__getitem__)


def true_values(logits: list, divisor: int, label: int, classes: list[int], forms: tuple[Format, ...]) -> dict:
    """Of logits / divisor. Equal ones are not summed again: 256,000 steps have two thousand values."""
    counts = collections.Counter(logits)
    largest = max(counts)
    exponentials = {x: mpmath.exp(mpf(x - largest) / divisor) for x in counts}
    own = exponentials[logits[label]]
    others = mpmath.fsum((count - (x == logits[label])) * exponentials[x] for x, count in counts.items())
    total = others + own
    loss = mpmath.log1p(others / own)
    gradient = [-others / total if index == label else exponentials[logits[index]] / total for index in classes]
    return {form.name: {"loss": rounded_bits(loss, form), "gradient": [rounded_bits(g, form) for g in gradient]}
            for form in forms}


def classes_of(logits: list, label: int) -> list[int]:
    largest, smallest = extremes(logits, label)
    wanted = [label, largest, smallest, 2 * len(logits) // 3, len(logits) // 3]
    return list(dict.fromkeys(wanted))


def steps_row(name: str, seed: int, label: int, scale: int, *, count: int = COUNT, divisor: int = DIVISOR,
              offset: int = 0, cap: int | None = None, lead: float | None = None) -> dict:
    """`lead` sets the label's logit: so far above the largest other, or, if negative, below the smallest."""
    steps = step_integers(seed, count, scale, offset, cap)
    assigned = []
    if lead is not None:
        largest, smallest = (steps[index] for index in extremes(steps, label))
        # -0.0 is a lead as well: that of the smallest, tied.
        base = smallest if math.copysign(1, lead) < 0 else largest
        assigned = [[label, base + int(lead * divisor)]]
        steps[label] = assigned[0][1]
    assert max(steps) - min(steps) < 1 << 24 and max(map(abs, steps)) < 1 << 24, name
    classes = classes_of(steps, label)
    return {
        "name": name, "kind": "steps", "seed": seed, "count": count, "scale": scale, "offset": offset,
        "divisor": divisor, "cap": cap, "assigned": assigned, "label": label, "classes": classes,
        **true_values(steps, divisor, label, classes, (FLOAT32, FLOAT64)),
    }


def spread_row(name: str, seed: int, count: int, choose) -> dict:
    """`choose` picks the label from the logits."""
    by_form = {form: spread_logits(seed, count, form) for form in (FLOAT32, FLOAT64)}
    label = choose(by_form[FLOAT64])
    classes = classes_of(by_form[FLOAT64], label)
    record = {"name": name, "kind": "spread", "seed": seed, "count": count, "label": label, "classes": classes}
    for form, logits in by_form.items():
        record |= true_values(logits, 1, label, classes, (form,))
    return record


def steps_rows() -> list[dict]:
    rows = []
    for index, (deviation, scale) in enumerate(SCALES.items()):
        seed = 100 * (index + 1)
        name = f"standard deviation {deviation}"
        rows += [
            steps_row(f"{name}, any label", seed, 17, scale),
            steps_row(f"{name}, label the largest by a little", seed + 1, 999, scale, lead=1 / DIVISOR),
            steps_row(f"{name}, label tied for the largest", seed + 2, 0, scale, lead=0.0),
            steps_row(f"{name}, label the smallest", seed + 3, 512, scale, lead=-0.0),
        ]
    # Until e^-lead leaves float32's normals, its subnormals, float64's normals, its subnormals.
    for index, lead in enumerate((1, 10, 20, 50, 80, 100, 107, 300, 700, 740, 1000)):
        rows.append(steps_row(f"label ahead by {lead}", 500 + index, 31 * index, SCALES[1], lead=lead))
    rows += [steps_row(f"label ahead by {lead}, standard deviation 10", 520 + lead, 998, SCALES[10], lead=lead)
             for lead in (10, 50)]
    rows += [steps_row(f"label behind by {-lead}", 540 - lead, 5, SCALES[3], lead=lead) for lead in (-50, -500, -9000)]
    cap = 100 * SCALES[3]
    rows += [
        steps_row("many ties for the largest, label one of them", 600, 400, SCALES[3], cap=cap, lead=0.0),
        steps_row("many ties for the largest, label not among them", 601, 400, SCALES[3], cap=cap, lead=-0.0),
        steps_row("most tied for the largest", 602, 3, SCALES[10], cap=-100 * SCALES[10]),
        steps_row("many ties for the largest, label ahead by 15", 603, 3, SCALES[10], cap=0, lead=15),
        steps_row("all equal", 610, 77, 0, offset=3 * DIVISOR + 1),
        steps_row("all equal but the label, ahead by 30", 611, 77, 0, offset=-5 * DIVISOR, lead=30),
    ]
    for index, (offset, divisor) in enumerate(((1000, 1024), (-1000, 1024), (10_000, 1024), (300_000, 32))):
        given = {"offset": offset * divisor, "divisor": divisor}
        scale = max(1, SCALES[3] * divisor // DIVISOR)
        rows += [
            steps_row(f"around {offset}, any label", 700 + index, 640, scale, **given),
            steps_row(f"around {offset}, label ahead by 20", 710 + index, 641, scale, lead=20, **given),
        ]
    return rows


def spread_rows() -> list[dict]:
    rows = []
    for index, count in enumerate((3, 10, 100, COUNT)):
        seed = 800 + 10 * index
        rows += [
            spread_row(f"full significands, {count} classes, first label", seed, count, lambda logits: 0),
            spread_row(f"full significands, {count} classes, label the largest", seed + 1, count,
                       lambda logits: extremes(logits, -1)[0]),
            spread_row(f"full significands, {count} classes, label the smallest", seed + 2, count,
                       lambda logits: extremes(logits, -1)[1]),
        ]
    return rows


def example(name: str, logits: list, labels: list, weights: list | None = None, smoothing: float = 0) -> dict:
    """Logits and weights are integers; soft labels are rounded to each type."""
    is_soft = isinstance(labels[0], list)
    record = {"name": name, "logits": logits, "labels": None if is_soft else labels, "class-weights": weights,
              "smoothing": FLOAT64.bits(smoothing)}
    for form in (FLOAT32, FLOAT64):
        rounded = [[float(form.numpy(q)) for q in row] for row in labels] if is_soft else None
        record[form.name] = example_values(form, logits, rounded, labels, weights or [1] * len(logits[0]), smoothing)
        record[form.name]["soft-labels"] = [[form.bits(q) for q in row] for row in rounded] if is_soft else None
    return record


def example_values(form: Format, logits, soft, labels, weights, smoothing) -> dict:
    classes, epsilon, losses, gradient = range(len(logits[0])), mpf(smoothing), [], []
    divisor = len(logits) if soft else sum(weights[label] for label in labels)
    for row, x in enumerate(logits):
        def over(c: int) -> mpf:  # the sum of the others, relative to class c
            return mpmath.fsum(mpmath.exp(mpf(x[j]) - x[c]) for j in classes if j != c)

        target = [mpf(soft[row][c]) if soft else mpf(c == labels[row]) for c in classes]
        q = [weights[c] * ((1 - epsilon) * target[c] + epsilon / len(x)) for c in classes]
        losses.append(mpmath.fsum(q[c] * mpmath.log1p(over(c)) for c in classes))
        if not soft and not smoothing:
            y, w = labels[row], mpf(weights[labels[row]]) / divisor
            gradient += [-w * over(y) / (1 + over(y)) if c == y else w / (1 + over(c)) for c in classes]
    total = mpmath.fsum(losses)
    return {
        "unreduced": [rounded_bits(loss, form) for loss in losses], "sum": rounded_bits(total, form),
        "mean": rounded_bits(total / divisor, form),
        "gradient": [rounded_bits(value, form) for value in gradient] or None,
    }


def examples() -> list[dict]:
    logits, labels, weights = [[1, 2, 3], [0, 0, 5]], [0, 2], [1, 2, 3]
    soft = [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]
    return [
        example("plain", logits, labels),
        example("weighted", logits, labels, weights),
        example("weighted and smoothed", logits, labels, weights, 0.1),
        example("weighted and smoothed, the labels as distributions", logits, [[1, 0, 0], [0, 0, 1]], weights, 0.1),
        example("soft and weighted", logits, soft, weights),
        example("sure by 100", [[100, 0, 0]], [0]),
        example("sure by 100 and weighted", [[100, 0, 0], [0, 2, 1]], [0, 2], weights),
    ]


def content() -> dict:
    vocabulary = steps_row("a vocabulary of 256,000", 900, 123_456, SCALES[3], count=256_000)
    sure = steps_row("a vocabulary of 256,000, label ahead by 25", 901, 255_999, SCALES[3], count=256_000, lead=25)
    return {"recipe": RECIPE, "rows": steps_rows() + [vocabulary, sure] + spread_rows(), "examples": examples()}
