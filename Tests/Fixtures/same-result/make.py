"""The same predictions and labels in every form lossctl reads, which have to give the same result.

- pred.npy, label.npy: (41, 3) float32 logits and uint8 labels
- the same as members of run.npz and run.tar, compressed by gzip, zstd, xz, bzip2 and lz4, column-major and
  big-endian, as columns of table.csv (with the shortest decimals of a float32), and cut into part-*.npy and
  label-*.npy, at different rows

Run: python make.py   (needs zstd and lz4 on the path)
"""

import bz2
import gzip
import io
import lzma
import pathlib
import subprocess
import sys
import tarfile

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import save, start  # noqa: E402

SEED = 20261124


def by_tool(tool: str, data: bytes) -> bytes:
    return subprocess.run([tool, "-q", "-c"], input=data, capture_output=True, check=True).stdout


def main() -> None:
    start(HERE, SEED)
    random = np.random.default_rng(SEED)
    pred = (random.normal(size=(41, 3)) * 4).astype("<f4")
    label = (random.random((41, 3)) < 0.3).astype("u1")
    save(HERE / "pred.npy", pred)
    save(HERE / "label.npy", label)
    np.savez(HERE / "run.npz", pred=pred, label=label)
    np.savez_compressed(HERE / "run-deflated.npz", pred=pred, label=label)
    with tarfile.open(HERE / "run.tar", "w") as archive:
        for name in ("pred", "label"):
            info = tarfile.TarInfo(f"epoch3/{name}.npy")
            data = (HERE / f"{name}.npy").read_bytes()
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    data = (HERE / "pred.npy").read_bytes()
    (HERE / "pred.npy.gz").write_bytes(gzip.compress(data, mtime=0))
    (HERE / "pred.npy.xz").write_bytes(lzma.compress(data))
    (HERE / "pred.npy.bz2").write_bytes(bz2.compress(data))
    for tool, suffix in (("zstd", "zst"), ("lz4", "lz4")):
        (HERE / f"pred.npy.{suffix}").write_bytes(by_tool(tool, data))
    save(HERE / "pred-column-major.npy", np.asfortranarray(pred))
    save(HERE / "pred-big-endian.npy", pred.astype(">f4"))
    rows = ["p0,p1,p2,y0,y1,y2"]
    for scores, labels in zip(pred, label):
        rows.append(",".join([*map(str, scores), *map(str, labels)]))
    (HERE / "table.csv").write_text("\n".join(rows) + "\n")
    for number, part in enumerate(np.split(pred, [7, 8]), 9):
        save(HERE / f"part-{number}.npy", part)
    for number, part in enumerate(np.split(label, [20])):
        save(HERE / f"label-{number}.npy", part)


if __name__ == "__main__":
    main()
