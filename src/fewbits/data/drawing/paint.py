"""Paints: three numbers a colour, mixed and strayed from."""

import colorsys

import numpy as np

Colour = tuple[int, int, int]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """``first`` with a share of 0 to 1 of ``second`` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def stray(
    colour: Colour, rng: np.random.Generator, hue: float = 0.012, value: float = 0.06
) -> Colour:
    """A paint near ``colour``: hue moved by up to a part of the circle, brightness by a share."""
    h, s, v = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    h = (h + rng.uniform(-hue, hue)) % 1
    s = min(s * rng.uniform(0.92, 1.08), 1)
    v = min(v * rng.uniform(1 - value, 1 + value), 1)
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(h, s, v))
    return red, green, blue
