"""Does a code sit on one part? Purity, after Nauta et al. 2023 (PIP-Net), arXiv 2302.14844.

The best of many parts is a maximum, so that chance is far from 0: ask
:mod:`fewbits.metrics.parts.chance` the same question, and print it beside a codebook's.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_count, check_finite, check_share
from fewbits.metrics.parts.boxes import (
    CHUNK,
    PATCH,
    Cells,
    Grid,
    check_cells,
    check_parts,
    inside,
    patch_boxes,
)
from fewbits.metrics.parts.groups import Groups, check_groups, merge

TOP = 10  # PIP-Net's number of pictures a code
LEAST = 0.25  # of a patch, that a part must cover to be what the patch shows (ours)

Scores = Float[Tensor, "image code"]


@dataclass(frozen=True)
class Purity:
    """How purely each code shows one part.

    Attributes:
        share: of a code's best pictures, those whose patch shows the code's part; 0 to 1.
        part: the part, or the group of parts, that makes the share; -1 where the share is 0.
    """

    share: Float[Tensor, " code"]
    part: Int[Tensor, " code"]


def purity(
    scores: Scores,
    cells: Cells,
    grid: Grid,
    side: int,
    parts: Float[Tensor, "image part 2"],
    visible: Bool[Tensor, "image part"],
    top: int = TOP,
    patch: int = PATCH,
    groups: Groups | None = None,
) -> Purity:
    """In how many of a code's best pictures its patch holds one and the same part (PIP-Net).

    Of the ``top`` pictures with the highest scores, those in which a part is visible are counted
    for it, and how many of them have the part in the patch, edges included; the best part's share
    is the code's purity. Of equal shares counts the part that is found more often, as in PIP-Net's
    code, then the first; of equal scores, the earlier picture.

    Args:
        scores: maximum of each code's map.
        cells: where it is in the grid, counted row by row.
        grid: height and width of the maps.
        side: of the square picture, in pixels.
        parts: x and y of each part, in pixels; where it is not visible they may be anything.
        visible: which parts can be seen.
        top: pictures a code.
        patch: side of the patch, see :func:`patch_boxes`.
        groups: parts that count as one, see :func:`merge_sides`: visible if any of them is, in the
            patch if any visible one is. Parts in no group are not asked. Without it every part is
            its own group.

    Returns:
        Share 0 and part -1 also where no part is visible in any of the pictures.

    Raises:
        UsageError: shapes that do not belong together, NaN, cells outside of the grid, ``top`` or
            ``patch`` out of range, no parts, or groups of parts that there are not.
    """
    check_count(side, "side")
    check_count(patch, "patch", most=side)
    check_parts(parts, visible, cells)
    groups = check_groups(groups, visible.shape[1])
    picked = _best_pictures(scores, cells, grid, top)
    boxes = patch_boxes(cells.gather(0, picked), grid, side, patch)
    seen = visible[picked]
    hits = merge(inside(boxes, parts[picked], seen), groups).sum(0)
    return _purest(hits.double() / merge(seen, groups).sum(0).clamp_min(1), hits.double())


def exact_purity(
    scores: Scores,
    cells: Cells,
    grid: Grid,
    side: int,
    part_maps: UInt8[Tensor, "image side side"],
    part_count: int,
    top: int = TOP,
    patch: int = PATCH,
    least: float = LEAST,
    groups: Groups | None = None,
) -> Purity:
    """Purity where each pixel's part is known (our definition), as in drawn pictures.

    For each part: the share of the code's ``top`` pictures in whose patch the part covers at least
    ``least`` of the pixels; the best part's share is the code's purity. A picture in which the part
    cannot be seen is a miss here, so that one glimpse of a rare part makes nothing pure. Of equal
    shares counts the part that covers most on average, then the first.

    Args:
        scores: maximum of each code's map.
        cells: where it is in the grid, counted row by row.
        grid: height and width of the maps.
        side: of the square picture, in pixels.
        part_maps: 0 where there is none, k where there is part k - 1.
        part_count: how many parts there are.
        top: pictures a code.
        patch: side of the patch, see :func:`patch_boxes`.
        least: share of the patch's pixels, above 0 and up to 1.
        groups: parts that count as one, their pixels together; see :func:`purity`.

    Raises:
        UsageError: as :func:`purity`, or maps of another shape or with more parts.
    """
    check_count(side, "side")
    check_count(patch, "patch", most=side)
    check_share(least, "least")
    _check_part_maps(part_maps, part_count, len(cells), side)
    groups = check_groups(groups, part_count)
    picked = _best_pictures(scores, cells, grid, top)
    boxes = patch_boxes(cells.gather(0, picked), grid, side, patch)
    patches = part_maps.unfold(1, patch, 1).unfold(2, patch, 1)
    pixels = torch.cat(
        [
            _count_pixels(patches[rows, at[..., 1], at[..., 0]], part_count)
            for rows, at in zip(picked.split(CHUNK, 1), boxes.split(CHUNK, 1), strict=True)
        ],
        dim=1,
    )
    covered = torch.stack([pixels[..., list(group)].sum(-1) for group in groups], -1) / patch**2
    return _purest((covered >= least).double().mean(0), covered.mean(0))


def _best_pictures(scores: Scores, cells: Cells, grid: Grid, top: int) -> Int[Tensor, "top code"]:
    """Each code's pictures of highest score; of equal ones the earlier."""
    if scores.ndim != 2 or scores.shape != cells.shape:
        raise UsageError(
            "scores and cells must have one shape [image, code], "
            f"got {tuple(scores.shape)} and {tuple(cells.shape)}"
        )
    check_finite(scores, "scores")
    check_cells(cells, grid)
    check_count(top, "top", most=len(scores))
    some = scores.detach().split(CHUNK, dim=1)
    ordered = (part.sort(dim=0, descending=True, stable=True).indices for part in some)
    return torch.cat([part[:top].clone() for part in ordered], dim=1)  # the rest is let go


def _purest(share: Float[Tensor, "code part"], weight: Float[Tensor, "code part"]) -> Purity:
    """Each code's part of the largest share; of equal ones that of the largest weight."""
    best, rows = share.amax(1), torch.where(share == share.amax(1, keepdim=True), weight, -1.0)
    return Purity(best, torch.where(best > 0, rows.argmax(1), -1))


def _count_pixels(
    patches: UInt8[Tensor, "top code side side"], part_count: int
) -> Int[Tensor, "top code part"]:
    rows = patches.flatten(2).flatten(0, 1).long()
    kinds = part_count + 1
    rows += kinds * torch.arange(len(rows), device=rows.device)[:, None]
    counts = rows.flatten().bincount(minlength=kinds * len(rows))
    return counts.view(*patches.shape[:2], kinds)[..., 1:]


def _check_part_maps(part_maps: Tensor, part_count: int, images: int, side: int) -> None:
    check_count(part_count, "part_count", most=255)
    if part_maps.dtype != torch.uint8 or part_maps.shape != (images, side, side):
        raise UsageError(
            f"part_maps must be uint8 of the shape {(images, side, side)}, "
            f"got {part_maps.dtype} {tuple(part_maps.shape)}"
        )
    if part_maps.numel() and int(part_maps.max()) > part_count:
        raise UsageError(
            f"part_maps must hold 0 for none and 1 to {part_count} for the parts, "
            f"got {int(part_maps.max())}: pass the number of all parts"
        )
