"""Where a cell of a backbone's maps looks, which need not be the tile that lies under it.

A convolution of three with stride two and padding one on both sides has its first cell look at the
picture's first pixel, not at the middle of the first two. Five of them in a row leave every cell
half a tile too far to the upper left, and most of torchvision's networks are built so.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from fewbits.backbones.networks import Backbone
from fewbits.backbones.transformers import PatchMaps

LONG, SHORT = 2048, 32  # pixels of the strip that is looked at, along and across


class _Nothing(nn.Module):
    """In place of an average over the whole picture, through which every cell sees everything."""

    def forward(self, maps: Tensor) -> Tensor:
        """Zeros of the average's shape."""
        return maps.new_zeros(*maps.shape[:2], 1, 1)


def field_shift(backbone: Backbone) -> tuple[float, float]:
    """How far below and to the right of its tile's middle the middle of a cell's field lies.

    A pixel that is no number makes those cells no numbers that see it. With the pixel at each place
    of one tile in turn, the middle of these cells is on average where it is itself, less the shift.
    Means over the picture, through which every cell sees everything, are left out. A network whose
    cells all see everything for another reason, or see in windows, is taken to look at its tiles:
    its cells have no such middle.

    Returns:
        Rows and columns in pixels, below 0 towards the upper left. The backbone is left as found.
    """
    local = deepcopy(backbone).cpu().eval()
    if isinstance(local.body, PatchMaps):
        return 0.0, 0.0  # patches are tiles, and attention sees everything
    for name, module in list(local.named_modules()):
        if isinstance(module, nn.AdaptiveAvgPool2d) and name:
            above, _, own = name.rpartition(".")
            setattr(local.get_submodule(above), own, _Nothing())
    return _shift_along(local, 2), _shift_along(local, 3)


@torch.no_grad()
def _shift_along(network: nn.Module, dimension: int) -> float:
    shape = [1, 3, SHORT, SHORT]
    shape[dimension] = LONG
    strip = torch.full(shape, 0.5)
    tile = LONG // network(strip).shape[dimension]

    def seen_by(place: int) -> Tensor:
        """The cells that see this row or column of pixels, from the first to the last."""
        one = strip.clone()
        one.select(dimension, place).fill_(torch.nan)
        return network(one).isnan().transpose(dimension, -1).flatten(0, -2).any(0)

    first, middle = seen_by(LONG // 2), 0.0
    if first.all() or not torch.equal(seen_by(LONG // 2 + tile), first.roll(1)):
        return 0.0
    for place in range(LONG // 2, LONG // 2 + tile):
        cells = seen_by(place).nonzero()
        middle += place + 0.5 - tile * (int(cells.min()) + int(cells.max()) + 1) / 2
    return middle / tile
