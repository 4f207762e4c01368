"""Gini and entropy: slow versions, Quantus as oracle, laws and toys."""

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
from fewbits.metrics import entropy, gini

any_map = arrays(np.float64, (1, 3, 4), elements=st.floats(-(2.0**20), 2.0**20, width=32)).map(
    torch.from_numpy
)


@given(any_map)
def test_both_are_the_slow_ones(maps: Tensor) -> None:
    values = (maps / maps.abs().max().clamp_min(1e-300)).flatten().tolist()
    assert gini(maps).item() == pytest.approx(slow.gini(values), abs=1e-9)
    assert entropy(maps).item() == pytest.approx(slow.entropy(values), abs=1e-9)


def test_both_are_quantus() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import quantus
    maps = torch.rand(6, 28, 28, generator=torch.Generator().manual_seed(0)).double() ** 4 * 100
    given_ = {"x_batch": np.zeros((6, 1, 28, 28)), "a_batch": maps.numpy().copy()}
    wanted = quantus.Sparseness(disable_warnings=True).evaluate_batch(**given_)
    assert gini(maps).numpy() == pytest.approx(wanted, abs=1e-5)
    given_["a_batch"] = maps.numpy().copy()
    wanted = quantus.Complexity(disable_warnings=True).evaluate_batch(**given_)
    assert entropy(maps).numpy() == pytest.approx(wanted, abs=1e-5)


def test_toys() -> None:
    maps = torch.tensor([[[1.0, 1.0], [-1.0, 1.0]], [[0.0, 0.0], [0.0, -5.0]]])
    maps = torch.cat([maps, torch.tensor([[[0.0, 0.0], [3.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])])
    # (2 * place - 5) * size over 4 * 4: (1 * 1 + 3 * 3) / 16
    assert gini(maps).tolist() == pytest.approx([0, 0.75, 0.625, 0])
    two = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert entropy(maps).tolist() == pytest.approx([math.log(4), 0, two, math.log(4)])


@given(any_map, st.floats(1e-3, 1e3))
def test_laws(maps: Tensor, factor: float) -> None:
    assert 0 <= gini(maps).item() <= 1 - 1 / 12 + 1e-12
    assert -1e-12 <= entropy(maps).item() <= math.log(12) + 1e-12
    for measure in (gini, entropy):
        once = measure(maps).item()
        assert measure(-factor * maps).item() == pytest.approx(once, abs=1e-9), "no scale, no sign"
        assert measure(maps.flip(1, 2)).item() == pytest.approx(once, abs=1e-9), "no place"


@pytest.mark.parametrize("size", [1e-42, 1e-30, 1e37])
def test_neither_tiny_nor_huge_maps_are_lost(size: float) -> None:
    maps = torch.tensor([[[size, 0.0], [0.0, 0.0]]])
    assert gini(maps).item() == pytest.approx(0.75)
    assert entropy(maps).item() == pytest.approx(0)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("measure", [gini, entropy])
def test_maps_that_are_none(measure) -> None:
    with pytest.raises(UsageError, match="maps hold NaN or infinity, first at image 1"):
        measure(torch.tensor([[[1.0]], [[math.nan]]]))
    with pytest.raises(UsageError, match=r"\[image, height, width\], got \(28, 28\)"):
        measure(torch.rand(28, 28))
