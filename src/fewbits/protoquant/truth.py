"""What is known of pictures' parts: points, as in CUB, or every pixel, as in drawn scenes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from fewbits.data.cub import BirdSet, Photos, place_parts
from fewbits.data.picture_sets import SCENES
from fewbits.data.scenes import PARTS, part_maps
from fewbits.metrics import parts as measures
from fewbits.metrics.parts import Purity

PATCH = 32 / 224  # PIP-Net's, as a share of the picture's side
BOX = 72 / 224  # of consistency and stability


@dataclass(frozen=True)
class Points:
    """Annotated parts of some pictures, in pixels of the squares that the backbone saw.

    Attributes:
        positions: x and y.
        visible: which can be seen.
        groups: parts that count as one, left and right.
        side: of the squares.
    """

    positions: Float[Tensor, "image part 2"]
    visible: Bool[Tensor, "image part"]
    groups: Sequence[Sequence[int]]
    side: int

    def moved(self, down: float, right: float) -> "Points":
        """The same parts so many pixels on: by a shift backwards, boxes on tiles are on fields.

        What of a box then lies outside of the picture has no part in it; boxes stay as large.
        """
        return replace(self, positions=self.positions + self.positions.new_tensor([right, down]))

    def purity(self, scores: Tensor, cells: Tensor, grid: tuple[int, int], top: int) -> Purity:
        """PIP-Net's purity."""
        return measures.purity(
            scores,
            cells,
            grid,
            self.side,
            self.positions,
            self.visible,
            top,
            max(1, round(PATCH * self.side)),
            self.groups,
        )


@dataclass(frozen=True)
class Pixels:
    """The part at each pixel of some pictures, at the size that the backbone saw.

    Attributes:
        maps: 0 for none, else the part's place in ``fewbits.data.scenes.PARTS`` from 1.
    """

    maps: UInt8[Tensor, "image side side"]

    @property
    def side(self) -> int:
        """Of the squares, in pixels."""
        return self.maps.shape[-1]

    def moved(self, down: float, right: float) -> "Pixels":
        """The same parts by so many whole pixels; what comes in from outside is no part."""
        rows, columns = math.floor(down + 0.5), math.floor(right + 0.5)
        side, reach = self.side, max(abs(rows), abs(columns))
        wide = torch.nn.functional.pad(self.maps, (reach, reach, reach, reach))
        top, left = reach - rows, reach - columns
        return Pixels(wide[:, top : top + side, left : left + side])

    def purity(self, scores: Tensor, cells: Tensor, grid: tuple[int, int], top: int) -> Purity:
        """Purity against the truth of every pixel."""
        patch = max(1, round(PATCH * self.side))
        return measures.exact_purity(
            scores, cells, grid, self.side, self.maps, len(PARTS), top, patch
        )


Truth = Points | Pixels


def truth_of(known: BirdSet, photos: Photos, side: int) -> Truth | None:
    """What is known of these pictures' parts; None where nothing is."""
    if known.name == SCENES:
        maps = part_maps(known, photos)
        small = torch.nn.functional.interpolate(maps[:, None].float(), (side, side), mode="nearest")
        return Pixels(small[:, 0].to(torch.uint8))
    if not known.part_names or not photos.visible.any():
        return None
    groups = tuple(measures.merge_sides(known.part_names).values())
    return Points(place_parts(photos, side), photos.visible, groups, side)
