"""Checks for the exercises of *Five reasons a class*."""

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
from fewbits.glm import ElasticNet

WORDS = ("earlier", "later", "same")
WISHES = torch.tensor([2.0, 0.4, -0.9, -3.0, 0.0])


def soft_threshold(answer: object) -> Verdict:
    """Exercise 1: what a price of 0.5 leaves of four weights."""
    if is_open(answer):
        return unanswered("each weight gives up 0.5 of its size; what has less becomes 0.")
    if close(answer, [0.7, 0.0, 0.0, -1.5]):
        return right("0.5 pays its price exactly and is 0; the others keep their sign.")
    if close(answer, [0.7, -0.8, 0.0, -2.5]):
        return wrong("negative weights shrink too: their size falls, so they rise towards 0.")
    if close(answer, [0.7, 0.2, 0.0, -1.5]):
        return wrong("-0.3 has less than 0.5 to give: it becomes 0 and does not change its sign.")
    if close(answer, [1.2, 0.0, 0.0, -2.0]) or close(answer, [1.2, 0.0, 0.5, -2.0]):
        return wrong("that only drops small weights (a hard threshold); the others pay as well.")
    if close(answer, [0.8, -0.2, 1 / 3, -4 / 3]):
        return wrong("that is the price on the square: it shrinks by a factor and makes no zeros.")
    return wrong(f"expected four numbers, each 0.5 nearer to 0 or 0, got {shown(answer)}.")


def both_prices(answer: Callable[[Tensor, float, float], Tensor]) -> Verdict:
    """Exercise 2: the soft threshold of the elastic net."""
    strength, alpha = 0.6, 0.75
    found = answer(WISHES.clone(), strength, alpha)
    if is_open(found):
        return unanswered("set the derivative to 0 on the side of 0 where v lies.")

    def soft(threshold: float) -> Tensor:
        return WISHES.sign() * (WISHES.abs() - threshold).clamp(min=0)

    if close(found, ElasticNet(strength, alpha).prox(WISHES[None], 1.0)[0]):
        return right("first the threshold, then a shrink by a factor: the order matters.")
    if close(found, soft(strength * alpha) / (1 + (1 - alpha))):
        return wrong("the price on the square is lambda times (1 - alpha): lambda is missing.")
    if close(found, soft(strength * alpha) / (1 + 2 * strength * (1 - alpha))):
        return wrong("the derivative of v^2 / 2 is v, not 2 v.")
    if close(found, soft(strength * alpha)):
        return wrong("the threshold is right; the square's price shrinks what is left.")
    if close(found, soft(strength) / (1 + strength * (1 - alpha))) or close(found, soft(strength)):
        return wrong("the price on |v| is lambda times alpha, not lambda.")
    if close(found, soft(strength * (1 - alpha)) / (1 + strength * alpha)):
        return wrong("alpha is the share of |v|; you gave it to the square.")
    shrunk = WISHES / (1 + strength * (1 - alpha))
    if close(found, shrunk.sign() * (shrunk.abs() - strength * alpha).clamp(min=0)):
        return wrong("threshold first, shrink afterwards: the factor divides the price too.")
    if close(found, soft(strength * alpha) / (1 + strength * (1 - alpha) / 2)):
        return wrong("the derivative of v^2 / 2 is v: no half is left.")
    if close(found, soft(strength * alpha) * (1 - strength * (1 - alpha))):
        return wrong("v (1 + lambda (1 - alpha)) = soft(w): divide by it.")
    return wrong("another v is cheaper: compare with a grid, as the chapter does.")


def millimetres(as_it_is: object, standardised: object) -> Verdict:
    """Exercise 3: what a feature's unit does to its place on the path."""
    if is_open(as_it_is) or is_open(standardised):
        return unanswered(f"two words out of {', '.join(WORDS)}.")
    as_it_is, standardised = str(as_it_is).lower(), str(standardised).lower()
    if as_it_is not in WORDS or standardised not in WORDS:
        return wrong(f"write two words out of {', '.join(WORDS)}, got {as_it_is}, {standardised}.")
    if standardised != "same":
        return wrong("standardising divides by the spread, and the spread has the same unit.")
    if as_it_is == "earlier":
        return right("the pull at its weight grows a thousandfold, and the price does not.")
    if as_it_is == "later":
        return wrong("a small weight is enough for large numbers, so it costs less, not more.")
    return wrong("the pull is a sum of feature times error: it has the feature's unit.")


def kkt(residual: object, which: object) -> Verdict:
    """Exercise 4: the KKT residual of four weights."""
    if is_open(residual) or is_open(which):
        return unanswered("a number and a place: go through the four weights one by one.")
    if close(residual, 0.45):
        return wrong("0.45 is the pull; up to 0.3 of it is paid for by the price.")
    if close(residual, 0.55):
        return wrong("sign: at a weight below 0 the price pulls upwards, 0.25 - 0.3.")
    if close(residual, 0.6):
        return wrong("sign: at a weight above 0 the price adds 0.3 to the gradient, -0.3 + 0.3.")
    if close(residual, 0.05):
        return wrong("that is weight 2's; one of those at 0 is pulled by more than it costs.")
    if not close(residual, 0.15):
        return wrong(f"expected the largest of four amounts, got {residual}.")
    found = as_tensor(which)
    if found is None or found.numel() != 1 or found.item() != 3:
        return wrong("the amount is right, the place is not: go through the weights once more.")
    return right("weight 3 is at 0 but is pulled by 0.15 more than it costs: it has to enter.")
