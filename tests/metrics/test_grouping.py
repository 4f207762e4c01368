"""Shares of variance: by hand, beside scikit-learn's F test, and where nothing can be said."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_selection import f_classif

from fewbits.errors import UsageError
from fewbits.metrics.grouping import explained_by


def test_by_hand():
    # Means 1 and 4 around 2.5: between 4 * 2.25 = 9, within 2 + 2 = 4.
    column = torch.tensor([0.0, 2.0, 3.0, 5.0])[:, None]
    found = explained_by(column, torch.tensor([7, 7, 2, 2]))
    assert found.item() == pytest.approx(9 / 13, abs=1e-6)


@given(seed=st.integers(0, 1000), kinds=st.integers(2, 5))
def test_the_same_as_an_f_test_says(seed, kinds):
    generator = torch.Generator().manual_seed(seed)
    groups = torch.cat([torch.arange(kinds), torch.randint(kinds, (20,), generator=generator)])
    table = torch.randn(len(groups), 3, generator=generator, dtype=torch.float64)
    f, _ = f_classif(table.numpy(), groups.numpy())
    share = explained_by(table, groups)
    ratio = share / (kinds - 1) / ((1 - share) / (len(groups) - kinds))
    torch.testing.assert_close(ratio, torch.from_numpy(f))


def test_unit_and_zero_do_not_matter():
    table, groups = torch.randn(30, 2), torch.arange(30) % 4
    torch.testing.assert_close(
        explained_by(1000 + 3 * table, groups), explained_by(table, groups), atol=1e-4, rtol=0
    )


def test_all_nothing_and_never():
    groups = torch.tensor([0, 0, 1, 1])
    table = torch.tensor([[1.0, 1.0, 0.1], [1.0, 2.0, 0.1], [5.0, 2.0, 0.1], [5.0, 1.0, 0.1]])
    assert explained_by(table, groups).tolist() == [1.0, 0.0, 0.0]


def test_groups_at_random_explain_what_chance_does():
    torch.manual_seed(0)
    found = explained_by(torch.randn(201, 500), torch.randint(5, (201,)))
    assert found.mean().item() == pytest.approx(4 / 200, abs=0.002)


def test_far_from_zero_a_spread_is_still_one():
    groups = torch.tensor([0, 0, 1, 1])
    far = torch.tensor([[0.0], [2], [3], [5]], dtype=torch.float64) + 1e8
    assert explained_by(far, groups).item() == pytest.approx(9 / 13)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_nothing_is_said_of_nan(broken):
    with pytest.raises(UsageError, match="NaN or infinity"):
        explained_by(torch.tensor([[0.0], [broken]]), torch.tensor([0, 1]))


@pytest.mark.parametrize(
    ("groups", "said"),
    [([0, 1], r"got the shapes \(3, 2\) and \(2,\)"), ([4, 4, 4], "at least two groups, got 1")],
)
def test_refused(groups, said):
    with pytest.raises(UsageError, match=said):
        explained_by(torch.rand(3, 2), torch.tensor(groups))
