"""True values, correctly rounded: what a perfect implementation would return, from mpmath.

Makes bce-logits-float32.json and -float64.json, bce-probs-float32.json and -float64.json
({"rows": [...]}), exact-sum.json ({"cases": [...]}) and softmax-ce.json (see softmax_ce.py).
Every number is its bits in hex (8 digits for float32, 16 for float64), so that no decimal
conversion stands in between.

- logits: loss = (1-y) softplus(x) + y softplus(-x), grad = sigmoid(x) - y
- probs:  loss = -(y max(log p, -100) + (1-y) max(log(1-p), -100))
- sums:   the exact sum of the values, rounded once; a sum of exactly zero is +0

Rounding is to nearest, as rounding.py has it.

Run: python make.py
"""

import fractions
import math
import pathlib
import sys

import mpmath
import numpy as np
from mpmath import mp, mpf

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
import softmax_ce  # noqa: E402
from fixture_files import start, write_json, write_json_arrays  # noqa: E402
from rounding import FLOAT32, FLOAT64, Format, rounded_bits  # noqa: E402

SEED = 20240608

# 60 digits would do but for soft labels: 0.75 x can lie halfway between two floats, and only the
# e^-x behind it, down to 2^-1154 for x = 800, says which way to round.
mp.prec = 2600


def softplus(x: mpf) -> mpf:
    return max(x, mpf(0)) + mpmath.log1p(mpmath.exp(-abs(x)))


def sigmoid(x: mpf) -> mpf:
    return 1 / (1 + mpmath.exp(-x)) if x >= 0 else mpmath.exp(x) / (1 + mpmath.exp(x))


def logits_row(x: float, y: float, form: Format) -> dict:
    exact_x, exact_y = mpf(x), mpf(y)
    loss = (1 - exact_y) * softplus(exact_x) + exact_y * softplus(-exact_x)
    # sigmoid(x) - 1 would lose e^-x below any working precision.
    grad = -sigmoid(-exact_x) if y == 1 else sigmoid(exact_x) - exact_y
    return {
        "x": form.bits(x), "y": form.bits(y),
        "loss": rounded_bits(loss, form), "grad": rounded_bits(grad, form),
    }


def probs_row(p: float, y: float, form: Format) -> dict:
    exact_p, exact_y = mpf(p), mpf(y)
    log_p, log_1mp = (max(mpmath.log(value), mpf(-100)) for value in (exact_p, 1 - exact_p))
    loss = -(exact_y * log_p + (1 - exact_y) * log_1mp)
    return {"p": form.bits(p), "y": form.bits(y), "loss": rounded_bits(loss, form)}


def grid(form: Format) -> list[float]:
    info = np.finfo(form.numpy)
    magnitudes = [info.smallest_subnormal, info.smallest_normal, 1e-30, 1e-20, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4,
                  1e-3, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 16.6, 17, 20, 30, 36.7, 37, 40, 50, 80, 87, 88, 88.7, 89,
                  100, 103, 104, 200, 700, 708, 710, 744, 745, 746, 800, 1e4, 1e30, info.max]
    return [0.0, -0.0] + [float(form.numpy(value)) * sign for value in magnitudes for sign in (1, -1)]


def logits_rows(form: Format, random: np.random.Generator) -> list[dict]:
    def draw(count: int) -> list[float]:
        half, reach = count // 2, 110 if form is FLOAT32 else 800
        values = [random.normal(0, 5, half), random.uniform(-reach, reach, count - half)]
        return [float(value) for value in np.concatenate(values).astype(form.numpy)]

    rows = [logits_row(x, y, form) for x in grid(form) for y in (0.0, 1.0)]
    rows += [logits_row(x, float(y), form) for x, y in zip(draw(300), random.integers(0, 2, 300))]
    soft = [float(form.numpy(y)) for y in (0.1, 0.25, 0.7, 0.999)]
    return rows + [logits_row(x, soft[index % 4], form) for index, x in enumerate(draw(100))]


def probs_rows(form: Format, random: np.random.Generator) -> list[dict]:
    info = np.finfo(form.numpy)
    # 3.7e-44 is e^-100: the clamp's edge, from both sides.
    values = [1e-45, 1e-44, 3.5e-44, 4e-44, 1e-43, info.smallest_normal, 1e-30, 1e-20, 1e-10, 1e-7, 1e-5, 1e-3, 0.01,
              0.1, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 0.99, 0.999, 1 - 1e-5, 1 - 2.0**-(form.precision - 1),
              1 - 2.0**-form.precision]
    values += [info.smallest_subnormal] if form is FLOAT64 else []
    values += list(random.uniform(0.001, 0.999, 60))
    labels = [0.0, 1.0, float(form.numpy(0.3))]
    return [probs_row(float(form.numpy(p)), y, form) for p in values for y in labels]


