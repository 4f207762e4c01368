"""Leaves and grass before the bird, which hide some of its parts."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFilter

from fewbits.data.birds.scene import Stand
from fewbits.data.drawing.brush import FINE
from fewbits.data.drawing.curves import Outline, Real, blade
from fewbits.data.drawing.lighting import Light, Photo, tinted
from fewbits.data.drawing.paint import Colour, mix

_GROWTH: dict[str, Colour] = {
    "meadow": (86, 140, 50),
    "woodland": (58, 98, 44),
    "reeds": (156, 152, 78),
    "snow": (196, 208, 222),
    "shore": (150, 158, 96),
    "desert": (176, 152, 82),
    "autumn": (204, 106, 40),
    "blossom": (120, 172, 84),
}
"""Colour of the leaves before the bird."""

HIDDEN_SHARE = 0.25
"""So many pictures have leaves before the bird."""


def grow_leaves(
    stand: Stand, side: int, rng: np.random.Generator
) -> tuple[UInt8[np.ndarray, "side side"], UInt8[np.ndarray, "side side"]]:
    """Leaves or grass before the bird: where they are, and how bright, both 0 to 255.

    They have the same shape in every habitat, so that a change of habitat hides nothing else.
    """
    if rng.random() >= HIDDEN_SHARE:
        return np.zeros((side, side), np.uint8), np.zeros((side, side), np.uint8)
    cover = Image.new("L", (side * FINE, side * FINE))
    shade = Image.new("L", cover.size)
    masks, shades = ImageDraw.Draw(cover), ImageDraw.Draw(shade)
    for leaf in _grass(stand, side, rng) if rng.random() < 0.6 else _spray(side, rng):
        points = [(x, y) for x, y in (leaf * FINE).tolist()]
        masks.polygon(points, fill=255)
        shades.polygon(points, fill=int(rng.integers(110, 255)))
    cover = cover.filter(ImageFilter.BoxBlur(0.5 * FINE))
    return np.asarray(cover.reduce(FINE)), np.asarray(shade.reduce(FINE))


def _grass(stand: Stand, side: int, rng: np.random.Generator) -> list[Outline]:
    """A tuft of blades from the lower edge, across the legs."""
    centre = stand.x + rng.uniform(-0.5, 0.5) * stand.unit
    blades = []
    for _ in range(int(rng.integers(6, 11))):
        away = rng.normal(0, 0.28)
        length = side - stand.y + rng.uniform(0.12, 0.55) * stand.unit
        angle = -np.pi / 2 + 0.5 * away + rng.uniform(-0.1, 0.1)
        shape = blade(length, 3.6, 0.0, np.sign(away) * rng.uniform(2, 16), 1.0)
        blades.append(_placed(shape, centre + away * stand.unit, side + 2, angle))
    return blades


def _spray(side: int, rng: np.random.Generator) -> list[Outline]:
    """A twig with broad leaves from the left or right edge."""
    right = rng.random() < 0.5
    angle = rng.uniform(-0.5, 0.5) + (np.pi if right else 0.0)
    x, y = (side + 3.0 if right else -3.0), rng.uniform(0.35, 0.8) * side
    reach = rng.uniform(0.25, 0.42) * side
    along = np.array([np.cos(angle), np.sin(angle)])
    leaves = [_placed(blade(reach, 1.6, 0.0, base=1.0), x, y, angle)]
    for step in np.linspace(0.3, 1.0, 5):
        px, py = (x, y) + step * reach * along
        for turn in (-0.8, 0.8) if step < 1 else (0.0,):
            leaves.append(
                _placed(blade(rng.uniform(13, 19), 7.5, 0.1, 0, 0.2), px, py, angle + turn)
            )
    return leaves


def _placed(shape: Outline, x: Real, y: Real, angle: Real) -> Outline:
    """A blade with its base at (x, y), pointing along an angle."""
    cos, sin = np.cos(angle), np.sin(angle)
    return shape @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


def leaf_colours(name: str, shade: UInt8[np.ndarray, "side side"], light: Light) -> Photo:
    """Paint for the leaves of a habitat, darker where ``shade`` is low."""
    dark, bright = mix(_GROWTH[name], (20, 24, 28), 0.5), mix(_GROWTH[name], (255, 250, 224), 0.2)
    share = shade[..., None] / 255
    paint = (np.array(dark) * (1 - share) + np.array(bright) * share).astype(np.uint8)
    return tinted(paint, light)
