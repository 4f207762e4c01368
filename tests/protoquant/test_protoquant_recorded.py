"""The recorded runs on photographs: three seeds a setting, and what they are said to reach."""

from collections import defaultdict
from statistics import mean

import pytest

from fewbits.protoquant.run_settings import HEAD, PROBE, Settings
from fewbits.report import Report, recorded

Seeds = list[Report]


@pytest.fixture(scope="module")
def settings() -> dict[str, Seeds]:
    """Recorded seeds by everything that is set beside the seed and the baselines."""
    found = defaultdict(list)
    for run in recorded("protoquant"):
        told = {k: v for k, v in run.settings.items() if k not in ("seed", "baselines", "still")}
        told["recipe"] = {k: v for k, v in told["recipe"].items() if k != "aligned"}
        found[str(sorted(told.items()))].append(run)
    return found


def of(settings: dict[str, Seeds], dataset: str = "cub", **wanted: object) -> Seeds:
    (found,) = (
        seeds
        for seeds in settings.values()
        if seeds[0].dataset == dataset
        and all(seeds[0].settings.get(name) == value for name, value in wanted.items())
        and ("layer" in wanted) == ("layer" in seeds[0].settings)
    )
    return found


def test_each_setting_has_three_seeds_and_todays_recipe(settings):
    for seeds in settings.values():
        assert {run.seed for run in seeds} == {1, 2, 3} and len(seeds) == 3
        for run in seeds:
            recipe = run.settings["recipe"]
            assert (recipe["head"], recipe["probe"]) == (HEAD.told(), PROBE.told())
            names = Settings.__dataclass_fields__
            assert set(run.settings) <= {*names, "recipe"}


def test_seeds_share_a_probe_whatever_the_codes_are(settings):
    """It is fitted to the frozen maps alone; inner layers have one of their own."""
    probes = defaultdict(set)
    for seeds in settings.values():
        for run in seeds:
            told = run.settings
            where = run.dataset, run.seed, told.get("layer"), told["tune"]
            probes[where].add(run.number("linear_probe_accuracy"))
    assert all(len(found) == 1 for found in probes.values())


def behind(seeds: Seeds, whole: bool = False) -> float:
    """Mean number of points that a head lies behind its probe."""
    heads = [run.metrics["whole_head"] if whole else run.metrics for run in seeds]
    shares = [head["test_accuracy"] for head in heads]
    probes = [run.number("linear_probe_accuracy") for run in seeds]
    return 100 * (mean(probes) - mean(shares))


def test_short_explanations_cost_a_few_points(settings):
    """Whole heads within 2 points of the probe, ten codes within 4, five within 5."""
    assert behind(of(settings, mapping="lda", temperature=0.05), whole=True) < 2
    assert behind(of(settings, mapping="mixed", codes=2048, per_class=10)) < 4
    assert behind(of(settings, mapping="mixed", codes=2048, per_class=5)) < 5


def test_on_fifty_classes_of_tiny_imagenet_a_whole_head_is_within_four_points(settings):
    assert behind(of(settings, dataset="tiny-imagenet-50"), whole=True) < 4
