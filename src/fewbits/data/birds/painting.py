"""One bird, painted from back to front."""

import numpy as np
from jaxtyping import UInt8

from fewbits.data.birds import features, plumage, wings
from fewbits.data.birds.anatomy import Anatomy
from fewbits.data.birds.colours import Coat
from fewbits.data.birds.pose import Pose
from fewbits.data.birds.species import Species
from fewbits.data.drawing.brush import FINE, Brush
from fewbits.data.drawing.lighting import Light, model

WINGS_LIFTED = np.radians(14)
"""From this lift on the far wing is seen behind the body."""


def paint_bird(
    bird: Anatomy, species: Species, pose: Pose, light: Light, side: int, rng: np.random.Generator
) -> tuple[
    UInt8[np.ndarray, "side side 3"], UInt8[np.ndarray, "side side"], UInt8[np.ndarray, "side side"]
]:
    """Paint a bird on nothing.

    Returns:
        Its colours; its cover, 0 to 255; and the cover of all but the legs, behind which legs hide.
    """
    coat, phase = Coat(species, rng), (rng.uniform(0, 1), rng.uniform(0, 1))
    brush = _window(bird, side)
    if pose.wing > WINGS_LIFTED:
        wings.paint_far_wing(brush, bird, coat)
    features.paint_leg(brush, bird, bird.far_leg, pose, coat, near=False)
    plumage.paint_tail(brush, bird, species, coat)
    features.paint_leg(brush, bird, bird.near_leg, pose, coat, near=True)
    features.paint_bill(brush, bird, coat)
    features.paint_crest(brush, bird, coat)
    trunk = plumage.paint_trunk(brush, bird, coat)
    plumage.paint_breast(brush, bird, species, trunk, phase)
    features.paint_head(brush, bird, species, coat, trunk)
    wings.paint_wing(brush, bird, species, coat, phase)
    colours, cover = brush.finish(side)
    body = np.zeros_like(cover)
    small = np.asarray(trunk.reduce(FINE))
    body[brush.top : brush.top + small.shape[0], brush.left : brush.left + small.shape[1]] = small
    textured = _feathery(model(colours, cover, light, bird.unit), rng)
    return textured, cover, body


def _window(bird: Anatomy, side: int) -> Brush:
    """A brush for the part of the picture that the bird is in, toes included."""
    points = bird.extent()
    low = np.clip(np.floor(points.min(axis=0)) - 5, 0, side).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + 5 + 0.12 * bird.unit, 0, side).astype(int)
    return Brush(int(low[0]), int(low[1]), *(high - low).tolist())


def _feathery(
    colours: UInt8[np.ndarray, "side side 3"], rng: np.random.Generator
) -> UInt8[np.ndarray, "side side 3"]:
    """Brightness that changes a little from pixel to pixel, as down does."""
    noise = rng.integers(-5, 6, colours.shape[:2], dtype=np.int16)
    return np.clip(colours.astype(np.int16) + noise[..., None], 0, 255).astype(np.uint8)
