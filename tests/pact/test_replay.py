"""Watching a training: every number beside a slow version, and nothing changed by looking."""

from copy import deepcopy
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor, nn

from fewbits.data import ImageSet
from fewbits.errors import FewbitsError, UsageError
from fewbits.pact import pipeline
from fewbits.pact.activations import LSQ, PACT
from fewbits.pact.convert import Recipe, clips_of, quantize_network
from fewbits.pact.replay import Recorder, Replay
from fewbits.pact.replay_bins import FINE_BINS, MOST_BINS, bins_of, look, rebinned
from fewbits.training import Progress, TrainSettings, to_float

SETTINGS = TrainSettings(epochs=2, batch_size=32)  # 96 images: three steps an epoch


@pytest.fixture
def quantized_tiny(tiny: nn.Sequential, few_images: Tensor) -> nn.Sequential:
    return quantize_network(tiny, Recipe("2"), few_images)


def watch(network: nn.Sequential, few_digits: ImageSet, every: int = 2) -> Replay:
    probe = few_digits.train.first(40)
    recorder = Recorder(network, probe.images, probe.labels, every)
    pipeline.fine_tune(network, few_digits.train, SETTINGS, seed=1, on_step=recorder)
    return recorder.replay()


def seen_slowly(network: nn.Sequential, images: Tensor) -> tuple[dict[str, np.ndarray], Tensor]:
    """What enters each clip, by hooks on a copy in training mode (batch norm's own statistics)."""
    copy, entered = deepcopy(network).train(), {}
    for name, layer in copy.named_children():
        if isinstance(layer, PACT):
            layer.register_forward_pre_hook(
                lambda _, inputs, name=name: entered.update({name: inputs[0].double().numpy()})
            )
    with torch.no_grad():
        logits = copy(images)
    return {name: x.ravel() for name, x in entered.items()}, logits


@pytest.mark.parametrize("activations", ["pact", "lsq"])
def test_every_number_of_every_frame(
    tiny: nn.Sequential, few_digits: ImageSet, activations: str
) -> None:
    recipe = Recipe("2", activations=activations)
    network = quantize_network(tiny, recipe, to_float(few_digits.train.images))
    probe = few_digits.train.first(40)
    recorder = Recorder(network, probe.images, probe.labels, every=2)
    slow = [seen_slowly(network, to_float(probe.images))]

    def on_step(step: int, steps: int, progress: Progress) -> None:
        recorder(step, steps, progress)
        if step % 2 == 0:
            slow.append(seen_slowly(network, to_float(probe.images)))
            alphas.append(clips_of(network))

    alphas = [clips_of(network)]
    pipeline.fine_tune(network, few_digits.train, SETTINGS, seed=1, on_step=on_step)
    replay = recorder.replay()
    assert [frame.step for frame in replay.frames] == [0, 2, 4, 6]
    assert [(n, layer.bits, layer.learns) for n, layer in replay.layers.items()] == [
        ("act1", 2, activations),
        ("act2", 2, activations),
        ("act3", 8, activations),
    ]
    for frame, (entered, logits), clips in zip(replay.frames, slow, alphas, strict=True):
        assert frame.accuracy == (logits.argmax(1) == probe.labels).sum().item() / 40
        loss = -logits.log_softmax(1)[torch.arange(40), probe.labels].mean().item()
        assert frame.loss == pytest.approx(loss, rel=1e-5)
        assert list(frame.layers) == list(replay.layers)
        for name, found in frame.layers.items():
            layer, x = replay.layers[name], entered[name]
            assert found.alpha == clips[name]
            edges = layer.low + layer.width * np.arange(layer.bins + 1)
            assert list(found.counts) == np.histogram(x, edges)[0].tolist()
            assert sum(found.counts) == len(x), "no value lies outside"
            assert found.clipped == (x >= found.alpha).mean()
            steps = 2**layer.bits - 1
            codes = np.round(x.clip(0, found.alpha) * steps / found.alpha)
            assert found.zero == (codes == 0).mean()
            assert found.used == len(np.unique(codes))


def test_training_loss_is_the_last_whole_epochs(
    quantized_tiny: nn.Sequential, few_digits: ImageSet
) -> None:
    probe = few_digits.train.first(8)
    recorder = Recorder(quantized_tiny, probe.images, probe.labels, every=1)
    tuned = pipeline.fine_tune(quantized_tiny, few_digits.train, SETTINGS, seed=1, on_step=recorder)
    found = [frame.training_loss for frame in recorder.replay().frames]
    first = tuned.progress.losses[0]
    assert found == [None, None, None, None, first, first, first]


