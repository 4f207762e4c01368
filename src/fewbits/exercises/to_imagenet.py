"""Checks for the exercises of *To ImageNet*."""

from collections.abc import Callable

import torch
from torch import Tensor

from fewbits.exercises.verdict import (
    Verdict,
    close,
    is_open,
    right,
    shown,
    unanswered,
    wrong,
)

PICTURES = 1_281_167
GB = 1e9
CACHE = PICTURES * 14 * 14 * 768 * 2 / GB
SCORES = PICTURES * 4096 * 2 / GB
NEAR = 1e-2  # numbers rounded to two figures are right
COUNTS = torch.tensor([5, 2, 0, 1])
GRADIENTS = torch.tensor([[1.0, -2.0], [4.0, 0.0], [float("nan"), float("nan")], [-1.0, 8.0]])
TOGETHER = torch.tensor([5 + 8 - 1.0, -10 + 8.0]) / 8
SHARDS, WHOLE = 11, frozenset({0, 3, 4, 8})


def cache_and_scores(cache: object, scores: object) -> Verdict:
    """Exercise 1: gigabytes of a transformer's maps, and of scores."""
    if is_open(cache) or is_open(scores):
        return unanswered("pictures times numbers of each times two bytes, divided by 10^9.")
    if close(scores, SCORES / 2, NEAR) and close(cache, CACHE, NEAR):
        return wrong("those are the scores of 2,048 codes; or did you count one byte a number?")
    if close(cache, CACHE / 2, NEAR):
        return wrong("16 bits are two bytes, not one.")
    if close(cache, CACHE * 2, NEAR) or close(scores, SCORES * 2, NEAR):
        return wrong("16 bits are two bytes; four are 32 bits.")
    if close(cache, CACHE * GB / 2**30, NEAR) or close(scores, SCORES * GB / 2**30, NEAR):
        return wrong("a GB of 10^9 bytes is asked for; you divided by 2^30.")
    if not close(cache, CACHE, NEAR):
        return wrong(f"the cache: 1,281,167 x 14 x 14 x 768 x 2 bytes, got {shown(cache)}.")
    if close(scores, SCORES * 196, NEAR):
        return wrong("a score is the maximum over the cells: one number a code, not one a cell.")
    if not close(scores, SCORES, NEAR):
        return wrong(f"the scores: 1,281,167 x 4,096 x 2 bytes, got {shown(scores)}.")
    return right("the scores are a thirty-seventh of the maps, and the head reads only them.")


def amdahl(on_four: object, at_most: object) -> Verdict:
    """Exercise 2: hours on four devices, and the best factor there can be."""
    if is_open(on_four) or is_open(at_most):
        return unanswered("two hours stay two hours; the other eight are divided.")
    if close(on_four, 2.5):
        return wrong("that divides all ten hours; two of them are not shared.")
    if close(on_four, 2):
        return wrong("that is the shared part on four devices; the other two hours remain.")
    if not close(on_four, 4):
        return wrong(f"2 hours and a quarter of 8, got {shown(on_four)}.")
    if close(at_most, 2):
        return wrong("two hours is what is left at best; how many times as fast as ten is that?")
    if close(at_most, 8):
        return wrong("the eight shared hours shrink to nothing, the two others do not.")
    if not close(at_most, 5):
        return wrong(f"at best only the 2 hours that are not shared remain, got {shown(at_most)}.")
    return right("a fifth of the work is not shared, and five times is the end.")


def together(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Exercise 3: from the gradients of parts to the gradient of all."""
    try:
        found = answer(GRADIENTS.clone(), COUNTS.clone())
    except (RuntimeError, TypeError, IndexError, ZeroDivisionError) as error:
        return wrong(f"it stops with an error: {error}.")
    if is_open(found):
        return unanswered("one gradient: what one process would have found with all pictures.")
    if isinstance(found, Tensor) and found.isnan().any():
        return wrong("0 times NaN is NaN: leave out the process that had no pictures.")
    some = COUNTS > 0
    if close(found, TOGETHER):
        return right("the mean of means is the mean of all only where all have as many.")
    if close(found, GRADIENTS[some].mean(0)):
        return wrong("a process with one picture counts here as much as one with five.")
    if close(found, GRADIENTS[some].sum(0)):
        return wrong("gradients of means do not add up; gradients of sums do.")
    if close(found, TOGETHER * 8):
        return wrong("that is the gradient of the sum: divide by the number of all pictures.")
    if close(found, TOGETHER * 8 / len(COUNTS)) or close(found, TOGETHER * 8 / 3):
        return wrong("divide by pictures, not by processes.")
    return wrong(f"on a test case with 5, 2, 0 and 1 pictures it is another, got {shown(found)}.")


def left(answer: Callable[[int, frozenset[int], int, int], object]) -> Verdict:
    """Exercise 4: which shards a process still has to make."""
    missing = [n for n in range(SHARDS) if n not in WHOLE]
    for world in (1, 2, 3, 20):
        dealt: list[int] = []
        for rank in range(world):
            try:
                own = answer(SHARDS, WHOLE, rank, world)
            except (RuntimeError, TypeError, IndexError, ZeroDivisionError) as error:
                return wrong(f"with {world} processes it stops with an error: {error}.")
            if is_open(own):
                return unanswered("a list of shards' numbers for each process.")
            if not isinstance(own, list) or not all(isinstance(n, int) for n in own):
                return wrong(f"expected a list of whole numbers, got {shown(own)}.")
            if own != sorted(own):
                return wrong("in order: pictures are then read in the order of the disk.")
            dealt += own
        if set(dealt) & WHOLE:
            return wrong("shards that are whole are not made again: that is what records are for.")
        if len(dealt) != len(set(dealt)):
            return wrong(f"with {world} processes some shard is made twice.")
        if lost := sorted(set(missing) - set(dealt)):
            return wrong(
                f"with {world} processes nobody makes shard {lost[0]}: {SHARDS} shards divided by "
                f"{world} leave a remainder."
            )
        if set(dealt) - set(missing):
            return wrong(f"there are shards 0 to {SHARDS - 1}, and some process makes another.")
    first = answer(SHARDS, WHOLE, 0, 2)
    assert isinstance(first, list)
    later = answer(SHARDS, WHOLE | {first[0]}, 1, 2)  # looks when one more is there
    if not isinstance(later, list) or sorted(first + later) != missing:
        return wrong(
            "a process that looks a moment later finds more of them there, and then yours deals "
            "otherwise: go by a shard's number, not by its place among those that are missing."
        )
    return right("who makes what follows from rank and world alone, so nobody has to ask.")
