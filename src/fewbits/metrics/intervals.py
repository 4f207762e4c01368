"""How sure a mean is: bootstrap intervals over images, and over seeds where there are several."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_count

# Numbers drawn at a time: 32 MB of indices.
DRAWN_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """A mean and where it would lie in most repetitions.

    Attributes:
        mean: of the groups' means.
        low, high: ends of the interval.
        count: values in all groups together.
    """

    mean: float
    low: float
    high: float
    count: int


def bootstrap(
    groups: Float[Tensor, " value"] | Sequence[Tensor],
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap of a mean (Efron 1979, Annals of Statistics 7(1), 1-26).

    Several groups, one a seed, are resampled on two levels: first groups, then values within each
    drawn group, both with replacement. The interval so holds for new seeds and new images. With
    one group only its values are drawn: it then says nothing about other seeds.

    Args:
        groups: the values, or one tensor of values a group; groups may differ in size.
        confidence: of the interval, between 0 and 1.
        resamples: how often the mean is drawn.
        seed: the same seed gives the same interval.

    Raises:
        UsageError: nothing to average, NaN, or a setting out of range.
    """
    if isinstance(groups, Tensor):
        groups = [groups]
    rows = [_checked(values, place) for place, values in enumerate(groups)]
    if not rows:
        raise UsageError("there are no groups to average: pass at least one tensor of values")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence must be between 0 and 1, 0.95 say, got {confidence:g}")
    check_count(resamples, "resamples")
    generator = torch.Generator().manual_seed(seed)
    picks = torch.randint(len(rows), (resamples, len(rows)), generator=generator)
    means = torch.empty(picks.shape, dtype=torch.float64)
    for place, values in enumerate(rows):
        picked = picks == place
        means[picked] = _resampled_means(values, int(picked.sum()), generator)
    tail = (1 - confidence) / 2
    low, high = means.mean(1).quantile(torch.tensor([tail, 1 - tail], dtype=torch.float64)).tolist()
    mean = sum(values.mean().item() for values in rows) / len(rows)
    return Interval(mean, low, high, sum(map(len, rows)))


def _checked(values: Tensor, place: int) -> Float[Tensor, " value"]:
    values = values.detach().cpu().double()
    if values.ndim != 1 or not len(values):
        raise UsageError(
            f"group {place} must be a row of at least one value, got shape {tuple(values.shape)}"
        )
    if not torch.isfinite(values).all():
        raise UsageError(f"group {place} holds NaN or infinity: leave out what has no value")
    return values


def _resampled_means(
    values: Float[Tensor, " value"], count: int, generator: torch.Generator
) -> Float[Tensor, " mean"]:
    """Means of ``count`` draws with replacement, each as large as ``values``."""
    means = [torch.empty(0, dtype=values.dtype)]
    at_once = math.ceil(DRAWN_AT_ONCE / len(values))
    for first in range(0, count, at_once):
        rows = min(at_once, count - first)
        places = torch.randint(len(values), (rows, len(values)), generator=generator)
        means.append(values[places].mean(1))
    return torch.cat(means)
