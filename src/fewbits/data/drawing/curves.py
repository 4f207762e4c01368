"""Outlines: smooth curves through a few points, and frames that carry them into the picture."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Outline = Float[np.ndarray, "_ 2"]
Vector = Float[np.ndarray, " 2"]

Real = float | int
"""A length or place. Where types are checked at run time, 2 is no float."""


@dataclass(frozen=True)
class Frame:
    """A place, a direction and a scale: where a part's own coordinates lie in the picture.

    Attributes:
        origin: x and y of the part's zero, in pixels; y points down.
        across: where (1, 0) leads from there.
        down: where (0, 1) leads from there.
    """

    origin: Vector
    across: Vector
    down: Vector

    def place(self, points: Outline) -> Outline:
        """Points of the part's coordinates in the picture."""
        return self.origin + points[:, :1] * self.across + points[:, 1:] * self.down

    def at(self, x: Real, y: Real) -> Vector:
        """One point of the part's coordinates in the picture."""
        return self.origin + x * self.across + y * self.down

    def inner(
        self, x: Real, y: Real, turn: Real = 0.0, scale: Real = 1.0, mirrored: bool = False
    ) -> "Frame":
        """A frame at (x, y), turned by ``turn`` radians from across towards down, and scaled."""
        cos, sin = scale * np.cos(turn), scale * np.sin(turn)
        across = cos * self.across + sin * self.down
        down = -sin * self.across + cos * self.down
        return Frame(self.at(x, y), -across if mirrored else across, down)

    @property
    def unit(self) -> float:
        """Pixels in one unit."""
        return float(np.hypot(*self.across))


def outline(*points: tuple[Real, Real]) -> Outline:
    """Points as an array."""
    return np.array(points, dtype=np.float64)


def smooth(corners: Outline, steps: int = 6) -> Outline:
    """A closed Catmull-Rom curve through ``corners``, ``steps`` points for each."""
    before, after, beyond = (np.roll(corners, shift, axis=0) for shift in (1, -1, -2))
    t = np.arange(steps)[None, :, None] / steps
    p0, p1, p2, p3 = (points[:, None] for points in (before, corners, after, beyond))
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    return curve.reshape(-1, 2)


def ellipse(x: Real, y: Real, wide: Real, high: Real, count: int = 24) -> Outline:
    """Points of an ellipse around (x, y) with these half axes."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([x + wide * np.cos(angle), y + high * np.sin(angle)], axis=1)


def blade(
    length: Real, width: Real, tip: Real = 0.5, bend: Real = 0.0, base: Real = 0.6
) -> Outline:
    """A feather or leaf along (1, 0): widest at three quarters, ``tip`` from 0 pointed to 1 blunt.

    Args:
        length: from its base at (0, 0).
        width: where it is widest.
        tip: how blunt the end is.
        bend: how far the end is moved sideways.
        base: the width at its base, as a share of ``width``.
    """
    along = np.array([0.0, 0.4, 0.75, 0.93, 1.0])
    half = 0.5 * width * np.array([base, 0.9, 1.0, 0.35 + 0.6 * tip, 0.15 + 0.5 * tip])
    middle = bend * along**2
    upper = np.stack([along * length, middle - half], axis=1)
    lower = np.stack([along * length, middle + half], axis=1)
    return np.concatenate([upper, lower[::-1]])
