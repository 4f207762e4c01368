"""The usual wrong answers to *Plus, minus, nothing*, each told what is wrong with it."""

import math

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import plus_minus as check
from fewbits.qsenn.ternary import count_bias, make_ternary

w = torch.tensor([1.0, -3.0, 0.2, 0.6, -2.0])
stays = w.abs() > 0.8


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (w.sign() * stays * 2, "Right"),
        (w.sign() * stays, "the codes"),
        (w * stays, "its own size"),
        (w.sign() * stays * w.abs().mean(), "not of all five"),
        (stays * 2.0, "keeps its sign"),
        (stays * w[stays].mean(), "without their signs"),
        (w.sign() * stays * w[stays].mean(), "without their signs"),
        ("five", "expected five numbers"),
    ],
)
def test_rounded(answer, told):
    expect(check.rounded(answer), told)


def test_exercise_1_is_what_the_package_does():
    layer = make_ternary(w[None], torch.zeros(1), per_class=3)
    expect(check.rounded(layer.weights[0]), "Right")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        ([-2.0, 2.0, 0.0], "Right"),
        ([2.0, -2.0, 0.0], "sign"),
        ([-1.0, 1.0, 0.0], "a length of 2B"),
        ([0.0, 4.0, 2.0], "centred"),
        ([-4.0, 0.0, -2.0], "the first term"),
        ([3.0, 1.0, 2.0], "expected three numbers"),
    ],
)
def test_from_counts(answer, told):
    expect(check.from_counts(answer), told)


def test_exercise_2_is_what_the_package_does():
    codes = torch.tensor([[1, 1, 1], [1, 0, 0], [1, 1, 0]], dtype=torch.int8)
    expect(check.from_counts(count_bias(codes, 2.0)), "Right")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((..., ..., ...), "Not answered yet"),
        ((math.log2(42504 * 32), 160 + math.log2(42504), 768), "Right"),
        ((21, 176, 768), "Right"),
        ((20.4, 175.4, 768), "Right"),
        ((math.log2(42504), 175.375, 768), "also has a sign"),
        ((24 * math.log2(3), 175.375, 768), "exactly five signs"),
        ((5 * math.log2(48), 175.375, 768), "does not matter"),
        ((math.log(42504 * 32), 175.375, 768), "natural logarithm"),
        ((42504 * 32, 175.375, 768), "halves what is possible"),
        ((20.4, 160, 768), "which five features"),
        ((20.4, 120, 768), "160 + log2"),
        ((20.4, 175.375, 32), "24 features of 32 bits"),
        ((5, 175.375, 768), "expected the logarithm"),
    ],
)
def test_bits_a_class(answers, told):
    expect(check.bits_a_class(*answers), told)


def kept_mean(weights, codes):
    count = codes.abs().sum(1, keepdim=True).clamp(min=1)
    return (weights.abs() * codes.abs()).sum(1, keepdim=True) / count


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda w, c: ..., "Not answered yet"),
        (lambda w, c: kept_mean(w, c) * c, "Right"),
        (lambda w, c: (w * c).sum(1, keepdim=True) / c.abs().sum(1, keepdim=True) * c, "nothing"),
        (lambda w, c: c * w[c != 0].abs().mean(), "row by row"),
        (lambda w, c: c * w.abs().mean(1, keepdim=True), "not over all"),
        (lambda w, c: w * (c != 0), "its own size still"),
        (lambda w, c: c, "its size is 3"),
        (
            lambda w, c: (
                (w * c.abs()).sum(1, keepdim=True) / c.abs().sum(1, keepdim=True).clamp(min=1) * c
            ),
            "without their signs",
        ),
        (lambda w, c: (w.abs() * c.abs()).sum(1) * c, "keepdim=True"),
    ],
)
def test_size_by_class(answer, told):
    expect(check.size_by_class(answer), told)


def test_an_answer_that_works_in_place_spoils_nothing():
    def in_place(w, c):
        size = kept_mean(w, c)
        c *= size
        w *= 0
        return c

    for answer in (in_place, lambda w, c: kept_mean(w, c) * c):
        expect(check.size_by_class(answer), "Right")


def test_solutions_fold_out_right():
    given = {"check": check, "torch": torch, "math": math, "w": w}
    found = [verdict(source, dict(given)) for source in solutions("qsenn/plus_minus_nothing")]
    assert len(found) == 4
    assert all(found), found
