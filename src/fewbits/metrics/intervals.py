"""How sure a mean is: bootstrap intervals over images, and over seeds where there are several."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
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
    drawn group, both with replacement. That is right where each group has images of its own; where
    all saw the same ones it is too narrow, and :func:`bootstrap_seeds` is meant. With one group
    only its values are drawn: it then says nothing about other seeds.

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


def bootstrap_seeds(
    values: Float[Tensor, "row image"],
    counts: Bool[Tensor, "row image"] | None = None,
    seeds: Sequence[tuple[int, ...]] | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Interval of a mean over networks of several seeds that were all shown the same images.

    Seeds and images are crossed, so both are drawn anew, and one draw of images serves all rows.
    With few seeds the interval is too narrow, as every percentile bootstrap of few things is; with
    three read it as a rough one. Where only one row can be drawn it holds for new images alone.

    Args:
        values: one row a network, or a pair of networks.
        counts: which values count; default all.
        seeds: of each row, one seed or the two seeds of a pair. A pair of seeds counts as often as
            both were drawn. Default: each row its own.
        confidence: of the interval, between 0 and 1.
        resamples: how often the mean is drawn.
        seed: the same seed gives the same interval.

    Raises:
        UsageError: no value counts, NaN among those that do, or a setting out of range.
    """
    counts = torch.ones_like(values, dtype=torch.bool) if counts is None else counts
    seeds = [(row,) for row in range(len(values))] if seeds is None else seeds
    kept = counts.any(1)
    if not kept.any():
        raise UsageError("no value counts: there is nothing to average")
    rows = [
        _checked(row[use], place)
        for place, (row, use) in enumerate(zip(values, counts, strict=True))
        if use.any()
    ]
    if not 0 < confidence < 1:
        raise UsageError(f"confidence must be between 0 and 1, 0.95 say, got {confidence:g}")
    check_count(resamples, "resamples")
    generator = torch.Generator().manual_seed(seed)
    use = counts[kept].double()
    filled = torch.where(counts[kept], values[kept].double(), 0.0)
    images = _multiplicities(values.shape[1], resamples, generator)
    sums, sizes = images @ filled.T, images @ use.T
    weights = _row_weights([seeds[int(i)] for i in kept.nonzero()[:, 0]], resamples, generator)
    weights = torch.where(sizes > 0, weights, 0.0)
    means = (weights * sums / sizes.clamp_min(1)).sum(1) / weights.sum(1)
    means = means[weights.sum(1) > 0]
    tail = (1 - confidence) / 2
    low, high = means.quantile(torch.tensor([tail, 1 - tail], dtype=torch.float64)).tolist()
    mean = sum(row.mean().item() for row in rows) / len(rows)
    return Interval(mean, low, high, sum(map(len, rows)))


def _multiplicities(
    things: int, resamples: int, generator: torch.Generator
) -> Float[Tensor, "resample thing"]:
    """How often each of ``things`` is drawn when as many are drawn with replacement."""
    picks = torch.randint(things, (resamples, things), generator=generator)
    drawn = torch.zeros(resamples, things, dtype=torch.float64)
    return drawn.scatter_add_(1, picks, torch.ones_like(picks, dtype=torch.float64))


def _row_weights(
    seeds: Sequence[tuple[int, ...]], resamples: int, generator: torch.Generator
) -> Float[Tensor, "resample row"]:
    """How often each row counts: as often as its seeds were drawn."""
    names = sorted({name for row in seeds for name in row})
    drawn = _multiplicities(len(names), resamples, generator)
    columns = [torch.stack([drawn[:, names.index(name)] for name in row]).prod(0) for row in seeds]
    return torch.stack(columns, 1)
