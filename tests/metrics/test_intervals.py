"""Bootstrap intervals: a slow version, SciPy, cases with a known answer, what is refused."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from reference import metrics_intervals as slow
from scipy import stats
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics import bootstrap, intervals


def drawn(count: int, seed: int = 0, mean: float = 0.0) -> Tensor:
    return mean + torch.randn(count, generator=torch.Generator().manual_seed(seed))


def test_one_group_is_scipys() -> None:
    values = drawn(60)
    found = bootstrap(values, 0.9, resamples=20_000)
    wanted = stats.bootstrap(
        (values.numpy(),),
        np.mean,
        confidence_level=0.9,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert found.mean == pytest.approx(values.mean().item())
    assert (found.low, found.high) == pytest.approx(tuple(wanted), abs=0.02)
    assert found.count == 60
    assert bootstrap([values], 0.9, resamples=20_000) == found, "a list of one is one group"


def test_two_levels_are_the_slow_ones() -> None:
    groups = [drawn(20 + 5 * i, i, mean=i) for i in range(4)]
    found = bootstrap(groups, 0.8, resamples=20_000)
    low, high = slow.bootstrap([g.tolist() for g in groups], 0.8, 20_000, seed=1)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.04)
    assert found.mean == pytest.approx(sum(g.mean().item() for g in groups) / 4)
    assert found.count == 20 + 25 + 30 + 35


def test_groups_that_differ_widen_the_interval() -> None:
    # Half of the draws of two groups take both; a quarter each takes one of them twice.
    groups = [torch.zeros(50), torch.ones(50)]
    assert bootstrap(groups, 0.4).low == 0.5 == bootstrap(groups, 0.4).high
    assert (bootstrap(groups).low, bootstrap(groups).high) == (0, 1)
    together = bootstrap(torch.cat(groups))
    assert together.low > 0.3 and together.high < 0.7


def test_values_are_resampled_within_groups_too() -> None:
    alike = [drawn(30, 5)] * 3
    found = bootstrap(alike, resamples=20_000)
    # The mean of three independent resamples of one group.
    spread = alike[0].std(correction=0).item() / math.sqrt(90)
    assert found.high - found.low == pytest.approx(2 * 1.96 * spread, rel=0.05)


def test_the_interval_covers_as_often_as_it_says() -> None:
    covered = [
        (found := bootstrap(drawn(40, seed), 0.8, resamples=300)).low <= 0 <= found.high
        for seed in range(200)
    ]
    assert 0.7 < sum(covered) / 200 < 0.88


@given(
    st.lists(st.lists(st.floats(-10, 10), min_size=1, max_size=5), min_size=1, max_size=4),
    st.sampled_from([0.5, 0.95]),
)
def test_laws(groups: list[list[float]], confidence: float) -> None:
    tensors = [torch.tensor(g, dtype=torch.float64) for g in groups]
    found = bootstrap(tensors, confidence, resamples=50)
    everything = [v for g in groups for v in g]
    assert min(everything) - 1e-9 <= found.low <= found.high <= max(everything) + 1e-9
    assert found == bootstrap(tensors, confidence, resamples=50), "the same seed"
    wider = bootstrap(tensors, 0.99, resamples=50)
    assert wider.low <= found.low and found.high <= wider.high
    shifted = bootstrap([2 * t + 1 for t in tensors], confidence, resamples=50)
    assert shifted.low == pytest.approx(2 * found.low + 1, abs=1e-9)
    assert shifted.mean == pytest.approx(2 * found.mean + 1, abs=1e-9)


def test_drawing_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [drawn(30), drawn(40, 1)]
    whole = bootstrap(groups, resamples=101)
    monkeypatch.setattr(intervals, "DRAWN_AT_ONCE", 200)
    assert bootstrap(groups, resamples=101) == whole


def test_the_global_random_state_is_not_used() -> None:
    before = torch.get_rng_state()
    bootstrap(drawn(10))
    assert torch.equal(before, torch.get_rng_state())
    assert bootstrap(drawn(10), seed=0) != bootstrap(drawn(10), seed=1)


def test_one_value_is_its_own_interval() -> None:
    found = bootstrap(torch.tensor([0.3]))
    assert (found.low, found.high, found.count) == (found.mean, found.mean, 1)


def test_wrong_calls(unchecked) -> None:
    with pytest.raises(UsageError, match="no groups to average"):
        bootstrap([])
    with pytest.raises(UsageError, match=r"group 1 must be a row of at least one value.*\(0,\)"):
        bootstrap([drawn(3), drawn(0)])
    with pytest.raises(UsageError, match=r"group 0 must be a row .* got shape \(2, 3\)"):
        bootstrap(torch.zeros(2, 3))
    for wrong in (math.nan, math.inf):
        with pytest.raises(UsageError, match="group 1 holds NaN or infinity"):
            bootstrap([drawn(3), torch.tensor([1.0, wrong])])
    for confidence in (0.0, 1.0, 95.0, math.nan):
        with pytest.raises(UsageError, match="confidence must be between 0 and 1"):
            bootstrap(drawn(3), confidence)
    with pytest.raises(UsageError, match="resamples must be at least 1, got 0"):
        bootstrap(drawn(3), resamples=0)