def correctly_rounded_sum(values: list[float]) -> float:
    exact = sum(map(fractions.Fraction, values), fractions.Fraction(0))
    try:
        rounded = exact.numerator / exact.denominator  # CPython divides integers correctly rounded
    except OverflowError:
        return math.inf if exact > 0 else -math.inf
    try:
        assert math.fsum(values) == rounded
    except OverflowError:
        pass  # fsum gives up when a partial sum overflows, though the whole may not
    return rounded


def sum_lists(random: np.random.Generator) -> dict[str, list[float]]:
    tiny, normal, huge = 2.0**-1074, 2.0**-1022, sys.float_info.max
    half_ulp_of_huge = 2.0**970
    spread = [math.ldexp(float(m), int(e)) for m, e in zip(random.uniform(-2, 2, 60), random.integers(-1074, 1023, 60))]
    gaussian = [float(value) for value in random.normal(0, 1, 100)]
    return {
        "empty": [],
        "one-value": [0.1],
        "one-negative-value": [-0.1],
        "tenths": [0.1] * 10,
        "negative-thirds": [-1 / 3] * 7,
        "one-survives-cancellation": [1e308, 1.0, -1e308],
        "one-survives-nested-cancellation": [1e308, 1e16, 1.0, -1e16, -1e308],
        "subnormal-survives-cancellation": [1e308, tiny, -1e308],
        "cancels-to-zero": [1e308, 0.3, -1e308, -0.3],
        "negative-first-cancels-to-zero": [-0.7, 0.7],
        "subnormals-cancel-to-zero": [tiny, -3 * tiny, 2 * tiny],
        "subnormals": [tiny, 2 * tiny, 5 * tiny, -tiny],
        "subnormals-become-normal": [normal - tiny, tiny],
        "normal-becomes-subnormal": [normal, -tiny],
        "many-tiny-beside-one": [1.0] + [2.0**-60] * 96,
        "many-tiny-below-half-an-ulp-of-one": [1.0] + [2.0**-60] * 64,
        "tie-to-even-down": [1.0, 2.0**-53],
        "tie-to-even-up": [1.0 + 2.0**-52, 2.0**-53],
        "tie-broken-upwards-by-the-smallest-subnormal": [1.0, 2.0**-53, tiny],
        "tie-broken-downwards-by-the-smallest-subnormal": [1.0 + 2.0**-52, 2.0**-53, -tiny],
        "negative-tie-to-even": [-1.0, -(2.0**-53)],
        "below-one-the-spacing-halves": [1.0, -(2.0**-54)],
        "powers-of-two-from-end-to-end": [2.0**e for e in range(-1074, 1023, 41)],
        "alternating-powers-of-two": [(-1.0) ** i * 2.0**e for i, e in enumerate(range(-1074, 1024, 23))],
        "random-from-end-to-end": spread,
        "random-and-its-negative-reversed": spread + [tiny] + [-value for value in reversed(spread)],
        "gaussian": gaussian,
        "gaussian-times-1e300-cancelled": [v * 1e300 for v in gaussian] + [1e-300] + [-v * 1e300 for v in gaussian],
        "intermediate-overflow": [1.7e308, 1.7e308, -1.7e308],
        "intermediate-negative-overflow": [-1.7e308, -1.7e308, 1.7e308, 1e292],
        "intermediate-overflow-far": [huge] * 9 + [-huge] * 9 + [0.25],
        "overflows": [1.7e308, 1.7e308],
        "overflows-negative": [-huge, -huge, 1e308],
        "overflow-by-tie": [huge, half_ulp_of_huge],
        "below-overflow-by-the-smallest-subnormal": [huge, half_ulp_of_huge, -tiny],
    }


def main() -> None:
    start(HERE, SEED)
    random = np.random.default_rng(SEED)
    for form in (FLOAT32, FLOAT64):
        write_json(HERE / f"bce-logits-{form.name}.json", {"rows": logits_rows(form, random)})
        write_json(HERE / f"bce-probs-{form.name}.json", {"rows": probs_rows(form, random)})
    write_json(HERE / "exact-sum.json", {"cases": [
        {"name": name, "values": [FLOAT64.bits(v) for v in values], "sum": FLOAT64.bits(correctly_rounded_sum(values))}
        for name, values in sum_lists(random).items()
    ]})
    write_json_arrays(HERE / "softmax-ce.json", softmax_ce.content())


if __name__ == "__main__":
    main()
