"""Each kind of part: where it sits on a box and on an egg, and how it is painted.

Bodies have coordinates of their own: x from -1 at the left to 1 at the right, y from -1 at the top
to 1 at the bottom. A part is laid out in these and then painted in pixels, so that it keeps its
form and its proportions whatever body it sits on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fewbits.data.drawing.brush import within
from fewbits.data.drawing.curves import Frame, Outline, blade, ellipse, outline, smooth
from fewbits.data.drawing.paint import Colour, mix, stray
from fewbits.data.scenes.sheet import Sheet
from fewbits.data.scenes.things import BOX

RUBBER: Colour = (48, 46, 52)
RIM: Colour = (214, 214, 208)
GLASS: Colour = (152, 208, 232)
FRAME: Colour = (250, 248, 240)
TILE: Colour = (176, 74, 52)
WOOD: Colour = (190, 142, 86)
FOOT: Colour = (112, 78, 48)
GREEN: Colour = (92, 158, 66)
VEIL: Colour = (224, 232, 244)
VEIN: Colour = (140, 156, 186)
DARK: Colour = (52, 44, 56)
PINK: Colour = (236, 166, 168)


@dataclass(frozen=True)
class Body:
    """What a part must know of the body it is put on.

    Attributes:
        kind: ``box`` or ``egg``.
        frame: the body's own coordinates; a unit across and a unit down differ in length.
        shape: its outline in the picture.
        unit: pixels in half the body's width.
    """

    kind: str
    frame: Frame
    shape: Outline
    unit: float

    def level(self, x: float, y: float) -> Frame:
        """A frame at a place of the body in which a unit is ``unit`` pixels either way."""
        across = self.frame.across / np.hypot(*self.frame.across) * self.unit
        down = self.frame.down / np.hypot(*self.frame.down) * self.unit
        return Frame(self.frame.at(x, y), across, down)


Numbers = np.random.Generator
Painter = Callable[[Sheet, Body, Numbers], None]


def paint_wheels(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """A dark tyre, a light rim, spokes."""
    colour, turn = stray(RUBBER, rng), rng.uniform(0, np.pi)
    reach, low = (0.58, 1.0) if body.kind == BOX else (0.34, 1.12)
    for x in (-reach, reach):
        hub = body.level(x, low)
        sheet.fill(hub.place(ellipse(0, 0, 0.27, 0.27)), colour, "wheel")
        sheet.fill(hub.place(ellipse(0, 0, 0.17, 0.17)), RIM, "wheel")
        for k in range(3):
            across = 0.17 * np.array([np.cos(turn + k * np.pi / 3), np.sin(turn + k * np.pi / 3)])
            spoke = hub.place(np.stack([-across, across]))
            sheet.line(spoke, colour, 0.035 * body.unit, "wheel")
        sheet.fill(hub.place(ellipse(0, 0, 0.055, 0.055)), colour, "wheel")


def paint_windows(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Panes in a white frame, with a cross."""
    glass = stray(GLASS, rng)
    high = -0.28 if body.kind == BOX else -0.12
    for x in (-0.52, 0.0, 0.52):
        pane = body.level(x, high)
        sheet.fill(pane.place(_square(0.21)), FRAME, "window")
        sheet.fill(pane.place(_square(0.165)), glass, "window")
        for bar in (outline((-0.17, 0), (0.17, 0)), outline((0, -0.17), (0, 0.17))):
            sheet.line(pane.place(bar), FRAME, 0.04 * body.unit, "window")


