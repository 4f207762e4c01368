"""A sheet of paper that remembers which part lies on top at each pixel."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from fewbits.data.drawing.brush import FINE, Brush
from fewbits.data.drawing.curves import Outline
from fewbits.data.drawing.paint import Colour
from fewbits.data.scenes.things import PARTS

SIDE = 144
"""Height and width of a picture, in pixels."""


class Sheet:
    """The whole picture, painted fine, and a map of parts of the same size.

    Attributes:
        brush: what is painted, and where.
        parts: 0 where no part is, else its place in :data:`PARTS` counted from 1.
    """

    def __init__(self) -> None:
        self.brush = Brush(0, 0, SIDE, SIDE)
        self.parts = Image.new("L", self.brush.paint.size)

    def fill(self, shape: Outline, colour: Colour, part: str | None = None) -> None:
        """Paint the inside of an outline, as a part or as none."""
        self.add(self.brush.mask(shape), colour, part)

    def line(self, points: Outline, colour: Colour, wide: float, part: str | None = None) -> None:
        """Paint a line ``wide`` pixels of the picture wide."""
        self.add(self.brush.strokes([points], wide), colour, part)

    def add(self, mask: Image.Image, colour: Colour, part: str | None = None) -> None:
        """Paint a whole mask; where it lies, the part (or none) is what is seen from now on."""
        self.brush.add(mask, colour)
        self.parts.paste(0 if part is None else 1 + PARTS.index(part), mask=mask)

    def finish(
        self,
    ) -> tuple[
        UInt8[np.ndarray, "144 144 3"], UInt8[np.ndarray, "144 144"], UInt8[np.ndarray, "144 144"]
    ]:
        """Colours, cover from 0 to 255, and the part in the middle of each pixel."""
        colours, cover = self.brush.finish(SIDE)
        middle = FINE // 2
        return colours, cover, np.asarray(self.parts)[middle::FINE, middle::FINE].copy()
