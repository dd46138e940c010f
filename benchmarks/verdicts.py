"""What the seconds of a row come to: medians, ratios, and whether they meet the targets."""

from dataclasses import dataclass
from statistics import median, quantiles

from measure import Bench, Result

# The names a target may have where more is better; for the others, less is.
AT_LEAST = {"eager", "compiled", "threads"}


@dataclass(frozen=True)
class Verdict:
    """A measured number and the target it is held against, both in the target's unit."""

    value: float
    target: float | None
    is_at_least: bool

    @property
    def is_met(self) -> bool:
        return self.value >= self.target if self.is_at_least else self.value <= self.target


def spread(seconds: list[float]) -> float:
    """The interquartile range over the median."""
    if len(seconds) < 2:
        return 0
    low, _, high = quantiles(seconds, n=4, method="inclusive")
    return (high - low) / median(seconds)


class Summary:
    """The medians of a result, and what follows from them. Names are those of rows.Row.targets."""

    def __init__(self, result: Result, bench: Bench) -> None:
        self.row, self.result, self.bench = result.row, result, bench
        self.medians = {name: median(seconds) for name, seconds in result.rounds.seconds.items()}

    @property
    def whole(self) -> float:
        return self.medians["lossctl"]

    @property
    def limit(self) -> float:
        """What the bytes alone take: reading the files, and writing one like the gradient."""
        return self.medians["cat"] + self.medians.get("cp", 0)

    def compute(self, suffix: str = "") -> float:
        """The compute phase; the whole process where lossctl does not say."""
        whole = self.medians["lossctl" + suffix]
        return self.medians.get("compute" + suffix, whole)

    def fastest(self, kind: str) -> float | None:
        """The fastest of PyTorch's ways, "eager" or "compiled"."""
        times = [time for name, time in self.medians.items() if name.split()[0] == kind]
        return min(times, default=None)

    def measured(self, name: str) -> float | None:
        """The number that the target `name` is about."""
        if name in ("eager", "compiled", "NumPy"):
            time = self.fastest(name)
            return None if time is None else time / self.compute()
        if name == "threads":
            return self.compute(", 1 thread") / self.compute()
        if name == "limit":
            return self.whole / self.limit
        if name == "anonymous":
            return self.result.anonymous
        if name in ("start", "static start"):
            return self.whole
        raise ValueError(f"rows.py has a target {name!r}, which is not known")

    def verdict(self, name: str) -> Verdict | None:
        value = self.measured(name)
        if value is None:
            return None
        return Verdict(value, self.row.targets.get(name), name in AT_LEAST)

    @property
    def start_target(self) -> str:
        """The target of the time from start to exit, which the kind of binary decides."""
        return "static start" if self.bench.is_static else "start"

    def verdicts(self) -> list[Verdict]:
        """All that have a target."""
        other_start = "start" if self.bench.is_static else "static start"
        found = (self.verdict(name) for name in self.row.targets if name != other_start)
        return [verdict for verdict in found if verdict]
