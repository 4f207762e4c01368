"""Measures of features and sparse layers: toys worked by hand, laws, what is refused."""

import math
import re
from statistics import NormalDist

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics import features as f


def peaks(*places: int, height: float = 30.0) -> Tensor:
    """One image, nine places, a feature loud at each of ``places``."""
    maps = torch.zeros(1, len(places), 9)
    for feature, place in enumerate(places):
        maps[0, feature, place] = height
    return maps.view(1, -1, 3, 3)


FIRST = torch.tensor([0])


def test_diversity_is_one_apart_and_a_share_together() -> None:
    weights = torch.ones(1, 5)
    assert f.diversity(peaks(0, 2, 4, 6, 8), weights, FIRST).item() == pytest.approx(1)
    assert f.diversity(peaks(4, 4, 4, 4, 4), weights, FIRST).item() == pytest.approx(1 / 5)
    assert f.diversity(peaks(0, 0, 4, 4, 8), weights, FIRST).item() == pytest.approx(3 / 5)


def test_diversity_asks_the_strongest_whatever_their_sign_and_no_others() -> None:
    maps = peaks(0, 0, 8)
    both = torch.tensor([[-2.0, 0.1, 1.0]])
    assert f.diversity(maps, both, FIRST, top=2).item() == pytest.approx(1)
    # Features of weight 0 do not count, and five are divided by though there are two.
    two = torch.tensor([[1.0, -1.0, 0.0]])
    assert f.diversity(maps, two, FIRST).item() == pytest.approx(1 / 5)
    assert f.diversity(maps, two, FIRST, top=2).item() == pytest.approx(1 / 2)
    assert f.diversity(maps, torch.zeros(1, 3), FIRST).item() == 0


def test_only_the_scaled_diversity_ignores_scale() -> None:
    weights, faint = torch.ones(1, 3), peaks(0, 4, 8, height=2.0)
    assert f.diversity(faint, weights, FIRST) < f.diversity(5 * faint, weights, FIRST)
    scaled = (f.diversity(factor * faint, weights, FIRST, scaled=True) for factor in (1, 5))
    torch.testing.assert_close(*scaled)
    # By hand: each map is 9 at its peak, 0 elsewhere, once its mean is 1.
    peak, rest = math.exp(9) / (math.exp(9) + 8), 1 / (math.exp(9) + 8)
    wanted = (3 * peak + 6 * rest) / 5
    assert f.diversity(faint, weights, FIRST, scaled=True).item() == pytest.approx(wanted)


def test_dependence_by_hand() -> None:
    features = torch.tensor([[1.0, 2.0, 3.0], [0.0, 5.0, 0.0], [0.0, 0.0, 7.0]])
    weights = torch.tensor([[3.0, -1.0, 0.0]])
    found = f.dependence(features, weights, torch.zeros(3, dtype=torch.long))
    assert found.tolist() == pytest.approx([3 / 5, 1.0, 1.0])


def test_alignment_by_hand() -> None:
    features = torch.tensor([[4.0, 1.0], [2.0, 1.0], [0.0, 1.0], [2.0, 1.0]])
    attributes = torch.tensor([[1, 0, 1], [1, 1, 1], [0, 0, 1], [0, 0, 1]], dtype=torch.bool)
    # First attribute: 3 - 1 = 2; second: 2 - 2 = 0; third never varies. E f - min f = 2.
    assert f.alignment(features, attributes).tolist() == [1.0, 0.0]


def test_a_feature_that_never_changes_is_aligned_with_nothing() -> None:
    """Though the mean of many tenths is a little less than a tenth."""
    steady = torch.full((1001, 1), 0.1)
    every_second = (torch.arange(1001) % 2).bool()[:, None]
    assert f.alignment(steady, every_second).tolist() == [0.0]


