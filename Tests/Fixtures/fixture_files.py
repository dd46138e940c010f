"""What the fixture scripts share: strict JSON, .npy files, a clean start. Makes nothing when run."""

import json
import math
import pathlib
import re

import numpy as np


def start(folder: pathlib.Path, seed: int | None = None) -> None:
    """Prints the seed and removes what an earlier run made, so that a renamed case leaves no orphan."""
    print(f"{folder.name}: seed {seed}" if seed is not None else f"{folder.name}: no random data")
    folder.mkdir(exist_ok=True)
    for suffix in ("npy", "json", "csv"):
        for path in folder.glob(f"*.{suffix}"):
            path.unlink()


def number(value) -> float | str:
    """A float, or a string where JSON has no number."""
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def numbers(array) -> list:
    """Every element in C order as float64, whatever the array's memory order."""
    # long double would keep int64 exact, but float64 is what lossctl converts to.
    return [number(value) for value in np.asarray(array).astype(np.float64).ravel(order="C")]


def write_json(path: pathlib.Path, content) -> None:
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=True)
    path.write_text(text + "\n", encoding="ascii")


def write_json_arrays(path: pathlib.Path, content) -> None:
    """As write_json, but a list of numbers or words takes one line: for large arrays."""
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=True)
    # A line break is always between tokens: in a string it is written as an escape.
    flat = re.sub(r"\[\n[^\[\]{}]*\]", lambda found: re.sub(r"\n *", "", found[0]), text)
    assert json.loads(flat) == content
    path.write_text(flat + "\n", encoding="ascii")


def save(path: pathlib.Path, array) -> str:
    """Writes as np.save does and returns the name, which is how the JSON refers to it."""
    np.save(path, np.asarray(array), allow_pickle=False)
    return path.name


def named_case(loss: str, options: dict, dtype, arrays: dict, variables: dict, unreduced, mean, upstream) -> dict:
    """A case whose inputs go by their names, with PyTorch's gradients of `variables`: of the mean, and of the
    unreduced loss with `upstream`."""
    import torch

    gradients = torch.autograd.grad(mean, list(variables.values()), retain_graph=True)
    products = torch.autograd.grad(
        unreduced, list(variables.values()), torch.tensor(upstream.astype(np.float64)))
    return {
        "loss": loss, "options": options, "dtype": np.dtype(dtype).name,
        "inputs": {name: {"shape": list(a.shape), "values": numbers(a)} for name, a in arrays.items()},
        "upstream": numbers(upstream), "upstream-shape": list(upstream.shape),
        "unreduced": numbers(unreduced.detach()), "mean": numbers(mean.detach())[0],
        "gradients": {name: numbers(g) for name, g in zip(variables, gradients)},
        "upstream-gradients": {name: numbers(g) for name, g in zip(variables, products)},
    }
