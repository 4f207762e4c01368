"""Checks for the exercises of *Scores and a head one can read*."""

from collections.abc import Callable
from math import exp

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

WEIGHTS = torch.tensor([[2.0, 0.0, 1.0, 0.0, 0.5], [0.0, 3.0, 1.0, 0.0, 0.0]])
TIES = torch.tensor([[0.5, 2.0, 2.0, 2.0], [3.0, 0.0, 0.0, 0.0], [0.1, 0.4, 0.3, 0.2]])
ROUNDED = 1e-2  # a share told in two digits is right
CASES = ((0.5, 0.5), (0.1, 0.5), (0.5, 1.0))
TWO_KEPT = torch.tensor([[0.0, 2.0, 2.0, 0.0], [3.0, 0.0, 0.0, 0.0], [0.0, 0.4, 0.3, 0.0]])


def sizes(a_decision: object, in_all: object, classes_a_code: object) -> Verdict:
    """Exercise 1: how long explanations are, how many codes there are, how many are shared."""
    if is_open(a_decision) or is_open(in_all) or is_open(classes_a_code):
        return unanswered("three numbers, read off the two rows of weights.")
    if close(a_decision, 2.5):
        return wrong(
            "that is the mean over classes; a decision is a picture, three of four are of class 0."
        )
    if close(a_decision, 5):
        return wrong("a weight of 0 is no code to read: count those above 0.")
    if not close(a_decision, 2.75):
        return wrong(f"three pictures have 3 codes to read, one has 2, got {shown(a_decision)}.")
    if close(in_all, 5):
        return wrong("one of the five codes is used by nobody.")
    if not close(in_all, 4):
        return wrong(f"count the columns with a weight above 0, got {shown(in_all)}.")
    if close(classes_a_code, 1):
        return wrong(
            "five uses over the four codes that are in use; you divided by all five codes."
        )
    if not close(classes_a_code, 1.25):
        return wrong(f"five uses, shared among the codes in use, got {shown(classes_a_code)}.")
    return right("short for each picture, short in all, and one of four codes is shared.")


def dropped(before: object, silenced: object, gone: object) -> Verdict:
    """Exercise 2: the share of a code before and after another falls silent, or is dropped."""
    if is_open(before) or is_open(silenced) or is_open(gone):
        return unanswered("three shares of code 0, from 0 to 1.")
    if not close(before, 1 / 3, ROUNDED):
        return wrong("three codes with the same cosine share a place alike, at any temperature.")
    if close(silenced, 1 / 2):
        return wrong("a weight is behind the softmax: at 0 it takes nothing out of it.")
    if not close(silenced, 1 / 3, ROUNDED):
        return wrong(f"a silenced code keeps its share, and so do others, got {shown(silenced)}.")
    if close(gone, 1 / 3, ROUNDED):
        return wrong("shares add up to 1: what the dropped one had goes to those that are left.")
    if not close(gone, 1 / 2):
        return wrong(f"two codes share the place, got {shown(gone)}.")
    return right("so a weight set to 0 is an exact edit, and a code dropped is not.")


def most_codes(answer: Callable[[float, float], object]) -> Verdict:
    """Exercise 3: how many codes there can be if a score is to be reached at all."""
    tried = []
    for score, temperature in CASES:
        try:
            found = answer(score, temperature)
        except (RuntimeError, TypeError, ValueError, ArithmeticError) as error:
            return wrong(f"it stops with an error: {error}.")
        if is_open(found):
            return unanswered("a whole number, from the largest lead that two cosines can have.")
        tried.append((found, 1 + exp(2 / temperature) * (1 - score) / score))
    if all(close(found, int(bound)) for found, bound in tried):
        return right("at T = 0.5 and 2,048 codes no code can ever score 0.1, however near it is.")
    if all(close(found, bound, 1e-3) for found, bound in tried):
        return wrong("nearly: there are no parts of a code; round down.")
    if all(close(found, int(bound) - 1) for found, bound in tried):
        return wrong("those are its rivals; count the code itself, too.")
    (first, _), *_ = tried
    if all(
        close(found, 1 + int(exp(2 / t))) for (found, _), (_, t) in zip(tried, CASES, strict=True)
    ):
        return wrong("that is for a score of one half: what does another score change?")
    turned = [1 + exp(2 / t) * s / (1 - s) for s, t in CASES]
    if all(close(found, int(bound)) for (found, _), bound in zip(tried, turned, strict=True)):
        return wrong("s / (1 - s) is upside down: a small score leaves room for more codes.")
    if close(first, 1 + int(exp(1 / 0.5))):
        return wrong("cosines go from -1 to 1: a code can lead by 2, not by 1.")
    if close(first, 1 + int(exp(2 * 0.5))):
        return wrong("the lead is divided by the temperature, not multiplied.")
    found, bound, (score, temperature) = next(
        (*pair, case)
        for pair, case in zip(tried, CASES, strict=True)
        if not close(pair[0], int(pair[1]))
    )
    return wrong(
        f"for a score of {score} at T = {temperature} there can be {int(bound)} codes, got "
        f"{shown(found)}."
    )


def strongest(answer: Callable[[Tensor, int], object]) -> Verdict:
    """Exercise 4: weights of all but each class's strongest codes at 0."""
    try:
        found = answer(TIES.clone(), 2)
    except (RuntimeError, TypeError, IndexError) as error:
        return wrong(f"it stops with an error: {error}.")
    if is_open(found):
        return unanswered("a table like the one given, with at most k weights above 0 a row.")
    value = as_tensor(found)
    if value is None or value.shape != TIES.shape:
        return wrong(f"expected a table of 3 x 4 weights, got {shown(found)}.")
    if close(value, TWO_KEPT):
        return right("and the first of equal ones stays, so that the same head comes out twice.")
    if close(value, (TWO_KEPT > 0).double()) or value.bool().equal(value):
        return wrong("those are marks; keep the weights themselves.")
    many = (value > 0).sum(1)
    if int(many[0]) == 3:
        return wrong("three weights of the first row are equal: a threshold keeps them all.")
    if int((value[0] > 0).sum()) == 0 and (value[2] > 0).any():
        return wrong(
            "a tie: three weights of the first row are equal, and a strict bound keeps none."
        )
    if int((value > 0).sum()) == 2:
        return wrong("two codes a class, not two in all.")
    if not (value > 0).any(1).all():
        return wrong("some class has nothing left: choose row by row.")
    if close(value.sort(dim=1).values, TWO_KEPT.double().sort(dim=1).values):
        return wrong("of equal weights keep the first ones: a stable sort does.")
    last = [round(one, 3) for one in value[2].tolist()]
    return wrong(f"of the last row 0.4 and 0.3 should stay, got {shown(last)}.")
