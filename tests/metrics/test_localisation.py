"""Localisation: slow versions, Quantus as oracle, and what chance gets."""

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import metrics_maps as slow
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics import energy_inside, pointing_game

maps_with_ties = arrays(np.float64, (1, 3, 4), elements=st.integers(-2, 3).map(float))
truths = arrays(np.bool_, (1, 3, 4)).filter(lambda mask: mask.any())


@given(maps_with_ties.map(torch.from_numpy), truths.map(torch.from_numpy))
def test_both_are_the_slow_ones(maps: Tensor, truth: Tensor) -> None:
    values, inside = maps.flatten().tolist(), truth.flatten().tolist()
    assert energy_inside(maps, truth).item() == pytest.approx(slow.energy_inside(values, inside))
    assert pointing_game(maps, truth).item() == pytest.approx(slow.pointing_game(values, inside))


def test_both_are_quantus() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import quantus

        maps = torch.randn(30, 9, 9, generator=torch.Generator().manual_seed(0)).double()
        truth = torch.zeros(30, 9, 9, dtype=torch.bool)
        truth[:, 2:8, 1:7] = True
        given_ = {
            "x_batch": np.zeros((30, 1, 9, 9)),
            "a_batch": maps.numpy(),
            "s_batch": truth.numpy(),
        }
        energy = quantus.AttributionLocalisation(positive_attributions=True, disable_warnings=True)
        wanted = energy.evaluate_batch(**given_)
        hits = quantus.PointingGame(disable_warnings=True).evaluate_batch(**given_)
    assert energy_inside(maps, truth).numpy() == pytest.approx(wanted, abs=1e-5)
    assert pointing_game(maps, truth).tolist() == [float(hit) for hit in hits]
    assert 0 < sum(hits) < 30


def test_a_constant_map_gets_chance() -> None:
    truth = torch.zeros(2, 4, 5, dtype=torch.bool)
    truth[:, 0, :4] = True
    for level in (0.0, -1.0, 3.0):
        flat = torch.full((2, 4, 5), level)
        assert energy_inside(flat, truth).tolist() == pytest.approx([0.2, 0.2])
        assert pointing_game(flat, truth).tolist() == pytest.approx([0.2, 0.2])


def test_a_toy() -> None:
    maps = torch.tensor([[[3.0, 1.0], [-9.0, 3.0]]])
    truth = torch.tensor([[[True, False], [True, False]]])
    assert energy_inside(maps, truth).item() == pytest.approx(3 / 7)
    assert pointing_game(maps, truth).item() == 0.5


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("measure", [energy_inside, pointing_game])
def test_truths_that_are_none(measure) -> None:
    maps, truth = torch.rand(3, 4, 4), torch.ones(3, 4, 4, dtype=torch.bool)
    with pytest.raises(UsageError, match="truth must be a bool tensor .* got torch.int64"):
        measure(maps, truth.long())
    truth[1] = False
    with pytest.raises(UsageError, match="truth has no pixel in image 1: leave such images out"):
        measure(maps, truth)
    maps[0, 0, 0] = math.nan
    with pytest.raises(UsageError, match="maps hold NaN"):
        measure(maps, ~truth)
