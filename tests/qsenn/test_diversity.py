"""The diversity loss: its slow version, its two extremes, silent features."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from reference import qsenn as slow

from fewbits.qsenn.diversity import diversity_loss


@given(seed=st.integers(0, 10_000), features=st.integers(1, 5), side=st.integers(1, 4))
def test_it_is_the_slow_one(seed: int, features: int, side: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    maps = torch.rand(3, features, side, side + 1, generator=generator, dtype=torch.float64)
    weights = torch.randn(4, features, generator=generator, dtype=torch.float64)
    predicted = torch.randint(4, (3,), generator=generator)
    found = diversity_loss(maps, weights, predicted).item()
    assert found == pytest.approx(slow.diversity_loss(maps, weights, predicted), abs=1e-9)


def peaks(places: list[int]) -> torch.Tensor:
    """A feature each, loud at one of nine places."""
    maps = torch.zeros(1, len(places), 9)
    for feature, place in enumerate(places):
        maps[0, feature, place] = 30.0
    return maps.view(1, -1, 3, 3)


def test_features_apart_are_worth_as_many_as_they_are() -> None:
    equal, label = torch.full((1, 3), 2.0), torch.tensor([0])
    apart = diversity_loss(peaks([0, 4, 8]), equal, label).item()
    together = diversity_loss(peaks([4, 4, 4]), equal, label).item()
    assert apart == pytest.approx(-(3**0.5), rel=1e-4), "three shares of 1 / sqrt 3"
    assert together == pytest.approx(apart / 3, rel=1e-4)


def test_a_feature_without_weight_is_worth_nothing() -> None:
    one = torch.tensor([[1.0, 0.0]])
    label = torch.tensor([0])
    with_silent = diversity_loss(peaks([0, 8]), one, label)
    torch.testing.assert_close(with_silent, diversity_loss(peaks([0]), one[:, :1], label))


def test_silent_features_give_no_nan() -> None:
    maps = torch.zeros(2, 3, 2, 2, requires_grad=True)
    loss = diversity_loss(maps, torch.ones(2, 3), torch.tensor([0, 1]))
    loss.backward()
    assert loss.item() == 0 and torch.isfinite(maps.grad).all()
