"""Where a code looks, as a box in the picture, and which parts lie in it."""

import torch
from jaxtyping import Bool, Float, Int, Real
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_count

PATCH = 32  # PIP-Net's, in pixels of a picture of 224
CHUNK = 128  # codes at once: it bounds memory and changes no result

Cells = Int[Tensor, "image code"]
Grid = tuple[int, int]


def patch_boxes(
    cells: Int[Tensor, "*place"],
    grid: Grid,
    side: int,
    patch: int = PATCH,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Int[Tensor, "*place 4"]:
    """The patch that each cell stands for: x0, y0, x1, y1 in whole pixels.

    It has the cell's centre in its middle, rounded towards the upper left, and is moved inwards
    where it would leave the picture. PIP-Net's code spreads the patches evenly instead, the last at
    the edge; at 7 x 7 cells of 224 pixels both are the same tiles, at other grids they differ by
    some pixels.

    Args:
        shift: rows and columns in pixels from the middle of a cell's tile to the middle of what it
            sees, as :func:`fewbits.backbones.field_shift` finds it.

    Raises:
        UsageError: cells outside of the grid, or a patch larger than the picture.
    """
    check_cells(cells, grid)
    check_count(side, "side")
    check_count(patch, "patch", most=side)
    high, wide = grid
    cells = cells.long()
    corner = [
        (
            ((2 * place + 1) * side - patch * length + round(2 * length * beside)) // (2 * length)
        ).clamp(0, side - patch)
        for place, length, beside in (
            (cells % wide, wide, shift[1]),
            (cells // wide, high, shift[0]),
        )
    ]
    return torch.stack([*corner, corner[0] + patch, corner[1] + patch], -1)


def inside(
    boxes: Real[Tensor, "*place 4"],
    positions: Float[Tensor, "*place part 2"],
    visible: Bool[Tensor, "*place part"],
) -> Bool[Tensor, "*place part"]:
    """Which visible parts lie in the box, edges included."""
    low, high = boxes[..., None, :2], boxes[..., None, 2:]
    return visible & ((positions >= low) & (positions <= high)).all(-1)


def check_cells(cells: Tensor, grid: Grid) -> None:
    """Refuse cells that are not whole numbers within the grid."""
    if len(grid) != 2 or min(grid) < 1:
        raise UsageError(f"grid must be the maps' height and width, at least 1, got {grid}")
    if cells.is_floating_point() or cells.dtype == torch.bool:
        raise UsageError(
            f"cells must be whole numbers, got {cells.dtype}: pass the argmax of the flat maps"
        )
    last = grid[0] * grid[1] - 1
    if cells.numel() and not 0 <= int(cells.min()) <= int(cells.max()) <= last:
        raise UsageError(
            f"cells of a grid of {grid[0]} x {grid[1]} must be from 0 to {last}, "
            f"got {int(cells.min())} to {int(cells.max())}: pass the grid that the maps have"
        )


def check_parts(parts: Tensor, visible: Tensor, cells: Tensor) -> None:
    """Refuse parts that are not ``[image, part, 2]`` of these images, or none at all."""
    shape = (*visible.shape, 2)
    if cells.ndim != 2 or visible.ndim != 2 or parts.shape != shape or len(visible) != len(cells):
        raise UsageError(
            "expected cells [image, code], parts [image, part, 2] and visible [image, part] of the "
            f"same images, got {tuple(cells.shape)}, {tuple(parts.shape)} and "
            f"{tuple(visible.shape)}"
        )
    if not visible.numel():
        raise UsageError(
            f"expected parts of at least one image, got {tuple(visible.shape)}: "
            "purity and consistency need a set with annotated parts"
        )
    bad = (~torch.isfinite(parts).all(-1) & visible).any(1)
    if bad.any():
        raise UsageError(
            f"visible parts must have finite positions, first one without at image "
            f"{int(bad.nonzero()[0])}: mark it as not visible"
        )
