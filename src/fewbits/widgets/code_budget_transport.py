"""What CodeBudget stores: scores of test pictures, heads of several lengths, use of codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int16, UInt16
from numpy.typing import NDArray
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.budgets import Budgets

STEP = 2.0**-15  # what scores, shares or cosines, are rounded to
LARGEST = 2**15 - 1


@dataclass(frozen=True)
class StoredList:
    """A list of codes and the heads over it.

    Attributes:
        name: what the reader calls it.
        scores: of the test pictures, in units of :data:`STEP`.
        weights: of the whole head, for scores divided by ``scale``.
        again: of the heads fitted again, in the order of the counts.
        scale: each code's spread in training.
        usage: the share of training cells in which each code is the nearest.
    """

    name: str
    scores: Int16[np.ndarray, "image code"]
    weights: Float32[np.ndarray, "class code"]
    again: Float32[np.ndarray, "count class code"]
    scale: Float32[np.ndarray, " code"]
    usage: Float[np.ndarray, " code"]

    @property
    def count(self) -> int:
        """K."""
        return self.scores.shape[1]


@dataclass(frozen=True)
class StoredBudgets:
    """Everything that the page computes from.

    Attributes:
        counts: codes a class that there are heads for, rising.
        labels: of the test pictures.
        lists: one or more.
    """

    counts: tuple[int, ...]
    labels: UInt16[np.ndarray, " image"]
    lists: tuple[StoredList, ...]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it that is packed; high and low bytes apart, as like ones compress better."""
        packed: dict[str, NDArray[Any]] = {"labels": self.labels}
        for place, own in enumerate(self.lists):
            packed |= {
                f"low{place}": (own.scores & 255).astype(np.uint8),
                f"high{place}": (own.scores >> 8).astype(np.int8),
                f"weights{place}": own.weights,
                f"again{place}": own.again,
                f"scale{place}": own.scale,
                f"usage{place}": own.usage,
            }
        return packed


def store_budgets(lists: Mapping[str, Budgets], labels: Tensor) -> StoredBudgets:
    """Round the scores and line up the heads.

    Raises:
        UsageError: no list, lists that do not belong together, or heads that cannot be read.
    """
    if not lists:
        raise UsageError("CodeBudget needs at least one list of codes: {name: budgets}")
    counts = tuple(sorted(next(iter(lists.values())).again))
    classes = len(next(iter(lists.values())).whole.weights)
    for name, own in lists.items():
        _check(name, own, counts, classes, len(labels))
    stored = tuple(_stored(str(name), own, counts) for name, own in lists.items())
    return StoredBudgets(counts, labels.cpu().numpy().astype(np.uint16), stored)


def _stored(name: str, own: Budgets, counts: Sequence[int]) -> StoredList:
    rounded = np.rint(own.tested.cpu().double().numpy() / STEP)
    return StoredList(
        name=name,
        scores=rounded.clip(-LARGEST, LARGEST).astype(np.int16),
        weights=own.whole.weights.cpu().float().numpy(),
        again=np.stack([own.again[count].weights.cpu().float().numpy() for count in counts]),
        scale=own.whole.scale.cpu().float().numpy(),
        usage=own.usage.cpu().double().numpy(),
    )


def _check(name: str, own: Budgets, counts: Sequence[int], classes: int, pictures: int) -> None:
    codes = own.whole.weights.shape[1]
    if tuple(sorted(own.again)) != tuple(counts) or not counts:
        raise UsageError(
            f"all lists must have heads of the same lengths, {', '.join(map(str, counts))} codes a "
            f"class, {name!r} has {', '.join(map(str, sorted(own.again))) or 'none'}"
        )
    if own.tested.shape != (pictures, codes) or own.usage.shape != (codes,):
        raise UsageError(
            f"{name!r}: expected scores of {pictures} pictures and {codes} codes and a usage for "
            f"each code, got {' x '.join(map(str, own.tested.shape))} and {len(own.usage)}"
        )
    for head in (own.whole, *own.again.values()):
        if head.weights.shape != (classes, codes) or not head.scale.equal(own.whole.scale):
            raise UsageError(
                f"{name!r}: all heads must have {classes} classes, {codes} codes and one scale: "
                "make them with budgets.try_budgets"
            )
        if not (head.weights.isfinite().all() and (head.weights >= 0).all()) or head.bias.any():
            raise UsageError(
                f"{name!r}: heads must be readable, weights finite and at least 0 and no bias"
            )
    if not (own.tested.isfinite().all() and (own.tested.abs() <= 1).all()):
        raise UsageError(f"{name!r}: scores must be shares or cosines, from -1 to 1")
