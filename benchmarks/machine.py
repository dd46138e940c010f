"""What the numbers depend on: the machine, its load, and the versions of what is measured."""

import datetime
import importlib.metadata
import json
import os
import platform
import re
import subprocess
from pathlib import Path

from processes import HERE, Trouble, run

# Per core, at the start. Above this, other work shows in the times.
CALM_LOAD = 0.5


def cores() -> int:
    return len(os.sched_getaffinity(0))


def load() -> float:
    return os.getloadavg()[0]


def load_warning() -> str | None:
    if load() <= CALM_LOAD * cores():
        return None
    return (
        f"warning: the load average is {load():.2f} on {cores()} cores: other work will show in "
        "the times. Wait until the machine is calm.")


def python_versions() -> str:
    """The versions of what this interpreter would import."""
    try:
        torch, numpy = (importlib.metadata.version(name) for name in ("torch", "numpy"))
    except importlib.metadata.PackageNotFoundError as error:
        raise Trouble(
            f"this Python has no {error.name}; let `make bench` make one, or set "
            "LOSSCTL_BENCH_PYTHON to one that has") from error
    return f"PyTorch {torch}, NumPy {numpy}, Python {platform.python_version()}"


def description() -> str:
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model[1] if model else platform.machine()}, {cores()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}")


def lossctl_version(binary: str) -> str:
    version = run([binary, "--version"]).output.strip()
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True,
        check=False)
    return f"lossctl {version}" + (f" at {commit.stdout.strip()}" if commit.returncode == 0 else "")


def today() -> str:
    return datetime.date.today().isoformat()


def abilities(binary: str) -> tuple[frozenset[str], bool]:
    """The commands of `binary`, aliases included, and whether they have --timing."""
    root = json.loads(run([binary, "--experimental-dump-help"]).output)["command"]
    commands = root.get("subcommands", [])
    names = {command["commandName"] for command in commands}
    names |= {alias for command in commands for alias in command.get("aliases", [])}
    options = {
        name["name"] for command in commands for argument in command.get("arguments", [])
        for name in argument.get("names", [])
    }
    return frozenset(names), "timing" in options


def is_static(binary: str) -> bool:
    """Whether the Swift runtime is part of `binary`."""
    # No check of the status: ldd fails on a file without any dynamic library, which is static, too.
    libraries = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)
    return "libswiftCore" not in libraries.stdout
