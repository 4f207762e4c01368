"""What is true of a picture: where the parts are, what can be seen, where the box lies."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from fewbits.data.birds.anatomy import PARTS, Anatomy
from fewbits.data.birds.attributes import ATTRIBUTES, SEEN_ON
from fewbits.data.birds.pose import Pose
from fewbits.data.birds.species import Species

SOLID = 64
"""A pixel with so much bird in it, of 255, belongs to the box: the tips of bills are thin."""

DEFINITELY, NOT_VISIBLE = 4, 1
"""CUB's certainties."""


@dataclass(frozen=True)
class Truth:
    """What is known of a picture.

    Attributes:
        parts: x and y of the parts in pixels, rightwards and downwards; 0 where not visible.
        visible: whether a part can be seen.
        box: left, top, width and height of the box around the bird, in pixels.
        attributes: which attributes the bird shows; none that cannot be seen.
        certainty: 4 for what can be seen, 1 for what cannot, as CUB has it.
    """

    parts: Float[np.ndarray, "15 2"]
    visible: Bool[np.ndarray, " 15"]
    box: Float[np.ndarray, " 4"]
    attributes: Bool[np.ndarray, " attribute"]
    certainty: UInt8[np.ndarray, " attribute"]


def find_truth(
    bird: Anatomy,
    species: Species,
    pose: Pose,
    mask: UInt8[np.ndarray, "side side"],
    body: UInt8[np.ndarray, "side side"],
    leaves: UInt8[np.ndarray, "side side"],
) -> Truth:
    """All that is true of a bird in its picture.

    Args:
        bird: where its parts are.
        species: what it has.
        pose: which side it shows.
        mask: how much of each pixel is bird.
        body: what hides legs.
        leaves: what hides anything.
    """
    parts, visible = _find_parts(bird, pose, body, leaves)
    return Truth(parts, visible, _find_box(mask), *_find_attributes(species, visible))


def _find_parts(
    bird: Anatomy,
    pose: Pose,
    body: UInt8[np.ndarray, "side side"],
    leaves: UInt8[np.ndarray, "side side"],
) -> tuple[Float[np.ndarray, "15 2"], Bool[np.ndarray, " 15"]]:
    """Where the parts are, and which of them can be seen.

    A bird that faces right shows its right side; a head turned back shows the other. Legs can hide
    in the feathers, and anything behind leaves.
    """
    points = bird.points()
    near, far = ("right", "left") if pose.facing > 0 else ("left", "right")
    eye = far if pose.looking_back else near
    named = {
        name: points[name] for name in ("back", "beak", "belly", "breast", "crown", "forehead",
                                        "nape", "tail", "throat")
    }  # fmt: skip
    named |= {f"{eye} eye": points["near eye"], f"{near} wing": points["near wing"]}
    named |= {
        f"{side} leg": points[f"{which} leg"]
        for side, which in ((near, "near"), (far, "far"))
        if _value_at(body, points[f"{which} leg"]) < 128
    }
    parts, visible = np.zeros((len(PARTS), 2)), np.zeros(len(PARTS), dtype=np.bool_)
    for index, name in enumerate(PARTS):
        if name in named and _value_at(leaves, named[name]) < 128:
            parts[index], visible[index] = np.round(named[name], 1), True
    return parts, visible


def _value_at(mask: UInt8[np.ndarray, "side side"], point: Float[np.ndarray, " 2"]) -> int:
    column, row = np.clip(point.astype(int), 0, len(mask) - 1)
    return int(mask[row, column])


def _find_box(mask: UInt8[np.ndarray, "side side"]) -> Float[np.ndarray, " 4"]:
    """Left, top, width and height of what is bird enough to be seen."""
    rows, columns = (np.flatnonzero((mask >= SOLID).any(axis=axis)) for axis in (1, 0))
    left, top = columns[0], rows[0]
    return np.array([left, top, columns[-1] - left + 1, rows[-1] - top + 1], dtype=np.float64)


def _find_attributes(
    species: Species, visible: Bool[np.ndarray, " 15"]
) -> tuple[Bool[np.ndarray, " attribute"], UInt8[np.ndarray, " attribute"]]:
    """Attributes that can be seen, and how certain each is."""
    in_sight = {name for name, seen in zip(PARTS, visible, strict=True) if seen}
    seen = np.array(
        [
            not (parts := SEEN_ON.get(name.split("::")[0], ())) or not in_sight.isdisjoint(parts)
            for name in ATTRIBUTES
        ]
    )
    certainty = np.where(seen, DEFINITELY, NOT_VISIBLE).astype(np.uint8)
    return np.array(species.attributes) & seen, certainty
