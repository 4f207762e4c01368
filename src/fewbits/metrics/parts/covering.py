"""What each cell of a grid shows, where the part at every pixel is known."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.parts.boxes import Grid


def covered(
    part_maps: UInt8[Tensor, "image side side"], part_count: int, grid: Grid
) -> Float[Tensor, "image cell part"]:
    """The share of each cell's pixels that each part covers, 0 to 1.

    Args:
        part_maps: 0 where there is none, k where there is part k - 1.
        part_count: how many parts there are.
        grid: rows and columns of cells, which are counted row by row.

    Raises:
        UsageError: pictures that cannot be cut into such cells, or more parts than ``part_count``.
    """
    side, (rows, columns) = part_maps.shape[-1], grid
    if side % rows or side % columns:
        raise UsageError(
            f"pictures of {side} x {side} pixels cannot be cut into {rows} x {columns} equal cells"
        )
    if part_maps.numel() and int(part_maps.max()) > part_count:
        raise UsageError(
            f"part_maps must hold 0 for none and 1 to {part_count} for the parts, got "
            f"{int(part_maps.max())}: pass the number of all parts"
        )
    high, wide = side // rows, side // columns
    cells = part_maps.unfold(1, high, high).unfold(2, wide, wide).flatten(3).flatten(1, 2)
    return torch.stack(
        [(cells == part).double().mean(2) for part in range(1, part_count + 1)], dim=2
    ).float()
