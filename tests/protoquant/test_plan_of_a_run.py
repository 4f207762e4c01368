"""The plan beside a run: what a whole small run does is counted while it does it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewbits.features import cache as caches
from fewbits.protoquant import codebook, experiment, kmeans, pipeline
from fewbits.protoquant.planning import plan as planning
from fewbits.protoquant.planning.rates import Rates
from fewbits.protoquant.planning.task import Task

TRAIN, TEST, CODES, LEARN = 27, 9, 6, 2
TASK = Task("toy", TRAIN, TEST, 3, "tiny", 32, 128, 4, 4, CODES, LEARN)
"""Ten pictures a class to train with; validation gets one of them."""


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Counter[str]:
    """What a run has done, counted where it is done, in the units of the rates."""
    folder: Path = tmp_path_factory.mktemp("photographs")
    generator = np.random.default_rng(0)
    for split, count in (("train", 10), ("val", 3)):
        for name in "abc":
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = generator.integers(0, 255, (32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / split / name / f"{number}.png")
    counted: Counter[str] = Counter()

    def count(where, name, key, units):
        real = getattr(where, name)

        def counting(*given, **named):
            counted[key] += units(*given)
            return real(*given, **named)

        patch.setattr(where, name, counting)

    with pytest.MonkeyPatch.context() as patch:
        count(caches, "_wide", "read", lambda maps: maps.nbytes)
        count(pipeline, "fit_linear", "fits", lambda table, labels, classes, settings, seed: (
            settings.epochs * len(table)
        ))  # fmt: skip
        count(kmeans, "nearest", "assign", lambda vectors, codes: len(vectors))
        count(codebook.Codebook, "assign", "assign", lambda self, vectors: len(vectors))
        real_score = pipeline.score

        def score(maps_of, batches):
            scored = real_score(maps_of, batches)
            counted["scores"] += len(scored.scores)
            return scored

        patch.setattr(pipeline, "score", score)
        settings = experiment.Settings(
            f"imagefolder:{folder}", tune=0, codes=CODES, learn=LEARN, per_class=2, scale="real",
            side=32,
        )  # fmt: skip
        report, _ = experiment.run(settings, None, tmp_path_factory.mktemp("run") / "out")
    assert set(report.metrics["baselines"]) == {"random-codes", "kmeans-codes", "channels"}
    return counted


def planned(*names: str) -> float:
    """All that the plan does at these rates: seconds, at one a second."""
    rates = Rates("tiny", 32, CODES, 3, "cpu", **dict.fromkeys(names, 1.0))
    return planning.plan(TASK, rates, 1).one


def test_heads_and_probe_take_the_epochs_that_were_planned(done):
    assert done["fits"] == planned("head", "probe")


def test_pictures_are_scored_as_often_as_planned(done, monkeypatch):
    """The attack of misalignment apart: its pictures are scored one step after the other."""
    monkeypatch.setattr(planning, "ATTACKED", 0)
    assert done["scores"] == planned("score", "channels") == 8 * (TRAIN + TEST)


def test_the_cache_is_read_as_often_as_planned(done):
    assert done["read"] == planned("read")


def test_vectors_are_assigned_as_often_as_planned(done):
    """Nearest patches take a code's cosines, which the plan counts as an assignment; those of
    learning by gradient are in its own rate.
    """
    cells = TRAIN * TASK.cells
    assert done["assign"] + cells == planned("assign") + LEARN * cells
