"""What the cells of one code have in common: a part, a class, or nothing."""

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.parts.boxes import Grid
from fewbits.metrics.parts.covering import covered

LEAST = 0.25  # of a cell that a part must cover to be its part
ROUNDING = 1e-6


def cell_parts(
    maps: UInt8[Tensor, "image side side"], grid: Grid, least: float = LEAST
) -> Int[Tensor, "image high wide"]:
    """The part that covers most of each cell; 0 where none covers at least ``least`` of it.

    Args:
        maps: the part at each pixel, counted from 1; 0 for none.
        grid: rows and columns of cells.
        least: above 0 and up to 1.

    Raises:
        UsageError: no pictures, a grid that does not divide them evenly, or ``least`` out of range.
    """
    if not maps.numel():
        raise UsageError("expected the parts of at least one picture, got none")
    if not 0 < least <= 1:
        raise UsageError(f"least must be a share of a cell, above 0 and up to 1, got {least:g}")
    most = covered(maps, max(1, int(maps.max())), grid).max(2)
    found = torch.where(most.values >= least - ROUNDING, most.indices + 1, 0)
    return found.view(len(maps), *grid)


def main_share(codes: Int[Tensor, " cell"], truth: Int[Tensor, " other"]) -> float:
    """Share of cells that have what most cells of their code have.

    Known as the purity of a clustering (Manning, Raghavan and Schütze 2008, section 16.3). It rises
    with the number of codes, to 1 for one code a cell: read it beside the same of shuffled codes.

    Raises:
        UsageError: no cells, or another number of them.
    """
    if codes.shape != truth.shape or codes.ndim != 1 or not len(codes):
        raise UsageError(
            "expected codes and truth of the same cells, at least one, got the shapes "
            f"{tuple(codes.shape)} and {tuple(truth.shape)}"
        )
    _, code = codes.unique(return_inverse=True)
    _, kind = truth.unique(return_inverse=True)
    kinds = int(kind.max()) + 1
    counts = (code * kinds + kind).bincount(minlength=(int(code.max()) + 1) * kinds)
    return (counts.view(-1, kinds).amax(1).sum() / len(codes)).item()
