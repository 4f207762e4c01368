"""A small patch laid over every cell of a picture in turn: what becomes of each code's score?"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from fewbits.backbones import Backbone
from fewbits.errors import UsageError
from fewbits.protoquant.pipeline import see
from fewbits.protoquant.scores import strongest
from fewbits.protoquant.vocabulary import Vocabulary

Images = UInt8[Tensor, "image 3 side side"]
Patch = UInt8[Tensor, "3 high wide"]


@dataclass(frozen=True)
class Probed:
    """Scores of a vocabulary's words before, and with the patch at each place.

    Attributes:
        before: scores of the pictures as they are.
        cells: where each scored, counted row by row.
        after: scores with the patch at each place, wherever the maximum then is.
        there: the value that is then left at the cell of the score before.
        grid: rows and columns, of places and cells alike.
    """

    before: Float[Tensor, "image code"]
    cells: Int[Tensor, "image code"]
    after: Float[Tensor, "place image code"]
    there: Float[Tensor, "place image code"]
    grid: tuple[int, int]

    def away(self) -> Int[Tensor, "place image code"]:
        """How many cells the patch lies from the word's own, counted as a king walks."""
        return steps_between(self.cells, self.grid).movedim(-1, 0)

    def reach(self) -> int:
        """The farthest that a patch lay and still changed something at a word's own cell."""
        touched = self.there != self.before
        return int(self.away()[touched].max()) if touched.any() else 0


def steps_between(cells: Int[Tensor, "*some"], grid: tuple[int, int]) -> Int[Tensor, "*some place"]:
    """From cells to every place of the grid: rows or columns between, whichever are more."""
    high, wide = grid
    places = torch.arange(high * wide)
    row, column = (cells[..., None].long() // wide, cells[..., None].long() % wide)
    return torch.maximum((row - places // wide).abs(), (column - places % wide).abs())


def stamp(images: Images, patch: Patch, place: int, grid: tuple[int, int]) -> Images:
    """The pictures with the patch over one cell, and all else as it was.

    Raises:
        UsageError: a patch that is not as large as a cell, or a place outside of the grid.
    """
    (high, wide), side = grid, images.shape[-1]
    size = (side // high, side // wide)
    if patch.shape[1:] != size or not 0 <= place < high * wide:
        raise UsageError(
            f"expected a patch of {size[0]} x {size[1]} pixels, as a cell, at a place from 0 to "
            f"{high * wide - 1}, got {patch.shape[1]} x {patch.shape[2]} at {place}"
        )
    changed = images.clone()
    top, left = place // wide * size[0], place % wide * size[1]
    changed[:, :, top : top + size[0], left : left + size[1]] = patch
    return changed


def probe(
    backbone: Backbone, vocabularies: Mapping[str, Vocabulary], images: Images, patch: Patch
) -> dict[str, Probed]:
    """Lay a patch over each cell in turn and look again, once for all vocabularies.

    Args:
        backbone: whose maps they speak of.
        vocabularies: by name.
        images: few: they are seen once more for each cell.
        patch: as large as a cell.

    Raises:
        UsageError: as :func:`stamp`.
    """
    plain = see(backbone, images)
    grid = (plain.shape[2], plain.shape[3])
    first = {name: strongest(words.maps(plain).detach()) for name, words in vocabularies.items()}
    after: dict[str, list[Tensor]] = {name: [] for name in vocabularies}
    there: dict[str, list[Tensor]] = {name: [] for name in vocabularies}
    for place in range(grid[0] * grid[1]):
        seen = see(backbone, stamp(images, patch, place, grid))
        for name, words in vocabularies.items():
            flat = words.maps(seen).detach().flatten(2)
            after[name].append(flat.amax(2))
            there[name].append(flat.gather(2, first[name].cells.long()[..., None])[..., 0])
    return {
        name: Probed(
            scored.scores,
            scored.cells.long(),
            torch.stack(after[name]),
            torch.stack(there[name]),
            grid,
        )
        for name, scored in first.items()
    }
