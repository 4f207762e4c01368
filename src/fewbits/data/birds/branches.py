"""Branches and canes that pass under the feet, with leaves, snow or flowers."""

from collections.abc import Sequence

import numpy as np

from fewbits.data.birds.colours import CREAM, INK
from fewbits.data.birds.scene import Scene
from fewbits.data.drawing.curves import Outline, Real, blade
from fewbits.data.drawing.paint import Colour, mix


def _turned(shape: Outline, x: Real, y: Real, angle: Real) -> Outline:
    """A shape moved to (x, y) and turned by an angle."""
    cos, sin = np.cos(angle), np.sin(angle)
    return shape @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


def _course(scene: Scene) -> Outline:
    """The upper side of a branch that comes in from one edge and passes under the feet."""
    stand, side = scene.stand, scene.side
    bend = scene.rng.uniform(-0.0016, 0.0016)
    if scene.rng.random() < 0.5:
        ends = (-4.0, min(side + 4.0, stand.x + stand.unit * scene.rng.uniform(0.6, 1.6)))
    else:
        ends = (max(-4.0, stand.x - stand.unit * scene.rng.uniform(0.6, 1.6)), side + 4.0)
    x = np.linspace(*ends, 24)
    away = np.maximum(np.abs(x - stand.x) - 0.2 * stand.unit, 0)
    return np.stack([x, stand.y + stand.incline * (x - stand.x) + bend * away**2], axis=1)


def branch(scene: Scene, bark: Colour, thick: Real = 0.15, cap: Colour | None = None) -> Outline:
    """A branch ``thick`` body lengths thick, with snow or moss on it if ``cap`` is a colour.

    Returns:
        Points along its upper side.
    """
    top = _course(scene)
    wide = thick * scene.stand.unit
    free = top[0, 0] > 0  # the left end is the thin one
    taper = np.linspace(0.45, 1.1, len(top)) if free else np.linspace(1.1, 0.45, len(top))
    under = top + np.stack([np.zeros(len(top)), wide * taper], axis=1)
    scene.polygon(np.concatenate([top, under[::-1]]), bark)
    shade = top + 0.68 * (under - top)
    scene.polygon(np.concatenate([shade, under[::-1]]), mix(bark, INK, 0.45))
    for share in (0.25, 0.5):
        scene.line(top + share * (under - top), mix(bark, INK, 0.25), 0.5, 150)
    scene.line(top + 0.08 * (under - top), mix(bark, CREAM, 0.35), 0.8)
    if cap is not None:
        rim = scene.rng.uniform(0.18, 0.42, len(top))[:, None] * (under - top)
        scene.polygon(np.concatenate([top - (0, 0.6), (top + rim)[::-1]]), cap)
    return top


def leaves(
    scene: Scene, along: Outline, count: int, colours: Sequence[Colour], size: Real, slim: float
) -> None:
    """Twigs with leaves along a branch, none where the bird sits."""
    unit = scene.stand.unit
    for _ in range(count):
        x, y = along[int(scene.rng.integers(len(along)))]
        if abs(x - scene.stand.x) < 0.45 * unit:
            continue
        angle = scene.rng.uniform(-2.6, -0.5) if scene.rng.random() < 0.6 else 1.3
        for turn in (-0.7, 0.0, 0.7):
            length = size * unit * scene.rng.uniform(0.7, 1.1)
            shape = blade(length, slim * length, 0.1, base=0.2)
            scene.polygon(_turned(shape, x, y, angle + turn), scene.pick(colours))


def blossoms(scene: Scene, along: Outline, count: int, colours: Sequence[Colour]) -> None:
    """Five-petalled flowers along a branch, and a few buds."""
    unit = scene.stand.unit
    for _ in range(count):
        x, y = along[int(scene.rng.integers(len(along)))] + scene.rng.uniform(-4, 6, 2)
        if abs(x - scene.stand.x) < 0.42 * unit:
            continue
        size, start = unit * scene.rng.uniform(0.05, 0.085), scene.rng.uniform(0, 1)
        colour = scene.pick(colours)
        for petal in np.arange(5) * 2 * np.pi / 5 + start:
            scene.disc(x + size * np.cos(petal), y + size * np.sin(petal), size, size, colour)
        scene.disc(x, y, 0.5 * size, 0.5 * size, (236, 190, 84))
