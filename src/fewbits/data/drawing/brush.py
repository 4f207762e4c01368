"""Painting with outlines on a canvas of three times the picture's size, for soft edges."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from fewbits.data.drawing.curves import Outline, Vector
from fewbits.data.drawing.paint import Colour

FINE = 3
"""Canvas pixels in one pixel of the picture."""

_HALF = [0] * 128 + [255] * 128


class Brush:
    """A window of the picture, painted fine, and where paint is.

    Attributes:
        paint: the colours.
        cover: 255 where something was painted.
    """

    def __init__(self, left: int, top: int, wide: int, high: int) -> None:
        self.left, self.top = left, top
        self.paint = Image.new("RGB", (wide * FINE, high * FINE))
        self.cover = Image.new("L", self.paint.size)
        self._colours, self._covers = ImageDraw.Draw(self.paint), ImageDraw.Draw(self.cover)

    def _fine(self, points: Outline) -> list[tuple[float, float]]:
        moved = (points - (self.left, self.top)) * FINE
        return [(x, y) for x, y in moved.tolist()]

    def fill(self, shape: Outline, colour: Colour) -> None:
        """Paint the inside of an outline."""
        points = self._fine(shape)
        self._colours.polygon(points, fill=colour)
        self._covers.polygon(points, fill=255)

    def line(self, points: Outline, colour: Colour, wide: float) -> None:
        """Paint a line ``wide`` pixels of the picture wide, with round corners."""
        fine, width = self._fine(points), max(1, round(wide * FINE))
        self._colours.line(fine, fill=colour, width=width, joint="curve")
        self._covers.line(fine, fill=255, width=width, joint="curve")

    def mask(self, *shapes: Outline) -> Image.Image:
        """255 inside any of these outlines."""
        mask = Image.new("L", self.paint.size)
        draw = ImageDraw.Draw(mask)
        for shape in shapes:
            draw.polygon(self._fine(shape), fill=255)
        return mask

    def strokes(self, lines: list[Outline], wide: float) -> Image.Image:
        """255 on any of these lines, ``wide`` pixels of the picture wide."""
        mask = Image.new("L", self.paint.size)
        draw = ImageDraw.Draw(mask)
        for line in lines:
            draw.line(self._fine(line), fill=255, width=max(1, round(wide * FINE)), joint="curve")
        return mask

    def soft(self, mask: Image.Image, radius: float) -> Image.Image:
        """A mask with an edge ``radius`` pixels of the picture wide."""
        return mask.filter(ImageFilter.BoxBlur(1.5 * radius * FINE))

    def rounded(self, mask: Image.Image, radius: float) -> Image.Image:
        """A mask with its corners filled and smoothed over ``radius`` pixels of the picture."""
        return self.soft(mask, radius).point(_HALF)

    def stain(self, mask: Image.Image, colour: Colour, share: float = 1.0) -> None:
        """Colour what lies under a mask, without painting anything new."""
        if share < 1:
            mask = mask.point([round(share * value) for value in range(256)])
        if box := mask.getbbox():  # most masks are small beside the canvas
            self.paint.paste(colour, box, mask.crop(box))

    def add(self, mask: Image.Image, colour: Colour) -> None:
        """Paint a whole mask."""
        self.paint.paste(colour, mask=mask)
        self.cover.paste(255, mask=mask)

    def moved(self, mask: Image.Image, by: Vector) -> Image.Image:
        """A mask moved by so many pixels of the picture."""
        right, down = np.round(by * FINE).astype(int).tolist()
        return ImageChops.offset(mask, right, down)

    def finish(
        self, side: int
    ) -> tuple[UInt8[np.ndarray, "side side 3"], UInt8[np.ndarray, "side side"]]:
        """Colours and cover at the picture's size; beyond the window nothing is covered."""
        colours = np.zeros((side, side, 3), np.uint8)
        cover = np.zeros((side, side), np.uint8)
        # Colours are averaged over what is painted only, or edges would darken.
        premixed = Image.composite(self.paint, Image.new("RGB", self.paint.size), self.cover)
        paint = np.asarray(premixed.reduce(FINE), dtype=np.float32)
        small = np.asarray(self.cover.reduce(FINE))
        whole = paint * (255 / np.maximum(small, 1))[..., None]
        rows = slice(self.top, self.top + small.shape[0])
        columns = slice(self.left, self.left + small.shape[1])
        colours[rows, columns] = np.clip(whole + 0.5, 0, 255).astype(np.uint8)
        cover[rows, columns] = small
        return colours, cover


def within(first: Image.Image, second: Image.Image) -> Image.Image:
    """What lies under both masks."""
    return ImageChops.multiply(first, second)
