"""The steps of PACT, one at a time."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from fewbits.data import ImageSet
from fewbits.errors import UsageError
from fewbits.pact import pipeline
from fewbits.pact.activations import PACT
from fewbits.pact.convert import Recipe, best_clip, clips_of, quantize_network
from fewbits.training import TrainSettings, cross_entropy, to_float

ONE_EPOCH = TrainSettings(epochs=1, batch_size=32)


def test_schedules() -> None:
    smoke, real = (pipeline.schedule_for("mnist", scale) for scale in ("smoke", "real"))
    assert smoke.float_network.epochs > real.float_network.epochs, "few images, many passes"
    assert not smoke.float_network.mirror and not real.float_network.mirror
    clothes = pipeline.schedule_for("fashion-mnist", "real")
    assert clothes.float_network.mirror and clothes.fine_tuning.mirror
    for schedule in (smoke, real, clothes):
        assert schedule.fine_tuning.learning_rate < schedule.float_network.learning_rate
    assert pipeline.schedule_for("digits", "real") == pipeline.schedule_for("digits", "smoke")
    assert pipeline.schedule_for("idx:x", "real", count=500) == smoke
    assert pipeline.schedule_for("idx:x", "real", count=60_000) == real
    with pytest.raises(UsageError, match="unknown scale 'huge': PACT runs at smoke or real"):
        pipeline.schedule_for("mnist", "huge")


def test_the_penalty_pulls_each_clip_towards_0(tiny: nn.Sequential, few_images: Tensor) -> None:
    network = quantize_network(tiny, Recipe("4"), few_images)
    labels = torch.zeros(96, dtype=torch.int64)
    alphas = [network.act1.alpha, network.act2.alpha, network.act3.alpha]
    plain = torch.autograd.grad(cross_entropy(network, few_images, labels), alphas)
    pulled = torch.autograd.grad(pipeline.penalized(0.03)(network, few_images, labels), alphas)
    for alpha, before, after in zip(alphas, plain, pulled, strict=True):
        # lambda alpha^2 has the slope 2 lambda alpha.
        torch.testing.assert_close(after - before, 0.06 * alpha.detach(), rtol=1e-4, atol=1e-6)


def test_the_penalty_is_the_papers_sum(tiny: nn.Sequential, few_images: Tensor) -> None:
    network = quantize_network(tiny, Recipe("4", clip=2.0), few_images)
    labels = torch.zeros(96, dtype=torch.int64)
    added = pipeline.penalized(0.5)(network, few_images, labels) - cross_entropy(
        network, few_images, labels
    )
    assert added.item() == pytest.approx(0.5 * 3 * 2.0**2, rel=1e-5)


def test_lsq_pays_no_penalty(tiny: nn.Sequential, few_images: Tensor) -> None:
    network = quantize_network(tiny, Recipe("4", clip=2.0, activations="lsq"), few_images)
    labels = torch.zeros(96, dtype=torch.int64)
    plain = cross_entropy(network, few_images, labels)
    assert torch.equal(pipeline.penalized(0.5)(network, few_images, labels), plain)
    network.act1 = PACT(4, 2.0)
    mixed = pipeline.penalized(0.5)(network, few_images, labels) - plain
    assert mixed.item() == pytest.approx(0.5 * 2.0**2, rel=1e-4), "PACT's clip still pays"


def test_clips_out_of_reach_move_with_lsq_only(few_digits: ImageSet, tiny: nn.Sequential) -> None:
    """Alpha at 20: no value reaches it. Three steps of training, without PACT's penalty."""
    moved = {}
    for name in ("pact", "lsq"):
        recipe = Recipe("4", clip=20.0, activations=name)
        network = quantize_network(tiny, recipe, to_float(few_digits.train.images))
        tuned = pipeline.fine_tune(network, few_digits.train, ONE_EPOCH, seed=1, clip_penalty=0.0)
        moved[name] = {n: a != 20 for n, a in tuned.progress.records[-1].items()}
    assert not any(moved["pact"].values()) and all(moved["lsq"].values())


def test_lsq_fine_tunes_at_the_pipelines_own_rate(
    few_digits: ImageSet, tiny: nn.Sequential
) -> None:
    """The schedule's 2e-3, from clips of about 1, long enough to walk 120 steps."""
    settings = replace(pipeline.schedule_for("digits", "smoke").fine_tuning, batch_size=32)
    assert settings.learning_rate == 2e-3
    recipe = Recipe("2", clip=1.0, activations="lsq")
    network = quantize_network(tiny, recipe, to_float(few_digits.train.images))
    settings = replace(settings, epochs=40)
    tuned = pipeline.fine_tune(network, few_digits.train, settings, seed=1)
    assert min(tuned.progress.records[-1].values()) > 0.3
    assert tuned.progress.losses[-1] < tuned.progress.losses[0]


def test_training_a_float_network_leaves_global_chance_alone(few_digits: ImageSet) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    first = pipeline.train_float(few_digits, "compact", ONE_EPOCH, seed=1)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(99)
    again = pipeline.train_float(few_digits, "compact", ONE_EPOCH, seed=1)
    other = pipeline.train_float(few_digits, "compact", ONE_EPOCH, seed=2)
    weights = [trained.network.conv3.weight for trained in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    assert not first.network.training and len(first.progress.losses) == 1


def test_clips_are_fitted_to_training_images(few_digits: ImageSet, tiny: nn.Sequential) -> None:
    trained = pipeline.Trained(tiny.eval(), pipeline.Progress())
    found = pipeline.quantize(trained, Recipe("2"), few_digits.train)
    first = tiny[:4](to_float(few_digits.train.images)).detach()
    assert found.act1.alpha.item() == pytest.approx(best_clip(first, 2))


def test_fine_tuning_moves_weights_and_clips(few_digits: ImageSet, tiny: nn.Sequential) -> None:
    network = quantize_network(tiny, Recipe("2"), to_float(few_digits.train.images))
    before, clips = network.conv2.weight.clone(), clips_of(network)
    settings = replace(ONE_EPOCH, epochs=2)
    tuned = pipeline.fine_tune(network, few_digits.train, settings, seed=1)
    assert not torch.equal(tuned.network.conv2.weight, before)
    assert len(tuned.progress.records) == 2
    assert tuned.progress.records[-1] == clips_of(tuned.network) != clips
    assert not tuned.network.training


def test_a_strong_penalty_pulls_the_clips_in(few_digits: ImageSet, tiny: nn.Sequential) -> None:
    ends = []
    for penalty in (0.0, 1.0):
        network = quantize_network(
            tiny, Recipe("2", clip=3.0), to_float(few_digits.train.images[:4])
        )
        tuned = pipeline.fine_tune(
            network, few_digits.train, ONE_EPOCH, seed=1, clip_penalty=penalty
        )
        ends.append(tuned.progress.records[-1]["act2"])
    assert ends[1] < ends[0]


def test_both_accuracies_are_fractions(few_digits: ImageSet, tiny: nn.Sequential) -> None:
    found = pipeline.evaluate(tiny, few_digits)
    assert found.keys() == {"validation_accuracy", "test_accuracy"}
    assert (found["validation_accuracy"] * 30) % 1 == pytest.approx(0, abs=1e-9)
    assert (found["test_accuracy"] * 60) % 1 == pytest.approx(0, abs=1e-9)
