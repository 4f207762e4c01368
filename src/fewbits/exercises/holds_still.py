"""Checks for the exercises of *Does it hold still?*"""

import math
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

REACHES = (1, 2, 3)
USUAL: dict[str, Callable[[int], int]] = {
    "": lambda reach: (2 * reach + 1) ** 2,
    "a patch on the cell itself changes it, too: it is 0 cells away.": (
        lambda reach: (2 * reach + 1) ** 2 - 1
    ),
    "that is one row of places; the field is as high as it is wide.": lambda reach: 2 * reach + 1,
    "a cell in the middle is reached from both sides, left and right.": lambda reach: (
        (reach + 1) ** 2
    ),
    "a field is a square: places across the corner reach the cell, too.": (
        lambda reach: 4 * reach + 1
    ),
}
WORDS = ("rise", "fall", "stay", "both")

# Part x picture: the code's own part is the first. The third picture does not have it.
FELL = torch.tensor([[0.4, 0.1, 0.9], [0.1, 0.1, 0.5], [0.3, 0.0, 0.2]])
GONE = torch.tensor([[True, True, False], [True, True, True], [True, False, True]])
TOLD = (1 + 1 + 0.5) / 3


def places(third: object, fourth: object, last: object) -> Verdict:
    """Exercise 1: from how many places a patch can change what is seen at one inner cell."""
    answers = (third, fourth, last)
    if any(map(is_open, answers)):
        return unanswered("count the places that lie at most 1, 2 and 3 cells away.")
    for said, count in USUAL.items():
        if all(close(own, count(reach)) for own, reach in zip(answers, REACHES, strict=True)):
            return wrong(said) if said else right("the last block's cell hangs on 49 of 64 places.")
    return wrong(f"1, 2 and 3 cells to every side, and the cell itself, got {shown(answers)}.")


def beyond(score: object, value: object, over_places: object) -> Verdict:
    """Exercise 2: what a patch beyond reach can do to a score, and to the value at the cell."""
    answers = (score, value, over_places)
    if any(map(is_open, answers)):
        return unanswered(f"three words, each one of {', '.join(WORDS)}.")
    if any(answer not in WORDS for answer in answers):
        return wrong(f"each answer is one of {', '.join(WORDS)}, got {shown(answers)}.")
    if value != "stay":
        return wrong("beyond its field not one number changes that the cell is made of.")
    if score == "stay":
        return wrong("the value at the cell stays; but a score is the largest of 64 values.")
    if score != "rise":
        return wrong("the old maximum is still there, so the largest of all cannot be less.")
    if over_places != "both":
        return wrong(
            "divided by the sum over places, each share hangs on all places: a code that appears "
            "under the patch takes from the old cell, one that goes gives to it."
        )
    return right("so what holds still is decided by where the softmax is taken, too.")


def undecided(loss: object, pictures: object) -> Verdict:
    """Exercise 3: alignment of 32 equal shares, and when a prototype counts as present."""
    if is_open(loss) or is_open(pictures):
        return unanswered("-log of an inner product of 32 equal pairs; then solve tanh(0.1 n).")
    if close(loss, math.log2(32)):
        return wrong("the loss is in natural logarithms.")
    if close(loss, 2 * math.log(32), 1e-3):
        return wrong("that is one product, 1/32 squared; the inner product has 32 of them.")
    if close(loss, 0.0):
        return wrong("equal is not enough: 0 needs a place that is wholly one prototype's.")
    if not close(loss, math.log(32), 1e-3):
        return wrong(f"32 products of 1/32 times 1/32 add up to 1/32, got {shown(loss)}.")
    if close(pictures, 18) or close(pictures, 18.46, 0.01):
        return wrong("18 pictures give 1.8, and -log tanh(1.8) is still above 0.05: round up.")
    if not close(pictures, 19):
        return wrong(
            f"tanh has to reach e to the -0.05, 0.951: its argument 1.85; got {shown(pictures)}."
        )
    return right("two pictures that show it loudly do the same as nineteen that hint at it.")


def told(answer: Callable[[Tensor, Tensor, int], object]) -> Verdict:
    """Exercise 4: how often a code falls more without its own part than without another."""
    try:
        found = answer(FELL.clone(), GONE.clone(), 0)
    except (RuntimeError, TypeError, IndexError, ZeroDivisionError) as error:
        return wrong(f"it stops with an error: {error}.")
    if is_open(found):
        return unanswered("count pairs in one picture; equal falls count half.")
    value = as_tensor(found)
    if value is None or value.numel() != 1:
        return wrong(f"expected one number, got {shown(found)}.")
    usual = {
        TOLD: "",
        2 / 3: "equal falls count half: the second picture has such a pair.",
        1.0: "equal falls count half, not whole: the second picture has such a pair.",
        (1 + 1 + 0.5 + 2) / 5: "the third picture has no such part: nothing was taken away there.",
        (1 + 1 + 0.5 + 1) / 4: "the second picture does not have the third part.",
        (0.5 + 1 + 1 + 0.5 + 0.5) / 5: "a part is not compared with itself.",
    }
    for value_of, said in usual.items():
        if abs(value.item() - value_of) < 1e-4:
            return wrong(said) if said else right("0.5 would be a code that knows of no part.")
    return wrong(f"three pairs count here, and the share is {TOLD:.2f}, got {value.item():.3g}.")
