"""Feathers of body, breast and tail, with the pattern that the attributes ask for."""

import numpy as np
from PIL import Image

from fewbits.data.birds.anatomy import Anatomy
from fewbits.data.birds.colours import CREAM, INK, Coat
from fewbits.data.birds.species import Species
from fewbits.data.drawing.brush import Brush, within
from fewbits.data.drawing.curves import ellipse, outline, smooth
from fewbits.data.drawing.paint import mix

UNDERPARTS = outline(
    (0.72, -0.62), (0.48, -0.40), (0.30, -0.02), (0.05, 0.18), (-0.30, 0.22), (-0.62, 0.16),
    (-0.62, 1.3), (0.1, 1.6), (0.85, 1.2),
)  # fmt: skip
"""Forward in body lengths, down in depths."""


def paint_trunk(brush: Brush, bird: Anatomy, coat: Coat) -> Image.Image:
    """The body with neck and head in one; returns its mask."""
    joined = brush.mask(*bird.trunk, bird.skull)
    trunk = brush.rounded(joined, 0.035 * bird.unit)
    brush.add(trunk, coat.upper)
    brush.stain(within(trunk, _underparts(brush, bird)), coat.under)
    return trunk


def _underparts(brush: Brush, bird: Anatomy) -> Image.Image:
    """From the breast to under the tail, with a feathered upper edge."""
    shape = bird.body.place(UNDERPARTS * [1.0, bird.depth])
    return brush.soft(brush.mask(shape), 0.018 * bird.unit)


def paint_breast(
    brush: Brush, bird: Anatomy, species: Species, trunk: Image.Image, phase: tuple[float, float]
) -> None:
    """Spots, streaks or a band on the breast.

    Args:
        trunk: what may be painted.
        phase: where the pattern begins, 0 to 1 of its step forward and down.
    """
    pattern = species.traits["has_breast_pattern"]
    if pattern == "solid":
        return
    front = within(trunk, _underparts(brush, bird))
    if pattern == "banded":
        brush.stain(within(front, _breast_band(brush, bird)), INK, 0.92)
        return
    marks = []
    for row in range(7):
        for column in range(6):
            x = 0.56 - 0.105 * (column + phase[0]) - 0.02 * (row % 2)
            y = -0.34 + 0.115 * (row + phase[1] + 0.5 * (column % 2))
            if x > -0.12:
                marks.append((x, y))
    if pattern == "spotted":
        spots = [bird.body.place(ellipse(x, y, 0.030, 0.034, 10)) for x, y in marks]
        brush.stain(within(front, brush.mask(*spots)), INK, 0.9)
    else:
        streaks = [
            bird.body.place(outline((x + 0.05, y - 0.005), (x - 0.045, y + 0.012)))
            for x, y in marks
        ]
        brush.stain(within(front, brush.strokes(streaks, 0.032 * bird.unit)), INK, 0.85)


def _breast_band(brush: Brush, bird: Anatomy) -> Image.Image:
    """A dark crescent from the neck across the breast to the flank."""
    d = bird.depth
    band = outline(
        (0.36, -1.1 * d), (0.50, -0.62 * d), (0.66, -0.30 * d), (0.60, 0.20 * d), (0.44, 0.62 * d),
        (0.20, 0.86 * d), (0.12, 0.70 * d), (0.28, 0.40 * d), (0.37, 0.0), (0.36, -0.40 * d),
        (0.20, -1.0 * d),
    )  # fmt: skip
    return brush.mask(bird.body.place(smooth(band)))


def paint_tail(brush: Brush, bird: Anatomy, species: Species, coat: Coat) -> None:
    """Feather by feather, each with its edge; banded ones cross all of them."""
    base = mix(coat.upper, INK, 0.18)
    for feather in bird.tail_feathers:
        brush.fill(feather, base)
        brush.line(np.concatenate([feather, feather[:1]]), mix(base, INK, 0.45), 0.009 * bird.unit)
    if species.has("tail_pattern", "banded"):
        whole = brush.mask(*bird.tail_feathers)
        angles = np.linspace(-0.9, 0.9, 9)
        arcs = [
            bird.tail.place(np.stack([r * np.cos(angles), r * np.sin(angles)], axis=1))
            for r in np.arange(0.20, 0.86, 0.135)
        ]
        brush.stain(within(whole, brush.strokes(arcs, 0.058 * bird.unit)), CREAM)
