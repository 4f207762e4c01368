"""PACT from images to a packed network: the paper's steps, one call each."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from fewbits.data import SCALES, ImageSet, Split
from fewbits.errors import UsageError
from fewbits.pact import networks
from fewbits.pact.activations import LSQ, PACT
from fewbits.pact.convert import Recipe, clips_of, quantize_network
from fewbits.training import (
    Loss,
    OnStep,
    Progress,
    TrainSettings,
    accuracy,
    cross_entropy,
    fit,
    pick_device,
    reestimate_batch_norm,
    to_float,
)

CALIBRATION_IMAGES = 512
FEW_IMAGES = 10_000

# Small beside the loss: the PACT paper ties it to weight decay. Not tuned here.
CLIP_PENALTY = 1e-4


@dataclass(frozen=True)
class Schedule:
    """Two trainings: the float network, then the quantised copy that starts from it."""

    float_network: TrainSettings
    fine_tuning: TrainSettings


@dataclass(frozen=True)
class Trained:
    """A trained network and how it got there.

    Attributes:
        network: in ``eval()`` mode.
        progress: losses, seconds and, for a quantised network, the clips after each epoch.
    """

    network: nn.Sequential
    progress: Progress


def schedule_for(dataset: str, scale: str, count: int | None = None) -> Schedule:
    """How long to train at each scale.

    Args:
        dataset: the set's name; clothes are trained on longer and mirrored, canvases moved less.
        scale: ``smoke`` or ``real``.
        count: training images. A small set needs many passes at either scale.

    Raises:
        UsageError: the scale is unknown.
    """
    if scale not in SCALES:
        raise UsageError(f"unknown scale {scale!r}: PACT runs at {' or '.join(SCALES)}")
    # Clothes look alike in a mirror; digits do not.
    mirror = dataset == "fashion-mnist"
    if scale == "smoke" or dataset == "digits" or (count is not None and count < FEW_IMAGES):
        first = TrainSettings(epochs=15, batch_size=64, shift=1)
        return Schedule(first, replace(first, epochs=8, learning_rate=2e-3))
    if mirror:  # clothes fill the frame, so they are moved less, and they are harder
        first = TrainSettings(epochs=16, shift=1, mirror=True)
        return Schedule(first, replace(first, epochs=5, learning_rate=2e-3))
    # On a canvas a digit's ink may begin a pixel from the edge; two steps would cut it off.
    first = TrainSettings(epochs=6, shift=1 if dataset == "two-digits" else 2)
    return Schedule(first, replace(first, epochs=3, learning_rate=2e-3))


def train_float(
    images: ImageSet,
    network: str,
    settings: TrainSettings,
    seed: int,
    *,
    loss: Loss = cross_entropy,
    checkpoint: Path | None = None,
    on_step: OnStep | None = None,
) -> Trained:
    """Step 1: train the float network from freshly drawn weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = networks.build(network, images.num_classes)
    model = model.to(pick_device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    progress = fit(
        model, images.train, settings, seed, loss=loss, checkpoint=checkpoint, on_step=on_step
    )
    return Trained(_settle(model, images.train), progress)


def quantize(trained: Trained, recipe: Recipe, split: Split) -> nn.Sequential:
    """Step 2: swap the layers; each clip starts where it fits the training images best."""
    device = next(trained.network.parameters()).device
    sample = to_float(split.images[:CALIBRATION_IMAGES]).to(device)
    return quantize_network(trained.network, recipe, sample)


def penalized(clip_penalty: float, error: Loss = cross_entropy) -> Loss:
    """An error plus lambda times the sum of alpha^2 (PACT, arXiv 1805.06085, section 3).

    LSQ's clips pay nothing: its paper has no such penalty, its gradient can pull a clip in itself.
    """

    def loss(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        clips: list[Tensor] = [
            layer.alpha
            for layer in network.modules()
            if isinstance(layer, PACT) and not isinstance(layer, LSQ)
        ]
        value = error(network, images, labels)
        return value + clip_penalty * torch.stack(clips).square().sum() if clips else value

    loss.identity = getattr(error, "identity", "")  # type: ignore[attr-defined]
    return loss


def fine_tune(
    network: nn.Sequential,
    split: Split,
    settings: TrainSettings,
    seed: int,
    *,
    clip_penalty: float = CLIP_PENALTY,
    loss: Loss = cross_entropy,
    checkpoint: Path | None = None,
    on_step: OnStep | None = None,
) -> Trained:
    """Step 3: train weights and clips, in place, through the staircase; then settle batch norm.

    A float network has no clips: it is merely trained on, for as long as its quantised copies are.
    """
    progress = fit(
        network,
        split,
        settings,
        seed,
        loss=penalized(clip_penalty, loss),
        checkpoint=checkpoint,
        record=clips_of,  # type: ignore[arg-type]
        on_step=on_step,
    )
    return Trained(_settle(network, split), progress)


def _settle(network: nn.Sequential, split: Split) -> nn.Sequential:
    """Re-estimate batch norm with the final weights and put the network into eval mode."""
    reestimate_batch_norm(network, split)
    return network.eval()


def evaluate(network: nn.Module, images: ImageSet) -> dict[str, float]:
    """Accuracy on validation and test images, as fractions."""
    return {
        "validation_accuracy": accuracy(network, images.validation),
        "test_accuracy": accuracy(network, images.test),
    }
