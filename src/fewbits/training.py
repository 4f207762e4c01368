"""One plain training loop: seeded, checkpointed, resumed after a kill with the same result."""

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from fewbits.data import Split
from fewbits.errors import FewbitsError, UsageError
from fewbits.report import write_whole

# Two hundredths of a channel's spread is all that more images could change.
REESTIMATION_IMAGES = 20_000

LARGEST_SEED = 2**32 - 1

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class TrainSettings:
    """How long and how hard to train.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step.
        learning_rate: the peak of a one-cycle schedule.
        weight_decay: AdamW's, on weights only (not on clips, steps, norms or biases).
        shift: each image is moved by up to this many pixels a step, in both directions.
        mirror: flip half of the images left to right (clothes, never digits).
    """

    epochs: int
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    shift: int = 2
    mirror: bool = False


@dataclass
class Progress:
    """Where a training stands: losses so far and the seconds spent, over all restarts."""

    losses: list[float] = field(default_factory=list)
    records: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.losses)


OnStep = Callable[[int, int, Progress], None]
OnStage = Callable[[str, int, int, float | None], None]


def stage(name: str, on_step: OnStage | None) -> OnStep | None:
    """A training's own progress, told under the name of its stage."""
    if on_step is None:
        return None

    def show(step: int, steps: int, progress: Progress) -> None:
        on_step(name, step, steps, progress.losses[-1] if progress.losses else None)

    return show


def pick_device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_float(
    images: UInt8[Tensor, "image channel height width"],
) -> Float[Tensor, "image channel height width"]:
    """Pixels 0..255 as numbers in [0, 1]."""
    return images.float() / 255


def augment(
    images: UInt8[Tensor, "image channel h w"], shift: int, mirror: bool, generator: torch.Generator
) -> UInt8[Tensor, "image channel h w"]:
    """Move each image by its own whole number of pixels, black moves in; flip half if asked."""
    count, _, height, width = images.shape
    if mirror:
        flip = torch.rand(count, generator=generator) < 0.5
        images = torch.where(flip.to(images.device)[:, None, None, None], images.flip(3), images)
    if not shift:
        return images
    moves = torch.randint(0, 2 * shift + 1, (2, count), generator=generator).to(images.device)
    padded = nn.functional.pad(images, (shift,) * 4).movedim(1, 3)
    rows = moves[0][:, None] + torch.arange(height, device=images.device)
    columns = moves[1][:, None] + torch.arange(width, device=images.device)
    which = torch.arange(count, device=images.device)[:, None, None]
    return padded[which, rows[:, :, None], columns[:, None, :]].movedim(3, 1)


def batches(
    split: Split, settings: TrainSettings, seed: int, epoch: int, device: torch.device
) -> Iterator[tuple[Float[Tensor, "image channel h w"], Int[Tensor, " image"]]]:
    """One epoch's shuffled, augmented batches: a function of the seed and the epoch alone."""
    generator = torch.Generator().manual_seed(1_000_003 * seed + epoch)
    order = torch.randperm(split.count, generator=generator)
    for start in range(0, split.count, settings.batch_size):
        index = order[start : start + settings.batch_size].to(split.images.device)
        images = augment(split.images[index], settings.shift, settings.mirror, generator)
        images = to_float(images).to(device).contiguous(memory_format=torch.channels_last)
        yield images, split.labels[index].to(device)


