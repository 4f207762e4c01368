"""Heads of a few codes a class over the scores of all codes: what is cut falls silent.

:func:`fewbits.protoquant.pipeline.shorten` drops unused codes from the softmax and looks at all
pictures once more. Here every code stays in the softmax: a weight of 0 changes no score, so one
table of scores serves heads of every length.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.head import HeadSettings, Linear, fit_linear, keep_strongest
from fewbits.protoquant.pipeline import BATCH, Batched, Explained, Labels
from fewbits.protoquant.scores import Scores, score
from fewbits.protoquant.vocabulary import Vocabulary


@dataclass(frozen=True)
class Budgets:
    """A head at several lengths, and what is needed to try each of them.

    Attributes:
        whole: as it was fitted.
        again: the same head with so many codes a class, fitted again.
        tested: scores of pictures that were not fitted.
        usage: the share of training cells in which each code is the nearest.
    """

    whole: Linear
    again: dict[int, Linear]
    tested: Scores
    usage: Float[Tensor, " code"]


def cut(head: Linear, per_class: int) -> Linear:
    """The head without all but the strongest codes of each class, weights as they were.

    Raises:
        UsageError: ``per_class`` is below 1.
    """
    return replace(head, weights=head.weights * keep_strongest(head, per_class))


def fit_again(
    whole: Explained, labels: Labels, per_class: int, settings: HeadSettings, seed: int
) -> Linear:
    """The strongest codes of each class with weights of their own; the head itself if it fits.

    Raises:
        UsageError: ``per_class`` is below 1.
    """
    kept = keep_strongest(whole.head, per_class)
    if bool((kept == (whole.head.weights > 0)).all()):
        return whole.head
    return fit_linear(whole.train.scores, labels, len(kept), settings, seed, allowed=kept)


@torch.no_grad()
def nearest_shares(vocabulary: Vocabulary, cache: Batched) -> Float[Tensor, " code"]:
    """The share of all cells in which each word is the loudest, of equal ones the first.

    Raises:
        UsageError: no pictures.
    """
    counts = torch.zeros(vocabulary.count, dtype=torch.long)
    for maps in cache.batches(BATCH):
        loudest: Int[Tensor, "image high wide"] = vocabulary.maps(maps).argmax(1).cpu()
        counts += loudest.flatten().bincount(minlength=vocabulary.count)
    if not counts.sum():
        raise UsageError("expected feature maps of at least one picture, got none")
    return counts.double() / counts.sum()


def try_budgets(
    whole: Explained,
    train: Batched,
    test: Batched,
    labels: Labels,
    counts: Sequence[int],
    settings: HeadSettings,
    seed: int,
) -> Budgets:
    """Fit the head again at each length.

    Args:
        train: maps of the pictures that it was fitted to; ``labels`` are theirs.
        test: of pictures to try it on.
        counts: codes a class.

    Raises:
        UsageError: no count or one below 1, or no pictures.
    """
    if not counts:
        raise UsageError("counts must name at least one number of codes a class, got none")
    again = {count: fit_again(whole, labels, count, settings, seed) for count in counts}
    tested = score(whole.vocabulary.maps, test.batches(BATCH)).scores
    return Budgets(whole.head, again, tested, nearest_shares(whole.vocabulary, train))