def test_structural_grounding_by_hand() -> None:
    truth = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    weights = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    found = f.structural_grounding(weights, truth, pairs=1)
    assert found == pytest.approx(1 / math.sqrt(2))
    assert f.structural_grounding(truth, truth) == pytest.approx(1)
    # The other two pairs share nothing in truth nor in the weights.
    assert f.structural_grounding(weights, truth) == pytest.approx(found)


def test_class_independence_by_hand() -> None:
    features = torch.tensor([[3.0, 5.0, 2.0], [1.0, 3.0, 2.0], [1.0, 3.0, 2.0], [1.0, 5.0, 2.0]])
    labels = torch.tensor([0, 0, 1, 1])
    assert f.class_independence(features, labels).tolist() == [0.0, 0.5, 0.0]


def test_contrastiveness_knows_two_humps_from_one() -> None:
    generator = torch.Generator().manual_seed(0)
    normal = torch.randn(4000, generator=generator, dtype=torch.float64)
    which = (torch.arange(4000) % 2).double()
    columns = torch.stack([normal + 12 * which, normal + 4 * which, torch.ones_like(normal)], 1)
    far, near, constant = f.contrastiveness(columns).tolist()
    assert far == pytest.approx(1, abs=1e-6)
    assert near == pytest.approx(1 - 2 * NormalDist().cdf(-2), abs=0.02)
    assert constant == 0
    uniform = f.contrastiveness(normal[:, None]).item()
    assert uniform < near


def test_contrastiveness_has_no_unit() -> None:
    two = torch.cat([torch.randn(200, 1), 10 + torch.randn(200, 1)])
    found = [f.contrastiveness(unit * two).item() for unit in (1.0, 1e-4, 1e4)]
    assert found[0] > 0.99
    assert found[1:] == pytest.approx([found[0]] * 2, abs=1e-3)


def test_binarity_by_hand() -> None:
    columns = torch.tensor([[0.0, 0.0, 3.0, 0.0], [0.0, 1.0, 3.0, -2.0], [5.0, 2.0, 3.0, 0.0]])
    # 0, 1, 2: cut anywhere, the means are half and two, two thirds of the spread; the rest is 1/4.
    assert f.binarity(columns).tolist() == pytest.approx([1.0, 0.75, 0.0, 1.0])
    assert f.binarity(torch.ones(1, 2)).tolist() == [0.0, 0.0]


def test_binarity_of_known_distributions() -> None:
    places = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    normal = torch.special.ndtri(places)
    humps = torch.cat([normal - 3, normal + 3])
    even, bell, two = (f.binarity(values[:, None]).item() for values in (places, normal, humps))
    assert even == pytest.approx(3 / 4, abs=1e-4)
    assert bell == pytest.approx(2 / math.pi, abs=1e-3)
    # Between the humps lie 9 of 10 parts of the spread; what crosses the middle adds a little.
    assert two == pytest.approx(9 / 10, abs=2e-3)


@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=30),
    st.sampled_from([-3.0, 0.5, 100.0]),
    st.integers(-9, 9),
)
def test_binarity_is_the_best_of_all_thresholds(values: list[int], unit: float, zero: int) -> None:
    column = torch.tensor(values, dtype=torch.float64)
    best = 0.0
    if len(set(values)) > 1:
        for threshold in set(values) - {max(values)}:
            high = column > threshold
            kept = sum(column[side].var(correction=0) * side.sum() for side in (high, ~high))
            best = max(best, 1 - (kept / (column.var(correction=0) * len(column))).item())
    for one in (column, unit * column + zero):
        assert f.binarity(one[:, None]).item() == pytest.approx(best, abs=1e-9)


def test_fidelity_by_hand() -> None:
    weights = torch.tensor([[2.0, 1.5, 2.0], [0.0, 2.0, 0.0]])
    rest = torch.tensor([0.0, 0.2])
    # All: 2 against 0.2, its only reason. All: 2.3 against 2.2, the largest reason alone 1.5
    # against 2.2. Nothing departs: the logits at rest decide, with reasons and without.
    departures = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.4], [0.0, 0.0, 0.0]])
    assert f.fidelity(departures, weights, rest, top=1).tolist() == [True, False, True]
    assert f.fidelity(departures, weights, rest, top=2).tolist() == [True, True, True]


