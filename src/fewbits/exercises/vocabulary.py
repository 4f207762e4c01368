"""Checks for the exercises of *A vocabulary of parts*."""

from collections.abc import Callable

import torch
from torch import Tensor

from fewbits.exercises.verdict import (
    Verdict,
    as_tensor,
    close,
    is_open,
    right,
    shown,
    unanswered,
    wrong,
)

CODE = torch.tensor([1.0, -2.0, 0.5])
OWN = torch.tensor([[2.0, 0.0, 0.5], [4.0, -1.0, 0.5]])
CELLS = 10
PULLED = 2 * (CODE - OWN).sum(0) / (CELLS * 3)

HALVES = torch.arange(60) // 30
STRANGERS = torch.arange(60) % 2
ALONE = torch.arange(60)


def spelled(in_codes: object, the_list: object) -> Verdict:
    """Exercise 1: bits of a picture in codes, and of the list of codes itself."""
    if is_open(in_codes) or is_open(the_list):
        return unanswered("64 cells, each one of 64 codes; the list has 64 vectors.")
    if close(in_codes, 64 * 64):
        return wrong("one of 64 codes takes log2(64) bits, not 64.")
    if close(in_codes, 64 * 7):
        return wrong("0 to 63 is 64 codes: six bits are enough.")
    if not close(in_codes, 64 * 6):
        return wrong(f"64 cells times the bits of one code, got {shown(in_codes)}.")
    if close(the_list, 64 * 128 * 2):
        return wrong("those are bytes; sixteen bits are two of them.")
    if not close(the_list, 64 * 128 * 16):
        return wrong(f"64 vectors of 128 numbers of 16 bits, got {shown(the_list)}.")
    return right("the list is as large as one picture's maps, and it is paid for once.")


def three_ways(direction: object, distance: object, from_mean: object) -> Verdict:
    """Exercise 2: the nearest of three codes by angle, by distance, by angle from the mean."""
    if is_open(direction) or is_open(distance) or is_open(from_mean):
        return unanswered("three numbers from 0 to 2, one for each way to be near.")
    if not close(direction, 1):
        return wrong(
            "seen from 0, (0.1, 0.2) points nearly where (1, 3) points, however short it is."
        )
    if not close(distance, 2):
        return wrong("by distance (2, 2) is nearest: the root of 2 away; (0.1, 0.2) is 2.9 away.")
    if close(from_mean, 1):
        return wrong("take the mean (1, 1) from all four vectors: (0.1, 0.2) then points back.")
    if not close(from_mean, 2):
        return wrong("from (1, 1), the vector points to (0, 2); which code points upwards most?")
    return right("what is near depends on what is measured, and from where.")


def pull(answer: Callable[[Tensor, Tensor, int], Tensor]) -> Verdict:
    """Exercise 3: the dictionary loss's gradient for one code."""
    try:
        found = answer(CODE.clone(), OWN.clone(), CELLS)
    except (RuntimeError, TypeError) as error:
        return wrong(f"it stops with an error: {error}.")
    if is_open(found):
        return unanswered("the derivative of the mean over all cells and features, for one code.")
    if close(found, PULLED):
        return right(
            "it is 0 at its cells' mean: the centre step of k-means, with means, not unit sums."
        )
    if close(found, -PULLED):
        return wrong("sign: the gradient points away from the cells, and a step goes against it.")
    if close(found, 2 * (CODE - OWN).sum(0)):
        return wrong("that is the gradient of the sum; the loss is a mean over cells and features.")
    if close(found, PULLED * 3):
        return wrong("the mean is over features, too: divide by them.")
    if close(found, PULLED * CELLS / len(OWN)):
        return wrong("the mean is over all cells, not only over those that chose this code.")
    if close(found, PULLED / 2):
        return wrong("the square's derivative brings a 2.")
    return wrong(f"on a test case of three features it is another, got {shown(found)}")


def above_chance(answer: Callable[[Tensor, Tensor], object]) -> Verdict:
    """Exercise 4: the main share, counted from what shuffled codes reach."""
    tried = {}
    for name, codes in {"same": HALVES, "strangers": STRANGERS, "alone": ALONE}.items():
        try:
            found = answer(codes.clone(), HALVES.clone())
        except ZeroDivisionError:
            return wrong("with a code for each cell chance is 1 as well: give 0 there, no error.")
        except (RuntimeError, TypeError) as error:
            return wrong(f"it stops with an error: {error}.")
        if is_open(found):
            return unanswered("0 where codes do no better than shuffled ones, 1 where they are it.")
        value = as_tensor(found)
        if value is None or value.numel() != 1:
            return wrong(f"expected one number, got {shown(found)}.")
        tried[name] = value.item()
    if tried["alone"] != tried["alone"]:
        return wrong("with a code for each cell chance is 1 as well, and 0 / 0 is NaN: give 0.")
    if abs(tried["same"] - 1) > 1e-3:
        if abs(tried["same"] - 0.43) < 0.06:
            return wrong("divide by what there was to gain: 1 minus chance.")
        return wrong(f"codes that are the truth itself must get 1, they got {tried['same']:.2f}.")
    if tried["alone"] > 0.5:
        return wrong(
            "a code for each cell gets 1 by counting alone: take shuffled codes' share off."
        )
    if abs(tried["strangers"]) > 0.2:
        return wrong(
            f"codes that know nothing must come near 0, they got {tried['strangers']:.2f}: shuffle "
            "the codes over the cells, a few times, and take the mean."
        )
    if abs(tried["alone"]) > 1e-3:
        return wrong(
            f"with a code for each cell nothing can be gained: 0, not {tried['alone']:.2f}"
        )
    return right(
        "scikit-learn's adjusted_mutual_info_score does so with mutual information for the share."
    )
