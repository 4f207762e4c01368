"""The habitats by name, and what grows before the bird in each."""

from collections.abc import Callable

import numpy as np

from fewbits.data.birds import glades, open_country, woods
from fewbits.data.birds.scene import Scene, Stand
from fewbits.data.drawing.lighting import Light, Photo

HABITATS: dict[str, Callable[[Scene], None]] = {
    "meadow": open_country.meadow,
    "woodland": woods.woodland,
    "reeds": glades.reeds,
    "snow": open_country.snow,
    "shore": open_country.shore,
    "desert": open_country.desert,
    "autumn": woods.autumn,
    "blossom": glades.blossom,
}


def paint_habitat(
    name: str, stand: Stand, light: Light, side: int, rng: np.random.Generator
) -> Photo:
    """A background with something under the feet of a bird that stands there."""
    scene = Scene(stand, light, side, rng)
    HABITATS[name](scene)
    return scene.finish()
