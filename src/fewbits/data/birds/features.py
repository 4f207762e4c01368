"""What is bare, and the face: legs and toes, bill, crown, mask, crest and eye."""

import numpy as np
from PIL import Image

from fewbits.data.birds.anatomy import Anatomy, Leg
from fewbits.data.birds.colours import CREAM, INK, Coat
from fewbits.data.birds.pose import Pose
from fewbits.data.birds.shapes import EYE
from fewbits.data.birds.species import Species
from fewbits.data.drawing.brush import Brush, within
from fewbits.data.drawing.curves import ellipse, outline, smooth
from fewbits.data.drawing.paint import Colour, mix

CAP = outline(
    (0.95, -0.34), (0.50, -0.40), (0.05, -0.38), (-0.45, -0.20), (-0.80, 0.16), (-1.25, 0.30),
    (-1.4, -0.6), (-0.8, -1.4), (0.2, -1.5), (1.0, -1.0),
)  # fmt: skip
"""The crown down to the nape, in radii of the head."""

FACE = outline(
    (0.95, -0.34), (0.0, -0.42), (-0.75, -0.05), (-0.62, 0.46), (-0.1, 0.72), (0.55, 0.66),
    (1.1, 0.3),
)  # fmt: skip
MASK = outline(
    (1.02, -0.20), (0.45, -0.36), (-0.15, -0.30), (-0.80, -0.02), (-0.92, 0.24), (-0.45, 0.30),
    (0.20, 0.17), (1.02, 0.14),
)  # fmt: skip
BROW = outline((0.98, -0.36), (0.45, -0.47), (-0.15, -0.42), (-0.85, -0.13))


def paint_leg(brush: Brush, bird: Anatomy, leg: Leg, pose: Pose, coat: Coat, near: bool) -> None:
    """Thigh, tarsus and four toes; the far leg is darker."""
    shade = 0.0 if near else 0.3
    bare, unit = mix(coat.legs, INK, shade), bird.unit
    width = 0.042 * unit
    x, y = leg.hip + 0.18 * (leg.ankle - leg.hip)
    brush.fill(ellipse(x, y, 0.075 * unit, 0.10 * unit, 14), mix(coat.under, INK, shade))
    brush.line(np.stack([leg.hip, leg.ankle, leg.foot]), bare, width)
    along = bird.root.across + np.tan(pose.slope) * bird.root.down
    for forward, down in (
        ((0.10, 0.055), (0.075, 0.075), (-0.06, 0.05))
        if pose.perched
        else ((0.15, 0.022), (0.11, 0.045), (-0.075, 0.012))
    ):
        middle = leg.foot + 0.6 * forward * along
        toe = leg.foot + forward * along + down * bird.root.down
        brush.line(np.stack([leg.foot, middle, toe]), bare, 0.8 * width)


def paint_bill(brush: Brush, bird: Anatomy, coat: Coat) -> None:
    """Both mandibles, the lower one darker, with a line between them."""
    brush.fill(bird.bill, coat.bill)
    shape = brush.mask(bird.bill)
    gape = bird.head.place(outline((0.6, 0.06), (1.3, 0.07), (2.6, 0.16)))
    lower = bird.head.place(outline((0.6, 0.06), (1.3, 0.07), (2.6, 0.16), (2.6, 1.0), (0.6, 1.0)))
    brush.stain(within(shape, brush.mask(lower)), mix(coat.bill, INK, 0.28))
    brush.stain(within(shape, brush.strokes([gape], 0.010 * bird.unit)), INK, 0.7)
    light = bird.head.place(outline((0.7, -0.22), (1.5, -0.06)))
    brush.stain(within(shape, brush.strokes([light], 0.014 * bird.unit)), CREAM, 0.30)


def paint_crest(brush: Brush, bird: Anatomy, coat: Coat) -> None:
    """Long feathers from the crown, if the bird has them. They lie behind the head."""
    if bird.crest is not None:
        brush.fill(bird.crest, coat.crown)


def paint_head(
    brush: Brush, bird: Anatomy, species: Species, coat: Coat, trunk: Image.Image
) -> None:
    """Cheek and throat, crown, mask and eye, all within ``trunk``."""
    place = bird.head.place
    throat = brush.mask(place(smooth(outline((1.0, 0.2), (0.2, 0.5), (-0.1, 1.3), (1.0, 1.3)), 4)))
    skull = brush.mask(bird.skull)
    brush.stain(within(skull, brush.soft(brush.mask(place(FACE)), 0.012 * bird.unit)), coat.face)
    brush.stain(within(trunk, brush.soft(throat, 0.012 * bird.unit)), coat.under)
    brush.stain(within(trunk, brush.mask(place(smooth(CAP, 4)))), coat.crown)
    if species.has("head_pattern", "masked"):
        band = brush.mask(place(smooth(MASK, 4)))
        brush.stain(within(trunk, band), INK)
        brush.stain(within(trunk, brush.strokes([place(BROW)], 0.026 * bird.unit)), CREAM)
    _paint_eye(brush, bird, species)


def _paint_eye(brush: Brush, bird: Anatomy, species: Species) -> None:
    """A dark eye with a light in it, and a wide pale ring if the bird has one."""

    def disc(radius: float, x: float, y: float, colour: Colour) -> None:
        brush.stain(brush.mask(bird.head.place(ellipse(x, y, radius, radius, 16))), colour)

    x, y = EYE
    if species.has("eye_ring", "yes"):
        disc(0.36, x, y, CREAM)
    disc(0.215, x, y, (18, 14, 16))
    disc(0.075, x + 0.06, y - 0.08, (255, 255, 255))
