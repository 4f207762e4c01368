"""Consistency and stability once it is known which parts each code's box holds.

The box may be asked in two ways: whether annotated points lie in it, as Huang et al. do, or, where
the part at every pixel is known, whether a part covers enough of it.
"""

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_share
from fewbits.metrics.parts.boxes import Cells, Grid, patch_boxes

Held = Bool[Tensor, "image code part"]
Asked = Bool[Tensor, "image code"]
COVERED = 0.1  # of a box, that a part must cover to be held by it (ours)


def exact_vectors(
    cells: Cells,
    grid: Grid,
    part_maps: UInt8[Tensor, "image side side"],
    part_count: int,
    box: int,
    least: float = COVERED,
) -> Held:
    """Which parts cover enough of the box around each code's cell (our definition).

    Args:
        cells: where each code's maximum is, counted row by row.
        grid: rows and columns of cells.
        part_maps: 0 where there is none, k where there is part k - 1.
        part_count: how many parts there are.
        box: its side in pixels; moved inwards at the rim, see :func:`patch_boxes`.
        least: share of the box's pixels, above 0 and up to 1.

    Raises:
        UsageError: as :func:`patch_boxes`, more parts than ``part_count``, other numbers of
            pictures, or ``least`` out of range.
    """
    check_share(least, "least")
    if len(part_maps) != len(cells) or int(part_maps.max()) > part_count:
        raise UsageError(
            f"expected maps of {part_count} parts for {len(cells)} pictures, got parts up to "
            f"{int(part_maps.max())} for {len(part_maps)}"
        )
    boxes = patch_boxes(cells, grid, part_maps.shape[-1], box)
    squares = part_maps.unfold(1, box, 1).unfold(2, box, 1)
    rows = torch.arange(len(cells))[:, None]
    shown = squares[rows, boxes[..., 1], boxes[..., 0]].flatten(2)  # image x code x pixel
    shares = [(shown == part).double().mean(2) for part in range(1, part_count + 1)]
    return torch.stack(shares, -1) >= least


def consistent(
    held: Held, visible: Bool[Tensor, "image part"], asked: Asked, least: float
) -> Bool[Tensor, " code"]:
    """Which codes hold one and the same part in ``least`` of the asked pictures that show it."""
    hits = (held & asked[..., None]).sum(0).double()
    seen = asked.T.double() @ visible.double()
    return (hits / seen.clamp_min(1) >= least).any(1)


def unchanged(before: Held, after: Held, asked: Asked) -> Float[Tensor, " code"]:
    """In what share of the asked pictures each code holds the same parts before and after."""
    same = ((before == after).all(2) & asked).sum(0)
    return same.double() / asked.sum(0).clamp_min(1)
