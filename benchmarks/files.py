#!/usr/bin/env python3
"""Measure how fast lossctl reads and converts files, against polars, pandas, unzip and zlib.

Every contender runs once a round, in an order that turns; the table has the medians. lossctl's seconds are those of
the whole process, the Python libraries' those of the call alone, with everything imported.
"""

import argparse
import os
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

import machine
import report
from measure import read_anew, remove
from processes import HERE, Trouble, discard, run
from rounds import Rounds, run_rounds

THREADS = 2
# Before it is imported.
os.environ["POLARS_MAX_THREADS"] = str(THREADS)
BEGIN, END = "<!-- files: begin -->", "<!-- files: end -->"
SEED = 7


@dataclass(frozen=True)
class FileRow:
    """One line of the table: a command against the sum of what its peers take."""

    name: str
    title: str
    file: str
    command: list[str]
    peers: dict[str, Callable[["Files"], None]]
    # How many times the command's seconds have to fit into the peers'.
    target: float


@dataclass
class Files:
    """Where the files are, and who measures."""

    folder: Path
    binary: str
    notes: list[str] = field(default_factory=list)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def lossctl(self, arguments: list[str]) -> None:
        words = [word.replace("{}", str(self.folder)) for word in arguments]
        run([self.binary, *words, "--threads", str(THREADS)])


# The peers.

def polars_read(name: str) -> Callable[[Files], None]:
    def read(files: Files) -> None:
        import polars

        polars.read_csv(files.path(name))
    return read


def pandas_convert(name: str) -> Callable[[Files], None]:
    def convert(files: Files) -> None:
        import pandas

        np.save(files.path("peer.npy"), pandas.read_csv(files.path(name)).to_numpy())
        remove(files.path("peer.npy"))
    return convert


def unzip(name: str) -> Callable[[Files], None]:
    return lambda files: discard(["unzip", "-p", files.path(name)]) and None


def lossctl(*arguments: str) -> Callable[[Files], None]:
    return lambda files: files.lossctl(list(arguments))


def checksum(name: str) -> Callable[[Files], None]:
    def compute(files: Files) -> None:
        zlib.crc32(np.memmap(files.path(name), "u1", "r"))
    return compute


ROWS = [
    FileRow(
        "csv-two-columns", "CSV, 4,000,000 rows of score and label: read", "two.csv",
        ["inspect", "--no-stats", "{}/two.csv"], {"polars read_csv": polars_read("two.csv")}, 2),
    FileRow(
        "csv-wide", "CSV, 20,000 rows of 200 numbers: read", "wide.csv",
        ["inspect", "--no-stats", "{}/wide.csv"], {"polars read_csv": polars_read("wide.csv")}, 2),
    FileRow(
        "csv-to-npy", "CSV, 4,000,000 × 2: convert to NPY", "two.csv",
        ["convert", "{}/two.csv", "{}/converted.npy"],
        {"pandas read_csv and numpy.save": pandas_convert("two.csv")}, 3),
    FileRow(
        "csv-wide-to-npy", "CSV, 20,000 × 200: convert to NPY", "wide.csv",
        ["convert", "{}/wide.csv", "{}/converted.npy"],
        {"pandas read_csv and numpy.save": pandas_convert("wide.csv")}, 3),
    FileRow(
        "npz-stored", "NPZ, stored, 64 M float32: bce", "stored.npz",
        ["bce", "--pred", "{}/stored.npz:pred", "--label", "{}/label.npy"],
        {
            "the same of the .npy": lossctl(
                "bce", "--pred", "{}/pred.npy", "--label", "{}/label.npy"),
            "zlib.crc32 of it": checksum("pred.npy"),
        }, 1 / 1.1),
    FileRow(
        "npz-deflated", "NPZ, deflated, 16 M float32: read", "deflated.npz",
        ["inspect", "--no-stats", "{}/deflated.npz"], {"unzip -p": unzip("deflated.npz")}, 1),
]


