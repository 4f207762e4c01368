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
from fewbits.metrics import bootstrap, bootstrap_seeds, intervals


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


# Seeds and images crossed


def test_crossed_mean_is_the_mean_of_the_rows_means():
    values = torch.tensor([[1.0, 2.0, 9.0], [4.0, 6.0, 9.0]])
    counts = torch.tensor([[True, True, False], [True, True, False]])
    found = bootstrap_seeds(values, counts)
    assert found.mean == pytest.approx((1.5 + 5.0) / 2)
    assert found.count == 4
    assert 1.0 <= found.low <= found.mean <= found.high <= 6.0


def test_rows_without_a_value_are_left_out():
    values = torch.tensor([[1.0, 2.0], [torch.nan, torch.nan]])
    counts = torch.tensor([[True, True], [False, False]])
    assert bootstrap_seeds(values, counts).mean == 1.5
    with pytest.raises(UsageError, match="no value counts"):
        bootstrap_seeds(values, torch.zeros(2, 2, dtype=torch.bool))


def test_images_that_all_seeds_share_widen_the_interval():
    """Each image is hard or easy for every seed: three rows hold no more images than one."""
    effect = torch.randn(200, generator=torch.Generator().manual_seed(1)).expand(3, 200)
    crossed = bootstrap_seeds(effect)
    nested = bootstrap(list(effect))
    alone = bootstrap(effect[0])
    assert (crossed.high - crossed.low) == pytest.approx(alone.high - alone.low, rel=0.1)
    assert (nested.high - nested.low) < 0.7 * (crossed.high - crossed.low)


def test_crossed_intervals_cover_new_images():
    hits = 0
    for trial in range(60):
        generator = torch.Generator().manual_seed(trial)
        images = torch.randn(80, generator=generator)
        noise = 0.3 * torch.randn(3, 80, generator=generator)
        found = bootstrap_seeds(images + noise, resamples=400, seed=trial)
        hits += found.low <= 0 <= found.high
    assert hits >= 51, "95 % of 60 is 57"


def test_pairs_of_seeds_count_as_often_as_both_were_drawn():
    """Pairs with seed 1 are high: the interval must know that they hang together."""
    values = torch.tensor([[1.0], [1.0], [0.0]]).expand(3, 50)
    found = bootstrap_seeds(values, seeds=[(1, 2), (1, 3), (2, 3)])
    assert found.mean == pytest.approx(2 / 3)
    assert (found.low, found.high) == (0.0, 1.0)
    one_pair = bootstrap_seeds(values[:1], seeds=[(1, 2)])
    assert one_pair.low == one_pair.high == 1.0


def test_a_slow_crossed_bootstrap_agrees():
    generator = torch.Generator().manual_seed(3)
    values = torch.randn(3, 40, generator=generator)
    means = []
    for _ in range(3000):
        rows = torch.randint(3, (3,), generator=generator)
        images = torch.randint(40, (40,), generator=generator)
        means.append(values[rows][:, images].mean())
    low, high = torch.stack(means).quantile(torch.tensor([0.025, 0.975])).tolist()
    found = bootstrap_seeds(values, resamples=3000)
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)
