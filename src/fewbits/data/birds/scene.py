"""A landscape in the making: a canvas at twice the picture's size, and what is drawn on any."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fewbits.data.drawing.curves import Outline, Real
from fewbits.data.drawing.lighting import Light, Photo, tinted
from fewbits.data.drawing.paint import Colour, mix

COARSE = 2
"""Canvas pixels in one pixel of the picture."""


@dataclass(frozen=True)
class Stand:
    """What a background must know of the bird that will be put on it.

    Attributes:
        x: of the middle between the feet, in pixels of the picture.
        y: where the feet stand, downwards.
        unit: pixels in the bird's body length.
        facing: 1 to the right, -1 to the left.
        incline: how far what it stands on falls for each pixel rightwards.
        perched: on something raised, or else on the ground.
    """

    x: float
    y: float
    unit: float
    facing: int
    incline: float
    perched: bool


class Scene:
    """One background, painted from far to near; all lengths in pixels of the picture.

    Attributes:
        horizon: where the ground begins, above the feet.
    """

    def __init__(self, stand: Stand, light: Light, side: int, rng: np.random.Generator) -> None:
        self.stand, self.light, self.side, self.rng = stand, light, side, rng
        nearest = stand.y - 0.10 * side
        self.horizon = min(rng.uniform(0.46, 0.64) * side, nearest)
        self.picture = Image.new("RGB", (side * COARSE, side * COARSE))
        self._renew()

    def _renew(self) -> None:
        self._draw = ImageDraw.Draw(self.picture, "RGBA")

    def pick(self, colours: Sequence[Colour]) -> Colour:
        """One of several colours."""
        return colours[int(self.rng.integers(len(colours)))]

    def polygon(self, points: Outline, colour: Colour, alpha: int = 255) -> None:
        """Fill an outline."""
        self._draw.polygon([(x, y) for x, y in (points * COARSE).tolist()], (*colour, alpha))

    def line(self, points: Outline, colour: Colour, wide: Real, alpha: int = 255) -> None:
        """Draw a line through points."""
        fine = [(x, y) for x, y in (points * COARSE).tolist()]
        self._draw.line(fine, (*colour, alpha), max(1, round(wide * COARSE)), joint="curve")

    def disc(
        self, x: Real, y: Real, wide: Real, high: Real, colour: Colour, alpha: int = 255
    ) -> None:
        """Fill an ellipse with these half axes."""
        box = [(x - wide) * COARSE, (y - high) * COARSE, (x + wide) * COARSE, (y + high) * COARSE]
        self._draw.ellipse(box, (*colour, alpha))

    def gradient(self, top: Real, bottom: Real, first: Colour, last: Colour) -> None:
        """Fill all between two heights, from one colour to another."""
        high = max(round((bottom - top) * COARSE), 1)
        share = np.linspace(0, 1, high)[:, None]
        column = (np.array(first) * (1 - share) + np.array(last) * share).astype(np.uint8)
        strip = Image.fromarray(column[:, None]).resize((self.picture.width, high))
        self.picture.paste(strip, (0, round(top * COARSE)))

    def ground(self, far: Colour, near: Colour) -> None:
        """Fill all below the horizon."""
        self.gradient(self.horizon, self.side, far, near)

    def blur(self, radius: Real) -> None:
        """Put all that is drawn so far out of focus."""
        # A Gaussian costs three boxes; the square shape of one is seen only where it is wide.
        wide = radius > 1.5
        box = ImageFilter.BoxBlur(1.4 * radius * COARSE)
        self.picture = self.picture.filter(
            ImageFilter.GaussianBlur(radius * COARSE) if wide else box
        )
        self._renew()

    def sky(self, top: Colour, low: Colour) -> None:
        """A sky down to the horizon, warmed by the hour; the low sun stands in it."""
        warm = 0.15 + 0.6 * self.light.low
        bottom = mix(low, self.light.sky, min(warm, 0.8))
        grey = 0.5 if self.light.name == "overcast" else 0.0
        upper = mix(mix(top, (206, 210, 214), grey), self.light.sky, 0.35 * self.light.low)
        self.gradient(0, self.horizon + 2, upper, bottom)
        if self.light.low > 0.7:
            x = self.side * (0.5 + 0.38 * self.light.side)
            y = self.horizon - self.rng.uniform(0.06, 0.2) * self.side
            for radius in np.linspace(0.30, 0.07, 12) * self.side:
                self.disc(x, y, radius, radius, (255, 244, 214), 16)
            self.disc(x, y, 0.055 * self.side, 0.055 * self.side, (255, 248, 226), 240)

    def ridge(self, height: Real, rough: Real, colour: Colour, steep: Real = 1.0) -> None:
        """Hills whose crest lies around ``height`` above the horizon, down to the ground."""
        x = np.linspace(0, self.side, 40)
        phases, waves = self.rng.uniform(0, 2 * np.pi, 4), np.array([1.0, 2.1, 4.3, 8.7])
        sizes = rough * np.array([1.0, 0.55, 0.25 * steep, 0.12 * steep])
        bumps = (sizes * np.sin(2 * np.pi * waves * x[:, None] / self.side + phases)).sum(axis=1)
        crest = np.stack([x, self.horizon - height - bumps], axis=1)
        corners = np.array([[self.side, self.horizon + 2], [0.0, self.horizon + 2]])
        self.polygon(np.concatenate([crest, corners]), colour)

    def clouds(self, count: int, colour: Colour = (255, 255, 255)) -> None:
        """Heaps of soft discs in the upper sky."""
        for _ in range(count):
            x, y = self.rng.uniform(0, self.side), self.rng.uniform(0.04, 0.55) * self.horizon
            for _ in range(5):
                right, down = self.rng.uniform(-14, 14), self.rng.uniform(-2, 2)
                self.disc(x + right, y + down, self.rng.uniform(6, 13), 3.6, colour, 120)

    def bokeh(
        self, count: int, colours: Sequence[Colour], low: Real, high: Real, radius: Real,
        alpha: int = 110,
    ) -> None:  # fmt: skip
        """Discs of light or leaves between two heights, from half to all of ``radius`` large."""
        for _ in range(count):
            size = radius * self.rng.uniform(0.5, 1.0)
            x, y = self.rng.uniform(0, self.side), self.rng.uniform(low, high)
            self.disc(x, y, size, size, self.pick(colours), alpha)

    def blades(
        self, count: int, low: Real, high: Real, length: Real, colours: Sequence[Colour],
        wide: Real = 1.2, lean: Real = 0.3,
    ) -> None:  # fmt: skip
        """Grass with its feet between two heights, longer towards the viewer."""
        for y in np.sort(self.rng.uniform(low, high, count)):
            x, size = self.rng.uniform(0, self.side), length * self.rng.uniform(0.6, 1.0)
            size *= 0.35 + 0.65 * (y - self.horizon) / max(self.side - self.horizon, 1)
            tip = x + size * self.rng.uniform(-lean, lean)
            points = np.array([[x, y], [0.6 * x + 0.4 * tip, y - 0.6 * size], [tip, y - size]])
            self.line(points, self.pick(colours), wide)

    def scatter(
        self, count: int, colours: Sequence[Colour], size: Real, flat: Real = 0.6,
        alpha: int = 255,
    ) -> None:  # fmt: skip
        """Flowers, leaves or stones on the ground, smaller towards the horizon."""
        for share in np.sort(self.rng.uniform(0, 1, count)):
            y = self.horizon + 2 + (self.side - self.horizon) * share
            grown = size * (0.25 + 0.75 * share) * self.rng.uniform(0.7, 1.2)
            x = self.rng.uniform(0, self.side)
            self.disc(x, y, grown, flat * grown, self.pick(colours), alpha)

    def shadow(self) -> None:
        """The bird's shadow on the ground, away from the light."""
        stand, reach = self.stand, 0.2 + 0.5 * self.light.low
        x = stand.x - self.light.side * reach * 0.5 * stand.unit
        layer = Image.new("L", self.picture.size)
        wide, high = (0.36 + 0.3 * reach) * stand.unit, 0.075 * stand.unit
        y = stand.y + 0.03 * stand.unit
        box = [(x - wide) * COARSE, (y - high) * COARSE, (x + wide) * COARSE, (y + high) * COARSE]
        ImageDraw.Draw(layer).ellipse(box, fill=round(70 + 60 * self.light.hard))
        layer = layer.filter(ImageFilter.BoxBlur(2.4 * COARSE))
        self.picture.paste((26, 24, 40), mask=layer)
        self._renew()

    def finish(self) -> Photo:
        """The background at the picture's size, in its light."""
        return tinted(np.asarray(self.picture.reduce(COARSE)), self.light)