def test_the_last_step_is_kept_whatever_every_is(
    quantized_tiny: nn.Sequential, few_digits: ImageSet
) -> None:
    replay = watch(quantized_tiny, few_digits, every=4)
    assert [frame.step for frame in replay.frames] == [0, 4, 6]
    assert replay.frames[-1].layers["act1"].alpha == clips_of(quantized_tiny)["act1"]


@pytest.mark.parametrize("kind", ["bytes", "numbers"])
def test_bytes_and_numbers_are_the_same_probe(
    quantized_tiny: nn.Sequential, few_digits: ImageSet, kind: str
) -> None:
    probe = few_digits.train.first(8)
    images = probe.images if kind == "bytes" else to_float(probe.images)
    (frame,) = Recorder(quantized_tiny, images, probe.labels, 1).replay().frames
    (other,) = Recorder(quantized_tiny, to_float(probe.images), probe.labels, 1).replay().frames
    assert frame == other


def test_watching_changes_nothing(tiny: nn.Sequential, few_digits: ImageSet) -> None:
    ends = []
    for watched in (False, True):
        network = quantize_network(tiny, Recipe("2"), to_float(few_digits.train.images))
        torch.manual_seed(0)
        probe = few_digits.train.first(16)
        recorder = Recorder(network, probe.images, probe.labels, 1) if watched else None
        pipeline.fine_tune(network, few_digits.train, SETTINGS, seed=1, on_step=recorder)
        ends.append((network.state_dict(), torch.rand(1)))
    (plain, chance), (state, other_chance) = ends
    assert torch.equal(chance, other_chance)
    assert all(torch.equal(state[name], value) for name, value in plain.items())


def test_modes_statistics_and_gradients_are_left_as_found(
    quantized_tiny: nn.Sequential, few_digits: ImageSet
) -> None:
    probe = few_digits.train.first(8)
    network = quantized_tiny.train()
    network.act2.eval()
    network(to_float(probe.images)).sum().backward()
    before = {n: v.clone() for n, v in network.state_dict().items()}
    gradients = {n: p.grad.clone() for n, p in network.named_parameters()}
    Recorder(network, probe.images, probe.labels, 1)
    assert all(torch.equal(v, before[n]) for n, v in network.state_dict().items())
    assert all(torch.equal(p.grad, gradients[n]) for n, p in network.named_parameters())
    modes = (network.training, network.norm1.training, network.act2.training)
    assert modes == (True, True, False)
    assert network.norm1.track_running_stats


def test_modes_come_back_after_an_error_too(
    quantized_tiny: nn.Sequential, few_digits: ImageSet
) -> None:
    probe = few_digits.train.first(8)
    with torch.no_grad():
        quantized_tiny.act2.alpha.fill_(-1)
    quantized_tiny.train()
    with pytest.raises(FewbitsError, match=r"training went wrong by step 0: alpha must be .*rate"):
        Recorder(quantized_tiny, probe.images, probe.labels, 1)
    assert quantized_tiny.training and quantized_tiny.norm1.track_running_stats


def test_batch_norm_goes_by_the_probes_own_statistics(
    quantized_tiny: nn.Sequential, few_digits: ImageSet
) -> None:
    """Running statistics of another world change nothing that is seen."""
    probe = few_digits.train.first(8)
    (before,) = Recorder(quantized_tiny, probe.images, probe.labels, 1).replay().frames
    quantized_tiny.norm1.running_mean.fill_(50)
    quantized_tiny.norm1.running_var.fill_(1e4)
    (after,) = Recorder(quantized_tiny, probe.images, probe.labels, 1).replay().frames
    assert before == after


def test_stuck_and_free(tiny: nn.Sequential, few_digits: ImageSet) -> None:
    """Out of reach, alpha has no gradient: with PACT only the penalty moves it, and slowly."""
    far = quantize_network(tiny, Recipe("2", clip=30.0), to_float(few_digits.train.images))
    fitted = quantize_network(tiny, Recipe("2"), to_float(few_digits.train.images))
    stuck, free = watch(far, few_digits), watch(fitted, few_digits)
    assert all(frame.layers["act1"].clipped == 0 for frame in stuck.frames)
    assert all(frame.layers["act1"].clipped > 0 for frame in free.frames)
    assert stuck.frames[0].layers["act2"].zero > 0.9 > free.frames[0].layers["act2"].zero


# Bins

ranges = st.tuples(st.floats(-1e4, 1e4, width=32), st.floats(2**-13, 1e4, width=32))


