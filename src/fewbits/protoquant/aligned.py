"""The rival: prototypes learned so that two views of a picture say the same at each place.

PIP-Net (Nauta et al. 2023, CVPR, arXiv 2302.14844) trains its backbone for this. Here the backbone
stays frozen, so what is left to learn is one linear map of each place's vector, a 1 x 1
convolution, and a softmax over its outputs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.codebook import Maps, flat
from fewbits.protoquant.learning import ReadMaps
from fewbits.protoquant.scores import CodeMaps

EPSILON = 1e-7  # inside logarithms: none of them is of 0
SAMPLE = 256  # pictures that tell the features' spread
SMALLEST = 1e-4  # spread that a feature counts with: one that never changes has none


@dataclass(frozen=True)
class AlignSettings:
    """How prototypes are aligned; the losses' weights are PIP-Net's, the rest chosen for scenes.

    Large batches do not do here: a few prototypes that are present in every batch satisfy the
    second loss for all of them, and the others die.

    Attributes:
        epochs: passes over all pictures.
        batch_size: pictures a step, in which each prototype has to be present somewhere.
        learning_rate: Adam's, falling to 0 along a cosine.
        alignment: weight of the loss of that name.
        presence: weight of the other one.
    """

    epochs: int = 10
    batch_size: int = 16
    learning_rate: float = 0.005
    alignment: float = 1.0
    presence: float = 5.0


@dataclass(frozen=True)
class AlignedVocabulary:
    """Prototypes that share each place by a softmax, as a vocabulary for a head.

    Attributes:
        weights: the 1 x 1 convolution.
        bias: its bias.
    """

    weights: Float[Tensor, "prototype feature"]
    bias: Float[Tensor, " prototype"]

    @property
    def count(self) -> int:
        """How many prototypes."""
        return len(self.weights)

    def maps(self, features: Maps) -> CodeMaps:
        """Shares of each place, in the order of the prototypes."""
        places = features.to(self.weights.device).movedim(1, -1) @ self.weights.T + self.bias
        return places.softmax(-1).movedim(-1, 1)

    def to(self, device: torch.device) -> "AlignedVocabulary":
        """The same convolution on a device."""
        return AlignedVocabulary(self.weights.to(device), self.bias.to(device))

    def only(self, kept: Int[Tensor, " kept"]) -> "AlignedVocabulary":
        """Some of the prototypes."""
        return AlignedVocabulary(self.weights[kept], self.bias[kept])


@dataclass(frozen=True)
class Aligned:
    """What was learned, and how.

    Attributes:
        vocabulary: the prototypes.
        alignment: mean loss of each epoch.
        presence: the same of the other loss.
    """

    vocabulary: AlignedVocabulary
    alignment: tuple[float, ...]
    presence: tuple[float, ...]


def alignment_loss(one: CodeMaps, other: CodeMaps) -> Float[Tensor, ""]:
    """How differently two views are told: the mean of -log(p . p') over places (eq. 1).

    0 only where both give the whole place to one and the same prototype: two equal but undecided
    views are not aligned.
    """
    return -(one * other).sum(1).clamp_min(EPSILON).log().mean()


def presence_loss(maps: CodeMaps) -> Float[Tensor, ""]:
    """How far prototypes are from each being present in the batch: -log tanh of summed scores.

    Without it all places could be told by one prototype, which aligns perfectly (eq. 2).
    """
    return -(maps.amax((2, 3)).sum(0).tanh() + EPSILON).log().mean()


def learn_aligned(
    one: ReadMaps,
    other: ReadMaps,
    pictures: int,
    count: int,
    settings: AlignSettings,
    seed: int,
    on_epoch: Callable[[int, int], None] | None = None,
) -> Aligned:
    """Learn prototypes from two views of the same pictures; no label is looked at.

    Args:
        one, other: from the numbers of pictures to the maps of either view, whose cells show the
            same places: of a mirrored picture the maps are mirrored back (:func:`mirrored_back`).
        pictures: how many there are.
        count: of prototypes, at least 2.
        on_epoch: told of each epoch: its number from 1, and how many there are.

    Raises:
        UsageError: fewer than 2 prototypes, no epoch or picture, or views of different shapes.
        FewbitsError: a loss became NaN.
    """
    _check(one, other, pictures, count, settings)
    generator = torch.Generator().manual_seed(seed)
    words = _begin(one, pictures, count, generator)
    learned = [words.weights.requires_grad_(), words.bias.requires_grad_()]
    adam = torch.optim.Adam(learned, settings.learning_rate)
    steps = settings.epochs * math.ceil(pictures / settings.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    kept: list[list[float]] = []
    for epoch in range(1, settings.epochs + 1):
        sums = torch.zeros(2, dtype=torch.double)
        for rows in torch.randperm(pictures, generator=generator).split(settings.batch_size):
            shares = [words.maps(read(rows)) for read in (one, other)]
            alike = alignment_loss(*shares)
            there = (presence_loss(shares[0]) + presence_loss(shares[1])) / 2
            adam.zero_grad()
            (settings.alignment * alike + settings.presence * there).backward()
            adam.step()
            schedule.step()
            sums += len(rows) * torch.stack([alike, there]).detach().double().cpu()
        kept.append((sums / pictures).tolist())
        if not math.isfinite(sum(kept[-1])):
            raise FewbitsError(f"a loss became NaN in epoch {epoch}: lower the learning rate")
        if on_epoch is not None:
            on_epoch(epoch, settings.epochs)
    alignment, presence = zip(*kept, strict=True)
    found = AlignedVocabulary(words.weights.detach(), words.bias.detach())
    return Aligned(found, alignment, presence)


def mirrored_back(read: ReadMaps) -> ReadMaps:
    """The maps of mirrored pictures, each cell where the picture as it was has that place."""
    return lambda rows: read(rows).flip(3)


def _begin(
    read: ReadMaps, pictures: int, count: int, generator: torch.Generator
) -> AlignedVocabulary:
    """Noise in units of the features' spread, from their mean: no prototype has a head start."""
    few = torch.randperm(pictures, generator=generator)[:SAMPLE]
    vectors = flat(read(few))
    noise = torch.randn(count, vectors.shape[1], generator=generator).to(vectors)
    weights = noise / (vectors.std(0).clamp_min(SMALLEST) * math.sqrt(vectors.shape[1]))
    return AlignedVocabulary(weights, -(weights @ vectors.mean(0)))


def _check(
    one: ReadMaps, other: ReadMaps, pictures: int, count: int, settings: AlignSettings
) -> None:
    if count < 2:
        raise UsageError(f"expected at least 2 prototypes, which share each place, got {count}")
    if settings.epochs < 1 or pictures < 1:
        raise UsageError(
            f"expected at least 1 epoch and 1 picture, got {settings.epochs} and {pictures}"
        )
    shapes = [tuple(read(torch.tensor([0])).shape) for read in (one, other)]
    if shapes[0] != shapes[1]:
        raise UsageError(
            f"both views must give maps of one shape, got {shapes[0]} and {shapes[1]}: read the "
            "same pictures with the same backbone"
        )
