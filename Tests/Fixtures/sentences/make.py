"""Embeddings of real sentences: latent semantic analysis of the descriptions of scikit-learn's data sets.

Sentence i and the one that follows it are a pair; no sentence is stored here, only the vectors: word frequencies by
TF-IDF, brought to 24 numbers by a truncated singular value decomposition.

Makes a.npy and b.npy (float32, 150x24), labels.npy (1 where both are of one description, every fourth b being moved
to another) and expected.json, by names of cases the `options`, each row's loss and the mean from PyTorch's float64
for the vectors as stored.

Run: python make.py   (the vectors may move in the last digits with another BLAS; the expected values are computed from
those that are stored, so the folder stays consistent)
"""

import pathlib
import re
import sys

import numpy as np
import sklearn.datasets
import torch
import torch.nn.functional as F
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fixture_files import numbers, save, start, write_json_arrays  # noqa: E402

PAIRS, WIDTH, MOVED = 150, 24, 40


def sentences() -> tuple[list[str], np.ndarray]:
    """Sentences of at least six words, and which file each is of."""
    folder = pathlib.Path(sklearn.datasets.__file__).parent / "descr"
    found = []
    for number, path in enumerate(sorted(folder.glob("*.rst"))):
        text = re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))
        found += [(s, number) for s in re.split(r"(?<=[.!?]) ", text) if len(re.findall(r"[a-z]{2,}", s)) >= 6]
    return [s for s, _ in found], np.array([number for _, number in found])


def cross_entropy(logits: torch.Tensor) -> torch.Tensor:
    """Of the diagonal: softplus of the others' log-sum-exp less the own keeps what `cross_entropy` rounds off."""
    own = torch.diagonal(logits)
    others = logits.masked_fill(torch.eye(len(logits), dtype=torch.bool), -torch.inf)
    return F.softplus(torch.logsumexp(others, 1) - own, threshold=40)


def record(loss: torch.Tensor, options: dict) -> dict:
    return {"options": options, "unreduced": numbers(loss), "mean": float(loss.mean())}


def main() -> None:
    start(HERE)
    texts, files = sentences()
    frequencies = TfidfVectorizer(sublinear_tf=True).fit_transform(texts)
    vectors = TruncatedSVD(WIDTH, random_state=7).fit_transform(frequencies).astype(np.float32)
    first = np.arange(PAIRS)
    second = first + 1
    second[::4] = first[::4] + MOVED
    a, b = vectors[first], vectors[second]
    labels = (files[first] == files[second]).astype(np.int64)
    for name, array in (("a", a), ("b", b), ("labels", labels)):
        save(HERE / f"{name}.npy", array)
    a, b = torch.from_numpy(a).double(), torch.from_numpy(b).double()
    y = torch.from_numpy(labels).double()
    d = 1 - F.cosine_similarity(a, b)
    logits = F.normalize(a) @ F.normalize(b).T
    clip = (cross_entropy(logits / 0.07) + cross_entropy(logits.T / 0.07)) / 2
    others = b.roll(17, 0)
    write_json_arrays(HERE / "expected.json", {
        "contrastive": record(0.5 * (y * d**2 + (1 - y) * F.relu(0.5 - d) ** 2), {"preset": "sentence-transformers"}),
        "triplet": record(F.triplet_margin_loss(a, b, others, margin=0.25, reduction="none"), {"margin": 0.25}),
        "info-nce": record(cross_entropy(logits / 0.05), {"temperature": 0.05}),
        "clip": record(clip, {"temperature": 0.07, "normalize": True}),
    })
    print(len(texts), "sentences,", int(labels.sum()), "pairs of one description")


if __name__ == "__main__":
    main()
