"""Histograms over a whole training, in bins that are only known when it has ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.pact.activations import LSQ, PACT

MOST_BINS = 96  # of one histogram: as many bars as half a page shows apart
FINE_BINS = 2048  # on either side of 0 while recording, when the range to come is not known


@dataclass(frozen=True)
class Layer:
    """One activation layer, and the bins that its histograms share from first frame to last.

    Attributes:
        bits: 1 to 8: the layer has ``2**bits`` levels.
        learns: "pact" or "lsq": whose gradient moves alpha.
        low: where the first bin begins, a whole number of widths.
        width: of each bin, a power of two; so 0 always lies between two bins.
        bins: how many there are; they hold every value of every frame.
    """

    bits: int
    learns: str
    low: float
    width: float
    bins: int


@dataclass(frozen=True)
class LayerFrame:
    """One activation layer at one moment, on the probe images.

    Attributes:
        alpha: the clip.
        counts: how many of the values that enter lie in each bin.
        clipped: share of values at or beyond alpha, those that pull on it in PACT.
        zero: share of values that leave as 0: those below 0, and those rounded down to it.
        used: levels that at least one value takes.
    """

    alpha: float
    counts: tuple[int, ...]
    clipped: float
    zero: float
    used: int


@dataclass(frozen=True)
class Seen:
    """A layer at one moment, in fine bins: the first one begins at ``first`` widths."""

    width: float
    first: int
    counts: Int[Tensor, " bin"]
    alpha: float
    clipped: float
    zero: float
    used: int


def look(layer: PACT, entered: Float[Tensor, "*shape"], left: Float[Tensor, "*shape"]) -> Seen:
    """Count what entered a layer and, by level, what left it."""
    count = entered.numel()
    # Powers of two: dividing by one is exact, and a coarse bin is a whole number of fine ones.
    width = _power_above(entered.abs().max().item() / FINE_BINS)
    places = torch.floor(entered / width).to(torch.int64).flatten()
    first, alpha = int(places.min()), layer.alpha.item()
    levels = torch.round(left * ((2**layer.bits - 1) / alpha)).to(torch.int64).flatten()
    taken = torch.bincount(levels, minlength=2**layer.bits)
    return Seen(
        width,
        first,
        torch.bincount(places - first).cpu(),
        alpha,
        clipped=int((entered >= layer.alpha).sum()) / count,
        zero=int(taken[0]) / count,
        used=int((taken > 0).sum()),
    )


def bins_of(clip: PACT, seen: Sequence[Seen]) -> Layer:
    """The narrowest bins that hold all of ``seen`` and are not more than ``MOST_BINS``."""
    width = max(s.width for s in seen)
    low = min(s.first * s.width for s in seen)
    high = max((s.first + len(s.counts) - 1) * s.width for s in seen)
    while high // width - low // width >= MOST_BINS:
        width *= 2
    return Layer(
        bits=clip.bits,
        learns="lsq" if isinstance(clip, LSQ) else "pact",
        low=low // width * width,
        width=width,
        bins=int(high // width - low // width) + 1,
    )


def rebinned(layer: Layer, seen: Seen) -> LayerFrame:
    """What was seen, in the bins that all frames share."""
    together = round(layer.width / seen.width)
    places = (seen.first + torch.arange(len(seen.counts))) // together
    places -= round(layer.low / layer.width)
    counts = torch.zeros(layer.bins, dtype=torch.int64).index_add_(0, places, seen.counts)
    return LayerFrame(seen.alpha, tuple(counts.tolist()), seen.clipped, seen.zero, seen.used)


def _power_above(size: float) -> float:
    """The smallest power of two that is at least ``size``; a small one for nothing but zeros."""
    return 2.0 ** math.ceil(math.log2(size)) if size > 1e-30 else 2.0**-20
