"""Checks for the exercises of *On real birds*."""

import math
from collections.abc import Callable, Sequence

from fewbits.exercises.verdict import (
    Verdict,
    close,
    is_open,
    right,
    shown,
    unanswered,
    wrong,
)

NEAR = 0.004  # numbers rounded to two figures are right, by as much and this share
COARSE = 0.012  # the same for those above 1
SPECIES, KEPT, IN_USE, MADE = 100, 10, 816, 2048
ANY_OF_TWELVE, ONE = 1 - (48 / 49) ** 12, 1 / 49
STABLE, LUCKY = 0.48, 0.22
HELD = (STABLE - LUCKY) / (1 - LUCKY)

Layers = Sequence[tuple[int, int, int]]  # kernel, stride and padding, from the picture on

CASES: tuple[Layers, ...] = (
    ((3, 2, 1),) * 5,
    ((7, 2, 3), (3, 2, 1)),
    ((4, 4, 0), (2, 2, 0)),
    ((3, 2, 0), (3, 2, 0)),
    ((5, 1, 0), (2, 2, 0)),
)


def sharing(species_a_code: object, unshared: object) -> Verdict:
    """Exercise 1: classes a code, and how many codes there were if none were shared."""
    if is_open(species_a_code) or is_open(unshared):
        return unanswered("count what the species keep together, and divide.")
    if close(species_a_code, SPECIES * KEPT / MADE, NEAR):
        return wrong("codes that no species keeps are in nobody's list: divide by those in use.")
    if close(species_a_code, SPECIES / IN_USE, NEAR):
        return wrong("each of the 100 species keeps ten codes, not one.")
    if close(species_a_code, IN_USE / SPECIES, NEAR):
        return wrong("those are codes a species, were each code one species' own.")
    if not close(species_a_code, SPECIES * KEPT / IN_USE, COARSE):
        return wrong(
            f"100 lists of ten have 1,000 places for {IN_USE} codes, got {shown(species_a_code)}."
        )
    if close(unshared, MADE):
        return wrong("2,048 codes are made; 100 lists of ten have no room for so many.")
    if not close(unshared, SPECIES * KEPT):
        return wrong(f"without sharing each place has a code of its own, got {shown(unshared)}.")
    return right("at 1,000 codes a vocabulary is a hundred lists of ten.")


def chance(one: object, many: object) -> Verdict:
    """Exercise 2: the purity of a code that knows nothing, from one picture and from very many."""
    if is_open(one) or is_open(many):
        return unanswered("the largest of twelve shares; each part lies there once in 49 times.")
    if close(one, ONE, 1e-3):
        return wrong("that is one part; with one picture any of the twelve makes the purity 1.")
    if close(one, 12 / 49, NEAR):
        return wrong("two parts may lie in one cell, and then you count the picture twice.")
    if not close(one, ANY_OF_TWELVE, NEAR):
        return wrong(
            "with one picture the purity is 1 unless all twelve miss the cell, each with "
            f"probability 48/49; got {shown(one)}."
        )
    if close(many, ANY_OF_TWELVE, NEAR):
        return wrong("with very many pictures every part's share is close to its mean.")
    if close(many, 0.0, 1e-6):
        return wrong("even a blind code is on the beak now and then.")
    if not close(many, ONE, 1e-3):
        return wrong(f"each share goes to 1/49, and so does the largest; got {shown(many)}.")
    return right("ten pictures get 0.11: half of what one gets, five times what very many do.")


def held(share: object) -> Verdict:
    """Exercise 3: the share of codes that stay, from a stability and its chance."""
    if is_open(share):
        return unanswered("those that stay count 1, the others 0.22; together 0.48.")
    if close(share, STABLE - LUCKY, 1e-3):
        return wrong("only those that moved get a second chance: the others need no luck.")
    if close(share, STABLE):
        return wrong("some of the 0.48 moved, and found the same parts by luck.")
    if close(share, STABLE / LUCKY, NEAR) or close(share, STABLE * (1 - LUCKY), 1e-3):
        return wrong("write it down: stability = s + (1 - s) c. What is s?")
    if not close(share, HELD, NEAR):
        return wrong(f"s + (1 - s) 0.22 = 0.48, got {shown(share)}.")
    return right("in a third of the pictures it stays; of the 0.48, 0.15 are luck.")


def aside(answer: Callable[[list[tuple[int, int, int]]], object]) -> Verdict:
    """Exercise 4: from the middle of a cell's tile to the middle of what the cell sees."""
    for layers in CASES:
        try:
            found = answer(list(layers))
        except Exception as error:
            return wrong(f"it stopped with {type(error).__name__}: {error}")
        if is_open(found):
            return unanswered("follow cell 0 through the layers: where is its middle?")
        expected = _middle(layers) - _tile(layers) / 2
        if close(found, expected, 1e-6):
            continue
        for usual, said in _usual(layers):
            if close(found, usual, 1e-6):
                return wrong(said)
        return wrong(f"after {layers} it is {expected:g} pixels, got {shown(found)}.")
    return right("only kernel, stride and padding decide it; the weights have no say.")


def _tile(layers: Layers) -> int:
    return math.prod(stride for _, stride, _ in layers)


def _middle(layers: Layers, *, far: bool = True, late: bool = False) -> float:
    """Of cell 0, in pixels; without ``far`` each layer's step is in pixels and not in cells."""
    middle, tile = 0.5, 1
    for kernel, stride, padding in layers:
        step = (kernel - 1) / 2 - padding
        middle += step * (tile * (stride if late else 1) if far else 1)
        tile *= stride
    return middle


def _usual(layers: Layers) -> list[tuple[float, str]]:
    """The usual wrong answers, and what is wrong with each."""
    middle, half = _middle(layers), _tile(layers) / 2
    return [
        (half - middle, "the other way round: the field's middle less the tile's."),
        (middle, "that is where cell 0 looks; take the middle of its tile away."),
        (middle - 0.5 - half, "the first pixel's middle is at 0.5, not at 0."),
        (
            _middle(layers, far=False) - half,
            "a step of a later layer is as many pixels as the strides before it say.",
        ),
        (_middle(layers, late=True) - half, "a layer's own stride does not widen its own kernel."),
    ]
