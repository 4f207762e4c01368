"""The usual wrong answers to *Does it hold still?*, each told what is wrong with it."""

import math

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import holds_still as check
from fewbits.metrics.parts import intervened
from fewbits.protoquant.aligned import alignment_loss, presence_loss
from fewbits.protoquant.probing import steps_between


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., 25, 49), "Not answered yet"),
        ((9, 25, 49), "Right"),
        ((8, 24, 48), "0 cells away"),
        ((3, 5, 7), "one row of places"),
        ((4, 9, 16), "from both sides"),
        ((5, 9, 13), "a field is a square"),
        ((1, 2, 3), "to every side"),
    ],
)
def test_places(answer, told):
    expect(check.places(*answer), told)


def test_places_are_the_packages():
    away = steps_between(torch.tensor([27]), (8, 8))[0]
    assert [int((away <= reach).sum()) for reach in check.REACHES] == [9, 25, 49]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (("rise", ..., "both"), "Not answered yet"),
        (("rise", "stay", "both"), "Right"),
        (("rise", "fall", "both"), "not one number changes"),
        (("stay", "stay", "both"), "largest of 64 values"),
        (("both", "stay", "both"), "cannot be less"),
        (("fall", "stay", "both"), "cannot be less"),
        (("rise", "stay", "rise"), "hangs on all places"),
        (("up", "stay", "both"), "each answer is one of rise, fall, stay, both"),
    ],
)
def test_beyond(answer, told):
    expect(check.beyond(*answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., 19), "Not answered yet"),
        ((math.log(32), 19), "Right"),
        ((5, 19), "natural logarithms"),
        ((2 * math.log(32), 19), "has 32 of them"),
        ((0.0, 19), "equal is not enough"),
        ((1.0, 19), "add up to 1/32"),
        ((3.466, 18), "round up"),
        ((3.466, 18.46), "round up"),
        ((3.466, 10), "its argument 1.85"),
    ],
)
def test_undecided(answer, told):
    expect(check.undecided(*answer), told)


def test_exercise_3_is_what_the_losses_say():
    even = torch.full((1, 32, 1, 1), 1 / 32)
    assert alignment_loss(even, even).item() == pytest.approx(math.log(32), rel=1e-5)
    costs = [presence_loss(torch.full((n, 1, 1, 1), 0.1)).item() for n in (18, 19)]
    assert costs[0] > 0.05 > costs[1]


def share(fell, gone, own):
    """Slowly, pair by pair."""
    pairs = []
    for picture in range(fell.shape[1]):
        for part in range(len(fell)):
            if part != own and gone[part, picture] and gone[own, picture]:
                mine, other = fell[own, picture], fell[part, picture]
                pairs.append(1.0 if mine > other else 0.5 if mine == other else 0.0)
    return sum(pairs) / len(pairs)


def pairs_of(fell, gone, own, mine, theirs, ties=0.5):
    wins = [
        1.0 if fell[own, i] > fell[p, i] else ties if fell[own, i] == fell[p, i] else 0.0
        for i in range(fell.shape[1])
        for p in range(len(fell))
        if mine(i) and theirs(p, i)
    ]
    return sum(wins) / len(wins)


def other_than(gone, own):
    return lambda p, i: p != own and gone[p, i]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda fell, gone, own: ..., "Not answered yet"),
        (share, "Right"),
        (
            lambda f, g, o: pairs_of(f, g, o, lambda i: g[o, i], other_than(g, o), 0.0),
            "count half: the second",
        ),
        (
            lambda f, g, o: pairs_of(f, g, o, lambda i: g[o, i], other_than(g, o), 1.0),
            "half, not whole",
        ),
        (
            lambda f, g, o: pairs_of(f, g, o, lambda i: True, other_than(g, o)),
            "nothing was taken away",
        ),
        (
            lambda f, g, o: pairs_of(f, g, o, lambda i: g[o, i], lambda p, i: p != o),
            "does not have the third part",
        ),
        (
            lambda f, g, o: pairs_of(f, g, o, lambda i: g[o, i], lambda p, i: g[p, i]),
            "not compared with itself",
        ),
        (lambda fell, gone, own: 0.42, "three pairs count here"),
        (lambda fell, gone, own: [1, 2], "expected one number"),
        (lambda fell: 0, "stops with an error"),
    ],
)
def test_told(answer, told):
    expect(check.told(answer), told)


def test_exercise_4_is_the_packages():
    def answer(fell, gone, own):
        asked = torch.ones(3, 1, dtype=torch.bool)
        return intervened(fell[..., None], gone, torch.tensor([own]), asked).told

    expect(check.told(answer), "Right")


@pytest.mark.parametrize("number", range(4))
def test_the_solutions_that_fold_out_are_right(number):
    given = {"torch": torch, "check": check}
    expect(verdict(solutions("protoquant/does_it_hold_still")[number], given), "Right")
