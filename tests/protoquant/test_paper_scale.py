"""The published recipe, an inner layer, and that neither changes what earlier runs were."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from part_toys import CLASSES, WORDS
from PIL import Image

from fewbits import backbones
from fewbits.errors import UsageError
from fewbits.features import open_cache
from fewbits.protoquant import experiment
from fewbits.protoquant.head import HeadSettings, fit_linear
from fewbits.protoquant.run_settings import DIFFERS, PUBLISHED_HEAD, settings_of


def test_the_recipe_is_the_recorded_one():
    paper = settings_of("paper", dataset="imagenet", backbone=None)
    told = (paper.backbone, paper.weights, paper.codes, paper.start, paper.learn, paper.mapping)
    assert told == ("convnext_tiny", "published", 2048, "orthogonal", 60, "none")
    assert (paper.tuned, paper.shown_side, paper.read_scale) == (0, 224, "real")
    codes, head = paper.learning(), paper.head()
    assert (codes.batch_size, codes.learning_rate, codes.floor) == (128, 5e-4, 1e-6)
    assert codes.warm_up * codes.epochs == pytest.approx(10)
    assert (head.epochs, head.sparsity, head.decay, head.as_published) == (60, 0, 0, True)


def test_what_is_given_wins_over_the_recipe():
    own = settings_of("paper", dataset="imagenet", backbone="resnet50", codes=16, layer=None)
    assert (own.backbone, own.codes, own.learn, own.layer) == ("resnet50", 16, 60, "")
    plain = settings_of("real", dataset="imagenet", codes=None, temperature=None)
    assert (plain.backbone, plain.codes, plain.temperature) == ("tiny", 256, None)


def test_as_published_a_batch_grows_with_the_processes_and_the_run_is_another(monkeypatch):
    monkeypatch.setattr(backbones, "weights_identity", lambda name, given: given)
    paper = settings_of("paper", dataset="imagenet")
    assert paper.learning(4).batch_size == paper.head(4).batch_size == 512
    assert paper.identity(4) != paper.identity(1)
    assert paper.identity(4)["processes"] == 4, "what a refusal to go on names"
    real = settings_of("real", dataset="imagenet")
    assert real.learning(4) == real.learning(1) and real.head(4) == real.head(1)
    assert real.identity(4) == real.identity(1)


def test_earlier_runs_keep_their_identity():
    """As version 0.1.0 wrote it: no layer, all baselines, and a head of five settings."""
    known = experiment.Settings("scenes").identity()
    assert not {"layer", "baselines", "still"} & set(known)
    assert known["recipe"]["head"] == {
        "epochs": 40, "batch_size": 128, "learning_rate": 0.01, "decay": 1e-3, "sparsity": 0.0,
    }  # fmt: skip
    assert experiment.Settings("scenes", layer="11").identity()["layer"] == "11"
    for few in (("channels",), ()):
        assert experiment.Settings("scenes", baselines=few).identity()["baselines"] == list(few)


def test_drawn_pictures_are_no_papers():
    with pytest.raises(UsageError, match="scenes are drawn here, no paper knows them; use real"):
        settings_of("paper", dataset="scenes")


def test_a_published_head_begins_near_one_on_columns_as_they_come():
    table = 5 * torch.rand(200, 50, generator=torch.Generator().manual_seed(0))
    still = replace(PUBLISHED_HEAD, epochs=1, learning_rate=0.0)
    head = fit_linear(table, torch.arange(200) % 40, 40, still, 0)
    assert (head.scale == 1).all() and not head.bias.any()
    assert head.weights.mean().item() == pytest.approx(1, abs=0.01)
    assert head.weights.std().item() == pytest.approx(0.1, abs=0.01)


def test_a_fit_may_go_on_from_some_columns_of_another():
    table = torch.rand(60, WORDS, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(60) % CLASSES
    whole = fit_linear(table, labels, CLASSES, HeadSettings(epochs=3), 0)
    kept = torch.tensor([0, 3, 5])
    still = HeadSettings(epochs=1, learning_rate=0.0)
    short = fit_linear(table[:, kept], labels, CLASSES, still, 0, start=whole.only(kept))
    assert torch.equal(short.weights, whole.weights[:, kept])
    assert torch.equal(short.scale, whole.scale[kept])


def test_a_whole_run_as_published_at_an_inner_layer(tmp_path):
    generator = np.random.default_rng(0)
    for split, count in (("train", 12), ("val", 4)):
        for name in "ab":
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = generator.integers(0, 255, (32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / split / name / f"{number}.png")
    settings = settings_of(
        "paper", dataset=f"imagefolder:{tmp_path}", backbone="tiny", weights="", tune=0, codes=8,
        learn=2, per_class=2, side=32, layer="11",
    )  # fmt: skip
    told = []
    report, fresh = experiment.run(settings, None, tmp_path / "out", on_note=told.append)
    assert sum(line.startswith("unlike the reference code") for line in told) == len(DIFFERS)
    cache = open_cache(tmp_path / "out" / "features" / "train")
    assert cache.features == backbones.earlier(backbones.build("tiny"), "11").features < 128
    assert cache.count == 24, "no picture is kept back for choosing: nothing is chosen"
    assert fresh and (report.scale, report.settings["layer"]) == ("paper", "11")
    assert report.metrics["local_size"] <= 2
    assert not (tmp_path / "out" / "scores").exists(), "tables on disk are cleared away"
