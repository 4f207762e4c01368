"""The usual wrong answers to *Scores and a head one can read*, each told what is wrong with it."""

from math import exp

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import scores as check
from fewbits.metrics.parts import classes_per_code, global_size, local_size
from fewbits.protoquant.head import Linear, keep_strongest
from fewbits.protoquant.scores import code_maps


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., 4, 1.25), "Not answered yet"),
        ((2.75, 4, 1.25), "Right"),
        ((2.5, 4, 1.25), "mean over classes"),
        ((5, 4, 1.25), "a weight of 0 is no code"),
        ((3, 4, 1.25), "three pictures have 3"),
        ((2.75, 5, 1.25), "used by nobody"),
        ((2.75, 3, 1.25), "count the columns"),
        ((2.75, 4, 1), "you divided by all five"),
        ((2.75, 4, 2), "five uses"),
    ],
)
def test_sizes(answer, told):
    expect(check.sizes(*answer), told)


def test_exercise_1_is_what_the_package_counts():
    shared = classes_per_code(check.WEIGHTS)
    found = (
        local_size(check.WEIGHTS, torch.tensor([0, 0, 1, 0])).double().mean(),
        global_size(check.WEIGHTS),
        shared[shared > 0].double().mean(),
    )
    expect(check.sizes(*found), "Right")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((1 / 3, ..., 1 / 2), "Not answered yet"),
        ((1 / 3, 1 / 3, 1 / 2), "Right"),
        ((0.33, 0.333, 0.5), "Right"),
        ((0.5, 1 / 3, 1 / 2), "three codes with the same cosine"),
        ((1 / 3, 1 / 2, 1 / 2), "behind the softmax"),
        ((1 / 3, 0, 1 / 2), "keeps its share"),
        ((1 / 3, 1 / 3, 1 / 3), "add up to 1"),
        ((1 / 3, 1 / 3, 1), "two codes share"),
    ],
)
def test_dropped(answer, told):
    expect(check.dropped(*answer), told)


def most(score, temperature):
    return int(1 + exp(2 / temperature) * (1 - score) / score)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda s, t: ..., "Not answered yet"),
        (most, "Right"),
        (lambda s, t: 1 + exp(2 / t) * (1 - s) / s, "round down"),
        (lambda s, t: most(s, t) - 1, "count the code itself"),
        (lambda s, t: 1 + int(exp(1 / t) * (1 - s) / s), "by 2, not by 1"),
        (lambda s, t: 1 + int(exp(2 * t) * (1 - s) / s), "not multiplied"),
        (lambda s, t: 7, "there can be 55 codes"),
        (lambda s, t: 1 + int(exp(2 / t)), "what does another score change"),
        (lambda s, t: 1 + int(exp(2 / t) * s / (1 - s)), "upside down"),
        (lambda s, t: most(s, t) if s == 0.5 else 3, "a score of 0.1 at T = 0.5 there can be 492"),
        (lambda s, t: 1 / 0, "stops with an error"),
        (lambda s: 1, "stops with an error"),
    ],
)
def test_most_codes(answer, told):
    expect(check.most_codes(answer), told)


@pytest.mark.parametrize(("score", "temperature"), [(0.5, 0.5), (0.1, 0.5), (0.3, 1.0)])
def test_one_code_more_and_the_score_is_out_of_reach(score, temperature):
    def reached(codes):
        cosines = torch.full((1, codes, 1, 1), -1.0, dtype=torch.float64)
        cosines[:, 0] = 1
        return code_maps(cosines, temperature)[0, 0].item()

    count = most(score, temperature)
    assert reached(count) >= score > reached(count + 1)


def kept(weights, k):
    order = weights.argsort(dim=1, descending=True, stable=True)[:, :k]
    return weights * torch.zeros_like(weights).scatter(1, order, 1)


OTHERS = torch.tensor([[0.0] * 4, [0.0] * 4, [-0.1, 0.0, 0.3, 0.0]])


def by_threshold(weights, k):
    return weights * (weights >= weights.sort(descending=True).values[:, k - 1 : k])


def strictly(weights, k):
    return weights * (weights > weights.sort(descending=True).values[:, k : k + 1])


def in_all(weights, k):
    flat = weights.flatten()
    flat[flat.argsort(descending=True, stable=True)[k:]] = 0
    return flat.view_as(weights)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda weights, k: ..., "Not answered yet"),
        (kept, "Right"),
        (by_threshold, "a threshold keeps them all"),
        (strictly, "a strict bound keeps none"),
        (in_all, "not two in all"),
        (lambda weights, k: (kept(weights, k) > 0).float(), "those are marks"),
        (lambda weights, k: kept(weights.flip(1), k).flip(1), "keep the first ones"),
        (lambda weights, k: kept(weights.T, k).T * torch.tensor([[1], [0], [1]]), "row by row"),
        (lambda weights, k: kept(weights, k) - OTHERS, "0.4 and 0.3 should stay"),
        (lambda weights, k: weights[:2], "a table of 3 x 4"),
        (lambda weights: weights, "stops with an error"),
    ],
)
def test_strongest(answer, told):
    expect(check.strongest(answer), told)


def test_exercise_4_is_what_the_package_keeps():
    def packaged(weights, k):
        head = Linear(weights, torch.zeros(3), torch.ones(4))
        return weights * keep_strongest(head, k)

    expect(check.strongest(packaged), "Right")


@pytest.mark.parametrize("number", range(4))
def test_the_solutions_that_fold_out_are_right(number):
    given = {"torch": torch, "check": check}
    expect(verdict(solutions("protoquant/scores_and_a_head")[number], given), "Right")
