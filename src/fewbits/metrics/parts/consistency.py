"""Does a code find the same part in every picture, and under noise? Huang et al. 2023 (ICCV).

Evaluation and improvement of interpretability for part-prototype networks, arXiv 2212.05946. There
a code belongs to a class and is asked about that class's pictures; here ``asked`` says which.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_count, check_images
from fewbits.metrics.parts.boxes import CHUNK, Cells, Grid, check_cells, check_parts, inside
from fewbits.metrics.parts.steady import consistent, unchanged
from fewbits.metrics.scoring import parts as portions

BOX = 72  # in pixels of a picture of 224: 36 to each side of the maximum
LEAST = 0.8  # of the pictures that show a part
SCALE, CLIP = 0.2, 0.25  # of the noise, in units of normalised pixels

Asked = Bool[Tensor, "image code"]
Parts = Float[Tensor, "image part 2"]
Visible = Bool[Tensor, "image part"]


def part_vectors(
    cells: Cells, grid: Grid, side: int, parts: Parts, visible: Visible, box: int = BOX
) -> Bool[Tensor, "image code part"]:
    """Which visible parts lie in the box around each code's cell, edges included.

    The box has the cell's centre in its middle and is cut where it leaves the picture. The paper's
    code enlarges each map bicubically and takes the box around the largest pixel, which lies up to
    about half a cell away from the centre.

    Args:
        cells: where the code's maximum is in the grid, counted row by row.
        grid: height and width of the maps.
        side: of the square picture, in pixels.
        parts: x and y of each part, in pixels; where it is not visible they may be anything.
        visible: which parts can be seen.
        box: its side, in pixels; one larger than the picture shows all of it to most cells.

    Raises:
        UsageError: shapes that do not belong together, cells outside of the grid, no parts, a
            side or box below 1, or a visible part without position.
    """
    check_count(side, "side")
    check_count(box, "box")
    check_parts(parts, visible, cells)
    check_cells(cells, grid)
    high, wide = grid
    x, y = (cells % wide + 0.5) * (side / wide), (cells // wide + 0.5) * (side / high)
    ends = [centre + sign * box / 2 for sign in (-1, 1) for centre in (x, y)]
    boxes = torch.stack(ends, -1).clamp(0, side)
    shape = (*cells.shape, visible.shape[1])
    return inside(boxes, parts[:, None].expand(*shape, 2), visible[:, None].expand(shape))


def consistency(
    cells: Cells,
    grid: Grid,
    side: int,
    parts: Parts,
    visible: Visible,
    asked: Asked,
    box: int = BOX,
    least: float = LEAST,
) -> Bool[Tensor, " code"]:
    """Which codes find one and the same part in most pictures; the paper's score is their share.

    A code is consistent if there is a part that lies in its box in at least ``least`` of the asked
    pictures in which that part is visible. Left and right count as two parts, as in the paper.

    Args:
        cells: where the code's maximum is in the grid, counted row by row.
        grid: height and width of the maps.
        side: of the square picture, in pixels.
        parts: x and y of each part, in pixels.
        visible: which parts can be seen.
        asked: which pictures count for which code.
        box: side of the box, see :func:`part_vectors`.
        least: above 0 and up to 1.

    Returns:
        False for a code that no picture is asked for: nothing has shown it. Leave such codes,
        ``~asked.any(0)``, out of a mean.

    Raises:
        UsageError: as :func:`part_vectors`, ``asked`` of another shape, or ``least`` out of range.
    """
    if not 0 < least <= 1:
        raise UsageError(f"least must be a share of the pictures, above 0 and up to 1, got {least}")
    _check_asked(asked, cells)
    found = []
    for codes in portions(cells.shape[1], CHUNK):
        held = part_vectors(cells[:, codes], grid, side, parts, visible, box)
        found.append(consistent(held, visible, asked[:, codes], least))
    return torch.cat(found)


def stability(
    cells_before: Cells,
    cells_after: Cells,
    grid: Grid,
    side: int,
    parts: Parts,
    visible: Visible,
    asked: Asked,
    box: int = BOX,
) -> Float[Tensor, " code"]:
    """In what share of the pictures each code finds the same parts before and after, under noise.

    The parts need not be any: a box that holds none before and after counts as the same, as in the
    paper. Read stability beside consistency.

    Args:
        cells_before: where the maxima are in the clean pictures.
        cells_after: the same with noise, see :func:`noise_like`.
        grid: height and width of the maps.
        side: of the square picture, in pixels.
        parts: x and y of each part, in pixels.
        visible: which parts can be seen.
        asked: which pictures count for which code.
        box: side of the box, see :func:`part_vectors`.

    Returns:
        0 for a code that no picture is asked for: nothing has shown it. Leave such codes,
        ``~asked.any(0)``, out of a mean.

    Raises:
        UsageError: as :func:`part_vectors`, or ``asked`` or ``cells_after`` of another shape.
    """
    if cells_after.shape != cells_before.shape:
        raise UsageError(
            "cells before and after must be of the same images and codes, "
            f"got {tuple(cells_before.shape)} and {tuple(cells_after.shape)}"
        )
    _check_asked(asked, cells_before)
    found = []
    for codes in portions(cells_before.shape[1], CHUNK):
        before, after = (
            part_vectors(cells[:, codes], grid, side, parts, visible, box)
            for cells in (cells_before, cells_after)
        )
        found.append(unchanged(before, after, asked[:, codes]))
    return torch.cat(found)


def noise_like(
    images: Float[Tensor, "image channel height width"],
    generator: torch.Generator,
    scale: float = SCALE,
    clip: float = CLIP,
) -> Float[Tensor, "image channel height width"]:
    """The paper's noise, to be added to pictures as the network sees them: normalised.

    Gaussian with standard deviation ``scale``, values beyond ``clip`` set to it.

    Raises:
        UsageError: bad images, or ``scale`` or ``clip`` not above 0.
    """
    check_images(images)
    if not (scale > 0 and clip > 0):
        raise UsageError(f"scale and clip must be above 0, got {scale:g} and {clip:g}")
    device, kind = generator.device, images.dtype
    drawn = torch.randn(images.shape, generator=generator, device=device, dtype=kind)
    return (scale * drawn).clamp(-clip, clip).to(images.device)


def _check_asked(asked: Tensor, cells: Tensor) -> None:
    if asked.dtype != torch.bool or asked.shape != cells.shape:
        raise UsageError(
            f"asked must be bool of the cells' shape {tuple(cells.shape)}, "
            f"got {asked.dtype} {tuple(asked.shape)}"
        )
