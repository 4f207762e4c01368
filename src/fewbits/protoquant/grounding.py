"""What codes look like: the nearest patches of training pictures, and where those lie.

Codes are free vectors. Nothing makes them a patch of any picture, so the cosine of the nearest one
is told with it. And a patch is a cell's surroundings, not the picture: how far a cell really sees
is measured.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.training import modes_kept, repeatable

SHARE = 0.9  # of the gradient's strength, that the effective field holds


@dataclass(frozen=True)
class Patches:
    """Each code's nearest patches, at most one a picture, the nearest first.

    Attributes:
        cosines: -1 to 1.
        images: rows of the pictures.
        cells: places in the grid, counted row by row.
    """

    cosines: Float[Tensor, "code patch"]
    images: Int[Tensor, "code patch"]
    cells: Int[Tensor, "code patch"]


@torch.no_grad()
def nearest_patches(codebook: Codebook, batches: Iterable[Tensor], count: int = 5) -> Patches:
    """The ``count`` pictures that come nearest to each code, and where in them.

    Pictures are read once; of each code only the best so far are kept. Of equal ones the first.

    Args:
        batches: feature maps [image, feature, high, wide], in the order of the rows.

    Raises:
        UsageError: a count below 1, or fewer pictures than that.
    """
    if count < 1:
        raise UsageError(f"expected at least 1 patch a code, got {count}")
    best: Patches | None = None
    seen = 0
    for maps in batches:
        found = codebook.cosines(maps).flatten(2).max(2)
        rows = torch.arange(seen, seen + len(maps))[None].expand(codebook.count, -1)
        new = Patches(found.values.T, rows, found.indices.T)
        best = _first(new if best is None else _beside(best, new), count)
        seen += len(maps)
    if best is None or seen < count:
        raise UsageError(f"expected at least {count} pictures to show {count} patches, got {seen}")
    return best


def _beside(one: Patches, other: Patches) -> Patches:
    return Patches(
        torch.cat([one.cosines, other.cosines], 1),
        torch.cat([one.images, other.images], 1),
        torch.cat([one.cells, other.cells], 1),
    )


def _first(patches: Patches, count: int) -> Patches:
    order = patches.cosines.argsort(dim=1, descending=True, stable=True)[:, :count]
    return Patches(
        patches.cosines.gather(1, order),
        patches.images.gather(1, order),
        patches.cells.gather(1, order),
    )


@repeatable()
def effective_field(
    backbone: nn.Module,
    side: int,
    share: float = SHARE,
    draws: int = 8,
    seed: int = 0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> int:
    """How far the middle cell of a backbone's maps sees: the side of a square, in pixels.

    A cell's theoretical field often is larger than the picture, and hardly uses its rim. Here the
    gradient of the middle cell, of all features together, is taken on pictures of noise; the
    answer is the smallest square around the cell that holds ``share`` of its absolute sum (after
    Luo et al. 2016, arXiv 1701.04128, whose measure is the same gradient).

    Args:
        backbone: pictures in [0, 1] to maps; left as found.
        side: of the pictures, in pixels.
        draws: pictures of noise that are averaged.
        shift: rows and columns from the middle of the cell's tile to that of the square, as
            :func:`fewbits.backbones.field_shift` finds it.

    Raises:
        UsageError: a share that is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise UsageError(f"share must be between 0 and 1, got {share:g}")
    noise = torch.rand(draws, 3, side, side, generator=torch.Generator().manual_seed(seed))
    noise = noise.to(next(backbone.parameters()).device).requires_grad_()
    with modes_kept(backbone), torch.enable_grad():
        backbone.eval()
        maps = backbone(noise)
        high, wide = maps.shape[2] // 2, maps.shape[3] // 2
        (slope,) = torch.autograd.grad(maps[:, :, high, wide].sum(), noise)
    strength = slope.abs().sum((0, 1)).double().cpu()
    middle = [
        int((place + 0.5) * side / length + beside)
        for place, length, beside in (
            (high, maps.shape[2], shift[0]),
            (wide, maps.shape[3], shift[1]),
        )
    ]
    away = torch.maximum(
        (torch.arange(side) - middle[0]).abs()[:, None],
        (torch.arange(side) - middle[1]).abs()[None],
    )
    within = strength.new_zeros(side + 1).index_add_(0, away.flatten(), strength.flatten())
    reached = within.cumsum(0) >= share * strength.sum()
    return min(side, 2 * int(reached.int().argmax()) + 1)
