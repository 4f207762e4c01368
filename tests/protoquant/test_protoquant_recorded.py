"""The recorded runs on photographs: three seeds a setting, and what they are said to reach."""

from collections import defaultdict
from statistics import mean

import pytest
from scipy.stats import ttest_rel

from fewbits.protoquant.measuring import DRAWS
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
    """The seeds of one setting; over a backbone as it comes unless another is wanted."""
    wanted = {"tune": 0, "side": 224} | wanted
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
            where = run.dataset, run.seed, told.get("layer"), told["tune"], told["side"]
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


def test_codes_that_are_shared_cost_as_much_and_no_more(settings):
    seeds = of(settings, mapping="mixed", codes=512, per_class=10, learn=0)
    assert behind(seeds, whole=True) < 2.5 and behind(seeds) < 4
    assert all(run.number("classes_per_code") > 2 for run in seeds)


def test_over_a_tuned_backbone_shared_codes_cost_next_to_nothing(settings):
    seeds = of(settings, tune=8, side=160, mapping="mixed", codes=512)
    assert behind(seeds, whole=True) < 1 and behind(seeds) < 1
    assert all(run.number("classes_per_code") > 2 for run in seeds)


@pytest.mark.parametrize(
    ("way", "purer"),
    [
        ({"codes": 128}, False),
        ({}, True),
        ({"codes": 1024}, True),
        ({"codes": 2048}, True),
        ({"learn": 10}, True),
        ({"codes": 2048, "mapping": "lda", "temperature": 0.05}, True),
        ({"codes": 2048, "mapping": "none", "temperature": 0.1}, True),
        ({"layer": "features.14.conv.0"}, True),
        ({"side": 160}, True),
        ({"side": 160, "tune": 8}, True),
        ({"side": 160, "tune": 8, "codes": 128}, False),
    ],
)
def test_codes_look_at_parts_more_often_than_a_cell_that_never_moves(settings, way, purer):
    """By an interval of 95 % over the seeds, where the patch lies where the cell looks."""
    usual = {"mapping": "mixed", "temperature": None, "codes": 512, "per_class": 10, "learn": 0}
    seeds = of(settings, **usual | way)
    own, fixed = (
        [run.number(f"purity_centred_{at}") for run in seeds] for at in ("test", "fixed_cells")
    )
    assert (ttest_rel(own, fixed).confidence_interval(0.95).low > 0) == purer
    for run in seeds:
        assert run.metrics["field_shift"] == ([-7.5, -7.5] if "layer" in way else [-15.5, -15.5])
        assert run.settings["recipe"]["draws"] == DRAWS


@pytest.mark.parametrize(("tune", "side"), [(0, 224), (8, 160)])
def test_codes_beside_their_rivals(settings, tune, side):
    """More birds named and purer than every other list; PIP-Net's prototypes are steadier."""
    usual = {"mapping": "mixed", "codes": 512, "per_class": 10, "learn": 0}
    for run in of(settings, **usual, tune=tune, side=side):
        rivals = run.metrics["baselines"]
        assert set(rivals) == {"random-codes", "channels", "aligned"}
        for rival in rivals.values():
            assert run.number("test_accuracy") > rival["test_accuracy"] + 0.1
            assert run.number("purity_centred_test") > rival["purity_centred_test"]
        assert (
            rivals["aligned"]["stability"]
            > run.number("stability")
            > run.number("stability_chance")
        )
