"""One plain training loop: seeded, checkpointed, resumed after a kill with the same result."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from fewbits.data import Split
from fewbits.errors import FewbitsError, UsageError
from fewbits.report import write_whole
from fewbits.training.batches import batches
from fewbits.training.checkpoints import content_digest, fingerprint, resume
from fewbits.training.context import repeatable, seeded
from fewbits.training.descent import descent
from fewbits.training.progress import OnStep, Progress
from fewbits.training.settings import TrainSettings

LARGEST_SEED = 2**32 - 1

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


def cross_entropy(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """The usual classification loss."""
    return nn.functional.cross_entropy(network(images), labels)


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
    on_step: OnStep | None = None,
) -> Progress:
    """Train ``network`` in place, as ``settings`` say; the last epoch is kept.

    Args:
        loss: what is minimised. One with an attribute ``identity`` is told apart in checkpoints.
        checkpoint: written after every epoch. If it is there already, training goes on from it.
        record: called after every epoch; its numbers are kept in ``Progress.records``.
        on_step: called as ``on_step(step, steps_in_all, progress)`` for a progress bar.

    Raises:
        UsageError: the checkpoint is another training's, or the settings do not fit the network.
        FewbitsError: the loss became NaN, a clip or step left its range, or the checkpoint cannot
            be read or written.
    """
    device = next(network.parameters()).device
    per_epoch = math.ceil(split.count / settings.batch_size)
    optimizer, schedule = descent(network, settings, per_epoch)
    progress = Progress()
    identity = {
        **settings.told(),
        "seed": seed,
        "images": split.count,
        "digest": fingerprint(network, split),
    }
    if name := getattr(loss, "identity", ""):  # cross-entropy and PACT's penalty have none
        identity["loss"] = name
    if checkpoint is not None and checkpoint.exists():
        progress = resume(checkpoint, identity, network, optimizer, schedule)
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
    if not all(values.isfinite().all() for values in network.parameters()):
        raise FewbitsError(
            f"weights became NaN or infinite in epoch {progress.epoch + 1}: lower the learning "
            "rate."
        )
    progress.losses.append(mean_loss)
    progress.records.append(record(network) if record else {})
    progress.seconds += time.perf_counter() - started
