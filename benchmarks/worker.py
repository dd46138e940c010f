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

    def generate(self, array: dict, folder: str) -> dict:
        generate.make(Array(**array | {"shape": tuple(array["shape"])}), Path(folder))
        return {}

    def open(self, loss: str, inputs: dict[str, str], gradients: list[str]) -> dict:
        self.inputs = {name: load(path) for name, path in inputs.items()}
        self.loss, self.gradients = references.LOSSES[loss], gradients
        self.operations["NumPy"] = self.run_numpy
        return {}

    def open_torch(self, expressions: dict[str, str], threads: int) -> dict:
        import torch

        torch.set_num_threads(threads)
        self.torch = torch
        self.tensors = {name: torch.from_numpy(a) for name, a in self.inputs.items()}
        for name in self.gradients:
            self.tensors[name].requires_grad_()
        names = {"torch": torch, "F": torch.nn.functional}
        self.functions = {
            name: eval(f"lambda {', '.join(self.inputs).replace('-', '_')}: {expression}", names)
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
        tensors = list(self.tensors.values())
        for tensor in tensors:
            tensor.grad = None
        start = time.perf_counter()
        loss = function(*tensors)
        if self.gradients:
            loss.backward()
        return {"seconds": time.perf_counter() - start, "value": str(loss.item())}

    def run_numpy(self) -> dict:
        start = time.perf_counter()
        value = references.straightforward(self.loss, self.arrays, bool(self.gradients))
        return {"seconds": time.perf_counter() - start, "value": str(value)}

    @property
    def arrays(self) -> list[np.ndarray]:
        return list(self.inputs.values())

    def exact(self) -> dict:
        return {"value": str(references.exact_mean(self.loss, self.arrays))}

    def gradient_error(self, paths: list[str]) -> dict:
        found = [np.load(path) for path in paths]
        return {"value": str(references.gradient_error(self.loss, self.arrays, found))}


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
