"""What is behind a thing: sky, hills and a few pieces of paper that mean nothing."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from fewbits.data.drawing.brush import FINE
from fewbits.data.drawing.curves import Outline, ellipse, smooth
from fewbits.data.drawing.paint import Colour, mix, stray
from fewbits.data.scenes.sheet import SIDE

SKIES: tuple[Colour, ...] = ((206, 226, 238), (246, 224, 196), (228, 216, 236), (214, 234, 220))
GROUNDS: tuple[Colour, ...] = ((206, 196, 150), (168, 190, 140), (198, 178, 168), (176, 184, 200))
CLOUD: Colour = (252, 250, 246)


def paint_backdrop(rng: np.random.Generator) -> UInt8[np.ndarray, "144 144 3"]:
    """A backdrop of cut paper; none of its shapes or paints is that of a part."""
    sky = stray(SKIES[int(rng.integers(len(SKIES)))], rng)
    ground = stray(GROUNDS[int(rng.integers(len(GROUNDS)))], rng)
    picture = Image.new("RGB", (SIDE * FINE, SIDE * FINE), sky)
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0, SIDE), rng.uniform(0.05, 0.4) * SIDE
        wide = rng.uniform(0.08, 0.2) * SIDE
        cloud = smooth(ellipse(x, y, wide, 0.4 * wide, 7) + rng.uniform(-2, 2, (7, 2)))
        _fill(draw, cloud, mix(sky, CLOUD, rng.uniform(0.35, 0.8)))
    horizon = rng.uniform(0.6, 0.8) * SIDE
    for layer in range(3):
        level = horizon + (0.06 * layer - 0.08) * SIDE
        hills = np.array(
            [(x, level + rng.uniform(-0.05, 0.05) * SIDE) for x in np.linspace(-20, SIDE + 20, 7)]
        )
        corners = np.array([(SIDE + 20, SIDE + 20), (-20, SIDE + 20)])
        _fill(draw, np.concatenate([hills, corners]), mix(ground, sky, 0.45 - 0.2 * layer))
    return np.asarray(picture.reduce(FINE))


def _fill(draw: ImageDraw.ImageDraw, shape: Outline, colour: Colour) -> None:
    draw.polygon([(x * FINE, y * FINE) for x, y in shape.tolist()], fill=colour)
