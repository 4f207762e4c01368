"""The usual wrong answers to *Five reasons a class*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import five_reasons as check

w = torch.tensor([1.2, -0.3, 0.5, -2.0])


def soft(w, threshold):
    return w.sign() * (w.abs() - threshold).clamp(min=0)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (soft(w, 0.5), "Right"),
        (w - 0.5, "shrink too"),
        (w - 0.5 * w.sign(), "does not change its sign"),
        (torch.where(w.abs() > 0.5, w, 0.0), "hard threshold"),
        (torch.where(w.abs() >= 0.5, w, 0.0), "hard threshold"),
        (w / 1.5, "on the square"),
        ("four", "expected four numbers"),
    ],
)
def test_soft_threshold(answer, told):
    expect(check.soft_threshold(answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda w, s, a: ..., "Not answered yet"),
        (lambda w, s, a: soft(w, s * a) / (1 + s * (1 - a)), "Right"),
        (lambda w, s, a: soft(w, s * a), "shrinks what is left"),
        (lambda w, s, a: soft(w, s), "lambda times alpha"),
        (lambda w, s, a: soft(w, s) / (1 + s * (1 - a)), "lambda times alpha"),
        (lambda w, s, a: soft(w, s * (1 - a)) / (1 + s * a), "you gave it to the square"),
        (lambda w, s, a: soft(w / (1 + s * (1 - a)), s * a), "threshold first"),
        (lambda w, s, a: soft(w, s * a) / (1 + s * (1 - a) / 2), "no half"),
        (lambda w, s, a: soft(w, s * a) * (1 - s * (1 - a)), "divide by it"),
        (lambda w, s, a: soft(w, s * a) / (1 + (1 - a)), "lambda is missing"),
        (lambda w, s, a: soft(w, s * a) / (1 + 2 * s * (1 - a)), "not 2 v"),
        (lambda w, s, a: w, "cheaper"),
    ],
)
def test_both_prices(answer, told):
    expect(check.both_prices(answer), told)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((..., ...), "Not answered yet"),
        (("earlier", "same"), "Right"),
        (("later", "same"), "costs less"),
        (("same", "same"), "the feature's unit"),
        (("earlier", "earlier"), "the same unit"),
        (("sooner", "same"), "write two words"),
    ],
)
def test_millimetres(answers, told):
    expect(check.millimetres(*answers), told)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((..., ...), "Not answered yet"),
        ((0.15, 3), "Right"),
        ((torch.tensor(0.15), torch.tensor(3)), "Right"),
        ((0.15, 2), "the place is not"),
        ((0.15, "last"), "the place is not"),
        ((0.45, 3), "up to 0.3"),
        ((0.55, 2), "below 0"),
        ((0.6, 0), "above 0"),
        ((0.05, 2), "weight 2's"),
        ((1.0, 1), "the largest of four"),
    ],
)
def test_kkt(answers, told):
    expect(check.kkt(*answers), told)


def test_solutions_fold_out_right():
    given = {
        "check": check,
        "torch": torch,
        "w": w,
        "soft": soft,
        "weights_now": torch.tensor([0.5, 0.0, -0.2, 0.0]),
        "gradient_now": torch.tensor([-0.3, 0.1, 0.25, -0.45]),
    }
    found = [verdict(source, dict(given)) for source in solutions("qsenn/five_reasons")]
    assert len(found) == 4
    assert all(found), found
