"""Sentences about drawn birds that say what can be seen, never all of it and never the species."""

import random
from collections.abc import Sequence

from jaxtyping import Bool
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.names.phrases import phrase

OPENINGS = ("a bird", "a bird", "this bird", "a picture of a bird")
JOINTS = (", ", ", ", " and ")
FEWEST, MOST = 3, 12  # of the dozen or so attributes that a bird shows


def caption(
    shown: Sequence[str], numbers: random.Random, fewest: int = FEWEST, most: int = MOST
) -> str:
    """One sentence: from ``fewest`` to ``most`` of the attributes that are shown, in any order.

    Args:
        shown: names of attributes that can be seen on a picture; with none, it is just a bird.
        numbers: what is said, in which order and how, is drawn from them.
    """
    told = numbers.sample(list(shown), min(len(shown), numbers.randint(fewest, most)))
    text, before = numbers.choice(OPENINGS), ""
    for place, words in enumerate(map(phrase, told)):
        opening, _, rest = words.partition(" ")
        joint = numbers.choice(JOINTS) if place else " "
        # "with a red crown and blue wings", not "with a red crown and with blue wings".
        text += joint + (rest if opening == before == "with" else words)
        before = opening
    return text


def captions_of(
    shown: Bool[Tensor, "image attribute"],
    names: Sequence[str],
    each: int,
    seed: int,
    fewest: int = FEWEST,
    most: int = MOST,
) -> list[list[str]]:
    """``each`` captions of every picture.

    Args:
        shown: what can be seen, as ``Photos.attributes`` or ``MixedBirds.shown`` has it.
        names: of the attributes.

    Raises:
        UsageError: another number of names, or a number below 1.
    """
    if shown.shape[1] != len(names):
        raise UsageError(f"expected a name for each of {shown.shape[1]} columns, got {len(names)}")
    if each < 1 or not 1 <= fewest <= most:
        raise UsageError(
            f"expected at least 1 caption of 1 attribute or more, got {each} of {fewest} to {most}"
        )
    numbers = random.Random(seed)
    return [
        [caption(seen, numbers, fewest, most) for _ in range(each)]
        for seen in (
            [name for name, there in zip(names, row, strict=True) if there]
            for row in shown.tolist()
        )
    ]
