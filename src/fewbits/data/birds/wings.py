"""Wings: coverts and flight feathers, with pale bars or spots where the attributes ask for them."""

import numpy as np
from PIL import Image

from fewbits.data.birds.anatomy import Anatomy
from fewbits.data.birds.colours import CREAM, INK, Coat
from fewbits.data.birds.shapes import WING
from fewbits.data.birds.species import Species
from fewbits.data.drawing.brush import Brush, within
from fewbits.data.drawing.curves import Outline, ellipse, outline, smooth
from fewbits.data.drawing.paint import mix

_ROW = np.linspace(-1, 1, 9)


def paint_wing(
    brush: Brush, bird: Anatomy, species: Species, coat: Coat, phase: tuple[float, float]
) -> None:
    """The folded wing: its shadow, coverts, flight feathers, and pale bars or spots."""
    shape = brush.mask(bird.wing.place(smooth(WING)))
    below = bird.root.down * 0.028 - 0.012 * bird.root.across
    shadow = brush.soft(brush.moved(shape, below), 0.014 * bird.unit)
    brush.stain(within(shadow, brush.cover), INK, 0.35)
    brush.add(shape, coat.upper)
    brush.stain(within(shape, brush.mask(_primaries(bird))), mix(coat.upper, INK, 0.42))
    quills = [bird.wing.place(line) for line in _quills()]
    brush.stain(within(shape, brush.strokes(quills, 0.011 * bird.unit)), INK, 0.42)
    _scallop(brush, bird, shape, coat)
    if species.has("wing_pattern", "barred"):
        bars = [bird.wing.place(_bar(x + 0.05 * (phase[0] - 0.5))) for x in (0.20, 0.42, 0.64)]
        brush.stain(within(shape, brush.strokes(bars, 0.05 * bird.unit)), CREAM)
    elif species.has("wing_pattern", "spotted"):
        spots = [bird.wing.place(spot) for spot in _spots(bird, phase)]
        brush.stain(within(shape, brush.mask(*spots)), CREAM)


def _primaries(bird: Anatomy) -> Outline:
    """The long feathers of the wing's end, darker than the rest."""
    return bird.wing.place(
        outline((1.1, 0.1), (0.86, -0.30), (0.62, 0.02), (0.44, 0.30), (0.40, 0.9), (0.8, 0.8))
    )


def _quills() -> list[Outline]:
    """Lines between flight feathers, running together at the tip."""
    starts = np.linspace(-0.45, 0.75, 7)
    return [outline((0.40, y), (0.70, 0.55 * y + 0.04), (0.99, 0.07)) for y in starts]


def _scallop(brush: Brush, bird: Anatomy, shape: Image.Image, coat: Coat) -> None:
    """Rows of small round feathers on the shoulder, light edges only just seen."""
    rows = []
    for x in (0.12, 0.24, 0.36):
        for y in np.arange(-0.6, 0.8, 0.26) + (0.13 if x == 0.24 else 0.0):
            arc = np.linspace(-1.2, 1.2, 6)
            rows.append(np.stack([x + 0.07 * np.cos(arc), y + 0.15 * np.sin(arc)], axis=1))
    lines = brush.strokes([bird.wing.place(row) for row in rows], 0.012 * bird.unit)
    brush.stain(within(shape, lines), mix(coat.upper, CREAM, 0.55), 0.5)


def _bar(x: float) -> Outline:
    """A line across the wing, bulging towards the tip."""
    return np.stack([x + 0.09 * (1 - _ROW**2), 0.95 * _ROW], axis=1)


def _spots(bird: Anatomy, phase: tuple[float, float]) -> list[Outline]:
    """Dots in rows across the wing, every other row shifted; round in the picture."""
    wide = 0.036 * bird.unit / bird.wing.unit
    high = 0.036 * bird.unit / float(np.hypot(*bird.wing.down))
    spots = []
    for column in range(7):
        for row in range(4):
            x = 0.06 + 0.135 * (column + 0.5 * phase[0])
            y = -0.78 + 0.44 * (row + 0.5 * (column % 2) + 0.4 * phase[1])
            spots.append(ellipse(x, y, wide, high, 10))
    return spots


def paint_far_wing(brush: Brush, bird: Anatomy, coat: Coat) -> None:
    """The other wing, seen from below behind the body when the wings are lifted."""
    dark = mix(coat.upper, INK, 0.35)
    brush.fill(bird.far_wing.place(smooth(WING)), dark)
    quills = [bird.far_wing.place(line) for line in _quills()]
    shape = brush.mask(bird.far_wing.place(smooth(WING)))
    brush.stain(within(shape, brush.strokes(quills, 0.011 * bird.unit)), INK, 0.5)
