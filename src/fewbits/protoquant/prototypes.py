"""Prototypes: vectors that are patches, that learn until they are none, and that are put back.

What this looks like that (ProtoPNet, Chen et al. 2019, arXiv 1806.10574) does with vectors of its
own for each class, here with vectors that all classes share, over a backbone that does not move.
"""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.codebook import Codebook, Maps
from fewbits.protoquant.grounding import nearest_patches
from fewbits.protoquant.head import Linear
from fewbits.protoquant.pipeline import BATCH, Batched


@runtime_checkable
class Kept(Batched, Protocol):
    """Feature maps that can be asked for by number, as a feature cache's are."""

    def rows(self, indices: Int[Tensor, " image"]) -> Maps:
        """The maps of some pictures."""


@dataclass(frozen=True)
class FreeSettings:
    """How prototypes and head are learned together; chosen for drawn scenes.

    Attributes:
        learning_rate: Adam's, for the prototypes.
        head_rate: Adam's, for the weights of the head.
    """

    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 0.03
    head_rate: float = 0.01


@dataclass(frozen=True)
class Snapshot:
    """A model of prototypes after some epoch.

    Attributes:
        codebook: the prototypes.
        head: over their scores, plain cosines.
        loss: mean cross-entropy of the epoch; NaN before the first.
    """

    codebook: Codebook
    head: Linear
    loss: float

    def scores(self, maps: Maps) -> Float[Tensor, "image prototype"]:
        """The largest cosine of each prototype in each picture."""
        with torch.no_grad():
            return self.codebook.cosines(maps).amax((2, 3))


def vectors_at(
    cache: Kept, images: Int[Tensor, " place"], cells: Int[Tensor, " place"]
) -> Float[Tensor, "place feature"]:
    """The feature vectors of some places: patches as the backbone sees them.

    Args:
        images: rows of the pictures.
        cells: places in the grid, counted row by row.
    """
    maps = cache.rows(images.contiguous()).flatten(2)
    return maps[torch.arange(len(images)), :, cells.long()]


def adds_most(
    head: Linear,
    scores: Float[Tensor, "image prototype"],
    usual: Float[Tensor, " prototype"],
    count: int = 3,
) -> Int[Tensor, "image count"]:
    """The prototypes that a picture's class owes most to, the strongest first.

    The class is the one that the head names. A prototype adds its weight there times what its score
    is above the usual one: what every picture has says nothing of this one.

    Args:
        usual: mean scores, of the training pictures.

    Raises:
        UsageError: fewer than one, or more than there are.
    """
    if not 1 <= count <= scores.shape[1]:
        raise UsageError(f"expected 1 to {scores.shape[1]} prototypes a picture, got {count}")
    added = head.contributions(scores - usual, head(scores).argmax(1))
    return added.topk(count, dim=1).indices


def project(codebook: Codebook, cache: Kept) -> Codebook:
    """Each prototype replaced by its nearest patch (ProtoPNet's projection, section 2.2).

    Two of them may land on one patch.
    """
    found = nearest_patches(codebook, cache.batches(BATCH), 1)
    vectors = vectors_at(cache, found.images[:, 0], found.cells[:, 0])
    return Codebook(vectors, codebook.mapping).eval()


def learn_freely(
    codebook: Codebook,
    head: Linear,
    maps: Maps,
    labels: Int[Tensor, " image"],
    settings: FreeSettings,
    seed: int,
) -> list[Snapshot]:
    """Learn prototypes and head by gradient on cross-entropy, and nothing else.

    Nothing holds a prototype near a patch: it goes where the classes want it.

    Args:
        codebook: what the prototypes begin as; left as it is.
        head: what it begins as; its weights stay at least 0.
        maps: of all training pictures.

    Returns:
        What there was before the first epoch, and after each.

    Raises:
        UsageError: fewer than one epoch, or no picture.
        FewbitsError: the loss became NaN.
    """
    if settings.epochs < 1 or not len(labels):
        raise UsageError(
            f"expected at least 1 epoch and 1 picture, got {settings.epochs} and {len(labels)}"
        )
    learned = Codebook(codebook.codes.detach(), codebook.mapping)
    weights = nn.Parameter(head.weights.clone())
    adam = torch.optim.Adam(
        [
            {"params": [learned.codes], "lr": settings.learning_rate},
            {"params": [weights], "lr": settings.head_rate},
        ]
    )
    generator = torch.Generator().manual_seed(seed)
    found = [_snapshot(learned, weights, head, math.nan)]
    for epoch in range(settings.epochs):
        total = 0.0
        for rows in torch.randperm(len(labels), generator=generator).split(settings.batch_size):
            scores = learned.cosines(maps[rows]).amax((2, 3))
            logits = scores / head.scale @ weights.T + head.bias
            loss = nn.functional.cross_entropy(logits, labels[rows])
            adam.zero_grad()
            loss.backward()
            adam.step()
            with torch.no_grad():
                weights.clamp_(min=0)
            total += loss.item() * len(rows)
        if not math.isfinite(total):
            raise FewbitsError(f"the loss became NaN in epoch {epoch + 1}: lower the learning rate")
        found.append(_snapshot(learned, weights, head, total / len(labels)))
    return found


def _snapshot(learned: Codebook, weights: Tensor, head: Linear, loss: float) -> Snapshot:
    codebook = Codebook(learned.codes.detach(), learned.mapping).eval()
    kept = Linear(weights.detach().clone(), head.bias, head.scale, head.losses)
    return Snapshot(codebook.requires_grad_(False), kept, loss)
