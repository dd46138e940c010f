"""The README's first example: 3x3 logits and labels with their BCE from PyTorch.

Makes logits.npy and labels.npy (float32), logits.csv and labels.csv (the same decimals, no
header) and expected.json. Its three entries differ in what the loss was computed on:
`float32` the .npy values in float32; `float64` the same float32 values widened to float64
(--compute-dtype float64); `float64-decimals` the decimals of the CSV parsed as float64.
`rows` are the means along each row.

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

LOGITS = [["-0.4089", "-1.2471", "0.5907"], ["-0.4897", "-0.8267", "-0.7349"], ["0.5241", "-0.1246", "-0.4751"]]
LABELS = [["0", "1", "1"], ["0", "0", "1"], ["1", "0", "1"]]


def expected(logits: np.ndarray, labels: np.ndarray) -> dict:
    x, y = torch.from_numpy(logits), torch.from_numpy(labels)
    return {
        "mean": number(bce(x, y)),
        "sum": number(bce(x, y, reduction="sum")),
        "rows": numbers(bce(x, y, reduction="none").mean(dim=1).numpy()),
    }


def main() -> None:
    start(HERE)
    for name, table in (("logits", LOGITS), ("labels", LABELS)):
        (HERE / f"{name}.csv").write_text("".join(",".join(row) + "\n" for row in table), encoding="ascii")
        save(HERE / f"{name}.npy", np.array(table, dtype=np.float32))
    logits, labels = np.array(LOGITS, dtype=np.float32), np.array(LABELS, dtype=np.float32)
    write_json(HERE / "expected.json", {
        "float32": expected(logits, labels),
        "float64": expected(logits.astype(np.float64), labels.astype(np.float64)),
        "float64-decimals": expected(np.array(LOGITS, dtype=np.float64), np.array(LABELS, dtype=np.float64)),
    })


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
