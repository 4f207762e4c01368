"""The light of a picture: where it comes from, how warm it is, and how it models a bird."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageFilter

from fewbits.data.drawing.paint import Colour

Photo = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class Light:
    """The light in one picture, the same on bird and background.

    Attributes:
        name: of the hour.
        side: where the sun stands, -1 left to 1 right.
        tint: what red, green and blue are multiplied by.
        low: how low the sun is, 0 to 1: it decides how far shadows fall and the sky's warmth.
        hard: how strong shadows are, 0 to 1.
        sky: colour that the horizon tends to.
    """

    name: str
    side: float
    tint: tuple[float, float, float]
    low: float
    hard: float
    sky: Colour


# Tints stay near 1, so that no colour word turns into another.
_HOURS = {
    "noon": ((1.02, 1.01, 0.98), 0.2, 0.9, (226, 238, 246)),
    "overcast": ((0.96, 0.98, 1.01), 0.2, 0.3, (222, 226, 230)),
    "golden": ((1.04, 1.00, 0.91), 0.8, 1.0, (255, 222, 160)),
    "dusk": ((0.98, 0.91, 0.94), 1.0, 0.7, (246, 166, 132)),
}
_SHARES = (0.4, 0.2, 0.25, 0.15)


def draw_light(rng: np.random.Generator) -> Light:
    """An hour of the day, the bright ones more often."""
    name = list(_HOURS)[int(rng.choice(len(_HOURS), p=_SHARES))]
    tint, low, hard, sky = _HOURS[name]
    side = float(rng.choice([-1, 1]) * rng.uniform(0.4, 1.0))
    return Light(name, side, tint, low, hard, sky)


def tinted(photo: Photo, light: Light) -> Photo:
    """A picture in this light."""
    table = np.clip(np.arange(256)[:, None] * light.tint, 0, 255).astype(np.uint8)
    return np.stack([table[photo[..., c], c] for c in range(3)], axis=-1)


def model(
    colours: Photo, cover: UInt8[np.ndarray, "height width"], light: Light, unit: float
) -> Photo:
    """Give a flat bird roundness: its cover, blurred, is taken for a height that light falls on.

    Args:
        colours: the bird's paint.
        cover: 0 to 255, where the bird is.
        light: whose side and hardness count.
        unit: pixels in a body length.
    """
    rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
    box = (
        slice(max(rows[0] - 8, 0), rows[-1] + 9),
        slice(max(columns[0] - 8, 0), columns[-1] + 9),
    )
    shade = _roundness(cover[box], light, unit)
    lit = colours[box].astype(np.float32) * shade[..., None]
    result = colours.copy()
    result[box] = np.clip(lit, 0, 255).astype(np.uint8)
    return result


def _roundness(
    cover: UInt8[np.ndarray, "height width"], light: Light, unit: float
) -> Float[np.ndarray, "height width"]:
    """What brightness is multiplied by: above 1 towards the sun, below 1 away from it."""
    soft = Image.fromarray(cover)
    height = sum(
        np.asarray(soft.filter(ImageFilter.GaussianBlur(share * unit)), dtype=np.float32)
        for share in (0.035, 0.10)
    )
    down, right = np.gradient(height / 255)
    strength = unit * (0.55 + 0.45 * light.hard)
    slope = 0.10 * strength * (-light.side * right * (0.5 + light.low) + 1.1 * down)
    return np.clip(1.02 + slope, 0.66, 1.20).astype(np.float32)
