"""Filling removed pixels from their neighbours, for all images of a batch at once."""

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from fewbits.errors import UsageError

# ROAD, arXiv 2202.00449: a neighbour beside counts twice as much as one at a corner.
BESIDE, CORNER = 1 / 6, 1 / 12
KERNEL = ((CORNER, BESIDE, CORNER), (BESIDE, 0.0, BESIDE), (CORNER, BESIDE, CORNER))
# The neighbours that come after a pixel when an image is read row by row: rows down, columns right.
LATER = ((0, 1, BESIDE), (1, -1, CORNER), (1, 0, BESIDE), (1, 1, CORNER))


def impute(
    images: Float[Tensor, "image channel height width"], removed: Bool[Tensor, "image height width"]
) -> Float[Tensor, "image channel height width"]:
    """Set each removed pixel to the weighted mean of its eight neighbours, removed ones included.

    ROAD's linear imputation (Rong et al. 2022, arXiv 2202.00449), before its noise. At the border
    the weights of the neighbours that exist are scaled up to 1. These are as many equations as
    removed pixels, solved exactly, in double precision, on the processor.

    Raises:
        UsageError: an image has no pixel left to fill the others from.
    """
    if removed.flatten(1).all(1).any():
        raise UsageError("every pixel of an image is removed: leave at least one to fill from")
    known = torch.where(removed[:, None], 0.0, images.double())
    kernel = torch.tensor(KERNEL, dtype=torch.float64, device=images.device)
    from_known = _convolve(known, kernel).movedim(1, -1)[removed]
    weight = _convolve(torch.ones_like(known[:, :1]), kernel)[:, 0][removed]
    solved = _solve(removed.cpu().numpy(), weight.cpu().numpy(), from_known.cpu().numpy())
    filled = images.movedim(1, -1).clone()
    filled[removed] = torch.from_numpy(solved).to(images)
    return filled.movedim(-1, 1).contiguous()


def _convolve(
    x: Float[Tensor, "image channel height width"], kernel: Float[Tensor, "3 3"]
) -> Float[Tensor, "image channel height width"]:
    single = x.flatten(0, 1)[:, None]
    return torch.nn.functional.conv2d(single, kernel[None, None], padding=1).view_as(x)


def _solve(
    removed: Bool[np.ndarray, "image height width"],
    weight: Float[np.ndarray, " pixel"],
    from_known: Float[np.ndarray, "pixel channel"],
) -> Float[np.ndarray, "pixel channel"]:
    """The removed pixels of all images, in reading order.

    A pixel's equation is ``weight * x`` minus its removed neighbours' weighted values = the known
    neighbours' weighted values. A neighbour is at most a row and a pixel away, so all equations of
    all images together have one matrix with few diagonals, symmetric and positive definite: each
    group of removed pixels touches a known one.
    """
    height, width = removed.shape[1:]
    image, y, x = removed.nonzero()
    place = removed.cumsum().reshape(removed.shape) - 1
    diagonals = np.zeros((width + 2, len(weight)))  # as LAPACK wants them: the main one is the last
    diagonals[-1] = weight
    for down, right, share in LATER:
        inside = (y + down < height) & (x + right >= 0) & (x + right < width)
        own = inside.nonzero()[0]
        neighbour = image[own], y[own] + down, x[own] + right
        both = removed[neighbour]
        own, later = own[both], place[neighbour][both]
        diagonals[width + 1 - (later - own), later] = -share
    return scipy.linalg.solveh_banded(diagonals, from_known, check_finite=False)
