"""Measures one row: checks that lossctl is right, then runs it and its peers in turn."""

import json
import os
import re
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from processes import HERE, Run, Trouble, Worker, discard, run
from rounds import Contender, Rounds, run_rounds
from rows import Array, Fixture, Row

# What a peer may differ from float64 before the result says so.
PEER_TOLERANCE = 1e-3
MEMORY_RUNS = 3
# OpenMP threads spin for a while after their work; nothing else must run meanwhile.
SETTLE = 0.05

TIMING = re.compile(r"^lossctl: timing: (.*)$", re.MULTILINE)
PHASE = re.compile(r"([a-z]+) ([0-9][0-9.e-]*) s\b")

FIXTURES = HERE.parent / "Tests" / "Fixtures"


@dataclass(frozen=True)
class Bench:
    """What is the same for all rows."""

    binary: str
    python: str
    folder: Path
    rounds: int
    threads: int
    commands: frozenset[str]
    has_timing: bool
    is_static: bool


@dataclass
class Result:
    """What was found for a row, or the problem why there is nothing."""

    row: Row
    rounds: Rounds = field(default_factory=Rounds)
    compile_seconds: dict[str, float] = field(default_factory=dict)
    anonymous: int = 0
    resident: int = 0
    script: Run | None = None
    notes: list[str] = field(default_factory=list)
    problem: str | None = None
    is_failure: bool = False


def measure(row: Row, bench: Bench) -> Result:
    result = Result(row)
    if row.loss not in bench.commands:
        result.problem = f"this lossctl has no {row.loss}"
        return result
    try:
        with tempfile.TemporaryDirectory() as cache, Worker(cache) as worker:
            Measurement(row, bench, worker, result).run()
    except Trouble as trouble:
        result.problem, result.is_failure = str(trouble), True
    return result


