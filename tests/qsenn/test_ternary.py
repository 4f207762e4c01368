"""The ternary layer: the paper's formulas, its traps, and the baseline that chooses nothing."""

import re

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import qsenn as slow
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.ternary import count_bias, keep_largest, make_ternary, random_ternary


def layer(seed: int, classes: int, features: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(classes, features, generator=generator)
    return weights, torch.randn(classes, generator=generator)


@given(
    seed=st.integers(0, 10_000),
    classes=st.integers(2, 6),
    features=st.integers(2, 9),
    per_class=st.integers(1, 9),
)
def test_the_layer_is_the_papers(seed, classes, features, per_class) -> None:
    assume(per_class <= features)
    weights, bias = layer(seed, classes, features)
    made = make_ternary(weights, bias, per_class)
    wanted, tau = slow.quantised(weights, per_class)
    torch.testing.assert_close(made.weights, wanted)
    assert made.threshold == pytest.approx(tau, rel=1e-5)
    assert int((made.codes != 0).sum()) == per_class * classes
    balance = made.codes.sum(1)
    if balance.min() < balance.max():
        assert made.bias.tolist() == pytest.approx(slow.bias_by_count(wanted, bias), abs=1e-5)
    else:
        assert not made.bias.any()


def test_by_hand() -> None:
    weights = torch.tensor([[-9.0, 1.0, 0.0], [2.0, 0.5, 4.0]])
    made = make_ternary(weights, torch.tensor([0.3, -0.2]), per_class=1)
    # The largest weight is negative: it keeps its sign and counts in the mean, (9 + 4) / 2.
    assert made.codes.tolist() == [[-1, 0, 0], [0, 0, 1]]
    assert made.magnitude == 6.5 and made.threshold == 3.0
    # The class with the plus starts behind, the one with the minus ahead.
    assert made.bias.tolist() == pytest.approx([0.3, -0.3])
    assert made.weights.unique().tolist() == [-6.5, 0.0, 6.5]


def test_a_budget_that_is_just_met_drops_nothing() -> None:
    weights = torch.tensor([[3.0, 0.0], [0.0, -1.0]])
    made = make_ternary(weights, torch.zeros(2), per_class=1)
    assert made.codes.tolist() == [[1, 0], [0, -1]]
    assert made.threshold == 0.5


def test_a_fit_sparser_than_the_budget_keeps_all_it_has() -> None:
    """The reference code drops one of them."""
    weights = torch.tensor([[3.0, 0.0, 0.0], [0.0, -1.0, 2.0]])
    made = make_ternary(weights, torch.zeros(2), per_class=3, fewer=True)
    assert made.codes.tolist() == [[1, 0, 0], [0, -1, 1]]
    assert made.magnitude == 2.0 and made.threshold == 0.5
    with pytest.raises(UsageError, match="has 0 weights"):
        make_ternary(0 * weights, torch.zeros(2), per_class=3, fewer=True)


def test_equal_weights_at_the_border_keep_the_budget() -> None:
    made = make_ternary(torch.ones(3, 4), torch.zeros(3), per_class=2)
    assert int(made.codes.sum()) == 6
    assert made.codes.flatten()[:6].tolist() == [1] * 6


def test_balanced_classes_have_no_bias() -> None:
    """The reference code divides 0 by 0 there."""
    codes = torch.tensor([[1, -1, 0], [0, 1, -1]], dtype=torch.int8)
    assert count_bias(codes, 0.7).tolist() == [0, 0]


def test_rounding_twice_changes_nothing() -> None:
    weights, bias = layer(3, 5, 8)
    once = make_ternary(weights, bias)
    twice = make_ternary(once.weights, once.bias)
    assert torch.equal(once.codes, twice.codes)
    assert twice.magnitude == pytest.approx(once.magnitude)
    torch.testing.assert_close(once.bias, twice.bias)


def test_random_layers_tell_all_classes_apart() -> None:
    made = random_ternary(200, 50, seed=1)
    assert torch.equal((made.codes != 0).sum(1), torch.full((200,), 5))
    assert len(made.codes.unique(dim=0)) == 200
    assert 0.4 < (made.codes > 0).sum() / 1000 < 0.6
    assert torch.equal(made.codes, random_ternary(200, 50, seed=1).codes)
    assert not torch.equal(made.codes, random_ternary(200, 50, seed=2).codes)


WEIGHTS, BIAS = layer(0, 3, 4)


@pytest.mark.parametrize(
    ("weights", "bias", "per_class", "message"),
    [
        (WEIGHTS, BIAS, 0, "per_class must be from 1 to the number of features, 4, got 0"),
        (WEIGHTS, BIAS, 5, "per_class must be from 1 to the number of features, 4, got 5"),
        (WEIGHTS / 0, BIAS, 2, "the layer holds NaN or infinity"),
        (WEIGHTS * (WEIGHTS > 9), BIAS, 2, "has 0 weights that are not 0, fewer than the budget"),
    ],
)
def test_bad_input_says_what_is_wrong(weights, bias, per_class, message) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        make_ternary(weights, bias, per_class)


def test_more_classes_than_there_are_patterns_are_refused() -> None:
    assert len(random_ternary(4, 2, per_class=1).codes.unique(dim=0)) == 4
    with pytest.raises(UsageError, match="5 different classes of 1 features out of 2"):
        random_ternary(5, 2, per_class=1)


@pytest.mark.parametrize("budget", [0, -2, 4])
def test_a_budget_that_is_not_there_is_refused(budget) -> None:
    layer = torch.tensor([[1.0, 0.0], [-0.5, 0.2]])
    with pytest.raises(UsageError, match=f"budget must be from 1 to 3, .* got {budget}"):
        keep_largest(layer, torch.zeros(2), budget)
