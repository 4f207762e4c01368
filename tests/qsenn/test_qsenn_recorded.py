"""The recorded runs: three seeds a setting, and what they are said to reach."""

from collections import defaultdict
from statistics import mean

import pytest

from fewbits.report import Report, recorded

SEEDS = {1, 2, 3}


def of(dataset: str, **wanted: object) -> list[Report]:
    usual = {"bias": "solved", "iterations": 4, "per_class": 5, "cut": "layer"} | wanted
    found = [
        run
        for run in recorded("qsenn")
        if run.dataset == dataset and usual.items() <= run.settings.items()
    ]
    assert {run.seed for run in found} == SEEDS and len(found) == 3
    return found


def test_each_setting_has_three_seeds():
    seeds = defaultdict(list)
    for method in ("qsenn", "names"):
        for run in recorded(method):
            told = run.settings.get("run", run.settings)
            told = {name: value for name, value in told.items() if name not in ("seed", "pictures")}
            seeds[method, run.dataset, str(sorted(told.items()))].append(run.seed)
    assert len(seeds) > 20 and {tuple(sorted(found)) for found in seeds.values()} == {(1, 2, 3)}


def test_photographs_keep_97_percent_of_the_dense_networks_names():
    for run in of("cub", features=50):
        assert run.number("dense_accuracy") >= 0.86
        assert run.number("retention") >= 0.97


@pytest.mark.parametrize("rival", ["sldd", "glm-saga-5"])
def test_on_photographs_features_overlap_less_and_decisions_hang_less_on_one(rival):
    for run in of("cub", features=50):
        beside = run.metrics["baselines"][rival]
        assert run.number("diversity_at_5") > beside["diversity_at_5"]
        assert run.number("dependence") < beside["dependence"]


def test_birds_away_from_home_are_lost_less_often_than_by_the_dense_network():
    for home, away in zip(of("birds", features=24), of("birds-travelling"), strict=True):
        assert home.seed == away.seed
        lost = home.number("test_accuracy") - away.number("test_accuracy")
        assert lost < home.number("dense_accuracy") - away.number("dense_accuracy") - 0.1


@pytest.mark.parametrize("features", [24, 50])
@pytest.mark.parametrize("bias", ["solved", "counts"])
def test_four_of_five_features_have_the_name_that_the_truth_gives(features, bias):
    wanted = {"features": features, "bias": bias}
    named = [run for run in recorded("names") if wanted.items() <= run.settings["run"].items()]
    shares = [run.metrics["rates"]["qsenn"]["attributes"]["first"]["of_used"] for run in named]
    assert len(shares) == 3 and mean(shares) >= 0.8
