#!/usr/bin/env python3
"""Measure lossctl against reading the bytes, PyTorch and NumPy. README.md says how to read it.

Exits with 1 where lossctl gave a wrong number, with 2 where nothing could be measured; a missed
target is no failure.
"""

import argparse
import fnmatch
import os
import sys
from pathlib import Path

import machine
import report
from measure import Bench, Result, measure
from processes import HERE, Trouble
from rows import ROWS, Row

README = HERE / "README.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print the rows and do nothing")
    parser.add_argument(
        "--only", metavar="PATTERN", action="append", default=[],
        help="measure the rows whose name matches, as bce-* does; may be given several times")
    parser.add_argument("--quick", action="store_true", help="a sixteenth of the data")
    parser.add_argument("--rounds", type=positive, default=7, help="default: %(default)s")
    parser.add_argument(
        "--threads", type=positive, default=2,
        help="of lossctl and of PyTorch (default: %(default)s)")
    parser.add_argument(
        "--binary", default=str(HERE.parent / ".build/release/lossctl"),
        help="the lossctl to measure (default: the release build)")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the tables there, too")
    parser.add_argument(
        "--update-readme", action="store_true", help="put the tables into benchmarks/README.md")
    found = parser.parse_args()
    if found.update_readme and (found.only or found.quick):
        parser.error("--update-readme needs every row at full size: leave out --only and --quick")
    return found


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def selected(patterns: list[str]) -> list[Row]:
    rows = [
        row for row in ROWS
        if not patterns or any(fnmatch.fnmatchcase(row.name, pattern) for pattern in patterns)
    ]
    if not rows:
        raise Trouble(f"no row matches {' or '.join(patterns)}; --list prints their names")
    return rows


def prepare(options: argparse.Namespace) -> Bench:
    folder = Path(os.environ.get("LOSSCTL_BENCH_DATA") or HERE / "data")
    folder.mkdir(parents=True, exist_ok=True)
    commands, has_timing = machine.abilities(options.binary)
    return Bench(
        binary=options.binary, python=sys.executable, folder=folder, rounds=options.rounds,
        threads=options.threads, commands=commands, has_timing=has_timing,
        is_static=machine.is_static(options.binary))


def measured(rows: list[Row], bench: Bench) -> list[Result]:
    results = []
    for row in rows:
        print(f"\n{row.name}: {row.title}", flush=True)
        results.append(measure(row, bench))
        print(report.details(results[-1]), flush=True)
    return results


def bench(options: argparse.Namespace) -> int:
    rows = selected(options.only)
    if options.list:
        print("\n".join(f"{row.name:26}{row.title}" for row in rows))
        return 0
    context = prepare(options)
    heading = (
        f"Measured on {machine.today()}: {machine.lossctl_version(options.binary)}; "
        f"{machine.description()}; {machine.python_versions()}; threads: "
        f"{options.threads}, rounds: {options.rounds}"
        f"{', a sixteenth of the data' if options.quick else ''}")
    load = f"load average {machine.load():.2f} at the start"
    print(f"{heading}; {load}.", flush=True)
    warning = machine.load_warning()
    if warning:
        print(warning, file=sys.stderr, flush=True)
    results = measured([row.quick() if options.quick else row for row in rows], context)
    text = report.report(f"{heading}; {load}.", results, context)
    print("\n" + text, end="")
    if options.markdown:
        options.markdown.write_text(text)
    if options.update_readme:
        report.update(README, text)
    return 1 if any(result.is_failure for result in results) else 0


def main() -> int:
    try:
        return bench(arguments())
    except Trouble as trouble:
        print(f"bench.py: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
