"""What scores do when pictures are drawn once more with something changed."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from fewbits.errors import UsageError

# Axes without names: that the shapes belong together is checked, and told, below.
Cosines = Float[Tensor, "_ _ _ _"]
Pixels = UInt8[Tensor, "_ _ _ _"]


@dataclass(frozen=True)
class Redrawn:
    """How far codes fell, and whether anything changed where they had scored.

    Attributes:
        fell: the score before less the score after, wherever that one is.
        fell_there: the same at the place of the score before.
        untouched: no pixel of that place's block has changed.
    """

    fell: Float[Tensor, "image code"]
    fell_there: Float[Tensor, "image code"]
    untouched: Bool[Tensor, "image code"]


def redrawn(before: Cosines, after: Cosines, pictures: Pixels, changed: Pixels) -> Redrawn:
    """Scores, their places and the pixels there, before a change and after it.

    Args:
        before: [image, code, high, wide], each code's map of each picture; its maximum is the
            score.
        after: the same of the changed pictures.
        pictures: [image, channel, height, width], what the maps are of.
        changed: the same pictures after the change.

    Raises:
        UsageError: shapes that do not belong together, or pictures that cannot be cut into cells.
    """
    if before.shape != after.shape or pictures.shape != changed.shape:
        raise UsageError(
            "expected maps and pictures of the same shapes before and after, got the maps "
            f"{tuple(before.shape)} and {tuple(after.shape)}, the pictures "
            f"{tuple(pictures.shape)} and {tuple(changed.shape)}"
        )
    (rows, columns), (height, width) = before.shape[2:], pictures.shape[2:]
    if len(before) != len(pictures) or height % rows or width % columns:
        raise UsageError(
            f"maps of {len(before)} pictures in {rows} x {columns} cells do not belong to "
            f"{len(pictures)} pictures of {height} x {width} pixels"
        )
    score, place = before.flatten(2).max(2)
    there = after.flatten(2).gather(2, place[..., None])[..., 0]
    same = (pictures == changed).all(1)
    blocks = same.unfold(1, height // rows, height // rows).unfold(
        2, width // columns, width // columns
    )
    untouched = blocks.flatten(3).all(3).flatten(1).gather(1, place)
    return Redrawn(score - after.flatten(2).amax(2), score - there, untouched)
