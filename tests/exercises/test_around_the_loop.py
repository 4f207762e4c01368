"""The usual wrong answers to *Around the loop*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import around_the_loop as check
from fewbits.qsenn.rounding import solve_bias

LOGS = torch.tensor([0.5, 0.25, 0.25]).log()


@pytest.mark.parametrize(
    ("differ", "turned", "told"),
    [
        (..., ..., "Not answered yet"),
        (5, ..., "Not answered yet"),
        (5, 1, "Right"),
        (1, 5, "the wrong way round"),
        (4, 1, "differs too"),
        (6, 1, "one place, not two"),
        (3, 1, "other than 3 places"),
        (5, 2, "product of old and new"),
        ("many", 1, "other than many places"),
    ],
)
def test_differences(differ, turned, told):
    expect(check.differences(differ, turned), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        ({"fit", "round"}, "Right"),
        (["round", "fit"], "Right"),
        ({"fit"}, "rounding drops"),
        ({"round"}, "starts afresh"),
        (set(), "starts afresh"),
        ({"fit", "round", "tune"}, "frozen"),
        ({"train"}, "expected a set"),
        ("fit", "expected a set"),
        ([["fit"]], "expected a set"),
        (["fit", torch.zeros(2)], "expected a set"),
        (3, "expected a set"),
    ],
)
def test_change_reasons(answer, told):
    expect(check.change_reasons(answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (LOGS - LOGS.mean(), "Right"),
        ([0.46, -0.23, -0.23], "Right"),
        ([2 / 3, -1 / 3, -1 / 3], "base 2"),
        (LOGS, "take their mean off"),
        ([0.5, 0.25, 0.25], "these are the shares"),
        ([0.5 - 1 / 3, 0.25 - 1 / 3, 0.25 - 1 / 3], "without their mean"),
        ([0, 0, 0], "equally frequent"),
        (1.0, "expected three numbers"),
    ],
)
def test_no_weights(answer, told):
    expect(check.no_weights(answer), told)


def test_exercise_3_is_what_the_package_does():
    labels = torch.tensor([0, 0, 1, 2])
    expect(check.no_weights(solve_bias(torch.zeros(3, 1), torch.zeros(4, 1), labels)), "Right")


def by_pairs(first, second):
    return (first[:, None] > second[None]).double().mean()


def ranks(first, second):
    return torch.cat([first, second]).argsort().argsort()[: len(first)] + 1.0


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda a, b: ..., "Not answered yet"),
        (by_pairs, "Right"),
        (lambda a, b: (ranks(a, b).sum() - 10) / 12, "Right"),
        (lambda a, b: ranks(a, b).sum() / 12, "subtract what"),
        (lambda a, b: ranks(a, b).sum() - 10, "divide by how many"),
        (lambda a, b: ((ranks(a, b) - 1).sum() - 10) / 12, "ranks begin at 1"),
        (lambda a, b: 1 - by_pairs(a, b), "the other way round"),
        (lambda a, b: 0.123, "expected 0.7500 on four values"),
        (lambda a, b: a, "expected one number"),
        (lambda a, b: a / "b", "it stopped with TypeError"),
    ],
)
def test_louder(answer, told):
    expect(check.louder(answer), told)


def test_solutions_fold_out_right():
    given = {
        "check": check,
        "torch": torch,
        "old": torch.tensor([[1, 0, -1, 0], [0, 1, 0, -1], [1, 1, 0, 0]]),
        "new": torch.tensor([[1, 1, 0, 0], [0, -1, 0, -1], [1, 0, 0, 1]]),
    }
    found = [verdict(source, dict(given)) for source in solutions("qsenn/around_the_loop")]
    assert len(found) == 4
    assert all(found), found
