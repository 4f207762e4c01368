"""Where a cell of a backbone's maps looks, which need not be the tile that lies under it.

A convolution of three with stride two and padding one on both sides has its first cell look at the
picture's first pixel, not at the middle of the first two. Five of them in a row leave every cell
half a tile too far to the upper left, and most of torchvision's networks are built so.
"""

import io
from collections.abc import Callable
from contextlib import redirect_stderr
from copy import deepcopy

import torch
from torch import Tensor, nn

from fewbits.backbones.checking import grid_at
from fewbits.backbones.networks import Backbone
from fewbits.backbones.transformers import PatchMaps

LONG = (512, 2048, 8192)  # pixels along the strip that is looked at; longer for wider fields
SHORT = (32, 96)  # and across; the wider for networks that refuse so little


class _Nothing(nn.Module):
    """In place of an average over the whole picture, through which every cell sees everything."""

    def forward(self, maps: Tensor) -> Tensor:
        """Zeros of the average's shape."""
        return maps.new_zeros(*maps.shape[:2], 1, 1)


def field_shift(backbone: Backbone, side: int) -> tuple[float, float] | None:
    """How far below and to the right of its tile's middle the middle of a cell's field lies.

    A pixel that is no number makes those cells no numbers that see it. So the first and the last
    pixel that a cell sees are found, without the rims of a picture: on a long strip. Means over the
    whole picture by a layer of their own, through which every cell sees everything, are left out.

    Args:
        side: of the pictures, in pixels.

    Returns:
        Rows and columns in pixels, below 0 towards the upper left; none of either for
        transformers, whose patches are tiles. Nothing where no one shift is true of all cells: if
        cells are not as far apart as tiles are wide (their number times their distance is not the
        picture's side), see everything or see in windows. The backbone is left as found.
    """
    if isinstance(backbone.body, PatchMaps):
        return 0.0, 0.0
    local = deepcopy(backbone).cpu().float().eval()
    grid = grid_at(local, side)
    for name, module in list(local.named_modules(remove_duplicate=False)):
        if isinstance(module, nn.AdaptiveAvgPool2d) and name:
            above, _, own = name.rpartition(".")
            whole = module.output_size in (1, (1, 1))
            setattr(local.get_submodule(above), own, _Nothing() if whole else nn.Identity())
    shifts = []
    for dimension, length in zip((2, 3), grid, strict=True):
        found = _looks(local, dimension)
        if found is None or found[1] * length != side:
            return None
        shifts.append(found[0])
    return shifts[0], shifts[1]


def _looks(network: nn.Module, dimension: int) -> tuple[float, int] | None:
    """From a tile's middle to its cell's, and from one cell to the next; nothing if unknown."""
    for long in LONG:
        for short in SHORT:
            shape = [1, 3, short, short]
            shape[dimension] = long
            try:
                with redirect_stderr(io.StringIO()):  # traced networks print their code
                    return _along(network, torch.full(shape, 0.5), dimension)
            except RuntimeError:
                continue  # the network takes no such strip
            except _BeyondTheStripError:
                break
    return None


class _BeyondTheStripError(Exception):
    """One of the cells in question sees one of the strip's ends."""


@torch.no_grad()
def _along(network: nn.Module, strip: Tensor, dimension: int) -> tuple[float, int] | None:
    long = strip.shape[dimension]
    count = network(strip).shape[dimension]
    cell, tile = count // 2, long // count

    def sees(cell: int, start: int, end: int) -> bool:
        spoiled = strip.clone()
        spoiled.narrow(dimension, start, end - start).fill_(torch.nan)
        return bool(network(spoiled).isnan().select(dimension, cell).any())

    def ends(cell: int, low: tuple[int, int], high: tuple[int, int]) -> tuple[int, int]:
        """The first pixel that a cell sees, between two in ``low``, and the last, in ``high``."""
        first = _least(low, lambda place: sees(cell, 0, place + 1))
        after = _least(high, lambda place: not sees(cell, place, long))
        return first, after - 1

    if sees(cell, 0, 1) or sees(cell + 1, long - 1, long):
        raise _BeyondTheStripError
    first, last = ends(cell, (0, long - 1), (1, long - 1))
    ahead = ends(
        cell + 1,
        (first, min(first + 4 * tile, long - 1)),
        (last + 1, min(last + 4 * tile, long - 1)),
    )
    step = ahead[0] - first
    if not step or ahead[1] - last != step:
        return None
    return (first + last + 1) / 2 - (cell + 0.5) * step, step


def _least(between: tuple[int, int], holds: Callable[[int], bool]) -> int:
    """The first place where it holds, as it does from there on: at the last if nowhere before."""
    low, high = between
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
