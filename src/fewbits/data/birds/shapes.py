"""The outlines that birds are put together from, each in the coordinates of its own part."""

from dataclasses import dataclass

import numpy as np

from fewbits.data.drawing.curves import Frame, Outline, blade, outline

BODY = outline(
    (0.50, -0.10), (0.50, 0.35), (0.34, 0.82), (0.06, 1.0), (-0.24, 0.80), (-0.47, 0.34),
    (-0.56, 0.02), (-0.46, -0.38), (-0.18, -0.80), (0.16, -0.98), (0.40, -0.70),
)  # fmt: skip
"""Forward in body lengths, down in depths."""

WING = outline(
    (-0.07, 0.0), (-0.01, -0.62), (0.22, -0.80), (0.55, -0.60), (0.86, -0.24), (1.0, 0.06),
    (0.80, 0.34), (0.50, 0.66), (0.22, 0.78), (0.0, 0.52),
)  # fmt: skip
"""From the shoulder to the tip, down in wing depths."""

BILLS = {
    "cone": outline(
        (0.6, -0.46), (1.0, -0.36), (1.34, -0.12), (1.56, 0.16), (1.1, 0.40), (0.6, 0.5)
    ),
    "dagger": outline(
        (0.7, -0.30), (1.4, -0.16), (2.5, 0.12), (2.5, 0.17), (1.4, 0.27), (0.7, 0.32)
    ),
    "hooked": outline(
        (0.6, -0.46), (1.05, -0.44), (1.42, -0.20), (1.55, 0.14), (1.47, 0.56), (1.34, 0.26),
        (1.05, 0.28), (0.6, 0.42),
    ),
    "needle": outline(
        (0.7, -0.19), (1.3, -0.06), (2.05, 0.12), (2.05, 0.15), (1.3, 0.16), (0.7, 0.22)
    ),
}  # fmt: skip
"""In radii of the head, which ends at 1."""

CREST = outline(
    (0.72, -0.55), (0.30, -1.12), (-0.40, -1.62), (-1.35, -1.80), (-0.95, -1.32), (-1.45, -1.08),
    (-0.90, -0.60), (-0.2, -0.3),
)  # fmt: skip
EYE = (0.40, -0.12)
"""Middle of the eye, in radii of the head."""


@dataclass(frozen=True)
class Tail:
    """One tail: the length of the middle and outer feathers, and how far they spread."""

    middle: float
    outer: float
    spread: float
    width: float
    tip: float


TAILS = {
    "fan": Tail(0.50, 0.44, 0.46, 0.15, 1.0),
    "forked": Tail(0.34, 0.66, 0.20, 0.11, 0.1),
    "pointed": Tail(0.80, 0.40, 0.10, 0.12, 0.0),
    "squared": Tail(0.46, 0.47, 0.13, 0.13, 1.0),
}
FEATHERS = 7
"""In a tail."""


def tail_feathers(tail: Tail, frame: Frame) -> tuple[Outline, ...]:
    """Feathers side by side, the outer ones first so that the middle lies on top.

    Args:
        tail: its kind.
        frame: at the root of the tail, pointing backwards, in body lengths.
    """
    order = sorted(np.linspace(-1, 1, FEATHERS), key=abs, reverse=True)
    feathers = []
    for side in order:
        length = tail.middle + abs(side) * (tail.outer - tail.middle)
        shape = blade(length, tail.width, tail.tip, 0.10 * side * (tail.spread > 0.15))
        feathers.append(frame.inner(0.0, 0.03 * side, side * tail.spread).place(shape))
    return tuple(feathers)