@example([(127.0, 0.5), (128.5, 0.5)], 0)  # far from 0 and close together, on two fine grids
@given(st.lists(ranges, min_size=1, max_size=5), st.integers(0, 99))
def test_bins_hold_everything_whatever_came_first(
    found: list[tuple[float, float]], seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = [low + size * torch.rand(200, generator=generator) for low, size in found]
    layer = PACT(4, 1.0)
    seen = [look(layer, x, layer(x).detach()) for x in values]
    bins = bins_of(layer, seen)
    assert 1 <= bins.bins <= MOST_BINS
    assert bins.width == 2.0 ** round(np.log2(bins.width)) and bins.low % bins.width == 0
    edges = bins.low + bins.width * np.arange(bins.bins + 1)
    for x, each in zip(values, seen, strict=True):
        counts = rebinned(bins, each).counts
        assert list(counts) == np.histogram(x.double().numpy(), edges)[0].tolist()
        assert sum(counts) == 200
    ends = [rebinned(bins, each).counts for each in seen]
    assert any(c[0] for c in ends) and any(c[-1] for c in ends), "no empty margin"


@given(st.floats(2**-10, 1e3, width=32))
def test_bins_are_as_fine_as_they_may_be(size: float) -> None:
    layer = PACT(4, 1.0)
    x = torch.linspace(-size, size, 5000)
    bins = bins_of(layer, [look(layer, x, layer(x).detach())])
    assert bins.bins > MOST_BINS / 2 - 2


def test_a_silent_layer_has_one_bin() -> None:
    layer = LSQ(2, 1.0)
    x = torch.zeros(7)
    seen = [look(layer, x, layer(x).detach())]
    bins = bins_of(layer, seen)
    frame = rebinned(bins, seen[0])
    assert (bins.bins, bins.low, frame.counts) == (1, 0.0, (7,))
    assert (frame.clipped, frame.zero, frame.used) == (0.0, 1.0, 1)
    then = [*seen, look(layer, x + 3, layer(x + 3).detach())]
    bins = bins_of(layer, then)
    assert rebinned(bins, then[0]).counts[0] == 7 == rebinned(bins, then[1]).counts[-1]


def test_three_values_by_hand() -> None:
    # Two bits, alpha 3: levels 0, 1, 2, 3. 0.4 is rounded down to 0; 3 itself reaches alpha.
    layer = PACT(2, 3.0)
    x = torch.tensor([-1.0, 0.4, 1.0, 3.0])
    seen = look(layer, x, layer(x).detach())
    assert (seen.clipped, seen.zero, seen.used) == (0.25, 0.5, 3)
    assert seen.width == 4 / FINE_BINS and seen.first == -1 / seen.width


# What is refused


def test_bad_calls(
    tiny: nn.Sequential, quantized_tiny: nn.Sequential, few_digits: ImageSet
) -> None:
    images, labels = few_digits.train.images[:8], few_digits.train.labels[:8]
    with pytest.raises(UsageError, match="no clips to watch: give it to quantize_network first"):
        Recorder(tiny, images, labels, 1)
    for every in (0, -3, True):
        with pytest.raises(UsageError, match=f"every must be a whole number .*, got {every}"):
            Recorder(quantized_tiny, images, labels, every)
    with pytest.raises(UsageError, match="at least 2 probe images, got 1: batch norm takes its"):
        Recorder(quantized_tiny, images[:1], labels[:1], 1)
    with pytest.raises(UsageError, match="one label for each of the 8 probe images, got 7"):
        Recorder(quantized_tiny, images, labels[:7], 1)


def test_a_recorder_is_for_one_training(
    quantized_tiny: nn.Sequential, few_digits: ImageSet
) -> None:
    recorder = Recorder(quantized_tiny, few_digits.train.images[:8], few_digits.train.labels[:8], 1)
    recorder(5, 9, Progress())  # a training that goes on from a checkpoint begins late
    for step in (5, 1):
        with pytest.raises(UsageError, match="holds a training already: make a new one"):
            recorder(step, 9, Progress())
    assert [frame.step for frame in recorder.replay().frames] == [0, 5]


def test_what_is_no_number_stops_it(quantized_tiny: nn.Sequential, few_digits: ImageSet) -> None:
    recorder = Recorder(quantized_tiny, few_digits.train.images[:8], few_digits.train.labels[:8], 1)
    with torch.no_grad():
        quantized_tiny.conv2.bias[0] = torch.inf
    with pytest.raises(FewbitsError, match=r"by step 3: NaN or infinity enters act2\. Lower"):
        recorder(3, 9, Progress())


def test_a_replay_cannot_be_changed(quantized_tiny: nn.Sequential, few_digits: ImageSet) -> None:
    replay = watch(quantized_tiny, few_digits, every=6)
    with pytest.raises(FrozenInstanceError):
        replay.frames = ()
