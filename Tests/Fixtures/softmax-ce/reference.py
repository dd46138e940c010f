"""What PyTorch says of a case, in float64. make.py's opening comment names the fields."""

import numpy as np
import torch
from cases import Case
from fixture_files import number, numbers
from torch.nn.functional import cross_entropy, nll_loss


def targets(case: Case, y: torch.Tensor, w: torch.Tensor, axis: int) -> torch.Tensor:
    """q: the coefficient of each -log p, 0 in ignored units."""
    classes = len(w)
    if case.is_soft:
        t = y
    else:
        keep = y != ignored_index(case)
        t = torch.nn.functional.one_hot(torch.where(keep, y, 0), classes).double().movedim(-1, axis)  # it has them last
    q = ((1 - case.smoothing) * t + case.smoothing / classes) * along(w, axis, t.dim())
    if not case.is_soft:
        q = torch.where(keep.unsqueeze(axis), q, 0)
    return q


def along(w: torch.Tensor, axis: int, rank: int) -> torch.Tensor:
    return w.reshape([-1 if position == axis else 1 for position in range(rank)])


def ignored_index(case: Case) -> int:
    return -100 if case.ignore_index is None else case.ignore_index


def source_of(case: Case) -> str:
    if case.source == "logits":
        return "cross_entropy"
    return "nll_loss" if case.source == "log-probs" and not case.is_soft and not case.smoothing else "formula"


def reduced(case: Case, x, y, w, reduction: str) -> torch.Tensor:
    weight, ignore = (w if case.weighted else None), ignored_index(case)
    if source_of(case) == "cross_entropy":
        return cross_entropy(x, y, weight, ignore_index=ignore, reduction=reduction, label_smoothing=case.smoothing)
    if source_of(case) == "nll_loss":
        return nll_loss(x, y, weight, ignore_index=ignore, reduction=reduction)
    q = targets(case, y, w, case.axis)
    # Where q is 0 nothing may reach the loss or the gradient, not even an infinite log p: with p of 1
    # or log p of 0 in its place, neither is a NaN.
    is_probs = case.source == "probs"
    counted = torch.where(q == 0, float(is_probs), x)
    unreduced = -(q * (torch.log(counted) if is_probs else counted)).sum(case.axis)
    if reduction == "mean":
        return unreduced.sum() / denominator(case, y, w)
    return unreduced.sum() if reduction == "sum" else unreduced


def denominator(case: Case, y, w) -> torch.Tensor:
    if case.is_soft:
        return torch.tensor(float(y.numel() // y.shape[case.axis]))
    kept = y[y != ignored_index(case)]
    return w[kept].sum()


def gradient_terms(case: Case, x, y, w) -> torch.Tensor:
    q = targets(case, y, w, case.axis).abs()
    if case.source == "logits":
        return torch.softmax(x, case.axis) * q.sum(case.axis, keepdim=True) + q
    return q if case.source == "log-probs" else torch.where(q == 0, 0, q / x)


def two_digits(array) -> list:
    return [number(f"{value:.1e}") for value in np.asarray(array).ravel()]


def expected(case: Case, x, y, w, upstream, place) -> dict:
    """What torch has for the classes on its axis; `place` puts a tensor's class axis where the case has it."""
    x = x.double().requires_grad_()
    losses = {reduction: reduced(case, x, y, w, reduction) for reduction in ("none", "mean", "sum")}
    gradient = {name: torch.autograd.grad(losses[name].sum(), x, retain_graph=True)[0] for name in ("mean", "sum")}
    values = {
        "unreduced": numbers(losses["none"].detach()), "unreduced-shape": list(losses["none"].shape),
        "sum": number(losses["sum"].detach()), "mean": number(losses["mean"].detach()),
        "denominator": number(denominator(case, y, w)),
        "ignored": 0 if case.is_soft else int((y == ignored_index(case)).sum()),
    }
    for name in case.gradients:
        values[f"gradient-of-{name}"] = numbers(place(gradient[name]))
    if upstream is not None:
        product = torch.autograd.grad(losses["none"], x, grad_outputs=upstream.double(), retain_graph=True)[0]
        values["gradient-of-upstream"] = numbers(place(product))
    if case.is_soft or case.smoothing:
        terms = gradient_terms(case, x.detach(), y, w)
        values["gradient-terms"] = two_digits(place(terms))
        if upstream is not None:
            values["upstream-terms"] = two_digits(place(terms * upstream.abs().unsqueeze(case.axis)))
    if case.label == "beyond":
        log_p = {"logits": lambda v: torch.log_softmax(v, case.axis), "log-probs": lambda v: v, "probs": torch.log}
        log_p = log_p[case.source](x.detach())
        values["unreduced-terms"] = two_digits((targets(case, y, w, case.axis) * log_p).abs().sum(case.axis))
    return values


def check_reference(case: Case, values: dict) -> None:
    """The tests ask for 1e-12 of float64, which torch itself must have: nothing may cancel far."""
    losses = numbers_of(values["unreduced"])
    gradient = numbers_of(values[f"gradient-of-{case.gradients[0]}"])
    gradient = gradient * (values["denominator"] if case.gradients[0] == "mean" else 1)
    if case.label != "beyond":
        assert np.all((losses == 0) | (losses > 2e-3)), (case.name, losses)
    if not case.is_soft and not case.smoothing:
        # Only at the label, where it is negative, is the gradient a difference: p - 1.
        assert np.all((gradient >= 0) | (gradient < -4e-4)), (case.name, gradient)


def numbers_of(values: list) -> np.ndarray:
    """What `numbers` wrote."""
    return np.array([float(value) for value in values])