class Measurement:
    """One row being measured."""

    def __init__(self, row: Row, bench: Bench, worker: Worker, result: Result) -> None:
        self.row, self.bench, self.worker, self.result = row, bench, worker, result
        self.inputs = {name: self.path(file) for name, file in row.inputs.items()}
        # In one folder, so that lossctl and cp write to the same file system. Of several gradients,
        # lossctl writes a file each where the name holds {input}, as .npy like what cp copies.
        self.grad = str(bench.folder / "gradient.npy")
        if len(row.gradients) > 1:
            self.grad = str(bench.folder / "gradient-{input}.npy")
        self.gradients = {name: self.grad.replace("{input}", name) for name in row.gradients}
        self.copies = str(bench.folder / "copies")

    def path(self, file: Array | Fixture) -> str:
        return str((FIXTURES if isinstance(file, Fixture) else self.bench.folder) / file.path)

    def run(self) -> None:
        try:
            self.make_files()
            for path in self.inputs.values():
                read_anew(path)
            self.worker.ask(
                "open", loss=self.row.reference_name, inputs=self.inputs, gradients=self.row.gradients)
            self.exact = float(self.worker.ask("exact")["value"])
            self.check()
            self.measure_memory()
            self.result.rounds = run_rounds(
                self.contenders(), min(self.bench.rounds, self.row.rounds or self.bench.rounds),
                self.row.repeats, self.worker.process.pid)
            self.run_script()
        finally:
            self.remove_gradients()
            shutil.rmtree(self.copies, ignore_errors=True)

    def make_files(self) -> None:
        for array in self.row.arrays:
            path = self.bench.folder / array.path
            if path.exists() and path.stat().st_size == array.size:
                continue
            statistics = os.statvfs(self.bench.folder)
            if statistics.f_bavail * statistics.f_frsize < 2 * array.size:
                raise Trouble(f"no room for {array.size / 1e6:.0f} MB in {self.bench.folder}")
            self.worker.ask("generate", array=asdict(array), folder=str(self.bench.folder))

    def remove_gradients(self) -> None:
        for path in self.gradients.values():
            remove(path)

    # lossctl.

    def command(self, threads: int) -> list[str]:
        command = [self.bench.binary, self.row.loss]
        for name, path in self.inputs.items():
            command += ["--" + name, path]
        command += [*self.row.flags, "--threads", str(threads)]
        if self.gradients:
            command += ["--grad", self.grad]
        if self.bench.has_timing:
            command.append("--timing")
        return command

    def lossctl(self, threads: int, sample: bool = False) -> Run:
        self.remove_gradients()
        return run(self.command(threads), sample)

    def check(self) -> None:
        """Holds lossctl against float64."""
        value = json.loads(self.lossctl(self.bench.threads).output)["value"]
        self.hold(f"the value {value}, NumPy in float64 {self.exact}", deviation(value, self.exact))
        if self.gradients:
            paths = list(self.gradients.values())
            error = float(self.worker.ask("gradient_error", paths=paths)["value"])
            self.hold("the gradient", error)

    def hold(self, what: str, error: float) -> None:
        allowed = self.row.tolerance
        if not error <= allowed:
            raise Trouble(f"wrong result: {what}: relative error {error:.1e}, allowed {allowed}")

    def measure_memory(self) -> None:
        """In runs of their own, because sampling takes time from what it samples."""
        for _ in range(MEMORY_RUNS):
            sampled = self.lossctl(self.bench.threads, sample=True)
            self.result.anonymous = max(self.result.anonymous, sampled.anonymous)
            self.result.resident = max(self.result.resident, sampled.resident)

    def run_lossctl(self, suffix: str, threads: int) -> dict[str, float]:
        finished = self.lossctl(threads)
        seconds = {"lossctl" + suffix: finished.seconds}
        if self.bench.has_timing:
            seconds["compute" + suffix] = phase("compute", finished.errors)
        return seconds

    # What takes part in a round.

    def contenders(self) -> list[Contender]:
        result = [lambda: self.run_lossctl("", self.bench.threads), self.run_cat]
        if self.row.one_thread:
            result.append(lambda: self.run_lossctl(", 1 thread", 1))
        if self.gradients:
            result.append(self.run_cp)
        if self.row.torch:
            names = [*self.open_torch(), "NumPy"]
            result += [lambda name=name: self.run_peer(name) for name in names]
        return result

    def run_cat(self) -> dict[str, float]:
        return {"cat": discard(["cat", *self.inputs.values()])}

    def run_cp(self) -> dict[str, float]:
        """Copies the inputs that are as large as their gradients."""
        shutil.rmtree(self.copies, ignore_errors=True)
        os.mkdir(self.copies)
        paths = [self.inputs[name] for name in self.gradients]
        seconds = discard(["cp", "--reflink=never", *paths, self.copies])
        shutil.rmtree(self.copies)
        return {"cp": seconds}

    def run_peer(self, name: str) -> dict[str, float]:
        answer = self.worker.ask("run", name=name)
        self.judge(name, answer["value"])
        time.sleep(SETTLE)
        return {name: answer["seconds"]}

    def judge(self, name: str, text: str) -> None:
        """Says where a peer computes something else; its time stands."""
        note = f"{name} gives {float(text):.6g} where the value is {self.exact:.6g}"
        is_close = deviation(text, self.exact) <= PEER_TOLERANCE
        if not is_close and note not in self.result.notes:
            self.result.notes.append(note)

    # PyTorch.

    def open_torch(self) -> list[str]:
        """Compiles what can be compiled; the names of all that can run."""
        expressions = self.row.torch
        self.worker.ask("open_torch", expressions=expressions, threads=self.bench.threads)
        names = list(expressions)
        for name in expressions if self.row.compiles else ():
            compiled = name.replace("eager", "compiled")
            try:
                answer = self.worker.ask("compile", name=name, compiled_name=compiled)
            except Trouble as trouble:
                self.result.notes.append(f"torch.compile cannot run: {trouble}")
                continue
            self.result.compile_seconds[compiled] = answer["seconds"]
            names.append(compiled)
        return names

    def run_script(self) -> None:
        """The same job as a user of PyTorch would do it: import, load, compute."""
        if not self.row.torch:
            return
        expression = next(iter(self.row.torch.values()))
        text = script(expression, self.inputs, self.gradients)
        self.remove_gradients()
        self.result.script = run(
            [self.bench.python, "-c", text], sample=True, OMP_NUM_THREADS=str(self.bench.threads))
        self.judge("the PyTorch script", self.result.script.output)


def script(expression: str, inputs: dict[str, str], gradients: dict[str, str]) -> str:
    """PyTorch's Python; both mappings have the paths of the files."""
    inputs, gradients = ({variable(name): path for name, path in m.items()} for m in (inputs, gradients))
    lines = ["import numpy, torch, torch.nn.functional as F"]
    lines += [f"{name} = torch.from_numpy(numpy.load({path!r}))" for name, path in inputs.items()]
    lines += [f"{name}.requires_grad_()" for name in gradients]
    lines += [f"loss = {expression}"]
    lines += ["loss.backward()"] * bool(gradients)
    lines += [f"numpy.save({path!r}, {name}.grad.numpy())" for name, path in gradients.items()]
    return "\n".join([*lines, "print(loss.item())"])


def variable(name: str) -> str:
    """An option's name as one of Python's."""
    return name.replace("-", "_")


def phase(name: str, errors: str) -> float:
    """The seconds of a phase, from what --timing printed."""
    line = TIMING.search(errors)
    seconds = dict(PHASE.findall(line[1])).get(name) if line else None
    if seconds is None:
        raise Trouble(f"lossctl --timing printed no {name} phase")
    return float(seconds)


def read_anew(path: str) -> None:
    """Drops `path` from the page cache and reads it from front to back.

    How a file came there decides on the size of its pages, and that on the time of all who read it:
    cat took from 20 to 60 ms for the same 512 MB. This is the state of a file read from a disk.
    """
    with open(path, "rb") as file:
        # Pages that are not on the disk yet would stay.
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    discard(["cat", path])


def deviation(found: float | str, true: float) -> float:
    return abs(float(found) - true) / abs(true)


def remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)