def make_files(folder: Path) -> None:
    """Writes what is not there yet; every run has the same numbers."""
    random = np.random.default_rng(SEED)
    pred = (2 * random.standard_normal(64_000_000, dtype="f4"))
    label = (random.random(pred.size, dtype="f4") < 0.3).astype("u1")
    wide = random.standard_normal((20_000, 200), dtype="f4")
    writers = {
        "pred.npy": lambda path: np.save(path, pred),
        "label.npy": lambda path: np.save(path, label),
        "stored.npz": lambda path: np.savez(path, pred=pred),
        "deflated.npz": lambda path: np.savez_compressed(path, pred=pred[:16_000_000]),
        "two.csv": lambda path: write_csv(path, {"score": pred[:4_000_000], "label": label[:4_000_000]}),
        "wide.csv": lambda path: write_csv(path, {f"p{i}": wide[:, i] for i in range(200)}),
    }
    for name, write in writers.items():
        if not (folder / name).exists():
            part = folder / ("part-" + name)
            write(part)
            part.rename(folder / name)


def write_csv(path: Path, columns: dict[str, np.ndarray]) -> None:
    """The shortest decimals that are the same float32."""
    import polars

    polars.DataFrame(columns).write_csv(path)


def timed(name: str, work: Callable[[], None]) -> Callable[[], dict[str, float]]:
    def contender() -> dict[str, float]:
        start = perf_counter()
        work()
        return {name: perf_counter() - start}
    return contender


def measure(row: FileRow, files: Files, count: int) -> Rounds:
    read_anew(files.path(row.file))
    contenders = [timed("lossctl", lambda: files.lossctl(row.command))]
    contenders += [
        timed(name, lambda peer=peer: peer(files)) for name, peer in row.peers.items()]
    try:
        return run_rounds(contenders, count, 1, os.getpid())
    finally:
        remove(files.path("converted.npy"))


def line(row: FileRow, rounds: Rounds, files: Files) -> list[str]:
    medians = {name: median(found) for name, found in rounds.seconds.items()}
    own = medians.pop("lossctl")
    ratio = sum(medians.values()) / own
    size = os.path.getsize(files.path(row.file))
    verdict = "met" if ratio >= row.target else "**missed**"
    peers = " + ".join(f"{name} {report.seconds(value)}" for name, value in medians.items())
    return [
        row.title, report.seconds(own), f"{size / own / 1e9:.2f} GB/s", peers,
        f"{ratio:.2f}× (≥ {row.target:.2g}×: {verdict})"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")
    parser.add_argument("--only", metavar="NAME", action="append", default=[], help="the rows to measure")
    parser.add_argument(
        "--binary", default=str(HERE.parent / ".build/release/lossctl"),
        help="the lossctl to measure (default: the release build)")
    parser.add_argument(
        "--update-readme", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    folder = Path(os.environ.get("LOSSCTL_BENCH_DATA") or HERE / "data") / "files"
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder, options.binary)
    try:
        import pandas
        import polars

        make_files(folder)
        rows = [row for row in ROWS if not options.only or row.name in options.only]
        lines = []
        for row in rows:
            lines.append(line(row, measure(row, files, options.rounds), files))
            print(": ".join(lines[-1]), flush=True)
    except (ImportError, Trouble) as trouble:
        print(f"files.py: {trouble}", file=sys.stderr)
        return 2
    heading = (
        f"Measured on {machine.today()}: {machine.lossctl_version(options.binary)}; "
        f"{machine.description()}; polars {polars.__version__}, pandas {pandas.__version__}; "
        f"threads: {THREADS}, rounds: {options.rounds}; load average {machine.load():.2f} at the end.")
    text = "\n".join(
        [heading, "", *report.table(["", "lossctl", "of the file", "against", "ratio"], lines)]) + "\n"
    print("\n" + text, end="")
    if options.update_readme and not options.only:
        report.update(HERE / "README.md", text, BEGIN, END)
    return 0


if __name__ == "__main__":
    sys.exit(main())
