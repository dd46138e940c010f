"""Runs processes, and measures their time from start to exit and their memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SAMPLING_INTERVAL = 0.0005


class Trouble(Exception):
    """Something cannot be measured; the text says why."""


@dataclass
class Run:
    """A process that ended with status 0. Memory is in bytes, and 0 where it was not sampled."""

    seconds: float
    output: str
    errors: str
    anonymous: int = 0
    resident: int = 0


def run(command: list[str], sample: bool = False, **environment: str) -> Run:
    """Runs `command` with its output into files.

    `sample` reads its memory all the time, which takes a processor's time from it: the seconds of
    such a run are good for processes much longer than a millisecond only.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        actions = [
            (os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
        return finish(command, os.environ | environment, actions, output, errors, sample)


def discard(command: list[str]) -> float:
    """Runs `command` with its output to /dev/null, and gives the seconds."""
    with tempfile.TemporaryFile() as errors:
        actions = [
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
        return finish(command, os.environ, actions, None, errors, False).seconds


def finish(command, environment, actions, output, errors, sample: bool) -> Run:
    # posix_spawn and not subprocess, which takes a millisecond of its own.
    start = time.perf_counter()
    try:
        process = os.posix_spawnp(command[0], command, environment, file_actions=actions)
    except OSError as error:
        raise Trouble(f"cannot run {command[0]}: {error.strerror}") from error
    anonymous, resident = watch(process) if sample else (0, 0)
    # watch leaves the process for this call to collect.
    _, status = os.waitpid(process, 0)
    seconds = time.perf_counter() - start
    texts = [read(file) if file else "" for file in (output, errors)]
    if status != 0:
        lines = texts[1].strip().splitlines() or ["no message"]
        code = os.waitstatus_to_exitcode(status)
        ending = f"signal {-code}" if code < 0 else f"status {code}"
        raise Trouble(f"{Path(command[0]).name} ended with {ending}: {lines[-1]}")
    return Run(seconds, *texts, anonymous, resident)


def watch(process: int) -> tuple[int, int]:
    """The most anonymous and the most resident memory that `process` had, in bytes."""
    anonymous = resident = 0
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except FileNotFoundError:
            break
        fields = dict(line.split(":", 1) for line in lines if line.startswith(("VmHWM", "RssAnon")))
        # A process that has ended has no memory lines any more.
        anonymous = max(anonymous, kilobytes(fields.get("RssAnon")))
        # What the kernel remembers, so that nothing between two samples is missed.
        resident = max(resident, kilobytes(fields.get("VmHWM")))
        time.sleep(SAMPLING_INTERVAL)
    return anonymous, resident


def kilobytes(text: str | None) -> int:
    return int(text.split()[0]) * 1024 if text else 0


def read(file) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


class Worker:
    """A worker.py, which lives as long as the `with` block."""

    def __init__(self, cache: str) -> None:
        # A folder of its own for compiled code, so that compiling takes as long as the first time.
        self.environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": cache}

    def __enter__(self) -> "Worker":
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(HERE / "worker.py")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=self.environment)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def ask(self, what: str, **arguments) -> dict:
        try:
            print(json.dumps({"do": what} | arguments), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # No answer comes then, either.
        answer = json.loads(self.process.stdout.readline() or "null")
        if answer is None:
            raise Trouble(f"worker.py ended with status {self.process.wait()} during {what}")
        if "trouble" in answer:
            raise Trouble(answer["trouble"])
        return answer
