"""Filling removed pixels from their neighbours, for all images of a batch at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from fewbits.errors import UsageError

# ROAD, arXiv 2202.00449: a neighbour beside counts twice as much as one at a corner.
BESIDE, CORNER = 1 / 6, 1 / 12


def impute(
    images: Float[Tensor, "image channel height width"], removed: Bool[Tensor, "image height width"]
) -> Float[Tensor, "image channel height width"]:
    """Set each removed pixel to the weighted mean of its eight neighbours, removed ones included.

    ROAD's linear imputation (Rong et al. 2022, arXiv 2202.00449), before its noise. At the border
    the weights of the neighbours that exist are scaled up to 1. These are as many equations as
    removed pixels; a row of pixels only meets the rows above and below it, so they are solved
    exactly, row by row, with blocks of width x width, in double precision.

    Raises:
        UsageError: an image has no pixel left to fill the others from.
    """
    if removed.flatten(1).all(1).any():
        raise UsageError("every pixel of an image is removed: leave at least one to fill from")
    known = torch.where(removed[:, None], 0.0, images.double())
    kernel = torch.full((3, 3), CORNER, dtype=torch.float64, device=images.device)
    kernel[1], kernel[:, 1], kernel[1, 1] = BESIDE, BESIDE, 0.0
    kernel[0, 1] = kernel[2, 1] = kernel[1, 0] = kernel[1, 2] = BESIDE
    from_known = _convolve(known, kernel)
    weight = _convolve(torch.ones_like(known[:1, :1]), kernel)[0, 0]
    right = torch.where(removed[:, None], from_known, known).permute(0, 2, 3, 1)
    with _one_thread():
        solved = _solve_rows(removed, weight, right, kernel).permute(0, 3, 1, 2)
    return torch.where(removed[:, None], solved.to(images.dtype), images)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Many small solves, one after the other: more threads only wait for each other.

    On two busy cores, two threads took ten times as long as one.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _convolve(
    x: Float[Tensor, "image channel height width"], kernel: Float[Tensor, "3 3"]
) -> Float[Tensor, "image channel height width"]:
    single = x.flatten(0, 1)[:, None]
    return torch.nn.functional.conv2d(single, kernel[None, None], padding=1).view_as(x)


def _solve_rows(
    removed: Bool[Tensor, "image height width"],
    weight: Float[Tensor, "height width"],
    right: Float[Tensor, "image height width channel"],
    kernel: Float[Tensor, "3 3"],
) -> Float[Tensor, "image height width channel"]:
    """Block elimination down the rows, then substitution up again (the Thomas algorithm).

    A known pixel's equation is ``x = its value``; a removed one's is ``weight * x`` minus its
    removed neighbours' weighted values = the known neighbours' weighted values.
    """
    height, width = weight.shape
    mask = removed.double()
    distance = (torch.arange(width)[:, None] - torch.arange(width)).abs().to(mask.device)
    beside = torch.where(distance == 1, kernel[1, 0], 0.0)
    below = torch.where(distance == 0, kernel[2, 1], torch.where(distance == 1, kernel[2, 0], 0.0))
    blocks = torch.diag_embed(torch.where(removed, weight, 1.0))
    blocks -= mask[..., :, None] * mask[..., None, :] * beside
    links = -mask[:, :-1, :, None] * mask[:, 1:, None, :] * below
    # To the left of the bar what the row below will need, to the right of it the row's own values.
    right_of_links = torch.cat([torch.nn.functional.pad(links, (0, 0, 0, 0, 0, 1)), right], 3)
    rows = [torch.linalg.solve(blocks[:, 0], right_of_links[:, 0])]
    for row in range(1, height):
        link = links[:, row - 1].mT
        block = torch.baddbmm(blocks[:, row], link, rows[-1][..., :width], alpha=-1)
        answer = right_of_links[:, row]
        answer[..., width:] -= link @ rows[-1][..., width:]
        rows.append(torch.linalg.solve(block, answer))
    answers = [rows[-1][..., width:]]
    for row in reversed(rows[:-1]):
        answers.append(torch.baddbmm(row[..., width:], row[..., :width], answers[-1], alpha=-1))
    return torch.stack(answers[::-1], 1)
