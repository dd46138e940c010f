"""InfoNCE from PyTorch: cases.json, inputs included, in the form of the clip cases.

Expected is softmax cross entropy in PyTorch's float64 of the similarities of each query and its candidates, own first
or on the diagonal, for the inputs as stored: softplus of the log-sum-exp of the others less the own, as
`cross_entropy` itself has but twelve digits where the own is nearly all.

Run: python make.py
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import named_case, start, write_json_arrays  # noqa: E402

SEED = 20261203
# Queries, width, negatives.
SHAPES = [(1, 3, 2), (5, 4, 3), (33, 17, 6), (0, 4, 2), (4, 3, 0)]
SETTINGS = [
    {},
    {"symmetric": "true", "temperature": "0.5"},
    {"negatives": "shared", "temperature": "0.07"},
    {"negatives": "shared", "in-batch": "true", "temperature": "0.05"},
    {"negatives": "paired"},
    {"negatives": "paired", "normalize": "false", "temperature": "2"},
    {"negatives": "shared", "normalize": "false", "temperature": "4"},
]
RANDOM = np.random.default_rng(SEED)


def cross_entropy(logits, labels):
    if logits.shape[1] < 2:
        return 0 * logits.sum(1)
    own = logits[torch.arange(len(logits)), labels]
    others = logits.masked_fill(labels[:, None] == torch.arange(logits.shape[1]), -torch.inf)
    return F.softplus(torch.logsumexp(others, 1) - own, threshold=40)


def losses(options, tensors, temperature):
    if options.get("normalize") != "false":
        tensors = {name: F.normalize(t, dim=-1) for name, t in tensors.items()}
    query, key = tensors["query"], tensors["key"]
    count = len(query)
    diagonal, first = torch.arange(count), torch.zeros(count, dtype=torch.long)
    if "negatives" not in options:
        logits = query @ key.T / temperature
        loss = cross_entropy(logits, diagonal)
        if options.get("symmetric"):
            loss = (loss + cross_entropy(logits.T, diagonal)) / 2
        return loss
    if options["negatives"] == "paired":
        others = (query[:, None, :] * tensors["negatives"]).sum(-1)
    else:
        others = query @ tensors["negatives"].T
    own = query @ key.T if options.get("in-batch") else (query * key).sum(1, keepdim=True)
    labels = diagonal if options.get("in-batch") else first
    return cross_entropy(torch.cat([own, others], 1) / temperature, labels)


def record(dtype, shape, options) -> dict:
    count, width, others = shape
    query = RANDOM.normal(size=(count, width))
    arrays = {"query": query, "key": query + RANDOM.normal(size=query.shape)}
    if "negatives" in options:
        paired = options["negatives"] == "paired"
        arrays["negatives"] = RANDOM.normal(size=(count, others, width) if paired else (others, width))
    arrays = {name: a.astype(dtype) for name, a in arrays.items()}
    tensors = {name: torch.tensor(a.astype("f8"), requires_grad=True) for name, a in arrays.items()}
    value = float(options.get("temperature", "0.1"))
    temperature = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    unreduced = losses(options, tensors, temperature)
    upstream = RANDOM.normal(size=unreduced.shape).astype(dtype)
    mean = unreduced.mean()
    wanted = tensors | {"temperature": temperature}
    return named_case("info-nce", options, dtype, arrays, wanted, unreduced, mean, upstream)


def main() -> None:
    start(HERE, SEED)
    found = [record(dtype, shape, options) for dtype in ("f4", "f8") for shape in SHAPES for options in SETTINGS]
    write_json_arrays(HERE / "cases.json", found)
    print(len(found), "cases")


if __name__ == "__main__":
    main()
