"""Runs contenders in turn, and a round once more where other work disturbed it."""

import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# Runs once, and gives the seconds of what it measured by name.
Contender = Callable[[], dict[str, float]]

# The share of all processors that other work may take during a round.
CALM_SHARE = 0.1
# How many rounds may be repeated for each that counts, and the seconds of waiting before it.
PATIENCE = 3
PAUSE = 5


@dataclass
class Rounds:
    """Every run's seconds by name, and how calm it was: `other_work` is the worst share."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0
    repeated: int = 0
    other_work: float = 0

    def add(self, seconds: dict[str, list[float]], share: float) -> None:
        for name, found in seconds.items():
            self.seconds[name] += found
        self.count += 1
        self.other_work = max(self.other_work, share)

    @property
    def is_calm(self) -> bool:
        return self.other_work <= CALM_SHARE


class OtherWork:
    """What everything but this process, its ended children and one more takes of the processors."""

    def __init__(self, process: int) -> None:
        self.process = process
        self.start = self.now()

    def now(self) -> tuple[float, float]:
        """Seconds of all processors, of other work and in all, from some time on."""
        # The host of a virtual machine counts as other work ("steal").
        user, nice, system, idle, wait, irq, softirq, steal = ticks("/proc/stat", slice(1, 9))
        busy = user + nice + system + irq + softirq + steal
        # Seconds of this process and of children that have ended, then those of one that lives.
        own = sum(os.times()[:4]) + sum(ticks(f"/proc/{self.process}/stat", slice(13, 15)))
        return busy - own, busy + idle + wait

    def share(self) -> float:
        other, whole = (now - then for now, then in zip(self.now(), self.start))
        return max(0, other / whole) if whole else 0


def ticks(path: str, fields: slice) -> list[float]:
    """Fields of the first line of a file in /proc, in seconds."""
    texts = Path(path).read_text().split("\n", 1)[0].split()[fields]
    return [int(text) / os.sysconf("SC_CLK_TCK") for text in texts]


def run_rounds(contenders: list[Contender], count: int, repeats: int, process: int) -> Rounds:
    """Runs each contender `repeats` times in each of `count` rounds.

    What a round measured does not decide on whether it counts; what the rest of the machine, and
    not `process`, did meanwhile does.
    """
    run_round(contenders, 1, 0)  # Whatever happens the first time only, and after a pause.
    result = Rounds()
    while result.count < count:
        other_work = OtherWork(process)
        seconds = run_round(contenders, repeats, result.count)
        share = other_work.share()
        if share > CALM_SHARE and result.repeated < PATIENCE * count:
            result.repeated += 1
            time.sleep(PAUSE)
            run_round(contenders, 1, 0)
        else:
            result.add(seconds, share)
    return result


def run_round(contenders: list[Contender], repeats: int, number: int) -> dict[str, list[float]]:
    result = defaultdict(list)
    for turn in range(number, number + repeats):
        # Each comes first as often as the others.
        first = turn % len(contenders)
        for contender in contenders[first:] + contenders[:first]:
            for name, found in contender().items():
                result[name].append(found)
    return result
