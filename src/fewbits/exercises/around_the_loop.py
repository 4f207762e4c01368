"""Checks for the exercises of *Around the loop*."""

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

FIRST, SECOND = torch.tensor([3.0, -1.0, 7.5, 0.5]), torch.tensor([2.0, 0.0, -4.0])
STEPS = {"fit", "round", "tune"}
DIGITS = 5e-3  # two digits are enough of an answer


def differences(differ: object, turned: object) -> Verdict:
    """Exercise 1: places that differ between two layers, and signs that turned."""
    if is_open(differ) or is_open(turned):
        return unanswered("compare the layers place by place, then look for signs that turned.")
    if close(turned, 5) and close(differ, 1):
        return wrong("the right numbers the wrong way round.")
    if close(differ, 4):
        return wrong("a sign that turned differs too.")
    if close(differ, 6):
        return wrong("a sign that turned is one place, not two.")
    if not close(differ, 5):
        return wrong(f"the layers differ in other than {differ} places; count (old != new).")
    if not close(turned, 1):
        return wrong("a sign has turned where the product of old and new is below 0.")
    return right("five places differ, and one of them says the opposite of what it said.")


def change_reasons(answer: object) -> Verdict:
    """Exercise 2: the steps that can change which features speak for a class."""
    if is_open(answer):
        return unanswered("a set of one, two or three of the names.")
    expected = f"expected a set with names from {', '.join(sorted(STEPS))}, got {shown(answer)}."
    if not isinstance(answer, set | frozenset | list | tuple):
        return wrong(expected)
    if not all(isinstance(one, str) and one in STEPS for one in answer):
        return wrong(expected)
    if set(answer) == {"fit", "round"}:
        return right(
            "the fit chooses afresh and rounding drops the weakest. Tuning leaves the layer alone; "
            "what it changes is what a feature hears."
        )
    if "tune" in answer:
        return wrong("the layer is frozen while the network is tuned: its signs cannot change.")
    if set(answer) == {"fit"}:
        return wrong("of more weights than the budget rounding drops the weakest.")
    return wrong("each fit starts afresh, from features that have changed.")


def no_weights(answer: object) -> Verdict:
    """Exercise 3: the best biases of a layer without weights."""
    if is_open(answer):
        return unanswered("then the logits are the biases, and their softmax the best guess.")
    logs = [math.log(0.5), math.log(0.25), math.log(0.25)]
    mean = sum(logs) / 3
    if close(answer, [value - mean for value in logs], DIGITS):
        return right("softmax turns them back into the shares 1/2, 1/4 and 1/4.")
    if close(answer, [2 / 3, -1 / 3, -1 / 3], DIGITS):
        return wrong("logarithms to base 2; softmax undoes those to base e.")
    if close(answer, logs, DIGITS):
        return wrong("these are right up to a constant; take their mean off.")
    if close(answer, [0.5, 0.25, 0.25]):
        return wrong("these are the shares; softmax takes exponentials, so you need logarithms.")
    if close(answer, [0.5 - 1 / 3, 0.25 - 1 / 3, 0.25 - 1 / 3]):
        return wrong("these are shares without their mean; logarithms come first.")
    if close(answer, [0.0, 0.0, 0.0]):
        return wrong("equal biases say that all classes are equally frequent.")
    return wrong(f"expected three numbers of mean 0, got {shown(answer)}.")


def louder(answer: Callable[[Tensor, Tensor], object]) -> Verdict:
    """Exercise 4: how often the first group is louder, from ranks."""
    try:
        found = answer(FIRST.clone(), SECOND.clone())
    except Exception as error:
        return wrong(f"it stopped with {type(error).__name__}: {error}")
    if is_open(found):
        return unanswered("rank 1 is the quietest of all values.")
    value = as_tensor(found)
    if value is None or value.numel() != 1:
        return wrong(f"expected one number from 0 to 1, got {found}.")
    pairs = (FIRST[:, None] > SECOND[None]).double().mean().item()
    if close(value, pairs):
        return right(f"{pairs:.2f} of the pairs, and the time of one sort.")
    ranks = torch.cat([FIRST, SECOND]).argsort().argsort() + 1.0
    own, n, m = ranks[: len(FIRST)].sum().item(), len(FIRST), len(SECOND)
    if close(value, own / (n * m)):
        return wrong("subtract what the ranks add up to if the first group is the quietest.")
    if close(value, own - n * (n + 1) / 2):
        return wrong("this is the number of pairs won; divide by how many pairs there are.")
    if close(value, (own - n - n * (n + 1) / 2) / (n * m)):
        return wrong("ranks begin at 1, or the sum of the quietest is that of 0 to n - 1.")
    if close(value, 1 - pairs):
        return wrong("the other way round: how often is the first group louder?")
    return wrong(f"expected {pairs:.4f} on four values against three, got {float(value):.4f}.")
