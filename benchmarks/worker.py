"""Computes with NumPy and PyTorch when asked: one JSON request a line, one JSON answer a line.

bench.py starts one for each row, so that its own process stays small and that arrays are in memory
before anything is timed. An answer with the key `trouble` says why a request was not met.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

import generate
import references
from rows import Array


class Peers:
    """The arrays of a row, and the ways to compute its loss."""

    def __init__(self) -> None:
        self.operations = {}

    def generate(self, kind: str, dtype: str, shape: list[int], classes: int, folder: str) -> dict:
        generate.make(Array(kind, dtype, tuple(shape), classes), Path(folder))
        return {}

    def open(self, loss: str, pred: str, label: str, gradient: bool) -> dict:
        self.x, self.y = load(pred), load(label)
        self.loss, self.gradient = references.LOSSES[loss], gradient
        self.operations["NumPy"] = self.run_numpy
        return {}

    def open_torch(self, expressions: dict[str, str], threads: int) -> dict:
        import torch

        torch.set_num_threads(threads)
        self.torch = torch
        self.tensors = torch.from_numpy(self.x), torch.from_numpy(self.y)
        self.tensors[0].requires_grad_(self.gradient)
        names = {"torch": torch, "F": torch.nn.functional}
        self.functions = {
            name: eval(f"lambda x, y: {expression}", names)
            for name, expression in expressions.items()
        }
        for name, function in self.functions.items():
            self.operations[name] = lambda function=function: self.run_torch(function)
        return {}

    def compile(self, name: str, compiled_name: str) -> dict:
        """Compiles an operation, and says how long that took together with its first run."""
        function = self.torch.compile(self.functions[name], fullgraph=True, dynamic=False)
        answer = self.run_torch(function)
        self.operations[compiled_name] = lambda: self.run_torch(function)
        return answer

    def run(self, name: str) -> dict:
        return self.operations[name]()

    def run_torch(self, function) -> dict:
        x, y = self.tensors
        x.grad = None
        start = time.perf_counter()
        loss = function(x, y)
        if self.gradient:
            loss.backward()
        return {"seconds": time.perf_counter() - start, "value": str(loss.item())}

    def run_numpy(self) -> dict:
        start = time.perf_counter()
        value = references.straightforward(self.loss, self.x, self.y, self.gradient)
        return {"seconds": time.perf_counter() - start, "value": str(value)}

    def exact(self) -> dict:
        return {"value": str(references.exact_mean(self.loss, self.x, self.y))}

    def gradient_error(self, path: str) -> dict:
        error = references.gradient_error(self.loss, self.x, self.y, np.load(path))
        return {"value": str(error)}


def load(path: str) -> np.ndarray:
    if path.endswith(".csv"):
        return np.loadtxt(path, delimiter=",", ndmin=2)
    return np.load(path)


def main() -> None:
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peers = Peers()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(peers, request.pop("do"))(**request)
        except Exception as error:
            text = str(error).strip() or "no explanation"
            answer = {"trouble": f"{type(error).__name__}: {text.splitlines()[0]}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # bench.py has it, too, and ends.
