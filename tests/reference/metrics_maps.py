"""Comparing and describing maps, one pixel at a time, straight from the papers."""

from collections.abc import Sequence
from math import log

Pixels = Sequence[float]


def average_ranks(values: Pixels) -> list[float]:
    """Rank from 1; equal values all get the mean of the ranks they take up."""
    ranks = []
    for value in values:
        taken = [place for place, other in enumerate(sorted(values), start=1) if other == value]
        ranks.append(sum(taken) / len(taken))
    return ranks


def spearman(a: Pixels, b: Pixels) -> float:
    ra, rb = average_ranks(a), average_ranks(b)
    mean = sum(ra) / len(ra)
    da, db = [r - mean for r in ra], [r - mean for r in rb]
    spread_a, spread_b = sum(d * d for d in da), sum(d * d for d in db)
    if spread_a == 0 or spread_b == 0:
        return float(spread_a == spread_b)
    return sum(x * y for x, y in zip(da, db, strict=True)) / (spread_a * spread_b) ** 0.5


def membership(values: Pixels, k: int) -> list[float]:
    """How often each pixel is among the strongest k, if ties are broken by a fair draw."""
    weights = []
    for value in values:
        stronger = sum(other > value for other in values)
        equal = sum(other == value for other in values)
        weights.append(min(1.0, max(0.0, (k - stronger) / equal)))
    return weights


def topk_intersection(a: Pixels, b: Pixels, share: float) -> float:
    k = max(1, round(share * len(a)))
    both = zip(membership(a, k), membership(b, k), strict=True)
    return sum(min(pair) for pair in both) / k


def gini(values: Pixels) -> float:
    """Half the mean absolute difference of all pairs, over the mean."""
    sizes = [abs(v) for v in values]
    if not sum(sizes):
        return 0.0
    pairs = sum(abs(x - y) for x in sizes for y in sizes) / len(sizes) ** 2
    return pairs / 2 / (sum(sizes) / len(sizes))


def entropy(values: Pixels) -> float:
    sizes = [abs(v) for v in values]
    if not sum(sizes):
        return log(len(sizes))
    parts = [s / sum(sizes) for s in sizes]
    return -sum(p * log(p) for p in parts if p > 0)


def energy_inside(values: Pixels, truth: Sequence[bool]) -> float:
    positive = [max(v, 0.0) for v in values]
    if not sum(positive):
        return sum(truth) / len(truth)
    return sum(v for v, inside in zip(positive, truth, strict=True) if inside) / sum(positive)


def pointing_game(values: Pixels, truth: Sequence[bool]) -> float:
    hits = [inside for v, inside in zip(values, truth, strict=True) if v == max(values)]
    return sum(hits) / len(hits)
