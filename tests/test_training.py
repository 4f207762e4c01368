"""The training loop: what it computes, that it resumes to the bit, and what it refuses."""

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from reference import pact_training as slow
from torch import Tensor, nn

from fewbits import training
from fewbits.data import Split
from fewbits.errors import FewbitsError, UsageError
from fewbits.pact.convert import Recipe, quantize_network
from fewbits.pact.pipeline import penalized
from fewbits.training import (
    ALONE,
    Progress,
    StepDecay,
    TrainSettings,
    accuracy,
    augment,
    batches,
    fit,
    parameter_groups,
    predict,
    processes,
    reestimate_batch_norm,
    to_float,
    vary,
)

SETTINGS = TrainSettings(epochs=3, batch_size=16, learning_rate=1e-2)
STEPS = 9  # three epochs of 16 + 16 + 8 images
CPU = torch.device("cpu")


@pytest.fixture
def split() -> Split:
    generator = torch.Generator().manual_seed(5)
    images = torch.randint(0, 256, (40, 1, 28, 28), generator=generator, dtype=torch.uint8)
    return Split(images, torch.arange(40) % 4)


def float_network() -> nn.Sequential:
    torch.manual_seed(7)
    layers = [nn.Conv2d(1, 3, 5, stride=4, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(3 * 36, 4))


def quantized_network() -> nn.Sequential:
    """Two kinds of learned ranges: alpha of an activation, the steps of the weights."""
    images = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(2))
    return quantize_network(float_network(), Recipe("2", weights="lsq", ends="same"), images)


def same(one: nn.Module, other: nn.Module) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours)


def stop_after(count: int) -> Callable[[int, int, Progress], None]:
    def stop(step: int, steps: int, progress: Progress) -> None:
        if step == count:
            raise KeyboardInterrupt

    return stop


def test_the_same_seed_gives_the_same_network(split: Split) -> None:
    networks = [float_network() for _ in range(3)]
    losses = [
        fit(network, split, SETTINGS, seed).losses
        for network, seed in zip(networks, (1, 1, 2), strict=True)
    ]
    assert same(networks[0], networks[1]) and losses[0] == losses[1]
    assert not same(networks[0], networks[2])
    assert losses[0][-1] < losses[0][0], "it learns"


