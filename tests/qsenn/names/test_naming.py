"""Names of planted features, of constant ones, of ties; a threshold that is moved afterwards."""

import re

import pytest
import torch

from fewbits.errors import UsageError
from fewbits.qsenn.names.concepts import Concepts
from fewbits.qsenn.names.naming import name_by

ABC = Concepts(("a", "b", "c"), ("an a", "a b", "a c"), ("first", "first", "second"))
PRESENCE = torch.tensor(
    [[1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
)


def test_a_feature_that_is_an_attribute_has_its_name():
    naming = name_by(3 * PRESENCE + 1, PRESENCE, ABC, shown=2)
    first, second, third = naming.at(0.5)
    assert [one.concept for one in (first, second, third)] == ["a", "b", "c"]
    assert [one.score for one in (first, second, third)] == pytest.approx([1, 1, 1])
    assert all(one.named for one in (first, second, third))
    # a goes with c in one picture of two, and b with it in one of two: 1/6 each.
    assert first.runner_up == "c" and first.runner_up_score == pytest.approx(1 / 6)
    assert first.opposite == "b" and first.opposite_score == pytest.approx(-2 / 3)
    assert [first.evidence, third.evidence] == [(0, 1), (0, 2)]
    assert [first.feature, third.feature] == [0, 2]


def test_a_constant_feature_has_no_name_under_any_threshold():
    (one,) = name_by(torch.full((5, 1), 0.3), PRESENCE, ABC).at(0)
    assert not one.named and one.score == 0 and len(one.evidence) == 5


def test_a_feature_that_is_loud_where_something_is_missing_is_not_called_so():
    without_c = 1 - PRESENCE[:, 2:]
    (one,) = name_by(without_c, PRESENCE, ABC).at(0.3)
    assert one.opposite == "c" and one.opposite_score == pytest.approx(-1)
    assert one.score < 0.3 and not one.named


def test_of_equal_scores_the_first_in_the_list_is_the_name():
    twins = PRESENCE[:, [0, 0, 2]]
    (one,) = name_by(PRESENCE[:, :1], twins, ABC).at(0.5)
    assert (one.concept, one.runner_up) == ("a", "b")
    assert one.score == one.runner_up_score == pytest.approx(1)


def test_the_threshold_moves_without_asking_again():
    generator = torch.Generator().manual_seed(0)
    features, presence = torch.rand(30, 6, generator=generator), torch.rand(30, 3)
    naming = name_by(features, presence, ABC)
    counts = [int(naming.named(threshold).sum()) for threshold in (0, 0.1, 0.2, 0.4, 1)]
    assert counts == sorted(counts, reverse=True) and counts[-1] == 0
    best = naming.scores.amax(1)
    for threshold in (0.1, 0.2):
        assert [one.named for one in naming.at(threshold)] == (best >= threshold).tolist()
        assert [one.score for one in naming.at(threshold)] == best.tolist()


def test_a_concept_that_is_seen_half_as_clearly_counts_half():
    naming = name_by(PRESENCE, PRESENCE, ABC, weight=torch.tensor([1.0, 0.5, 0.0]))
    expected = name_by(PRESENCE, PRESENCE, ABC).scores * torch.tensor([1.0, 0.5, 0.0])
    assert torch.equal(naming.scores, expected)
    assert naming.named(0.4).tolist() == [True, True, False]


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_thresholds_that_no_correlation_has_are_refused(threshold):
    naming = name_by(PRESENCE, PRESENCE, ABC)
    with pytest.raises(UsageError, match="the threshold must be a score from 0 to 1, got"):
        naming.at(threshold)


@pytest.mark.parametrize(
    ("features", "presence", "shown", "message"),
    [
        (PRESENCE, PRESENCE[:, :2], 9, "expected a column for each of 3 concepts, got 2"),
        (PRESENCE[:4], PRESENCE, 9, "must be of the same pictures, got 4 and 5"),
        (PRESENCE[:, :0], PRESENCE, 9, "one feature that is used, got 5 and 0"),
        (PRESENCE, PRESENCE, 0, "expected at least 1 picture of evidence, got 0"),
    ],
)
def test_bad_input_is_refused(unchecked, features, presence, shown, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        name_by(features, presence, ABC, shown)


def test_features_are_numbered_by_the_columns_of_a_layer():
    naming = name_by(PRESENCE, PRESENCE, ABC)
    assert [name.feature for name in naming.at(0.5, (2, 7, 9))] == [2, 7, 9]
    with pytest.raises(UsageError, match="expected 3 columns, got 2"):
        naming.at(0.5, (2, 7))
