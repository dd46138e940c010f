"""NCE, negative sampling and sampled softmax from PyTorch: cases.json, inputs included, in the form of the clip cases;
and what the samplers draw: samplers.json.

Expected are float64 results for the inputs as stored. Formulas are those of TensorFlow's nce_loss and
sampled_softmax_loss, with the label 1/T for each of T true classes. The samplers are written again from their
description: SplitMix64, 53 bits of each number over 2**53, and the first class whose cumulated probability is above.

Run: python make.py
"""

import bisect
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import named_case, number, start, write_json_arrays  # noqa: E402

SEED = 20261204
OBJECTIVES = ["negative-sampling", "nce", "sampled-softmax"]
# Rows, true ones, noise.
SCORES = [(1, 1, 1), (7, 1, 5), (9, 3, 4), (0, 1, 3), (4, 1, 0)]
# Rows, true ones, noise, classes, width, whether samples are shared, whether there are biases.
VECTORS = [(6, 1, 5, 11, 4, True, True), (7, 2, 6, 8, 9, False, True), (5, 1, 3, 4, 3, True, False),
           (1, 1, 1, 3, 2, False, True), (0, 1, 2, 3, 4, True, True)]
RANDOM = np.random.default_rng(SEED)


def softplus(x):
    return F.softplus(x, threshold=40)


def losses(objective, true, noise):
    count = true.shape[1]
    if objective != "sampled-softmax":
        return (softplus(true) - true / count).sum(1) + softplus(noise).sum(1) if count > 1 \
            else softplus(-true).sum(1) + softplus(noise).sum(1)
    if count > 1:
        return torch.logsumexp(torch.cat([true, noise], 1), 1) - true.mean(1)
    if noise.shape[1] == 0:
        return 0 * true[:, 0] + noise.sum(1)
    return softplus(torch.logsumexp(noise, 1) - true[:, 0])


def finish(objective, options, dtype, arrays, tensors, true, noise, ids=None) -> dict:
    """Takes off what noise explains, and computes."""
    log_z = None
    if objective == "nce":
        options["log-z"] = "0.5"
        log_z = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        true, noise = true - log_z, noise - log_z
        tensors = tensors | {"log-z": log_z}
    if objective != "negative-sampling":
        expected = ids is not None
        for name, shape, which in (("pos", arrays["pos" if not expected else "label"].shape, 0),
                                   ("neg", noise.shape[1:], 1)):
            values = RANDOM.uniform(0.01, 2, shape) if expected else RANDOM.uniform(-9, -1, shape)
            key = ("expected-" if expected else "log-noise-") + name
            arrays[key] = values = values.astype(dtype)
            values = torch.tensor(values.astype("f8"))
            values = values.log() if expected else values + math.log(float(options.get("noise-ratio", noise.shape[1])))
            if which == 0:
                true = true - values.reshape(true.shape)
            else:
                noise = noise - values
    if ids is not None:
        labels, samples = ids
        if options.get("remove-accidental-hits") == "true":
            noise = noise.masked_fill((samples[:, :, None] == labels[:, None, :]).any(-1), -1e30)
    unreduced = losses(objective, true, noise)
    upstream = RANDOM.normal(size=unreduced.shape).astype(dtype)
    mean = unreduced.mean()
    return named_case("nce", options, dtype, arrays, tensors, unreduced, mean, upstream)


def variables(arrays, names):
    return {n: torch.tensor(arrays[n].astype("f8"), requires_grad=True) for n in names if n in arrays}


def from_scores(dtype, shape, objective) -> dict:
    rows, true_count, noise_count = shape
    arrays = {
        "pos": RANDOM.normal(size=(rows,) if true_count == 1 else (rows, true_count), scale=3).astype(dtype),
        "neg": RANDOM.normal(size=(rows, noise_count), scale=3).astype(dtype)}
    tensors = variables(arrays, ("pos", "neg"))
    options = {"objective": objective}
    if objective == "nce" and (noise_count == 0 or rows == 7):
        options["noise-ratio"] = "2.5"
    elif noise_count == 0 and objective == "sampled-softmax":
        options["noise-ratio"] = "1"
    return finish(objective, options, dtype, arrays, tensors, tensors["pos"].reshape(rows, true_count), tensors["neg"])


