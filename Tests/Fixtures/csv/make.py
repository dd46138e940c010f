"""Tables as people have them, with the binary cross entropy PyTorch computes of their complete rows.

Makes missing.csv (scores, labels and weights, some missing), labels.npy (labels of all its rows),
european.csv (the same scores and labels spelt otherwise: semicolons, decimal commas, comments,
quotes) and expected.json. All is computed in float64 on the decimals; `complete` has the rows in
which nothing that is used is missing.

Run: python make.py
"""

import pathlib
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


def main() -> None:
    start(HERE)
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