@pytest.mark.parametrize("stop", range(1, STEPS + 1))
@pytest.mark.parametrize("make", [float_network, quantized_network])
def test_stopped_after_any_step_and_resumed_it_ends_the_same(
    split: Split, tmp_path: Path, make: Callable[[], nn.Sequential], stop: int
) -> None:
    loss = penalized(1e-4) if make is quantized_network else training.cross_entropy

    def record(network: nn.Module) -> dict[str, float]:
        return {"first weight": next(network.parameters()).flatten()[0].item()}

    whole = make()
    expected = fit(whole, split, SETTINGS, 3, loss=loss, record=record)
    with pytest.raises(KeyboardInterrupt):
        fit(
            make(),
            split,
            SETTINGS,
            3,
            loss=loss,
            record=record,
            checkpoint=tmp_path / "c.pt",
            on_step=stop_after(stop),
        )
    assert (tmp_path / "c.pt").exists() == (stop > 3), "a checkpoint after every whole epoch"
    resumed, steps = make(), []
    found = fit(
        resumed,
        split,
        SETTINGS,
        3,
        loss=loss,
        record=record,
        checkpoint=tmp_path / "c.pt",
        on_step=lambda step, _, progress: steps.append(step),
    )
    assert steps == list(range((stop - 1) // 3 * 3 + 1, STEPS + 1)), "only what was missing"
    assert same(resumed, whole)
    assert (found.losses, found.records) == (expected.losses, expected.records)


def test_a_finished_training_is_not_trained_again(split: Split, tmp_path: Path) -> None:
    first, again = float_network(), float_network()
    done = fit(first, split, SETTINGS, 3, checkpoint=tmp_path / "c.pt")
    found = fit(again, split, SETTINGS, 3, checkpoint=tmp_path / "c.pt", on_step=stop_after(1))
    assert same(first, again)
    assert found == done and done.seconds > 0
    assert list(tmp_path.iterdir()) == [tmp_path / "c.pt"]


@pytest.mark.parametrize(
    "change",
    [{"epochs": 4}, {"batch_size": 20}, {"learning_rate": 0.02}, {"shift": 1}, {"mirror": True}],
)
def test_a_checkpoint_of_other_settings_is_refused(
    split: Split, tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "c.pt"
    fit(float_network(), split, TrainSettings(1), 3, checkpoint=path)
    before = path.read_bytes()
    settings = TrainSettings(**({"epochs": 1} | change))
    with pytest.raises(
        UsageError, match=f"other settings .{next(iter(change))} .*, expected .*another --out"
    ):
        fit(float_network(), split, settings, 3, checkpoint=path)
    with pytest.raises(UsageError, match="other settings"):
        fit(float_network(), split, TrainSettings(1), 4, checkpoint=path)
    with pytest.raises(UsageError, match="other settings"):
        fit(float_network(), split.first(39), TrainSettings(1), 3, checkpoint=path)
    assert path.read_bytes() == before


def test_a_checkpoint_of_another_network_is_refused(split: Split, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    fit(float_network(), split, TrainSettings(1), 3, checkpoint=path)
    other = nn.Sequential(nn.Flatten(), nn.Linear(784, 4))
    untouched = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(UsageError, match="belongs to another network or other images"):
        fit(other, split, TrainSettings(1), 3, checkpoint=path)
    assert all(torch.equal(value, untouched[name]) for name, value in other.state_dict().items())


@pytest.mark.parametrize("kept", [0, 10, 2000])
def test_a_cut_checkpoint_is_one_clear_line(split: Split, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "c.pt"
    fit(float_network(), split, TrainSettings(1), 3, checkpoint=path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(
        FewbitsError, match="not a checkpoint this version can read.*Delete it"
    ) as e:
        fit(float_network(), split, TrainSettings(1), 3, checkpoint=path)
    assert "\n" not in str(e.value) and not isinstance(e.value, UsageError)


def test_a_checkpoint_that_cannot_be_written(split: Split, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(UsageError, match="could not write .*c.pt: a file is in the way"):
        fit(float_network(), split, TrainSettings(1), 3, checkpoint=file / "c.pt")

    def full(state: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc] unexpected pos 64 vs 0")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(FewbitsError, match="the disk is full. Free some space and run the same"):
        fit(float_network(), split, TrainSettings(1), 3, checkpoint=tmp_path / "c.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "no half file left"


def test_a_loss_that_is_nan_stops_and_keeps_the_last_epoch(split: Split, tmp_path: Path) -> None:
    calls = []

    def loss(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        calls.append(1)
        value = training.cross_entropy(network, images, labels)
        return value * math.nan if len(calls) == 5 else value

    path = tmp_path / "c.pt"
    with pytest.raises(FewbitsError, match="the loss became nan in epoch 2: look for NaN in the"):
        fit(float_network(), split, SETTINGS, 3, loss=loss, checkpoint=path)
    weights = torch.load(path, weights_only=True)[1]
    assert all(value.isfinite().all() for value in weights.values())


def test_a_clip_that_leaves_its_range_is_one_clear_line(split: Split) -> None:
    settings = TrainSettings(epochs=2, batch_size=8, learning_rate=50.0)
    with pytest.raises(
        FewbitsError, match="training went wrong in epoch 1: (alpha|step) must"
    ) as e:
        fit(quantized_network(), split, settings, 3, loss=penalized(1e-4))
    assert not isinstance(e.value, UsageError), "the call was right, the training failed"


def test_progress_is_shown_step_by_step(split: Split) -> None:
    seen = []
    fit(
        float_network(),
        split,
        SETTINGS,
        3,
        on_step=lambda step, steps, progress: seen.append((step, steps, progress.epoch)),
    )
    assert seen == [(step, STEPS, (step - 1) // 3) for step in range(1, STEPS + 1)]


def test_the_schedule_has_one_peak_and_ends_low(split: Split, monkeypatch) -> None:
    rates = []
    step = torch.optim.AdamW.step

    def watched(self, *arguments):
        rates.append([group["lr"] for group in self.param_groups])
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    fit(float_network(), split, TrainSettings(6, batch_size=8, learning_rate=0.01), 3)
    assert len(rates) == 30 and all(len(set(each)) == 1 for each in rates)
    peak = rates.index(max(rates))
    assert max(rates)[0] == pytest.approx(0.01, rel=0.02)
    assert rates[: peak + 1] == sorted(rates[: peak + 1]) and rates[0][0] < 0.001
    assert rates[peak:] == sorted(rates[peak:], reverse=True) and rates[-1][0] < 1e-4


class Headed(nn.Module):
    """A network with a last layer of its own, for colour images."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.body = nn.Conv2d(3, 4, 7, stride=4)
        self.head = nn.Linear(4, 4)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.body(images).mean((2, 3)))


@pytest.fixture
def coloured(split: Split) -> Split:
    return Split(split.images.repeat(1, 3, 1, 1), split.labels)


STEPWISE = TrainSettings(
    3, 16, 0.1, 0.01, shift=0, decay=StepDecay(every=2, factor=0.5, momentum=0.8, backbone=0.25)
)


def test_sgd_in_steps_is_the_update_written_out(coloured: Split) -> None:
    trained, slow_one = Headed(), Headed()
    fit(trained, coloured, STEPWISE, 3)
    speeds = {name: torch.zeros_like(p) for name, p in slow_one.named_parameters()}
    for epoch in range(3):
        with training.seeded(1_000_003 * 3 + epoch):
            for images, labels in batches(coloured, STEPWISE, 3, epoch, CPU):
                slow_one.zero_grad()
                training.cross_entropy(slow_one, images, labels).backward()
                with torch.no_grad():
                    for name, p in slow_one.named_parameters():
                        speeds[name] = 0.8 * speeds[name] + p.grad + 0.01 * p
                        rate = 0.1 * (0.5 if epoch == 2 else 1)
                        p -= rate * (1 if name.startswith("head") else 0.25) * speeds[name]
    for ours, theirs in zip(trained.parameters(), slow_one.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_varied_images_in_steps_resume_to_the_bit(coloured: Split, tmp_path: Path) -> None:
    settings = replace(STEPWISE, varied=True, mirror=True)
    whole, resumed = Headed(), Headed()
    expected = fit(whole, coloured, settings, 3)
    with pytest.raises(KeyboardInterrupt):
        checkpoint = tmp_path / "c.pt"
        fit(Headed(), coloured, settings, 3, checkpoint=checkpoint, on_step=stop_after(8))
    found = fit(resumed, coloured, settings, 3, checkpoint=tmp_path / "c.pt")
    assert same(whole, resumed) and found.losses == expected.losses
    plain = fit(Headed(), coloured, replace(settings, varied=False), 3)
    assert plain.losses != expected.losses


def test_batches_are_their_seeds_and_epochs_whatever_the_network_draws(coloured: Split) -> None:
    settings = replace(STEPWISE, varied=True)
    found = []
    for width in (5, 500):
        torch.manual_seed(width)
        images = []
        for batch, _ in batches(coloured, settings, 3, 0, CPU):
            torch.rand(width)  # a dropout of that width
            images.append(batch)
        found.append(torch.cat(images))
    assert torch.equal(*found)


def test_a_rate_for_all_but_a_head_needs_a_head(split: Split) -> None:
    message = "backbone is 0.25, but nothing in the network is called head"
    with pytest.raises(UsageError, match=message):
        fit(float_network(), split, STEPWISE, 3)
    whole = replace(STEPWISE, decay=StepDecay(every=2, factor=0.5), epochs=1)
    assert len(fit(float_network(), split, whole, 3).losses) == 1


def test_settings_are_told_as_in_the_first_release_where_nothing_newer_is_used() -> None:
    """They are part of a checkpoint's identity: one of 0.1.0 stays its training's own."""
    told = SETTINGS.told()
    assert set(told) == {
        "epochs", "batch_size", "learning_rate", "weight_decay", "shift", "mirror"
    }  # fmt: skip
    assert replace(SETTINGS, varied=True).told()["varied"] is True
    assert STEPWISE.told()["decay"]["every"] == 2


def test_weights_that_break_in_the_last_step_are_not_kept(split: Split, tmp_path: Path) -> None:
    class Breaking(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            logits = super().forward(images.flatten(1))
            logits.register_hook(lambda slope: slope * torch.nan)
            return logits

    with pytest.raises(FewbitsError, match="weights became NaN or infinite in epoch 1: lower"):
        fit(Breaking(784, 4), split.first(16), SETTINGS, 3, checkpoint=tmp_path / "c.pt")
    assert not (tmp_path / "c.pt").exists()


def test_variation_is_each_images_own_and_keeps_its_kind(coloured: Split) -> None:
    ramp = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).repeat(40, 3, 1, 1)
    found = vary(ramp)
    assert found.dtype == torch.uint8 and found.shape == ramp.shape
    assert len({one.numpy().tobytes() for one in found}) > 20
    torch.manual_seed(1)
    one = vary(ramp)
    torch.manual_seed(1)
    assert torch.equal(one, vary(ramp))


def test_a_training_of_one_step(split: Split) -> None:
    assert len(fit(float_network(), split.first(8), TrainSettings(1), 3).losses) == 1


def test_only_weight_matrices_decay() -> None:
    network = quantized_network()
    decayed, free = parameter_groups(network, 0.1)
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)
    names = {id(p): name for name, p in network.named_parameters()}
    assert sorted(names[id(p)] for p in decayed["params"]) == ["0.weight", "4.weight"]
    expected = [
        "0.quantizer.log_step",
        "1.bias",
        "1.weight",
        "2.alpha",
        "4.bias",
        "4.quantizer.log_step",
    ]
    assert sorted(names[id(p)] for p in free["params"]) == expected


def test_a_flipped_bit_in_a_checkpoint_is_not_trained_on(split: Split, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    fit(float_network(), split, TrainSettings(1), 3, checkpoint=path)
    state = torch.load(path, weights_only=True)
    weight = next(value for value in state[1].values() if value.ndim > 1)
    weight.view(torch.int32)[..., 0] ^= 1  # the smallest change there is
    torch.save(state, path)
    with pytest.raises(FewbitsError, match="is damaged.*Delete it to train from the start"):
        fit(float_network(), split, TrainSettings(2), 3, checkpoint=path)


def test_a_checkpoint_of_other_images_is_refused(split: Split, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    fit(float_network(), split, TrainSettings(1), 3, checkpoint=path)
    other = Split(255 - split.images, split.labels)
    with pytest.raises(UsageError, match="other images"):
        fit(float_network(), other, TrainSettings(1), 3, checkpoint=path)


def test_a_clip_no_gradient_reaches_stays_where_it_is(split: Split) -> None:
    network = quantized_network()
    with torch.no_grad():
        network[2].alpha.fill_(1000.0)
    settings = TrainSettings(epochs=1, batch_size=16, weight_decay=0.5)
    fit(network, split, settings, 3)  # without PACT's own penalty
    assert network[2].alpha.item() == 1000


@pytest.mark.parametrize("shift", [1, 3])
@pytest.mark.parametrize("mirror", [False, True])
def test_augmentation_moves_whole_pixels(shift: int, mirror: bool) -> None:
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(1, 256, (80, 1, 7, 9), generator=generator, dtype=torch.uint8)
    before = images.clone()
    moved = augment(images, shift, mirror, torch.Generator().manual_seed(2))
    assert torch.equal(images, before) and moved.dtype == torch.uint8
    seen = set()
    for image, result in zip(images[:, 0], moved[:, 0], strict=True):
        found = [
            (down, right, flip)
            for down in range(-shift, shift + 1)
            for right in range(-shift, shift + 1)
            for flip in (False, True)[: 1 + mirror]
            if torch.equal(
                slow.shifted(slow.mirrored(image) if flip else image, down, right), result
            )
        ]
        assert len(found) == 1, "exactly one move explains it"
        seen |= set(found)
    for place in (0, 1):
        assert {move[place] for move in seen} == set(range(-shift, shift + 1)), "every move is made"
    assert {move[2] for move in seen} == ({False, True} if mirror else {False})


def test_colours_move_together() -> None:
    grey = torch.randint(1, 256, (20, 1, 7, 9), generator=torch.Generator().manual_seed(3))
    grey = grey.to(torch.uint8)
    one, three = (
        augment(images, 2, True, torch.Generator().manual_seed(4))
        for images in (grey, torch.cat([grey, 255 - grey, grey], 1))
    )
    assert torch.equal(three[:, [0]], one) and torch.equal(three[:, [2]], one)
    inside = one > 0  # black moved in
    assert torch.equal(three[:, [1]], torch.where(inside, 255 - one, 0))


def test_no_augmentation_is_none() -> None:
    images = torch.arange(2 * 784).view(2, 1, 28, 28).to(torch.uint8)
    assert torch.equal(augment(images, 0, False, torch.Generator().manual_seed(0)), images)


def test_an_epoch_shows_every_image_once_with_its_label(split: Split) -> None:
    settings = TrainSettings(epochs=1, batch_size=16, shift=0)
    epochs = [list(batches(split, settings, 3, epoch, CPU)) for epoch in (0, 1, 0)]
    for epoch in epochs:
        assert [len(labels) for _, labels in epoch] == [16, 16, 8]
        images = torch.cat([images for images, _ in epoch])
        labels = torch.cat([labels for _, labels in epoch])
        # Every image is somewhere in the split, each once, and its label is the one beside it.
        match = (images[:, None] == to_float(split.images)[None]).flatten(2).all(2)
        assert torch.equal(match.sum(0), torch.ones(40)) and torch.equal(
            match.sum(1), torch.ones(40)
        )
        assert torch.equal(labels, split.labels[match.int().argmax(1)])
    assert all(torch.equal(a[0], b[0]) for a, b in zip(epochs[0], epochs[2], strict=True))
    assert not torch.equal(epochs[0][0][0], epochs[1][0][0]), "each epoch its own order"


def test_pixels_become_numbers_from_0_to_1() -> None:
    pixels = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    pixels[0, 0, 0, :2] = torch.tensor([51, 255])
    torch.testing.assert_close(to_float(pixels)[0, 0, 0, :3], torch.tensor([0.2, 1.0, 0.0]))


def test_predict_leaves_everything_as_found(split: Split) -> None:
    network = float_network().train()
    network[0].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    logits = predict(network, split.images, batch_size=7)
    assert (network.training, network[0].training, network[1].training) == (True, False, True)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters()) and not logits.requires_grad
    network.eval()
    torch.testing.assert_close(logits, network(to_float(split.images)).detach())
    torch.testing.assert_close(logits, predict(network, to_float(split.images)))


def test_predict_restores_the_mode_after_an_error() -> None:
    network = float_network().train()
    with pytest.raises(RuntimeError):
        predict(network, torch.zeros(2, 3, 28, 28))
    assert network.training and network[1].training


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_images_that_hold_no_numbers(bad: float) -> None:
    images = torch.zeros(2, 1, 28, 28)
    images[1, 0, 3, 3] = bad
    with pytest.raises(UsageError, match="images hold NaN or infinity: pixels must be numbers"):
        predict(float_network(), images)


def test_accuracy_is_a_fraction() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 2))
    with torch.no_grad():
        network[1].weight.zero_()
        network[1].bias.copy_(torch.tensor([0.0, 1.0]))  # always says 1
    images = torch.zeros(4, 1, 28, 28, dtype=torch.uint8)
    assert accuracy(network, Split(images, torch.tensor([1, 0, 1, 1]))) == 0.75


def test_batch_norm_is_estimated_in_one_pass(split: Split) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 3, 5, stride=3, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, 3)
    )
    network.append(nn.BatchNorm2d(4))
    with torch.no_grad():
        network[1].weight.uniform_(0.5, 2)
        network[1].running_mean.fill_(99)  # whatever was there before must not matter
    network.train()
    network[4].eval()
    weights = {name: p.clone() for name, p in network.named_parameters()}
    reestimate_batch_norm(network, split, batch_size=16)
    expected = slow.norm_statistics(
        network, [to_float(x) for x in split.images.chunk(-(-split.count // 16))]
    )
    for name, (mean, variance) in expected.items():
        layer = network.get_submodule(name)
        torch.testing.assert_close(layer.running_mean, mean)
        torch.testing.assert_close(layer.running_var, variance)
        assert layer.momentum == 0.1
    assert (network.training, network[1].training, network[4].training) == (True, True, False)
    assert all(torch.equal(p, weights[name]) for name, p in network.named_parameters())


def test_batch_norm_estimates_forget_what_training_left(split: Split) -> None:
    first, second = float_network(), float_network()
    fit(first, split, SETTINGS, 1)
    second.load_state_dict(first.state_dict())
    with torch.no_grad():
        second[1].running_var.mul_(50)
    reestimate_batch_norm(first, split)
    reestimate_batch_norm(second, split)
    assert same(first, second)


def test_seconds_add_up_over_restarts(split: Split, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    with pytest.raises(KeyboardInterrupt):
        fit(float_network(), split, SETTINGS, 3, checkpoint=path, on_step=stop_after(4))
    shutil.copy(path, tmp_path / "copy.pt")
    spent = torch.load(path, weights_only=True)[4]["seconds"]
    assert fit(float_network(), split, SETTINGS, 3, checkpoint=path).seconds > spent > 0


def test_processes_that_torchrun_did_not_start_are_refused(monkeypatch):
    processes.cache_clear()
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(FewbitsError, match="WORLD_SIZE is 2, but RANK, LOCAL_RANK, MASTER_ADDR is"):
        processes()
    for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR"):
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "1")
    with pytest.raises(FewbitsError, match="on one machine, got 1 of 2 here"):
        processes()
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert processes() is ALONE
    processes.cache_clear()
