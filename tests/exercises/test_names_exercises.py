"""The usual wrong answers to *Giving features names*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import names as check
from fewbits.qsenn.names.scoring import correlations, zero_shot


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        ([1, None, 0], "Right"),
        ((1, None, 0), "Right"),
        ([3, None, 1], "largest sizes"),
        ([1, 2, 0], "does not reach"),
        ([1, None, None], "equals the threshold"),
        ([0, 0, 0], "largest score of each row"),
        ([1, 2], "a list of three"),
        (1, "a list of three"),
        ([1, None, torch.tensor(0)], "int() makes one"),
        ([1, None, torch.zeros(2)], "whole numbers or None"),
    ],
)
def test_given_names(answer, told):
    expect(check.given_names(answer), told)


COSINES = torch.tensor([0.31, 0.29, 0.25])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        ((50 * COSINES).softmax(0), "Right"),
        ([0.71, 0.26, 0.04], "Right"),
        (COSINES.softmax(0), "without the scale"),
        (COSINES / COSINES.sum(), "exponentials first"),
        (50 * COSINES, "these are the logits"),
        ([1, 0, 0], "three shares"),
    ],
)
def test_sees(answer, told):
    expect(check.sees(answer), told)


def test_exercise_2_is_what_the_package_does():
    seen = zero_shot(COSINES[None], ["crown", "crown", "crown"], scale=50.0)
    expect(check.sees(seen[0]), "Right")


@pytest.mark.parametrize(
    ("right_share", "swapped", "told"),
    [
        (..., 50, "Not answered yet"),
        (50, 50, "Right"),
        (100, 50, "not 100 %"),
        (0.5, 50, "a share; in percent"),
        (50, 25, "a quarter"),
        (50, 2.08, "a random name"),
        (50, 0, "Not 0 %"),
    ],
)
def test_careless(right_share, swapped, told):
    expect(check.careless(right_share, swapped), told)


def best_of(draws, deal=True, best=True, level=0.95, size=torch.abs):
    def answer(features, presence):
        found = []
        for _ in range(draws):
            dealt = features[torch.randperm(len(features))] if deal else features
            sizes = size(correlations(dealt, presence))
            found.append(sizes.amax(1) if best else sizes.flatten())
        every = torch.cat(found)
        return every.quantile(level) if level else every.mean()

    return answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda f, p: ..., "Not answered yet"),
        (best_of(200), "Right"),
        (best_of(1, deal=False), "nothing was dealt out"),
        (best_of(200, best=False), "take the best of each"),
        (best_of(200, level=None), "this is their mean"),
        (best_of(200, size=lambda r: r), "with the signs"),
        (lambda f, p: 3.0, "expected about"),
        (lambda f, p: f, "expected one number"),
        (lambda f, p: f / "b", "it stopped with TypeError"),
    ],
)
def test_chance(answer, told):
    expect(check.chance(answer), told)


def test_the_answers_to_exercise_4_lie_apart():
    features, presence = check._pictures()
    level = check.chance_level(features, presence, seed=0, draws=1000)
    values = sorted([level, *(value for value, _ in check._usual_mistakes(features, presence))])
    assert min(b - a for a, b in zip(values, values[1:], strict=False)) > 2 * check.TOLERANCE


def test_solutions_fold_out_right():
    def standard(columns):
        centred = columns - columns.mean(0)
        return centred / centred.square().mean(0).sqrt().clamp_min(1e-9)

    given = {
        "check": check,
        "torch": torch,
        "standard": standard,
        "scores": torch.tensor(
            [[0.1, 0.6, 0.5, -0.7], [0.2, 0.1, 0.25, 0.0], [0.3, -0.9, 0.1, 0.2]]
        ),
    }
    found = [verdict(source, dict(given)) for source in solutions("qsenn/names")]
    assert len(found) == 4
    assert all(found), found
