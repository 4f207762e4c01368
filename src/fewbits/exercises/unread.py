"""Checks for the exercises of *Features nobody can read*."""

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

WORDS = ("rise", "stay", "fall")


def added(answer: object) -> Verdict:
    """Exercise 1: what three features add to a logit."""
    if is_open(answer):
        return unanswered("three numbers: each feature's distance from its average, times w.")
    if close(answer, [0.5, 1.0, 0.0]):
        return right("a feature below its average speaks for the class if its weight is negative.")
    if close(answer, [1.0, -1.0, 3.0]):
        return wrong("these are f times w; the average bird would get a part of that as well.")
    if close(answer, [-0.5, -1.0, 0.0]):
        return wrong("sign: a feature adds (f - average) times w, not (average - f).")
    if close(answer, 1.5):
        return wrong("that is the sum of all three; give each feature's own part.")
    if close(answer, [1.0, -0.5, 0.0]):
        return wrong("that is the distance from the average; it still has to be weighted.")
    return wrong(f"expected three numbers, (f - average) times w, got {shown(answer)}.")


def louder_maps(diversity: object, sid: object) -> Verdict:
    """Exercise 2: what ten times louder maps do to both measures, if they peak apart."""
    if is_open(diversity) or is_open(sid):
        return unanswered(f"two words out of {', '.join(WORDS)}.")
    diversity, sid = str(diversity).lower(), str(sid).lower()
    if diversity not in WORDS or sid not in WORDS:
        return wrong(f"write two words out of {', '.join(WORDS)}, got {diversity} and {sid}.")
    if (diversity, sid) == ("rise", "stay"):
        return right("a softmax sharpens with scale; SID@5 divides the scale away first.")
    if diversity == "stay":
        return wrong("the softmax of 10 m is not that of m: its largest share grows.")
    if diversity == "fall":
        return wrong("these two peak in different corners; sharper shares overlap less.")
    return wrong("SID@5 divides each map by its own mean first, so a factor cancels.")


def contrast(answer: Callable[[Tensor, Tensor, Tensor, int, int], Tensor]) -> Verdict:
    """Exercise 3: why this class and not that one, feature by feature."""
    generator = torch.Generator().manual_seed(0)
    features, average = torch.randn(2, 6, generator=generator)
    weights = torch.randn(4, 6, generator=generator)

    def ask(this: int, other: int) -> object:
        return answer(features.clone(), average.clone(), weights.clone(), this, other)

    found = ask(2, 0)
    if is_open(found):
        return unanswered("one number a feature; only the weights change.")
    if close(found, ask(1, 3)):
        return wrong("the same for every two classes: use `this` and `other`.")
    difference = weights[2] - weights[0]
    if close(found, (features - average) * difference):
        return right("a contrast is a decision with the difference of two rows of weights.")
    if close(found, (features - average) * weights[2]):
        return wrong("that is why this class; the other's part is still to be taken off.")
    if close(found, features * difference):
        return wrong("these parts are not compared with the average bird's.")
    if close(found, (average - features) * difference) or close(
        found, (features - average) * (weights[0] - weights[2])
    ):
        return wrong("sign: what speaks for this class must be above 0.")
    if close(found, ((features - average) * difference).sum()):
        return wrong("that is the sum; return one number a feature.")
    shape = getattr(as_tensor(found), "shape", None)
    if shape is None or tuple(shape) != (6,):
        return wrong(f"expected one number for each of 6 features, got {found}.")
    return wrong("the parts do not add up to how much further apart the two logits are.")


def detector(answer: object) -> Verdict:
    """Exercise 4: how well a perfect detector of one species separates what four species have."""
    if is_open(answer):
        return unanswered("a bird with the property is one of the detector's own how often?")
    if close(answer, 0.625):
        return right(
            "a quarter of the pairs is won, the others are ties at 0. To reach 0.86 it has to "
            "hear more than one species."
        )
    if close(answer, 0.25):
        return wrong("the three other species tie with the birds without it, and ties count half.")
    if close(answer, 1.0):
        return wrong("on three of the four species that have the property it is silent.")
    if close(answer, 0.75):
        return wrong("three quarters of the pairs are ties, and a tie counts half.")
    if close(answer, 0.5):
        return wrong("it is loud on a quarter of the birds that have the property.")
    return wrong(
        f"expected one number, from pairs with the property and without, got {shown(answer)}."
    )