def from_vectors(dtype, shape, objective, removes) -> dict:
    rows, true_count, noise_count, classes, width, shared, has_bias = shape
    arrays = {"query": RANDOM.normal(size=(rows, width)), "weights": RANDOM.normal(size=(classes, width))}
    if has_bias:
        arrays["bias"] = RANDOM.normal(size=classes)
    arrays = {name: a.astype(dtype) for name, a in arrays.items()}
    tensors = variables(arrays, ("query", "weights", "bias"))
    arrays["label"] = RANDOM.integers(0, classes, (rows,) if true_count == 1 else (rows, true_count))
    arrays["samples"] = RANDOM.integers(0, classes, (noise_count,) if shared else (rows, noise_count))
    labels = torch.tensor(arrays["label"]).reshape(rows, true_count)
    samples = torch.tensor(arrays["samples"]).reshape(1 if shared else rows, noise_count).expand(rows, noise_count)
    bias = tensors.get("bias", torch.zeros(classes, dtype=torch.float64))

    def scores(ids):
        return (tensors["query"][:, None] * tensors["weights"][ids]).sum(-1) + bias[ids]

    options = {"objective": objective, "remove-accidental-hits": str(removes).lower()}
    return finish(objective, options, dtype, arrays, tensors, scores(labels), scores(samples), (labels, samples))


def splitmix(seed):
    mask = (1 << 64) - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def draw(distribution, classes, count, seed, unique, counts=None, distortion=0.75) -> dict:
    weights = {
        "uniform": [1.0] * classes, "log-uniform": [math.log1p(1 / (k + 1)) for k in range(classes)],
        "unigram": [c ** distortion if c else 0.0 for c in counts or []],
    }[distribution]
    cumulated = np.cumsum(np.array(weights, dtype=np.longdouble)).tolist()
    ids, tries = [], 0
    for z in splitmix(seed):
        if len(ids) == count:
            break
        tries += 1
        if distribution == "uniform":
            id = z * classes >> 64
        else:
            id = bisect.bisect_right(cumulated, cumulated[-1] * ((z >> 11) / 2**53))
        if not unique or id not in ids:
            ids.append(id)
    total = math.fsum(weights)
    expected = [
        -math.expm1(tries * math.log1p(-w / total)) if unique and w < total else min(tries, 1) if unique
        else tries * w / total for w in weights]
    return {
        "distribution": distribution, "classes": classes, "count": count, "seed": seed, "unique": unique,
        "counts": counts or [], "distortion": distortion, "ids": ids, "expected": [number(e) for e in expected]}


def samplers() -> list:
    counts = [0.0, 7, 1, 120, 3, 0, 55, 2, 9, 1000]
    return [
        draw("uniform", 1000, 12, 0, False), draw("uniform", 5, 5, 3, True),
        draw("log-uniform", 100000, 40, 42, False), draw("log-uniform", 64, 30, 7, True),
        draw("unigram", 10, 20, 9, False, counts), draw("unigram", 10, 6, 11, True, counts, 0.5),
        draw("unigram", 10, 20, 2**64 - 1, False, counts, 1.0), draw("log-uniform", 1, 3, 1, False),
    ]


def main() -> None:
    start(HERE, SEED)
    found = [from_scores(dtype, shape, o) for dtype in ("f4", "f8") for shape in SCORES for o in OBJECTIVES]
    found += [
        from_vectors(dtype, shape, o, removes)
        for dtype in ("f4", "f8") for shape in VECTORS for o in OBJECTIVES for removes in (True, False)]
    write_json_arrays(HERE / "cases.json", found)
    write_json_arrays(HERE / "samplers.json", samplers())
    print(len(found), "cases")


if __name__ == "__main__":
    main()
