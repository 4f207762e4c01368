"""The usual wrong answers to *Birds in the wrong place*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import wrong_place as check
from fewbits.metrics.grouping import explained_by


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (27, "Right"),
        (30, "right away, and they count"),
        (54, "these are birds"),
        (0.27, "a share; in points"),
        (60, "60 birds are lost"),
        (33.3, "a share of the 180"),
        (30.0 * 200 / 180, "a share of the 180"),
        (35.0, "between 0 and 100"),
        (-27, "above 0 here"),
        (12, "between 0 and 100"),
        ("many", "expected one number"),
    ],
)
def test_points_lost(answer, told):
    expect(check.points_lost(answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (torch.tensor(6 / 14), "Right"),
        (0.43, "Right"),
        (42.857, "right in percent"),
        (8 / 14, "left within"),
        (2 / 14, "three birds"),
        (0.75, "between over within"),
        (0.1, "0 to 1, got 0.1"),
    ],
)
def test_share_of_place(answer, told):
    expect(check.share_of_place(answer), told)


def test_exercise_2_is_what_the_package_says():
    values = torch.tensor([1.0, 1, 4, 3, 5, 4])[:, None]
    found = explained_by(values, torch.tensor([0, 0, 0, 1, 1, 1]))
    expect(check.share_of_place(found.item()), "Right")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        ("species", "Right"),
        ("place", "three species together"),
        ("both", "got 'both'"),
        (3, "as a text, got int"),
        (torch.zeros(3), "as a text, got Tensor"),
    ],
)
def test_which_is_larger(answer, told):
    expect(check.which_is_larger(answer), told)


def test_exercise_3_holds_for_any_feature():
    species = torch.arange(60) % 12
    features = torch.randn(60, 200)
    assert (explained_by(features, species) >= explained_by(features, species // 3) - 1e-6).all()


def quantiles(means):
    return torch.quantile(means, torch.tensor([0.025, 0.975]))


def over_pairs(first, second, draws=1000):
    chosen = torch.randint(len(first), (draws, len(first)))
    return quantiles(100 * (first - second)[chosen].mean(1))


def apart(first, second, draws=1000):
    one, other = torch.randint(len(first), (2, draws, len(first)))
    return quantiles(100 * (first[one].mean(1) - second[other].mean(1)))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda a, b: ..., "Not answered yet"),
        (over_pairs, "Right"),
        (lambda a, b: over_pairs(a, b).tolist(), "Right"),
        (lambda a, b: over_pairs(a, b) / 100, "right but for the unit"),
        (apart, "drawn for each network apart"),
        (lambda a, b: over_pairs(b, a), "the other way round"),
        (lambda a, b: (100 * (a - b)).mean(), "expected two numbers"),
        (lambda a, b: quantiles(100 * (a - b)), "expected about"),
        (lambda a, b: a / "b", "it stopped with TypeError"),
    ],
)
def test_paired(answer, told):
    expect(check.paired(answer), told)


def test_the_reader_draws_from_their_own_numbers():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    check.paired(over_pairs)
    assert torch.rand(3).equal(expected)


def test_pairs_matter_here():
    one, other = check._two_networks()
    narrow, wide = (check._interval(one, other, together) for together in (True, False))
    assert (wide - narrow).abs().max() > 2 * check.TOLERANCE


def test_solutions_fold_out_right():
    found = [
        verdict(source, {"check": check, "torch": torch})
        for source in solutions("qsenn/wrong_place")
    ]
    assert len(found) == 4
    assert all(found), found
