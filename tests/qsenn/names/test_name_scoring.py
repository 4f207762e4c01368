"""Scores by hand and by numpy, and a level of chance that chance keeps to."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fewbits.errors import UsageError
from fewbits.qsenn.names.scoring import chance_level, correlations, sight, zero_shot


def test_by_hand():
    features = torch.tensor([[0.0, 5.0, 1.0], [0.0, 5.0, 0.0], [4.0, 5.0, 0.0], [4.0, 5.0, 1.0]])
    presence = torch.tensor([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    found = correlations(features, presence)
    # The first is the first concept; the constant goes with nothing; the third shares a half.
    third = 1 / 3**0.5
    expected = torch.tensor([[1.0, -third], [0.0, 0.0], [0.0, third]])
    torch.testing.assert_close(found, expected)


@given(seed=st.integers(0, 10_000))
def test_it_is_numpys(seed):
    generator = np.random.default_rng(seed)
    one, other = generator.normal(size=(9, 2)), generator.normal(size=(9, 3))
    expected = np.corrcoef(one.T, other.T)[:2, 2:]
    found = correlations(torch.from_numpy(one), torch.from_numpy(other))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


def test_units_and_what_a_concept_is_like_everywhere_do_not_count():
    generator = torch.Generator().manual_seed(0)
    features, presence = (torch.rand(20, 3, generator=generator).double() for _ in range(2))
    before = correlations(features, presence)
    torch.testing.assert_close(correlations(7 * features - 2, 0.01 * presence + 30), before)


def test_a_constant_that_rounding_has_touched_goes_with_nothing():
    steady = torch.full((1000, 1), 0.1)
    steady[::3] += 1e-8
    assert not correlations(steady, torch.rand(1000, 4)).any()


def test_a_shuffled_feature_stays_below_the_level_of_chance_and_a_true_one_above():
    generator = torch.Generator().manual_seed(1)
    presence = torch.rand(200, 20, generator=generator)
    features = torch.rand(200, 300, generator=generator)
    level = chance_level(features, presence, seed=0)
    best = correlations(features, presence).abs().amax(1)
    assert 0.02 < (best > level).double().mean() < 0.09, "one in twenty, of 300 that mean nothing"
    planted = presence[:, 3:4] + 0.5 * torch.rand(200, 1, generator=generator)
    assert correlations(planted, presence).amax() > level
    assert level == chance_level(features, presence, seed=0)


def test_zero_shot_by_hand():
    alike = torch.tensor([[0.1, 0.3, 0.1], [0.2, 0.2, 0.3]])
    seen = zero_shot(alike, ("crown", "ring", "crown"), scale=10 * math.log(3))
    # Crowns: equal, then a tenth apart, which is a factor of 3. The ring: a twentieth either side.
    root = 3**0.5
    expected = torch.tensor([[0.5, root / (1 + root), 0.5], [0.25, 1 / (1 + root), 0.75]])
    torch.testing.assert_close(seen, expected)


@given(seed=st.integers(0, 10_000), more=st.floats(-1, 1))
def test_what_a_picture_has_in_common_with_a_whole_group_does_not_count(seed, more):
    alike = torch.rand(4, 5, generator=torch.Generator().manual_seed(seed))
    groups = ("a", "b", "a", "b", "a")
    seen = zero_shot(alike, groups, 20.0)
    torch.testing.assert_close(seen[:, ::2].sum(1), torch.ones(4))
    moved = alike.clone()
    moved[2, 1::2] += more
    torch.testing.assert_close(zero_shot(moved, groups, 20.0), seen, atol=1e-5, rtol=0)


def test_sight_by_hand():
    alike = torch.tensor([[0.3, 0.30, 0.2], [0.3, 0.20, 0.4], [0.3, 0.30, 0.2], [0.3, 0.20, 0.4]])
    assert sight(alike).tolist() == pytest.approx([0, 0.5, 1])
    assert sight(torch.full((4, 2), 0.5)).tolist() == [0, 0]


def test_an_echo_of_a_concept_that_is_seen_does_not_win():
    """A CLIP sees a, and knows nothing of b; what it says of b is a tenth of what it says of a."""
    generator = torch.Generator().manual_seed(4)
    there = (torch.rand(500, 1, generator=generator) < 0.5).float()
    noise = torch.rand(500, 1, generator=generator)
    seen = there + noise
    alike = torch.cat([seen, 0.1 * (there + 0.9 * noise)], dim=1)
    by_correlation = correlations(there, alike)[0]
    assert by_correlation[1] > by_correlation[0]
    weighed = by_correlation * sight(alike)
    assert weighed[0] > 5 * weighed[1]


def test_the_level_of_chance_knows_weights():
    generator = torch.Generator().manual_seed(5)
    features, presence = (torch.rand(60, 4, generator=generator) for _ in range(2))
    weight = torch.tensor([0.5, 0.5, 0.5, 0.5])
    plain = chance_level(features, presence, seed=0)
    assert chance_level(features, presence, seed=0, weight=weight) == pytest.approx(plain / 2)


def test_few_classes_raise_the_level_of_chance():
    """A feature of four classes goes with something that these four differ in, whatever it is."""
    generator = torch.Generator().manual_seed(2)
    classes = torch.arange(4).repeat_interleave(25)
    presence = (torch.rand(4, 30, generator=generator) > 0.5).float()[classes]
    features = torch.rand(4, 5, generator=generator)[classes]
    features = features + 0.01 * torch.rand(features.shape, generator=generator)
    pictures = chance_level(features, presence, seed=0)
    whole = chance_level(features, presence, seed=0, classes=classes)
    assert pictures < 0.4 < 0.9 < whole
    # With a class for each picture, both are the same question.
    alone = chance_level(features, presence, seed=0, classes=torch.arange(100))
    assert alone == pytest.approx(pictures, abs=0.05)


NUMBERS = torch.rand(5, 2)


@pytest.mark.parametrize(
    ("features", "presence", "message"),
    [
        (NUMBERS, NUMBERS[:4], "must be of the same pictures, got 5 and 4"),
        (NUMBERS[:2], NUMBERS[:2], "at least three pictures and one feature that is used, got 2 a"),
        (NUMBERS[:, :0], NUMBERS, "one feature that is used, got 5 and 0"),
        (NUMBERS / 0, NUMBERS, "the features hold NaN or infinity"),
        (NUMBERS, 0 * NUMBERS / 0, "the concepts hold NaN or infinity"),
    ],
)
def test_tables_that_cannot_be_read_are_refused(unchecked, features, presence, message):
    for asked in (correlations, lambda *tables: chance_level(*tables, seed=0)):
        with pytest.raises(UsageError, match=re.escape(message)):
            asked(features, presence)


@pytest.mark.parametrize("given_", [{"draws": 0}, {"level": 1.0}, {"level": 0.0}])
def test_levels_out_of_range_are_refused(given_):
    with pytest.raises(UsageError, match=r"at least 1 draw and a level in \(0, 1\), got"):
        chance_level(NUMBERS, NUMBERS, seed=0, **given_)