def paint_roof(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Rows of tiles, wider than the body."""
    colour = stray(TILE, rng)
    top = body.level(0.0, -1.0)
    sheet.fill(
        top.place(outline((-1.16, 0.08), (1.16, 0.08), (0.74, -0.48), (-0.74, -0.48))),
        colour,
        "roof",
    )
    dark = mix(colour, DARK, 0.45)
    for row, y in enumerate((-0.33, -0.18, -0.03)):
        half = 0.74 + (y + 0.48) * 0.75
        sheet.line(top.place(outline((-half, y), (half, y))), dark, 0.03 * body.unit, "roof")
        for x in np.arange(-half + 0.12 * (1 + row % 2), half - 0.1, 0.24):
            tile = top.place(outline((x, y), (x, y - 0.13)))
            sheet.line(tile, dark, 0.025 * body.unit, "roof")


def paint_legs(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Four tapered legs with feet."""
    wood = stray(WOOD, rng)
    places = (-0.78, -0.30, 0.30, 0.78) if body.kind == BOX else (-0.56, -0.22, 0.22, 0.56)
    for x in places:
        hip = body.level(x, 0.9 if body.kind == BOX else 0.78)
        end = 0.52 + rng.uniform(-0.03, 0.03)
        leg = outline((-0.085, -0.1), (0.085, -0.1), (0.055, end), (-0.055, end))
        sheet.fill(hip.place(leg), wood, "leg")
        sheet.fill(hip.place(ellipse(0.03, end, 0.11, 0.065)), FOOT, "leg")


def paint_leaves(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Green blades with a rib: out of the top of a box, from under an egg."""
    colour = stray(GREEN, rng)
    rib = mix(colour, FRAME, 0.5)
    if body.kind == BOX:
        stands = [(x, -0.95, -np.pi / 2 + 0.55 * x) for x in (-0.66, -0.33, 0.0, 0.33, 0.66)]
    else:
        stands = [(side * 0.25, 1.0, np.pi / 2 - side * lean) for side in (-1, 1)
                  for lean in (0.55, 1.15)]  # fmt: skip
    for x, y, turn in stands:
        stem = body.level(x, y).inner(0, 0, turn + rng.uniform(-0.12, 0.12))
        sheet.fill(stem.place(blade(0.62, 0.26, 0.0, 0.05, 0.3)), colour, "leaf")
        sheet.line(stem.place(outline((0.02, 0), (0.5, 0.02))), rib, 0.03 * body.unit, "leaf")


def paint_wings(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Two pale blades with veins, up and outwards."""
    veil = stray(VEIL, rng)
    lift = rng.uniform(-0.1, 0.1)
    for side in (-1, 1):
        root = body.level(side * 0.18, -0.72)
        wing = root.inner(0, 0, -np.pi / 2 + side * (0.72 + lift))
        sheet.fill(wing.place(smooth(blade(1.0, 0.52, 1.0, 0.0, 0.35), 3)), veil, "wing")
        for y in (-0.13, 0.0, 0.13):
            vein = wing.place(outline((0.06, 0.3 * y), (0.45, y), (0.86, 1.1 * y)))
            sheet.line(vein, VEIN, 0.03 * body.unit, "wing")


def paint_stripes(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Dark bands across the body."""
    colour, phase = stray(DARK, rng), rng.uniform(-0.06, 0.06)
    bands = [
        body.frame.place(
            outline((x - 0.09, -1.3), (x + 0.09, -1.3), (x + 0.09, 1.3), (x - 0.09, 1.3))
        )
        for x in phase + np.arange(-0.72, 0.73, 0.36)
    ]
    sheet.add(_on(sheet, body, bands), colour, "stripes")


def paint_spots(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Dark discs on the body."""
    colour = stray(DARK, rng)
    places = [(-0.62, -0.1), (-0.3, 0.48), (-0.22, -0.42), (0.12, 0.08), (0.34, 0.58), (0.38, -0.5),
              (0.66, 0.06)]  # fmt: skip
    discs = [
        body.level(x + rng.uniform(-0.05, 0.05), y + rng.uniform(-0.07, 0.07)).place(
            ellipse(0, 0, 0.125, 0.125)
        )
        for x, y in places
    ]
    sheet.add(_on(sheet, body, discs), colour, "spots")


def paint_antennae(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Two bent rods that end in balls."""
    colour = stray(DARK, rng)
    lean = rng.uniform(0.85, 1.15)
    for side in (-1, 1):
        root = body.level(side * 0.16, -0.92)
        bend = outline((0, 0), (side * 0.10, -0.30), (side * 0.30 * lean, -0.50))
        sheet.line(root.place(bend), colour, 0.06 * body.unit, "antenna")
        tip = ellipse(side * 0.32 * lean, -0.52, 0.095, 0.095)
        sheet.fill(root.place(tip), colour, "antenna")


def paint_ears(sheet: Sheet, body: Body, rng: Numbers) -> None:
    """Two pointed ears, pink inside."""
    outside = stray(WOOD, rng)
    for side in (-1, 1):
        root = body.level(side * 0.42, -0.80)
        ear = outline((-0.2, 0.12), (0.2, 0.12), (side * 0.12, -0.46))
        sheet.fill(root.place(ear), outside, "ear")
        sheet.fill(root.place(0.55 * ear + (0, 0.03)), PINK, "ear")


def paint_face(sheet: Sheet, body: Body) -> None:
    """Two eyes, which every egg has: they are of the body and no part."""
    for x in (0.18, 0.46):
        eye = body.level(x, 0.30)
        sheet.fill(eye.place(ellipse(0, 0, 0.125, 0.15)), FRAME)
        sheet.fill(eye.place(ellipse(0.03, 0.02, 0.06, 0.075)), DARK)


BEHIND: dict[str, Painter] = {
    "wing": paint_wings,
    "leaf": paint_leaves,
    "leg": paint_legs,
    "ear": paint_ears,
    "antenna": paint_antennae,
}
"""Painted before the body, which hides their roots."""

BEFORE: dict[str, Painter] = {
    "stripes": paint_stripes,
    "spots": paint_spots,
    "window": paint_windows,
    "roof": paint_roof,
    "wheel": paint_wheels,
}
"""Painted on the body."""


def _square(half: float) -> Outline:
    return outline((-half, -half), (half, -half), (half, half), (-half, half))


def _on(sheet: Sheet, body: Body, shapes: list[Outline]) -> Image.Image:
    """What of these shapes lies on the body."""
    return within(sheet.brush.mask(*shapes), sheet.brush.mask(body.shape))
