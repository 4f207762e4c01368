"""Feature selection: what tells classes apart enters first; what does not fit is refused."""

import re
from dataclasses import replace

import pytest
import torch

from fewbits import glm
from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.selection import select_features


def table(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Twelve features; 3, 7 and 10 know the class, 3 best; 5 never changes."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(90) % 3
    features = torch.randn(90, 12, generator=generator)
    for place, strength in ((3, 3.0), (7, 2.0), (10, 2.0)):
        features[:, place] += strength * (labels == place % 3)
    features[:, 5] = 1.0
    return features, labels


def test_what_knows_the_class_enters_first() -> None:
    features, labels = table()
    found = select_features(features, labels, 3, count=3)
    assert found.features[0] == 3
    assert sorted(found.features.tolist()) == [3, 7, 10]
    assert (found.strengths.diff() <= 0).all()


def test_the_order_is_that_of_the_grouped_path() -> None:
    features, labels = table(1)
    found = select_features(features, labels, 3, count=11)
    path = glm.fit_path(features, labels, 3, 0.8, 100, grouped=True, tolerance=1e-3)
    used = [(fit.weights != 0).any(0) for fit in path.fits]
    first = [next(i for i, row in enumerate(used) if row[f]) for f in found.features.tolist()]
    assert first == sorted(first)
    assert found.strengths.tolist() == pytest.approx([path.lambdas[i] for i in first])
    assert len(found.features.unique()) == 11 and 5 not in found.features


def test_fewer_are_the_beginning_of_more() -> None:
    features, labels = table(2)
    more = select_features(features, labels, 3, count=8).features
    assert torch.equal(select_features(features, labels, 3, count=4).features, more[:4])


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "count must be from 1 to the number of features that vary, 11, got 0"),
        (12, "count must be from 1 to the number of features that vary, 11, got 12"),
    ],
)
def test_bad_counts_are_refused(count: int, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        select_features(*table(), 3, count=count)


def test_a_path_that_ends_too_soon_says_so(monkeypatch) -> None:
    monkeypatch.setattr(glm, "lambdas_below", lambda most, count: (most, 0.98 * most))
    with pytest.raises(UsageError, match="only 1 of 11 features have entered"):
        select_features(*table(), 3, count=11)


def test_a_fit_that_did_not_arrive_is_no_selection(monkeypatch) -> None:
    walk = glm.walk

    def stopped(*args, **settings):
        for fit in walk(*args, **settings):
            yield replace(fit, converged=False, residual=9.0)

    monkeypatch.setattr(glm, "walk", stopped)
    with pytest.raises(FewbitsError, match="stopped at a residual of 9.0e\\+00 after"):
        select_features(*table(), 3, count=3)
