"""The usual wrong answers to *To ImageNet*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import to_imagenet as check

CACHE = 1_281_167 * 14 * 14 * 768 * 2 / 1e9
SCORES = 1_281_167 * 4096 * 2 / 1e9


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., 1), "Not answered yet"),
        ((CACHE, SCORES), "Right"),
        ((386, 10.5), "Right"),
        ((CACHE / 2, SCORES / 2), "two bytes, not one"),
        ((CACHE * 2, SCORES * 2), "four are 32 bits"),
        ((CACHE * 1e9 / 2**30, SCORES), "divided by 2^30"),
        ((96, SCORES), "14 x 14 x 768"),
        ((CACHE, SCORES * 196), "one number a code"),
        ((CACHE, 5.2), "the scores of 2,048 codes"),
        ((CACHE, 7), "4,096 x 2 bytes"),
    ],
)
def test_cache_and_scores(answer, told):
    expect(check.cache_and_scores(*answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((4, ...), "Not answered yet"),
        ((4, 5), "Right"),
        ((2.5, 5), "divides all ten hours"),
        ((2, 5), "other two hours remain"),
        ((3, 5), "a quarter of 8"),
        ((4, 2), "how many times"),
        ((4, 8), "shrink to nothing"),
        ((4, 10), "only the 2 hours"),
    ],
)
def test_amdahl(answer, told):
    expect(check.amdahl(*answer), told)


def some(gradients, counts):
    return gradients[counts > 0], counts[counts > 0, None]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda g, n: ..., "Not answered yet"),
        (lambda g, n: (some(g, n)[0] * some(g, n)[1]).sum(0) / n.sum(), "Right"),
        (lambda g, n: (g * n[:, None]).sum(0) / n.sum(), "0 times NaN"),
        (lambda g, n: some(g, n)[0].mean(0), "as much as one with five"),
        (lambda g, n: some(g, n)[0].sum(0), "gradients of sums do"),
        (lambda g, n: (some(g, n)[0] * some(g, n)[1]).sum(0), "number of all pictures"),
        (lambda g, n: (some(g, n)[0] * some(g, n)[1]).sum(0) / 4, "not by processes"),
        (lambda g, n: torch.zeros(2), "it is another"),
        (lambda g, n: g @ n, "stops with an error"),
    ],
)
def test_together(answer, told):
    expect(check.together(answer), told)


def own(shards, whole, rank, world):
    return [n for n in range(rank, shards, world) if n not in whole]


def floored(shards, whole, rank, world):
    each = shards // world
    return [n for n in range(rank * each, (rank + 1) * each) if n not in whole]


def overlapping(shards, whole, rank, world):
    each = -(-shards // world) + 1
    rows = range(rank * (each - 1), min(shards, rank * (each - 1) + each))
    return [n for n in rows if n not in whole]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda *given: ..., "Not answered yet"),
        (own, "Right"),
        (lambda s, w, r, n: [x for x in range(s) if x not in w][r::n], "by a shard's number"),
        (floored, "nobody makes shard"),
        (overlapping, "made twice"),
        (lambda s, w, r, n: list(range(r, s, n)), "not made again"),
        (lambda s, w, r, n: own(s, w, r, n)[::-1], "in order"),
        (lambda s, w, r, n: own(s + n, w, r, n), "makes another"),
        (lambda s, w, r, n: set(own(s, w, r, n)), "expected a list"),
        (lambda s, w, r, n: own(s, w, r), "stops with an error"),
    ],
)
def test_left(answer, told):
    expect(check.left(answer), told)


def test_the_chapters_own_solutions():
    sources = solutions("protoquant/to_imagenet")
    assert len(sources) == 4
    for source in sources:
        assert verdict(source, {"check": check, "torch": torch})
