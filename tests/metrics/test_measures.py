"""The list of measures agrees with what the measures do."""

import math
import re

import pytest

from fewbits import metrics
from fewbits.metrics import MEASURES

NAMES = {
    "agreement.spearman",
    "agreement.topk",
    "agreement.ssim",
    "faithfulness.deletion",
    "faithfulness.insertion",
    "faithfulness.road",
    "clarity.gini",
    "clarity.entropy",
    "robustness.infidelity",
    "robustness.sensitivity",
    "randomisation.spearman",
    "localisation.energy",
    "localisation.pointing",
}


MADE_OF_OTHERS = {
    *(f"{name}.foreground" for name in NAMES if name.startswith("agreement.")),
    *(f"{name}.gain" for name in NAMES if name.startswith("faithfulness.")),
}


def test_all_are_there_and_cannot_be_changed() -> None:
    assert set(MEASURES) == NAMES | MADE_OF_OTHERS
    assert all(name == measure.name for name, measure in MEASURES.items())
    with pytest.raises(TypeError):
        MEASURES["new"] = MEASURES["clarity.gini"]


@pytest.mark.parametrize("name", sorted(NAMES | MADE_OF_OTHERS))
def test_each_says_what_it_is(name: str) -> None:
    measure = MEASURES[name]
    assert re.fullmatch(r"[a-z]+\d{4}[a-z]+, (arXiv \d{4}\.\d{5}|.+, \d{4})", measure.paper)
    assert measure.says.endswith(("?", ".")) and len(measure.says) < 200
    assert measure.best == (1.0 if measure.direction == "higher" else 0.0)


def test_directions_are_those_of_the_measures(regression, digit_images) -> None:
    """A map that is right, against one that is random or spread out."""
    images, labels = digit_images
    weights = regression[1].weight[labels].view(-1, 28, 28)
    right, random = weights * images[:, 0], metrics.random_maps(images)
    found = {}
    for name in ("deletion", "insertion", "road"):
        measure = getattr(metrics, name)
        found[f"faithfulness.{name}"] = [
            measure(regression, images, maps, labels).area().mean() for maps in (right, random)
        ]
    for name in ("gini", "entropy"):
        measure = getattr(metrics, name)
        found[f"clarity.{name}"] = [measure(maps).mean() for maps in (right, random)]
    found["robustness.infidelity"] = [
        metrics.infidelity(regression, images, maps, labels).mean() for maps in (weights, random)
    ]
    for name, measure in (
        ("spearman", metrics.spearman),
        ("topk", metrics.topk_intersection),
        ("ssim", metrics.ssim),
    ):
        found[f"agreement.{name}"] = [measure(right, m).mean() for m in (right, random)]
    strokes = images[:, 0] > 0
    for name, measure in (("energy", metrics.energy_inside), ("pointing", metrics.pointing_game)):
        found[f"localisation.{name}"] = [measure(m, strokes).mean() for m in (right, random)]
    for name, (better, worse) in found.items():
        assert (better > worse) == (MEASURES[name].direction == "higher"), name
        assert not math.isclose(better, worse, abs_tol=0.01), name
    gains = (name for name in MADE_OF_OTHERS if name.endswith(".gain"))
    assert {MEASURES[name].direction for name in gains} == {"higher"}, "a gain is over random"


def test_the_package_exports_what_it_says() -> None:
    assert sorted(metrics.__all__, key=str.lower) == sorted(set(metrics.__all__), key=str.lower)
    assert all(hasattr(metrics, name) for name in metrics.__all__)
