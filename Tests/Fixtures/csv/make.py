"""Tables as people have them, with the binary cross entropy PyTorch computes of their complete rows.

Makes missing.csv (scores, labels and weights, some missing), labels.npy (labels of all its rows),
european.csv (the same scores and labels spelt otherwise: semicolons, decimal commas, comments,
quotes) and expected.json; and numbers.csv, decimal numbers of all lengths beside the bits of the
double nearest to each, as Python's float() rounds them. Losses are computed in float64 on the decimals; `complete` has the rows in
which nothing that is used is missing.

Run: python make.py
"""

import decimal
import pathlib
import random
import struct
import sys

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import number, numbers, save, start, write_json  # noqa: E402

# Score, label, weight; None is missing.
ROWS = [
    ("-0.75", "0", "0.5"), (None, "1", "2"), ("1.625", "1", "0.25"), ("0.3125", None, "3"),
    ("-2.5", "1", None), ("0.0625", "0", "1.5"), (None, None, "0.75"),
]
LABELS = [0, 1, 1, 0, 1, 0, 1]


def expected(rows: list[tuple], labels: list[float] | None = None, weighted: bool = False) -> dict:
    labels = labels or [row[1] for row in rows]
    used = [
        (row[0], label, row[2] if weighted else "1") for row, label in zip(rows, labels)]
    complete = [position for position, row in enumerate(used) if None not in row]
    x, y, w = torch.tensor(
        [[float(field) for field in used[position]] for position in complete], dtype=torch.float64).T
    x = x.clone().requires_grad_()
    loss = bce(x, y, weight=w)
    loss.backward()
    return {
        "complete": complete, "mean": number(loss.item()),
        "losses": numbers(bce(x, y, weight=w, reduction="none").detach().numpy()),
        "gradient": numbers(x.grad.numpy()),
    }


def decimals() -> list[str]:
    generator = random.Random(11)

    def digits(count: int) -> str:
        return "".join(generator.choice("0123456789") for _ in range(count))

    texts = ["-0", "0.0", "-0.000", "9007199254740993", "9007199254740992.5", "1e23", "123456e-30"]
    for whole in range(0, 22):
        for fraction in range(0, 26):
            if whole + fraction > 0:
                sign = generator.choice(["", "-"])
                texts.append(sign + digits(whole) + (f".{digits(fraction)}" if fraction else ""))
    # Half-way between two doubles, or a digit to either side of it.
    for _ in range(200):
        value = generator.uniform(-1, 1) * 10 ** generator.randint(-4, 6)
        next_value = np.nextafter(value, np.inf).item()
        exact = decimal.Context(prec=60).add(decimal.Decimal(value), decimal.Decimal(next_value)) / 2
        texts += [f"{exact:f}", f"{exact:.17f}", f"{exact:.16f}", repr(value), f"{value:.9g}"]
    return texts


def main() -> None:
    start(HERE, seed=11)
    bits = [
        struct.unpack("<Q", struct.pack("<d", float(text)))[0] for text in decimals()]
    rows = [f"{text},{value:016x}\n" for text, value in zip(decimals(), bits)]
    (HERE / "numbers.csv").write_text("".join(rows), encoding="ascii")
    words = iter(["", "NA", "null", "n/a", ""])
    lines = [",".join(next(words) if field is None else field for field in row) for row in ROWS]
    (HERE / "missing.csv").write_text("\n".join(["score,label,weight", *lines]) + "\n", encoding="ascii")
    save(HERE / "labels.npy", np.array(LABELS, dtype=np.uint8))
    lines = [
        f'{position};"{score or "?"}";{label or "?"}'.replace(".", ",")
        for position, (score, label, _) in enumerate(ROWS)]
    text = "\r\n".join(["# run 7; seed \"3\"", "id;score;label", *lines[:3], "# a break", *lines[3:], ""])
    (HERE / "european.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    write_json(HERE / "expected.json", {
        "score-label": expected(ROWS), "with-weight": expected(ROWS, weighted=True),
        "labels-elsewhere": expected(ROWS, labels=LABELS),
    })


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
