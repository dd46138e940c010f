"""A golden grid of softmax cross entropy from PyTorch: cases.json, inputs included.

`tensors` holds every input by name: dtype, shape, values in C order. Values are the shortest
decimals of their own dtype; read as float64 and rounded to float32 they are exact.

Each of `cases` names its inputs, lossctl's options (flags without dashes, values as strings),
the `dtype` the loss is computed in and what is expected:

- `unreduced` and `unreduced-shape`; `sum`, `mean` and what the mean divides by (`denominator`);
  `ignored`, the number of units left out
- `gradient-of-sum`, `gradient-of-mean`, and `gradient-of-upstream` where there is a `grad-output`
  (the vector-Jacobian product of the unreduced loss), all with respect to pred and in its shape;
  the largest shapes have one of the first two, to keep the file small
- `gradient-terms`, where the gradient g(p Σq - q) is a difference that may cancel (soft labels,
  smoothing): g(p Σ|q| + |q|) for the sum, g = 1, to two digits, as the measure of its rounding
  errors; `upstream-terms` for g of the upstream; `unreduced-terms` where the loss may cancel

**Every expected value is PyTorch's float64 evaluation of the inputs as stored**, for float32
cases too: PyTorch's own float32 has up to 4 % of relative error near a loss of 0, and a test
against float64 can be as tight as float32 itself. `source` says which part of PyTorch:

- `cross_entropy`, `nll_loss`: the function of that name
- `formula`: Σ -q log p in torch operations with autograd, where torch has no such loss:
  probabilities, and log-probabilities with soft labels or smoothing.
  q = w((1-ε)[c=y] + ε/C) for a class index and w((1-ε)t + ε/C) for a soft label t
- `stand-in`: edge cases that are lossctl's own definition and not torch's, see edges.py

Other class axes are the same data moved, with the class axis moved to 1 for torch.

Run: python make.py
"""

import pathlib
import sys

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from cases import Case, all_cases, shape_name  # noqa: E402
from edges import EDGES, Edge  # noqa: E402
from fixture_files import numbers, start, write_json_arrays  # noqa: E402
from inputs import SEED, Tensors  # noqa: E402
from reference import check_reference, expected, numbers_of, source_of  # noqa: E402


def record(case: Case, tensors: Tensors) -> dict:
    position = case.axis if case.class_axis is None else case.class_axis
    moved = "" if case.class_axis is None else f"-classes-at-{case.class_axis}"
    place = lambda tensor: torch.movedim(torch.as_tensor(tensor), case.axis, position)  # noqa: E731
    kinds = {"pred": case.source, "label": case.label}
    kinds |= {"class-weight": "class-weight"} if case.weighted else {}
    kinds |= {"grad-output": "grad-output"} if case.upstream else {}
    drawn = {name: tensors.draw(case, kind) for name, kind in kinds.items()}
    inputs = {}
    for name, kind in kinds.items():
        # What has a class axis is stored with that axis moved; the rest is as for any other.
        has_classes = drawn[name].shape == case.shape and name in ("pred", "label")
        stored = place(drawn[name]).numpy() if has_classes and moved else drawn[name]
        key = f"{kind}-{drawn[name].dtype}-{shape_name(drawn[name].shape)}{moved if has_classes else ''}"
        inputs[name] = tensors.add(key, stored)
    dtypes = [drawn[name].dtype.name for name in kinds if name != "grad-output"]
    dtype = case.compute_dtype or ("float64" if "float64" in dtypes else "float32")
    x, y = torch.from_numpy(drawn["pred"].astype(dtype)), torch.from_numpy(drawn["label"])
    w = torch.from_numpy(drawn["class-weight"]) if case.weighted else torch.ones(case.shape[case.axis])
    upstream = torch.from_numpy(drawn["grad-output"]) if case.upstream else None
    values = expected(case, x, y.double() if case.is_soft else y.long(), w.double(), upstream, place)
    check_reference(case, values)
    return {"name": case.name, "source": source_of(case), "dtype": dtype,
            "inputs": inputs, "options": case.options, "expected": values}


def edge_record(edge: Edge, dtype: str, tensors: Tensors) -> dict:
    pred, label = np.asarray(edge.pred, dtype), np.asarray(edge.label)
    is_soft = label.shape == pred.shape
    label = label.astype(edge.label_dtype or (dtype if is_soft else "int64"))
    case = Case(edge.source, dtype, pred.shape, "soft" if is_soft else "index", edge.weight is not None,
                edge.ignore_index, edge.smoothing)
    inputs = {"pred": pred, "label": label}
    inputs |= {} if edge.weight is None else {"class-weight": np.asarray(edge.weight, dtype)}
    x = torch.from_numpy(pred if edge.stand_in is None else np.asarray(edge.stand_in, dtype="float64"))
    w = torch.from_numpy(inputs["class-weight"]) if case.weighted else torch.ones(pred.shape[case.axis])
    y = torch.from_numpy(label.astype("float64" if is_soft else "int64"))
    values = expected(case, x, y, w.double(), None, lambda tensor: tensor)
    losses = numbers_of(values["unreduced"])
    if np.any(losses > np.finfo(dtype).max):
        # 6e38 in float64: float32 has no such number, so the loss is infinite, and so is its sum.
        values["unreduced"] = numbers(np.where(losses > np.finfo(dtype).max, np.inf, losses))
        values["sum"] = values["mean"] = "NaN" if np.any(np.isnan(losses)) else "Infinity"
    options = case.options | ({"zero-times-inf": edge.zero_times_infinity} if edge.zero_times_infinity else {})
    name = f"edge-{edge.name}-{dtype}"
    return {"name": name, "source": source_of(case) if edge.stand_in is None else "stand-in", "dtype": dtype,
            "inputs": {kind: tensors.add(f"{name}-{kind}", array) for kind, array in inputs.items()},
            "options": options, "expected": values}


def main() -> None:
    start(HERE, SEED)
    tensors = Tensors()
    records = [record(case, tensors) for case in all_cases()]
    records += [edge_record(edge, dtype, tensors) for edge in EDGES for dtype in edge.dtypes]
    names = [item["name"] for item in records]
    assert len(set(names)) == len(names), "two cases share a name"
    write_json_arrays(HERE / "cases.json", {"tensors": tensors.records, "cases": records})
    print(f"{len(records)} cases")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
