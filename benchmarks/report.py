"""The tables, as text that is Markdown too, and the part of README.md that holds them."""

from pathlib import Path
from statistics import median

from measure import Bench, Result
from processes import Trouble
from verdicts import Summary, Verdict, spread

SPREAD_OF = {"lossctl", "cat", "cp", "eager", "compiled", "NumPy"}
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


# Numbers.

def seconds(value: float | None) -> str:
    if value is None:
        return "–"
    if value >= 1:
        return f"{value:.{1 if value >= 10 else 2}f} s"
    return f"{1e3 * value:.{0 if value >= 0.1 else 1 if value >= 0.01 else 2}f} ms"


def megabytes(value: float) -> str:
    return f"{value / 1e6:,.{0 if value >= 100e6 else 1}f} MB"


def ratio(verdict: Verdict | None) -> str:
    if verdict is None:
        return "–"
    text = f"{verdict.value:.{1 if verdict.value >= 10 else 2}f}×"
    return text + against(verdict, f"{verdict.target}×")


def against(verdict: Verdict, target: str) -> str:
    if verdict.target is None:
        return ""
    sign = "≥" if verdict.is_at_least else "≤"
    return f" ({sign} {target}: {'met' if verdict.is_met else '**missed**'})"


# One row, as soon as it is measured.

def details(result: Result) -> str:
    if result.problem:
        return f"  {'FAILED' if result.is_failure else 'unavailable'}: {result.problem}"
    lines = [
        f"  {name:24}{seconds(median(found)):>10}   {seconds(min(found))} to {seconds(max(found))}"
        for name, found in result.rounds.seconds.items()
    ]
    return "\n".join(lines + [f"  note: {note}" for note in result.notes + disturbance(result)])


def disturbance(result: Result) -> list[str]:
    if result.rounds.is_calm:
        return []
    return [f"not calm: other work took up to {result.rounds.other_work:.0%} of the processors"]


# All rows.

def table(titles: list[str], rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(titles, *rows)]
    lines = [" | ".join(map(str.ljust, cells, widths)) for cells in [titles, *rows]]
    rule = "-|-".join("-" * width for width in widths)
    return [f"| {lines[0]} |", f"|-{rule}-|", *(f"| {line} |" for line in lines[1:])]


def whole_process(summary: Summary) -> list[str]:
    start, memory = summary.verdict(summary.start_target), summary.verdict("anonymous")
    # Only the rows that are about starting have a target for the seconds.
    limit = against(start, seconds(start.target) if start.target else "")
    script = summary.result.script
    return [
        summary.row.title, seconds(summary.whole) + limit, seconds(summary.limit),
        ratio(summary.verdict("limit")), seconds(script.seconds if script else None),
        megabytes(memory.value) + against(memory, megabytes(memory.target or 0)),
        megabytes(summary.result.resident), megabytes(script.resident) if script else "–",
    ]


def in_memory(summary: Summary) -> list[str]:
    compiling = summary.result.compile_seconds.values()
    return [
        summary.row.title, seconds(summary.compute()),
        seconds(summary.fastest("eager")), ratio(summary.verdict("eager")),
        seconds(summary.fastest("compiled")), ratio(summary.verdict("compiled")),
        seconds(max(compiling, default=None)),
        seconds(summary.fastest("NumPy")), ratio(summary.verdict("NumPy")),
    ]


def threads(summary: Summary) -> list[str]:
    one = ", 1 thread"
    return [
        summary.row.title, seconds(summary.compute(one)), seconds(summary.compute()),
        ratio(summary.verdict("threads")), seconds(summary.medians["lossctl" + one]),
        seconds(summary.whole),
    ]


def tables(summaries: list[Summary], thread_count: int) -> list[str]:
    """Each under its heading, without the rows it does not concern."""
    all_threads = f"{thread_count} threads"
    parts = [
        ("From start to exit",
         table(
             ["", "lossctl", "`cat` (+ `cp`)", "lossctl / `cat`", "PyTorch script",
              "anonymous memory", "peak RSS", "the script's"],
             [whole_process(s) for s in summaries if not s.row.one_thread])),
        ("Computing alone",
         table(
             ["", "lossctl", "PyTorch", "ratio", "torch.compile", "ratio", "compiling", "NumPy",
              "ratio"],
             [in_memory(s) for s in summaries if s.row.torch])),
        ("Threads",
         table(
             ["", "computing, 1 thread", all_threads, "ratio", "start to exit, 1 thread",
              all_threads],
             [threads(s) for s in summaries if s.row.one_thread])),
    ]
    lines = []
    for title, rows in parts:
        lines += [f"### {title}", "", *rows, ""] if rows else []
    return lines


def remarks(results: list[Result], summaries: list[Summary]) -> list[str]:
    """What the tables do not say."""
    lines = [
        f"- {result.row.title}: {'**failed**' if result.is_failure else 'unavailable'}: "
        f"{result.problem}" for result in results if result.problem]
    lines += [
        f"- {s.row.title}: {note}."
        for s in summaries for note in s.result.notes + disturbance(s.result)]
    if any(s.row.torch and "compute" not in s.medians for s in summaries):
        lines.append(
            "- This lossctl has no `--timing`: its time of computing is that of the whole process.")
    verdicts = [verdict for s in summaries for verdict in s.verdicts()]
    if verdicts:
        met = sum(verdict.is_met for verdict in verdicts)
        lines.append(f"- {met} of {len(verdicts)} targets met.")
    return lines + noise(summaries)


def noise(summaries: list[Summary]) -> list[str]:
    """How far the runs of one thing lie apart, where they lie apart most."""
    spreads = {}
    for summary in summaries:
        for name, found in summary.result.rounds.seconds.items():
            if name in SPREAD_OF:
                spreads[name] = max(spreads.get(name, 0), spread(found))
    text = ", ".join(f"{name} {value:.0%}" for name, value in spreads.items())
    repeated = sum(summary.result.rounds.repeated for summary in summaries)
    lines = [f"- Rounds repeated because other work disturbed them: {repeated}."] * bool(repeated)
    return lines + [f"- Largest interquartile range over median: {text}."] * bool(text)


def report(heading: str, results: list[Result], bench: Bench) -> str:
    summaries = [Summary(result, bench) for result in results if not result.problem]
    lines = [heading, "", *tables(summaries, bench.threads), *remarks(results, summaries)]
    return "\n".join(lines) + "\n"


# README.md.

def update(readme: Path, text: str, first: str = BEGIN, last: str = END) -> None:
    """Puts `text` between the marks of `readme`."""
    before, begin, rest = readme.read_text().partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        raise Trouble(f"{readme} has no {first} and {last} to put the tables between")
    readme.write_text(f"{before}{first}\n{text}{last}{after}")
