"""The usual wrong answers to *Features nobody can read*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import unread as check
from fewbits.metrics.features import diversity

f = torch.tensor([2.0, 0.5, 1.0])
f_average = torch.ones(3)
w = torch.tensor([0.5, -2.0, 3.0])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        ((f - f_average) * w, "Right"),
        (f * w, "f times w"),
        ((f_average - f) * w, "sign"),
        (((f - f_average) * w).sum(), "sum of all three"),
        (f - f_average, "still has to be weighted"),
        ("three", "expected three numbers"),
    ],
)
def test_added(answer, told):
    expect(check.added(answer), told)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((..., ...), "Not answered yet"),
        (("rise", ...), "Not answered yet"),
        (("rise", "stay"), "Right"),
        (("stay", "stay"), "its largest share grows"),
        (("fall", "stay"), "overlap less"),
        (("rise", "rise"), "a factor cancels"),
        (("Rise", "Stay"), "Right"),
        (("up", "down"), "write two words"),
    ],
)
def test_louder_maps(answers, told):
    expect(check.louder_maps(*answers), told)


def test_what_exercise_2_claims_is_so():
    maps = torch.rand(30, 5, 6, 6, generator=torch.Generator().manual_seed(0))
    weights, predicted = torch.ones(1, 5), torch.zeros(30, dtype=torch.int64)
    plain, loud = (diversity(m, weights, predicted).mean() for m in (maps, 10 * maps))
    assert loud > plain + 0.05
    scaled, still = (diversity(m, weights, predicted, scaled=True) for m in (maps, 10 * maps))
    torch.testing.assert_close(scaled, still)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, m, w, a, b: ..., "Not answered yet"),
        (lambda x, m, w, a, b: (x - m) * (w[a] - w[b]), "Right"),
        (lambda x, m, w, a, b: x * (w[a] - w[b]), "compared with the average"),
        (lambda x, m, w, a, b: (x - m) * (w[b] - w[a]), "sign"),
        (lambda x, m, w, a, b: ((x - m) * (w[a] - w[b])).sum(), "that is the sum"),
        (lambda x, m, w, a, b: (x - m) * w[a], "still to be taken off"),
        (lambda x, m, w, a, b: (x - m) * (w[2] - w[0]), "use `this` and `other`"),
        (lambda x, m, w, a, b: (x - m) * (w[a] + w[b]), "do not add up"),
        (lambda x, m, w, a, b: "parts", "one number for each of 6"),
    ],
)
def test_contrast(answer, told):
    expect(check.contrast(answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (0.625, "Right"),
        (0.25, "ties count half"),
        (1, "it is silent"),
        (0.75, "a tie counts half"),
        (0.5, "a quarter of the birds"),
        (0.9, "expected one number"),
    ],
)
def test_detector(answer, told):
    expect(check.detector(answer), told)


def test_solutions_fold_out_right():
    given = {"check": check, "torch": torch, "f": f, "f_average": f_average, "w": w}
    found = [verdict(source, dict(given)) for source in solutions("qsenn/unread")]
    assert len(found) == 4
    assert all(found), found
