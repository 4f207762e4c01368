"""Checks for the exercises of *Learning through a staircase*."""

from collections.abc import Callable

import torch
from torch import Tensor

from fewbits.exercises.verdict import (
    Verdict,
    as_tensor,
    close,
    is_open,
    right,
    shown,
    unanswered,
    wrong,
)

# Student's t for ten differences: chance alone reaches it once in twenty times.
ONE_IN_TWENTY = 1.83


def plain_gradient(answer: object) -> Verdict:
    """Exercise 1: what autograd says about a plain rounding."""
    if is_open(answer):
        return unanswered("write the gradient that autograd reports for w.")
    if close(answer, 0.0):
        return right("torch.round has a derivative of 0, and everything before it is multiplied.")
    if close(answer, 1.6):
        return wrong("1.6 = 2 (1 - 0.2) is the straight-through answer; this is plain torch.round.")
    if close(answer, 1.0):
        return wrong("1.0 = 2 (0.7 - 0.2) forgets the rounding altogether.")
    return wrong(f"expected one number: the slope of the staircase at 0.7. Got {shown(answer)}.")


def clipped_straight_through(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Exercise 2: rounding between 0 and 3, with a gradient of 1 inside and 0 outside."""
    w = torch.tensor([-1.2, 0.4, 1.6, 2.9, 4.3], requires_grad=True)
    found = answer(w)
    if is_open(found):
        return unanswered("return the nearest level of 0, 1, 2, 3, with the gradient as asked.")
    if not close(found, torch.tensor([0.0, 0, 2, 3, 3])):
        if close(found, torch.round(w)):
            return wrong("forward: -1.2 and 4.3 must be held between 0 and 3.")
        if close(found, w) or close(found, w.clamp(0, 3)):
            return wrong("forward: nothing is rounded. Which part of the sum did you detach?")
        return wrong(f"forward: expected [0, 0, 2, 3, 3], got {_show(found)}.")
    if not found.requires_grad:
        return wrong("backward: the whole result is detached; keep w, detach only the change.")
    (slope,) = torch.autograd.grad(found.sum(), w)
    if close(slope, torch.tensor([0.0, 1, 1, 1, 0])):
        return right("the clamp brings the zeros outside, the detached change brings the rounding.")
    if close(slope, torch.ones(5)):
        return wrong("backward: 1 everywhere. Clamp before you detach, so that outside passes 0.")
    if close(slope, torch.zeros(5)):
        return wrong("backward: 0 everywhere, so torch.round is still in the way. Detach it.")
    return wrong(f"backward: expected [0, 1, 1, 1, 0], got {_show(slope)}.")


def time_at_one(share: object, mean_loss: object) -> Verdict:
    """Exercise 3: how an oscillating weight spends its time."""
    if is_open(share) or is_open(mean_loss):
        return unanswered("write the share of time at level 1 and the mean loss.")
    if close(share, 0.2, 0.03):
        return wrong("share: that is the time at level 0. The mean level must be the target.")
    if close(share, 0.5, 0.03):
        return wrong("share: it hangs at the threshold, but the pushes from the sides differ.")
    if close(share, 1.0):
        return wrong("share: level 1 is the better one, but the weight does not stay there.")
    if not close(share, 0.8, 0.03):
        return wrong(f"share: the mean level must be the target, got {share}.")
    if close(mean_loss, 0.04, 0.01):
        return wrong("mean loss: 0.04 is the loss at level 1; a fifth of the time is not there.")
    if close(mean_loss, 0.0, 0.01):
        return wrong("mean loss: the mean level is right, the level at each step is not.")
    if close(mean_loss, 0.34, 0.01):
        return wrong("mean loss: weigh the two losses with the two shares, not with a half each.")
    if close(mean_loss, 0.16, 0.02):
        return right("0.8 and 0.16: four times the loss of resting on the better level.")
    return wrong(f"mean loss: 0.04 for 80 % of the time, 0.64 for the rest; got {mean_loss}.")


def three_slopes(
    truth: Callable[[Tensor], Tensor],
    straight_through: Callable[[Tensor], Tensor],
    noise: Callable[[Tensor], Tensor],
) -> Verdict:
    """Exercise 4: the three slopes for f(q) = q^4 between the levels 0 and 1."""
    w = torch.linspace(0.05, 0.95, 7, dtype=torch.float64)
    given = [f(w) for f in (truth, straight_through, noise)]
    if any(is_open(g) for g in given):
        return unanswered("write all three slopes as functions of w.")
    chord, tangents = torch.ones_like(w), 4 * w
    shifted = (w + 0.5) ** 4 - (w - 0.5) ** 4
    expected = {"truth": chord, "straight-through": tangents, "noise": shifted}
    known = {
        "the slope of f itself, 4 w^3: no level is there": 4 * w**3,
        "the chord from level to level": chord,
        "the mean of the tangents": tangents,
        "the chord around w": shifted,
    }
    for (name, value), raw in zip(expected.items(), given, strict=True):
        found = as_tensor(raw)
        if found is None:
            return wrong(f"{name}: expected a number for each w, got {raw}.")
        if close(found.expand_as(w) if found.ndim == 0 else found, value):
            continue
        for what, slope in known.items():
            if close(found.expand_as(w) if found.ndim == 0 else found, slope):
                return wrong(f"{name}: that is {what}.")
        return wrong(f"{name}: at w = 0.5 expected {value[3]:.3f}, got {_show(found)}.")
    return right("1, 4w and 4w^3 + w: three answers that agree nowhere but by accident.")


def settle(answer: Callable[[Tensor, float, float], tuple[Tensor, Tensor]]) -> Verdict:
    """Exercise 5: settle the weights nearest to a level."""
    w = torch.tensor([[0.02, 0.23, -0.49], [0.90, -0.74, 0.36]])
    found, mask = answer(w.clone(), 0.5, 0.5)
    if is_open(found) or is_open(mask):
        return unanswered("return the weights, half of them rounded, and the mask.")
    if not isinstance(mask, Tensor) or mask.shape != w.shape or mask.dtype != torch.bool:
        return wrong("the mask must be a tensor of booleans in the shape of w.")
    level = 0.5 * torch.round(w / 0.5)
    order = (w - level).abs().flatten().argsort()
    expected = _mask(order[:3], w)
    if not torch.equal(mask, expected):
        for what, picked in (
            ("the farthest from a level", order[3:]),
            ("the largest", w.abs().flatten().argsort()[3:]),
            ("the smallest", w.abs().flatten().argsort()[:3]),
        ):
            if torch.equal(mask, _mask(picked, w)):
                return wrong(f"you settled {what}; those nearest to a level lose least.")
        return wrong(f"{int(mask.sum())} of 6 settled, or the wrong ones: expected the nearest 3.")
    if close(found, level):
        return wrong("all weights were rounded; those outside the mask must stay as they are.")
    if not torch.equal(found[~mask], w[~mask]):
        return wrong("a weight outside the mask has changed.")
    if not close(found[mask], level[mask]):
        if close(found[mask], torch.round(w)[mask]):
            return wrong("you rounded to whole numbers; the levels are multiples of step.")
        return wrong(
            f"the settled weights should be {_show(level[mask])}, got {_show(found[mask])}."
        )
    if told := _settles_wrongly_elsewhere(answer):
        return wrong(told)
    return right("three weights on the grid, three still free to repair what that did.")


def _settles_wrongly_elsewhere(
    answer: Callable[[Tensor, float, float], tuple[Tensor, Tensor]],
) -> str | None:
    """What is wrong where most weights lie close to a level and few of them may settle."""
    w = torch.tensor([[0.21, -0.02, 0.415, 0.618], [-0.37, 0.09, -0.25, 0.86]])
    found, mask = answer(w.clone(), 0.2, 0.25)
    level = 0.2 * torch.round(w / 0.2)
    if int(mask.sum()) != 2:
        return (
            f"of 8 weights, a quarter is 2, and {int(mask.sum())} were settled: count weights; "
            "do not draw a line at a distance."
        )
    if not torch.equal(mask, _mask(torch.tensor([0, 2]), w)):
        return "right for a half, not for a quarter of 8 weights: expected the nearest 2."
    if not close(found, torch.where(mask, level, w)):
        return f"on a grid of step 0.2 expected 0.2 and 0.4, got {_show(found[mask])}."
    return None


def _mask(positions: Tensor, like: Tensor) -> Tensor:
    mask = torch.zeros(like.numel(), dtype=torch.bool)
    mask[positions] = True
    return mask.view_as(like)


def beat_last_round(answer: object, reference: Tensor) -> Verdict:
    """Exercise 6, open: is the gain over the chapter's best larger than chance?"""
    if is_open(answer):
        return unanswered("bring the ten errors of your networks, weights rounded.")
    mine = as_tensor(answer)
    if mine is None or mine.shape != reference.shape:
        return wrong(f"expected {reference.numel()} errors, one a seed, in a tensor.")
    if not mine.isfinite().all():
        return wrong("an error is no finite number: one of the networks ran away.")
    gain = reference.double() - mine
    chance = gain.std() / len(gain) ** 0.5
    told = f"{mine.mean():.3f} against {reference.mean():.3f}"
    if mine.mean() < 0.012:
        return wrong(f"{told}: below what float networks reach. Did you evaluate with `rounded`?")
    if gain.mean() <= 0:
        return wrong(f"{told}: not below straight-through training with a last round yet.")
    if gain.mean() < ONE_IN_TWENTY * chance:
        return wrong(
            f"{told}: lower, but a gain of {gain.mean():.3f} ± {chance:.3f} can be chance."
        )
    return right("a lower error than the chapter's best, by more than ten seeds vary.")


def _show(found: object) -> str:
    tensor = as_tensor(found)
    return repr(found) if tensor is None else str([round(v, 3) for v in tensor.flatten().tolist()])