def test_features_without_weight_are_no_reasons() -> None:
    """The class given has one reason; the other class' feature is put back, whatever is asked."""
    weights = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    departures = torch.tensor([[1.0, -5.0]])
    rest = torch.tensor([0.0, 2.0])
    assert (departures @ weights.T + rest).argmax() == 0
    assert f.fidelity(departures, weights, rest, top=2).tolist() == [False]


def test_all_reasons_of_a_full_layer_decide_as_it_does() -> None:
    generator = torch.Generator().manual_seed(0)
    departures = torch.randn(200, 6, generator=generator)
    weights, rest = torch.randn(4, 6, generator=generator), torch.randn(4, generator=generator)
    assert f.fidelity(departures, weights, rest, top=6).all()
    shares = [f.fidelity(departures, weights, rest, top).double().mean() for top in (1, 3, 6)]
    assert shares[0] < shares[1] < shares[2]


def test_of_equal_weights_the_lower_numbers_are_asked() -> None:
    weights = torch.ones(1, 40)
    maps = torch.zeros(1, 40, 3, 3)
    maps[0, :5] = peaks(0, 2, 4, 6, 8)[0]
    assert f.diversity(maps, weights, FIRST).item() == pytest.approx(1)


def test_the_overlap_of_two_normals_of_one_width_is_known() -> None:
    import numpy as np

    for distance in (0.0, 1.0, 3.0):
        found = f._overlap(np.array([0.0, distance]), np.array([1.0, 1.0]))
        assert found == pytest.approx(2 * NormalDist().cdf(-distance / 2), abs=1e-4)


def test_correlation_by_hand() -> None:
    columns = torch.tensor([[1.0, 2.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    assert f.correlation(columns).tolist() == pytest.approx([1.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: f.diversity(peaks(0, 1), torch.ones(1, 3), FIRST), "each of the 2 features, got"),
        (lambda: f.diversity(peaks(0, 1), torch.ones(1, 2), FIRST, top=0), "top must be at least"),
        (lambda: f.dependence(torch.ones(1, 2), torch.ones(1, 3), FIRST), "2 features, got 3"),
        (lambda: f.alignment(torch.ones(2, 2), torch.ones(3, 1).bool()), "the same images, got 2"),
        (lambda: f.alignment(torch.ones(2, 2), torch.ones(2, 1).bool()), "no attribute varies"),
        (lambda: f.structural_grounding(torch.ones(2, 2), torch.ones(3, 1)), "the same classes"),
        (lambda: f.structural_grounding(torch.ones(2, 2), torch.eye(2)), "no two classes share"),
        (lambda: f.binarity(torch.tensor([[math.nan], [1.0]])), "hold NaN or infinity"),
        (lambda: f.binarity(torch.ones(0, 2)), "at least one image, got none"),
        (lambda: f.dependence(torch.tensor([[math.inf]]), torch.ones(1, 1), FIRST), "hold NaN"),
        (
            lambda: f.fidelity(torch.tensor([[math.nan]]), torch.ones(1, 1), torch.ones(1)),
            "hold NaN or infinity",
        ),
        (
            lambda: f.fidelity(torch.ones(2, 2), torch.ones(2, 3), torch.ones(2)),
            "2 features, got 3",
        ),
        (lambda: f.fidelity(torch.ones(2, 2), torch.ones(2, 2), torch.ones(3)), "2 classes, got 3"),
        (lambda: f.fidelity(torch.ones(2, 2), torch.ones(2, 2), torch.ones(2), 0), "top must be"),
        (lambda: f.correlation(torch.ones(3, 1)), "one feature alone repeats none"),
    ],
)
def test_what_does_not_fit_is_refused(unchecked, call, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        call()
