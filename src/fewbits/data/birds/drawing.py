"""One picture with its truth: draw a bird, put it on a habitat, grow leaves before it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from fewbits.data.birds.anatomy import fit
from fewbits.data.birds.habitats import HABITATS, paint_habitat
from fewbits.data.birds.leaves import grow_leaves, leaf_colours
from fewbits.data.birds.painting import paint_bird
from fewbits.data.birds.pose import draw_pose, plan_for
from fewbits.data.birds.scene import Stand
from fewbits.data.birds.species import SPECIES, Species
from fewbits.data.birds.truth import Truth, find_truth
from fewbits.data.drawing.lighting import draw_light, tinted
from fewbits.errors import UsageError

SIDE = 144
"""Height and width of a picture, in pixels."""

AWAY = 8
"""One training picture in so many is taken away from the species' habitat."""

# Each of these draws from numbers of its own, so that another background leaves the bird alone.
_POSE, _PAINT, _PLACE, _GROUND, _LEAVES = range(5)


@dataclass(frozen=True)
class Drawing:
    """A picture and all that is known of it.

    Attributes:
        pixels: red, green and blue, 0 to 255.
        mask: how much of each pixel is bird, 0 to 255; leaves before it are no bird.
        truth: parts, box and attributes.
        habitat: where it was drawn.
    """

    pixels: UInt8[np.ndarray, "144 144 3"]
    mask: UInt8[np.ndarray, "144 144"]
    truth: Truth
    habitat: str


def choose_habitat(species: int, n: int, seed: int = 0, travelling: bool = False) -> str:
    """Where picture ``n`` is taken: seven times out of eight in the species' own habitat.

    Args:
        species: number from 0.
        n: number of the picture from 0.
        seed: of the whole set.
        travelling: never in its own, and not where it was otherwise.
    """
    own = SPECIES[species].habitat
    usual = own
    others = [name for name in HABITATS if name != own]
    first = int(_numbers(seed, species, n, _PLACE).integers(len(others)))
    if (n + 3 * species) % AWAY == AWAY - 1:
        usual = others[first]
    if not travelling:
        return usual
    return others[(first + 1) % len(others)]


def draw_bird(species: int, n: int, seed: int = 0, habitat: str | None = None) -> Drawing:
    """Draw picture ``n`` of a species; it depends on these numbers alone.

    Args:
        species: number from 0, see :data:`fewbits.data.birds.species.SPECIES`.
        n: number of the picture from 0.
        seed: of the whole set.
        habitat: another one than :func:`choose_habitat` would have; the bird stays as it is.

    Raises:
        UsageError: an unknown species or habitat, or a negative number.
    """
    _check(species, n, seed, habitat)
    place = habitat or choose_habitat(species, n, seed)
    return draw_kind(SPECIES[species], place, (seed, species, n))


def draw_kind(kind: Species, habitat: str, key: tuple[int, int, int]) -> Drawing:
    """Draw a bird of any traits, also of a species that is not in the table.

    Args:
        kind: its traits; its own habitat does not count.
        habitat: one of :data:`fewbits.data.birds.habitats.HABITATS`.
        key: numbers from 0; pose, light and all that is drawn by chance depend on them alone.
    """
    numbers = _numbers(*key, _POSE)
    pose, light = draw_pose(kind, numbers), draw_light(numbers)
    bird = fit(plan_for(kind), pose, SIDE)
    colours, cover, body = paint_bird(bird, kind, pose, light, SIDE, _numbers(*key, _PAINT))
    x, y = bird.root.origin.tolist()
    incline = pose.facing * float(np.tan(pose.slope))
    stand = Stand(x, y, bird.unit, pose.facing, incline, pose.perched)
    ground = paint_habitat(habitat, stand, light, SIDE, _numbers(*key, _GROUND))
    leaves, shade = grow_leaves(stand, SIDE, _numbers(*key, _LEAVES))
    picture = _over(ground, tinted(colours, light), cover)
    if leaves.any():
        picture = _over(picture, leaf_colours(habitat, shade, light), leaves)
    mask = (cover.astype(np.uint16) * (255 - leaves) // 255).astype(np.uint8)
    return Drawing(picture, mask, find_truth(bird, kind, pose, mask, body, leaves), habitat)


def _numbers(seed: int, species: int, n: int, use: int) -> np.random.Generator:
    return np.random.default_rng([seed, species, n, use])


def _check(species: int, n: int, seed: int, habitat: str | None) -> None:
    if not 0 <= species < len(SPECIES):
        raise UsageError(f"expected a species from 0 to {len(SPECIES) - 1}, got {species}")
    if n < 0 or seed < 0:
        raise UsageError(f"expected a picture and a seed from 0, got {n} and {seed}")
    if habitat is not None and habitat not in HABITATS:
        raise UsageError(f"unknown habitat {habitat!r}: expected {', '.join(HABITATS)}")


def _over(
    below: UInt8[np.ndarray, "side side 3"],
    above: UInt8[np.ndarray, "side side 3"],
    cover: UInt8[np.ndarray, "side side"],
) -> UInt8[np.ndarray, "side side 3"]:
    """``above`` where it covers, ``below`` elsewhere, in whole numbers."""
    share = cover[..., None].astype(np.uint16)
    mixed = above * share + below * (255 - share)
    return ((mixed + 127) // 255).astype(np.uint8)
