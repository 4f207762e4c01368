"""Saliency-guided training: its parts by hand, its randomness, and that it trains."""

import math
import re
from dataclasses import replace

import pytest
import torch
from torch import nn

from fewbits.errors import UsageError
from fewbits.pact import pipeline
from fewbits.pact.convert import Recipe
from fewbits.saliency.guided import divergence, guided, lowest_mask, replace_lowest
from fewbits.training import TrainSettings, cross_entropy


def test_divergence_by_hand():
    own, other = torch.tensor([[math.log(3.0), 0.0]]), torch.tensor([[0.0, 0.0]])
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert divergence(own, other).item() == pytest.approx(expected, abs=1e-6)
    assert divergence(own, own).item() == pytest.approx(0, abs=1e-7)


def test_the_lowest_are_masked_and_no_more():
    ranking = torch.tensor([[3.0, 1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    mask = lowest_mask(ranking, 2)
    assert mask.tolist() == [[False, True, False, True], [True, True, False, False]]


def test_replaced_pixels_stay_in_the_images_range():
    images = torch.tensor([[[[0.2, 0.9], [0.5, 0.3]]]])
    ranking = torch.tensor([[[[1.0, 4.0], [2.0, 3.0]]]])
    found = replace_lowest(images, ranking, 2, torch.Generator().manual_seed(0))
    assert torch.equal(found[0, 0, :, 1], images[0, 0, :, 1])
    assert (found[0, 0, :, 0] != images[0, 0, :, 0]).all()
    assert found.min() >= 0.2
    assert found.max() <= 0.9


class Watched(nn.Module):
    """logits = W pixels; keeps every batch it was given."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(16, 3)
        self.seen = []

    def forward(self, x):
        self.seen.append(x.detach().clone())
        return self.linear(x.flatten(1))


def test_saliency_masks_the_smallest_magnitudes_not_the_most_negative():
    network, images = Watched(), torch.rand(6, 1, 4, 4) * 0.5 + 0.25
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    guided("saliency", share=0.25)(network, images, labels)
    plain, masked = network.seen
    changed = (plain != masked).flatten(1)
    smallest = network.linear.weight.detach()[labels].abs().argsort(dim=1)[:, :4]
    for row, expected in zip(changed, smallest, strict=True):
        assert set(row.nonzero()[:, 0].tolist()) == set(expected.tolist())


def test_the_control_masks_as_many_pixels_elsewhere():
    images, labels = torch.rand(6, 1, 4, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    counts, places = [], []
    for pick in ("saliency", "random"):
        network = Watched()
        guided(pick, share=0.25)(network, images, labels)
        changed = (network.seen[0] != network.seen[1]).flatten(1)
        counts.append(changed.sum(1).tolist())
        places.append(changed)
    assert counts == [[4] * 6] * 2
    assert not torch.equal(*places)


def test_the_same_batch_draws_the_same_again():
    images, labels = torch.rand(6, 1, 4, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    for pick in ("saliency", "random"):
        network = Watched()
        first = guided(pick)(network, images, labels)
        torch.manual_seed(1)
        state = torch.get_rng_state()
        assert torch.equal(first, guided(pick)(network, images, labels))
        assert torch.equal(torch.get_rng_state(), state), "nothing is drawn from the global state"
        assert not torch.equal(first, guided(pick)(network, images.flip(0), labels.flip(0)))


def test_without_weight_it_is_cross_entropy():
    network, images, labels = Watched(), torch.rand(4, 1, 4, 4), torch.tensor([0, 1, 2, 0])
    loss = guided("saliency", weight=0.0)(network, images, labels)
    torch.testing.assert_close(loss, cross_entropy(network, images, labels))


def test_its_gradient_is_that_of_the_formula():
    """The mask is a constant: only the two logits carry the gradient."""
    network, images = Watched(), torch.rand(4, 1, 4, 4)
    labels = torch.tensor([0, 1, 2, 0])
    guided("saliency")(network, images, labels).backward()
    found = network.linear.weight.grad.clone()
    plain, masked = network.seen
    network.zero_grad()
    logits = network.linear(plain.flatten(1))
    other = network.linear(masked.flatten(1))
    by_hand = (
        nn.functional.cross_entropy(logits, labels)
        + (logits.softmax(1) * (logits.log_softmax(1) - other.log_softmax(1))).sum(1).mean()
    )
    by_hand.backward()
    torch.testing.assert_close(found, network.linear.weight.grad)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pick": "gradient"}, "unknown pick 'gradient': expected saliency or random"),
        ({"share": 0.0}, "the share of masked pixels must be between 0 and 1, got 0.0"),
        ({"share": 1.0}, "must be between 0 and 1, got 1.0"),
        ({"weight": -1.0}, "the weight of the KL term must be 0 or more, got -1.0"),
        ({"weight": float("nan")}, "must be 0 or more, got nan"),
    ],
)
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        guided(**settings)


@pytest.mark.parametrize("pick", ["saliency", "random"])
def test_networks_train_with_it_and_resume(few_digits, tmp_path, pick):
    settings = TrainSettings(epochs=3, batch_size=32, shift=1)
    whole = pipeline.train_float(few_digits, "compact", settings, 1, loss=guided(pick))
    assert whole.progress.losses[-1] < whole.progress.losses[0]

    def stop(step, steps, progress):
        if step == 5:
            raise KeyboardInterrupt

    place = tmp_path / "float.pt"
    with pytest.raises(KeyboardInterrupt):
        pipeline.train_float(
            few_digits, "compact", settings, 1, loss=guided(pick), checkpoint=place, on_step=stop
        )
    resumed = pipeline.train_float(
        few_digits, "compact", settings, 1, loss=guided(pick), checkpoint=place
    )
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            whole.network.state_dict().values(), resumed.network.state_dict().values(), strict=True
        )
    )


def test_a_quantised_network_is_tuned_with_it(few_digits):
    settings = TrainSettings(epochs=1, batch_size=32, shift=1)
    trained = pipeline.train_float(few_digits, "compact", settings, 1)
    network = pipeline.quantize(trained, Recipe("2"), few_digits.train)
    alpha = network.act1.alpha.item()
    tuned = pipeline.fine_tune(
        network, few_digits.train, replace(settings, epochs=2), 1, loss=guided()
    )
    assert tuned.network.act1.alpha.item() != alpha


def test_a_checkpoint_belongs_to_its_loss(few_digits, tmp_path):
    settings = TrainSettings(epochs=1, batch_size=32, shift=0)
    place = tmp_path / "float.pt"
    pipeline.train_float(few_digits, "compact", settings, 1, loss=guided(), checkpoint=place)
    told = "loss guided by saliency, share 0.5, weight 1, expected"
    for other in (cross_entropy, guided("random"), guided(share=0.4)):
        with pytest.raises(UsageError, match=told):
            pipeline.train_float(few_digits, "compact", settings, 1, loss=other, checkpoint=place)
    tuned = tmp_path / "tuned.pt"
    trained = pipeline.train_float(few_digits, "compact", settings, 1)
    for loss, fits in ((guided(), True), (guided(), True), (cross_entropy, False)):
        network = pipeline.quantize(trained, Recipe("2"), few_digits.train)
        given = {"loss": loss, "checkpoint": tuned}
        if fits:
            pipeline.fine_tune(network, few_digits.train, settings, 1, **given)
        else:
            with pytest.raises(UsageError, match="another|other settings"):
                pipeline.fine_tune(network, few_digits.train, settings, 1, **given)
