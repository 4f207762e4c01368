"""Stage 1: codes learned by gradient, so that a picture made of codes is still told rightly.

The backbone is not there any more: its maps come from a cache, and the frozen layer behind them
is linear in their mean.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.codebook import Codebook, Maps, flat
from fewbits.protoquant.head import Linear
from fewbits.report import write_whole
from fewbits.training import ALONE, Processes, Progress
from fewbits.training.checkpoints import content_digest, resume

ReadMaps = Callable[[Int[Tensor, " row"]], Maps]
OnEpoch = Callable[[int, int, "Epoch"], None]


@dataclass(frozen=True)
class LearnSettings:
    """How codes are learned. Adam and the schedule as in the reference code, fewer epochs.

    Attributes:
        epochs: passes over all pictures.
        batch_size: pictures a step.
        learning_rate: at its highest.
        warm_up: share of the steps in which it rises from 0.
        floor: what it falls to, along a cosine.
        dictionary: weight of the dictionary loss, which draws each code to what chose it.
        restart: whether a code that nothing chose in a whole epoch begins again at a vector of
            the last batch.
    """

    epochs: int = 10
    batch_size: int = 128
    learning_rate: float = 5e-4
    warm_up: float = 1 / 6
    floor: float = 1e-6
    dictionary: float = 1.0
    restart: bool = False


@dataclass(frozen=True)
class Epoch:
    """What an epoch of learning was like.

    Attributes:
        task: mean cross-entropy of pictures made of codes.
        dictionary: mean squared distance of a feature vector's numbers from its code's.
        dead: codes that nothing chose.
    """

    task: float
    dictionary: float
    dead: int


def losses_of(
    codebook: Codebook, probe: Linear, maps: Maps, labels: Int[Tensor, " image"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Int[Tensor, "image high wide"]]:
    """Task loss and dictionary loss of one batch, and the codes chosen.

    The first is the cross-entropy of the frozen layer on maps made of codes; the second
    mean((c - sg[x])^2), which moves codes and not features: there is nothing before them that
    could move. (It is VQ-VAE's codebook term, arXiv 1711.00937, eq. 3; the reference code calls
    it commitment.)
    """
    made, chosen = codebook.quantise(maps)
    task = nn.functional.cross_entropy(probe(made.mean((2, 3))), labels)
    return task, (made - maps.detach()).square().mean(), chosen


def learn_codes(
    codebook: Codebook,
    read: ReadMaps,
    labels: Int[Tensor, " image"],
    probe: Linear,
    settings: LearnSettings,
    seed: int,
    checkpoint: Path | None = None,
    on_epoch: OnEpoch | None = None,
    many: Processes = ALONE,
) -> list[Epoch]:
    """Learn the codes in place, on the device that they are on; the last epoch's are kept.

    Args:
        read: from the numbers of pictures to their feature maps.
        probe: the frozen layer behind the mean of the maps.
        checkpoint: written after every epoch. If it is there already, learning goes on from it.
        on_epoch: told of each epoch: its number from 1, how many there are, and what it was like.
        many: processes that share each batch; all of them call this with the same codes. The first
            writes the checkpoint, with which any number of processes goes on.

    Raises:
        UsageError: no pictures, fewer than one epoch, or the checkpoint is another learning's.
        FewbitsError: a loss became NaN, or the checkpoint cannot be read or written.
    """
    if settings.epochs < 1 or not len(labels):
        raise UsageError(
            f"expected at least 1 epoch and 1 picture, got {settings.epochs} and {len(labels)}"
        )
    identity = {**asdict(settings), "seed": seed, "digest": _fingerprint(codebook, probe, labels)}
    adam = torch.optim.Adam([codebook.codes], settings.learning_rate)
    per_epoch = math.ceil(len(labels) / settings.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, _rate(settings, per_epoch))
    progress = Progress()
    if checkpoint is not None and checkpoint.exists():
        progress = resume(checkpoint, identity, codebook, adam, schedule)
    codebook.train()
    while progress.epoch < settings.epochs:
        # Batches depend on seed and epoch alone, so a resumed learning sees the same ones.
        generator = torch.Generator().manual_seed(1_000_003 * seed + progress.epoch)
        last = progress.epoch == settings.epochs - 1  # what begins again then has no time left
        how = replace(settings, restart=settings.restart and not last)
        found = _epoch(codebook, read, labels, probe, how, adam, schedule, generator, many)
        progress.losses.append(found.task)
        progress.records.append(asdict(found))
        if not math.isfinite(found.task + found.dictionary):
            raise FewbitsError(
                f"a loss became NaN in epoch {progress.epoch}: lower the learning rate"
            )
        if checkpoint is not None and many.main:
            state = [codebook.state_dict(), adam.state_dict(), schedule.state_dict()]
            state = [identity, *state, asdict(progress)]
            write_whole(checkpoint, partial(torch.save, [*state, content_digest(state)]))
        if on_epoch is not None:
            on_epoch(progress.epoch, settings.epochs, found)
    codebook.eval()
    return [
        Epoch(record["task"], record["dictionary"], int(record["dead"]))
        for record in progress.records
    ]


def _epoch(
    codebook: Codebook,
    read: ReadMaps,
    labels: Int[Tensor, " image"],
    probe: Linear,
    settings: LearnSettings,
    adam: torch.optim.Adam,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    generator: torch.Generator,
    many: Processes,
) -> Epoch:
    """One pass over all pictures."""
    device = codebook.codes.device
    codebook.forget_usage()
    sums = torch.zeros(2, dtype=torch.double)
    for rows in torch.randperm(len(labels), generator=generator).split(settings.batch_size):
        own = many.part(rows)
        adam.zero_grad()
        if len(own):  # the last batch may have fewer pictures than there are processes
            here = read(own).to(device), labels[own].to(device)
            task, dictionary, _ = losses_of(codebook, probe, *here)
            (len(own) / len(rows) * (task + settings.dictionary * dictionary)).backward()
            sums += len(own) * torch.stack([task, dictionary]).detach().double().cpu()
        many.add_gradients([codebook.codes])
        adam.step()
        schedule.step()
    codebook.usage.copy_(many.sum(codebook.usage))
    dead = codebook.dead()
    if settings.restart:
        _restart(codebook, adam, dead, read(rows), generator)
    task_mean, dictionary_mean = (many.sum(sums) / len(labels)).tolist()
    return Epoch(task_mean, dictionary_mean, len(dead))


@torch.no_grad()
def _restart(
    codebook: Codebook,
    adam: torch.optim.Adam,
    dead: Int[Tensor, " dead"],
    maps: Maps,
    generator: torch.Generator,
) -> None:
    """Put dead codes where feature vectors are, and forget what the optimiser knew of them."""
    vectors = flat(maps)
    drawn = torch.randint(len(vectors), (len(dead),), generator=generator)
    codebook.codes[dead] = vectors[drawn].to(codebook.codes)
    for moment in ("exp_avg", "exp_avg_sq"):
        adam.state[codebook.codes][moment][dead] = 0


def _fingerprint(codebook: Codebook, probe: Linear, labels: Int[Tensor, " image"]) -> str:
    """What codes begin as, what they are learned for and on which pictures."""
    digest = hashlib.sha256()
    frozen = (*codebook.mapping.state_dict().values(), probe.slope, probe.bias, labels)
    digest.update(codebook.mapping.kind.encode())
    for values in (codebook.codes.detach(), *frozen):
        digest.update(values.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _rate(settings: LearnSettings, per_epoch: int) -> Callable[[int], float]:
    """A factor of the learning rate for each step: up along a line, down along a cosine."""
    steps = settings.epochs * per_epoch
    rising = max(1, round(settings.warm_up * steps))
    floor = settings.floor / settings.learning_rate

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        done = (step - rising) / max(1, steps - rising)
        return floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2

    return factor