def cross_entropy(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """The usual classification loss."""
    return nn.functional.cross_entropy(network(images), labels)


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Decay the weight matrices; leave clips, steps, norms and biases alone.

    A clip has a penalty of its own in PACT; decay on top would count twice.
    """
    decayed = [p for p in network.parameters() if p.ndim > 1]
    free = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]


@contextmanager
def repeatable() -> Iterator[None]:
    """On a GPU, convolutions that give the same bits each time, in full 32-bit precision.

    Without it cuDNN may pick other algorithms from run to run and round to TF32, so a resumed
    run would end elsewhere and a fake-quantised sum would differ from the integer one.
    """
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Everything random inside depends on ``seed`` alone; outside it nothing has happened."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@repeatable()
def fit(
    network: nn.Module,
    split: Split,
    settings: TrainSettings,
    seed: int,
    *,
    loss: Loss = cross_entropy,
    checkpoint: Path | None = None,
    record: Callable[[nn.Module], dict[str, float]] | None = None,
    on_step: Callable[[int, int, Progress], None] | None = None,
) -> Progress:
    """Train ``network`` in place: AdamW under a one-cycle schedule, last epoch kept.

    Args:
        loss: what is minimised. One with an attribute ``identity`` is told apart in checkpoints.
        checkpoint: written after every epoch. If it is there already, training goes on from it.
        record: called after every epoch; its numbers are kept in ``Progress.records``.
        on_step: called as ``on_step(step, steps_in_all, progress)`` for a progress bar.

    Raises:
        UsageError: the checkpoint is another training's.
        FewbitsError: the loss became NaN, a clip or step left its range, or the checkpoint cannot
            be read or written.
    """
    device = next(network.parameters()).device
    optimizer = torch.optim.AdamW(parameter_groups(network, settings.weight_decay))
    per_epoch = math.ceil(split.count / settings.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        settings.learning_rate,
        total_steps=max(1, settings.epochs * per_epoch),
    )
    progress = Progress()
    identity = {
        **asdict(settings),
        "seed": seed,
        "images": split.count,
        "digest": _digest(network, split),
    }
    if name := getattr(loss, "identity", ""):  # cross-entropy and PACT's penalty have none
        identity["loss"] = name
    if checkpoint is not None and checkpoint.exists():
        progress = _resume(checkpoint, identity, network, optimizer, schedule)
    network.train()
    for epoch in range(progress.epoch, settings.epochs):
        started, total = time.perf_counter(), torch.zeros((), device=device)
        # What a network draws by itself, dropout's silence say, depends on seed and epoch alone.
        with seeded(1_000_003 * seed + epoch):
            for step, (images, labels) in enumerate(batches(split, settings, seed, epoch, device)):
                value = _loss_or_stop(loss, network, images, labels, epoch)
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                schedule.step()
                total += value.detach()
                if on_step is not None:
                    on_step(epoch * per_epoch + step + 1, settings.epochs * per_epoch, progress)
        _finish_epoch(progress, total.item() / per_epoch, network, record, started)
        if checkpoint is not None:
            state = [network.state_dict(), optimizer.state_dict(), schedule.state_dict()]
            state = [identity, *state, asdict(progress)]
            write_whole(checkpoint, partial(torch.save, [*state, content_digest(state)]))
    return progress


def _loss_or_stop(
    loss: Loss, network: nn.Module, images: Tensor, labels: Tensor, epoch: int
) -> Tensor:
    """The loss; a clip or step that training has pushed out of its range ends the training."""
    try:
        return loss(network, images, labels)
    except UsageError as error:
        raise FewbitsError(
            f"training went wrong in epoch {epoch + 1}: {error} Or lower the learning rate."
        ) from error


def content_digest(state: object) -> str:
    """A checksum of everything in a checkpoint, so that a flipped bit is not trained on."""
    digest = hashlib.sha256()
    waiting = [state]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Tensor):
            digest.update(f"{part.dtype} {tuple(part.shape)}".encode())
            digest.update(part.detach().cpu().contiguous().numpy().tobytes())
        elif isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list | tuple):
            waiting += part
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()


def _digest(network: nn.Module, split: Split) -> str:
    """A fingerprint of what is trained on what: each layer's kind and bits, labels and images."""
    kinds = [
        f"{name} {type(layer).__name__} {getattr(layer, 'bits', '')}"
        for name, layer in network.named_modules()
    ]
    kinds.append(getattr(network, "identity", ""))  # what kinds of layers alone do not tell
    digest = hashlib.sha256("\n".join(filter(None, kinds)).encode())
    digest.update(split.labels.cpu().numpy().tobytes())
    digest.update(split.images[:: max(1, split.count // 256)].cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _finish_epoch(
    progress: Progress,
    mean_loss: float,
    network: nn.Module,
    record: Callable[[nn.Module], dict[str, float]] | None,
    started: float,
) -> None:
    if not math.isfinite(mean_loss):
        raise FewbitsError(
            f"the loss became {mean_loss} in epoch {progress.epoch + 1}: "
            "look for NaN in the images, or lower the learning rate."
        )
    progress.losses.append(mean_loss)
    progress.records.append(record(network) if record else {})
    progress.seconds += time.perf_counter() - started


def _resume(
    checkpoint: Path,
    identity: dict[str, object],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> Progress:
    device = next(network.parameters()).device
    found, weights, moments, rates, so_far = _read_checkpoint(checkpoint, device)
    if found | {"digest": identity["digest"]} != identity:
        keys = [k for k in identity | found if k != "digest"]
        differ = [k for k in keys if found.get(k) != identity.get(k)]
        was = ", ".join(f"{k} {found.get(k)}, expected {identity.get(k)}" for k in differ)
        raise UsageError(
            f"{checkpoint} belongs to a training with other settings ({was}). Choose another --out."
        )
    if found != identity:
        raise UsageError(
            f"{checkpoint} belongs to another network or other images. Choose another --out."
        )
    network.load_state_dict(weights)
    optimizer.load_state_dict(moments)
    schedule.load_state_dict(rates)
    return Progress(**so_far)


def _read_checkpoint(checkpoint: Path, device: torch.device) -> list[Any]:
    try:
        *state, digest = torch.load(checkpoint, weights_only=True, map_location=device)
        if content_digest(state) != digest:
            raise ValueError("its content does not have its checksum")
        _identity, _weights, _moments, _rates, _progress = state
    except Exception as error:
        raise FewbitsError(
            f"{checkpoint} is damaged, or not a checkpoint this version can read "
            f"({type(error).__name__}). Delete it to train from the start."
        ) from error
    return state


def weights_in(checkpoint: Path) -> dict[str, Tensor]:
    """The network's state in a checkpoint, on the CPU.

    Raises:
        FewbitsError: it is damaged.
    """
    return _read_checkpoint(checkpoint, torch.device("cpu"))[1]


@contextmanager
def modes_kept(network: nn.Module) -> Iterator[None]:
    """Whatever happens inside, each layer is in the mode it was in, ``train`` or ``eval``."""
    modes = [(layer, layer.training) for layer in network.modules()]
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training


@torch.no_grad()
@repeatable()
def predict(
    network: nn.Module, images: Tensor, batch_size: int = 1000
) -> Float[Tensor, "image class"]:
    """Logits of all images, uint8 or float in [0, 1]; the network's mode is left as found.

    Raises:
        UsageError: float images hold NaN or infinity.
    """
    if images.is_floating_point() and not torch.isfinite(images).all():
        raise UsageError("images hold NaN or infinity: pixels must be numbers from 0 to 1")
    device = next(network.parameters()).device
    logits = []
    with modes_kept(network):
        network.eval()
        for part in images.split(batch_size):
            x = part if part.is_floating_point() else to_float(part)
            logits.append(network(x.to(device)).cpu())
    return torch.cat(logits)


def accuracy(network: nn.Module, split: Split, batch_size: int = 1000) -> float:
    """Share of images whose largest logit is the label's, from 0 to 1."""
    right = predict(network, split.images, batch_size).argmax(1) == split.labels.cpu()
    return int(right.sum()) / split.count


@torch.no_grad()
@repeatable()
def reestimate_batch_norm(network: nn.Module, split: Split, batch_size: int = 500) -> None:
    """Recompute batch norm's running means and variances, in place, from plain training images.

    While training they are a moving average over weights that kept changing; after it, one
    pass with the final weights gives the statistics those weights really have.
    """
    images = split.images[:REESTIMATION_IMAGES]
    # Parts of nearly one size: the running mean gives each part the same weight.
    loader = (to_float(part) for part in images.chunk(math.ceil(len(images) / batch_size)))
    device = next(network.parameters()).device
    with modes_kept(network):
        torch.optim.swa_utils.update_bn(loader, network, device)
