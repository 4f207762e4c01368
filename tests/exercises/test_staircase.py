"""The solutions and the usual wrong answers to *Learning through a staircase*."""

import pytest
import torch
from solutions import definitions, expect, solutions, verdict

from fewbits.exercises import staircase as check

SOLUTIONS = solutions("foundations/staircase")
REFERENCE = torch.linspace(0.05, 0.3, 10)


@pytest.mark.parametrize("number", range(len(SOLUTIONS)))
def test_solution(number):
    # The training itself runs in the notebook; here only the cell and its check.
    given = {
        "weights": (0, 2, 4),
        "biases": (1, 3, 5),
        "trained": [0] * 6,
        "errors": {"straight-through, last round": torch.stack([REFERENCE] * 4)},
        "train": lambda parameters, quantize, **how: parameters,
        "rounded": lambda w: w,
        "rmse": lambda parameters, quantize: torch.stack([0.4 * REFERENCE + 0.01] * 4),
    }
    names = definitions("foundations/staircase", given)
    expect(verdict(SOLUTIONS[number], names), "Right")


def test_every_exercise_has_a_solution():
    assert len(SOLUTIONS) == 6


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (torch.tensor(0.0), "Right"),
        (1.6, "straight-through answer"),
        (1.0, "forgets the rounding"),
        ("none", "expected one number"),
    ],
)
def test_plain_gradient(answer, told):
    expect(check.plain_gradient(answer), told)


def through(w):
    return w + (torch.round(w) - w).detach()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda w: ..., "Not answered yet"),
        (lambda w: through(w.clamp(0, 3)), "Right"),
        (through, "must be held between"),
        (lambda w: w + (torch.round(w) - w).detach() * 0, "nothing is rounded"),
        (lambda w: through(w.clamp(0, 3)).detach(), "the whole result is detached"),
        (lambda w: w + (torch.round(w.clamp(0, 3)) - w).detach(), "1 everywhere"),
        (lambda w: torch.round(w.clamp(0, 3)), "still in the way"),
        (lambda w: through(w.clamp(0, 2)), "expected [0, 0, 2, 3, 3]"),
        (lambda w: through(w.clamp(0, 3)) + w - w.detach(), "expected [0, 1, 1, 1, 0]"),
    ],
)
def test_clipped_straight_through(answer, told):
    expect(check.clipped_straight_through(answer), told)


@pytest.mark.parametrize(
    ("share", "mean_loss", "told"),
    [
        (..., ..., "Not answered yet"),
        (0.8, ..., "Not answered yet"),
        (0.8, 0.16, "Right"),
        (0.2, 0.16, "the time at level 0"),
        (0.5, 0.16, "the pushes from the sides differ"),
        (1.0, 0.04, "does not stay there"),
        (0.65, 0.16, "the mean level must be the target"),
        (0.8, 0.04, "a fifth of the time"),
        (0.8, 0.0, "the level at each step is not"),
        (0.8, 0.34, "with the two shares"),
        (0.8, 2.0, "for the rest"),
    ],
)
def test_time_at_one(share, mean_loss, told):
    expect(check.time_at_one(share, mean_loss), told)


def chord(w):
    return 1.0


def tangents(w):
    return 4 * w


def shifted(w):
    return 4 * w**3 + w


@pytest.mark.parametrize(
    ("truth", "ste", "noise", "told"),
    [
        (chord, tangents, lambda w: ..., "Not answered yet"),
        (chord, tangents, shifted, "Right"),
        (lambda w: 4 * w**3, tangents, shifted, "truth: that is the slope of f itself"),
        (tangents, tangents, shifted, "truth: that is the mean of the tangents"),
        (chord, chord, shifted, "straight-through: that is the chord from level to level"),
        (chord, tangents, tangents, "noise: that is the mean of the tangents"),
        (chord, tangents, lambda w: w, "noise: at w = 0.5"),
        (lambda w: "one", tangents, shifted, "truth: expected a number"),
    ],
)
def test_three_slopes(truth, ste, noise, told):
    expect(check.three_slopes(truth, ste, noise), told)


def below(w, step, share, line=0.5):
    level = step * torch.round(w / step)
    mask = (w - level).abs() < line * share * step
    return torch.where(mask, level, w), mask


def half_of_six(w, step, share):
    return settle(w, step, 3 / w.numel() if share == 0.5 else 0.25, by=nearest_or_first(share))


def nearest_or_first(share):
    return None if share == 0.5 else lambda w: torch.arange(w.numel())


def settle(w, step, share, largest=False, by=None, everything=False, shift=0.0):
    level = step * torch.round(w / step)
    key = (w - level).abs() if by is None else by(w)
    order = key.flatten().argsort(descending=largest)
    mask = torch.zeros(w.numel(), dtype=torch.bool)
    mask[order[: round(share * w.numel())]] = True
    mask = mask.view_as(w)
    return (level if everything else torch.where(mask, level, w + shift)), mask


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda w, step, share: (..., ...), "Not answered yet"),
        (settle, "Right"),
        (lambda w, s, n: settle(w, s, n, largest=True), "the farthest from a level"),
        (lambda w, s, n: settle(w, s, n, largest=True, by=torch.abs), "you settled the largest"),
        (lambda w, s, n: settle(w, s, n, everything=True), "all weights were rounded"),
        (lambda w, s, n: settle(w, s, n, shift=0.1), "outside the mask has changed"),
        (lambda w, s, n: settle(w, s, 1.0), "6 of 6 settled"),
        (below, "count weights; do not draw a line"),
        (half_of_six, "not for a quarter of 8 weights"),
        (
            lambda w, s, n: (
                (torch.where(settle(w, s, n)[1], w.div(0.5).round() / 2, w),) + settle(w, s, n)[1:]
            ),
            "on a grid of step 0.2",
        ),
        (lambda w, s, n: (settle(w, s, n)[0], [True] * 6), "tensor of booleans"),
        (
            lambda w, s, n: (
                torch.where(settle(w, s, n)[1], torch.round(w), w),
                settle(w, s, n)[1],
            ),
            "multiples of step",
        ),
        (
            lambda w, s, n: (torch.where(settle(w, s, n)[1], 7.0, w), settle(w, s, n)[1]),
            "the settled weights should be",
        ),
    ],
)
def test_settle(answer, told):
    expect(check.settle(answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (REFERENCE / 2, "Right"),
        (REFERENCE * 1.1, "not below"),
        (REFERENCE.flip(0) - 0.005, "can be chance"),
        (REFERENCE * 0.01, "evaluate with `rounded`"),
        (REFERENCE.mean(), "one a seed"),
        (REFERENCE / torch.arange(10), "no finite number"),
        (torch.full((10,), torch.nan), "no finite number"),
    ],
)
def test_beat_last_round(answer, told):
    expect(check.beat_last_round(answer, REFERENCE), told)
