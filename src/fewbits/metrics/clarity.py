"""How concentrated a saliency map is. A clear map can still be wrong: report faithfulness apart."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.metrics.checks import check_maps


def gini(maps: Float[Tensor, "image height width"]) -> Float[Tensor, " image"]:
    """Gini index of |map| (Chalasani et al. 2020, arXiv 1810.06583).

    Returns:
        0 (every pixel the same, all zeros included) to 1 - 1/pixels (one pixel has it all).

    Raises:
        UsageError: maps hold NaN or have another shape.
    """
    ordered = _sizes(maps).sort(1).values
    pixels = ordered.shape[1]
    place = torch.arange(1, pixels + 1, dtype=ordered.dtype, device=ordered.device)
    weighted = ((2 * place - pixels - 1) * ordered).sum(1)
    total = ordered.sum(1)
    # Rounding may leave a constant map a trace below 0.
    return (weighted / (pixels * torch.where(total > 0, total, 1.0))).clamp_min(0)


def entropy(maps: Float[Tensor, "image height width"]) -> Float[Tensor, " image"]:
    """Entropy of |map| / sum(|map|), in nats (Bhatt et al. 2020, arXiv 2005.00631).

    Returns:
        0 (one pixel has it all) to log(pixels) (every pixel the same, all zeros included).

    Raises:
        UsageError: maps hold NaN or have another shape.
    """
    sizes = _sizes(maps)
    total = sizes.sum(1, keepdim=True)
    spread = torch.special.entr(sizes / torch.where(total > 0, total, 1.0)).sum(1)
    return torch.where(total[:, 0] > 0, spread, math.log(sizes.shape[1]))


def _sizes(maps: Float[Tensor, "image height width"]) -> Float[Tensor, "image pixel"]:
    """|map| as rows of doubles, the largest scaled to 1: neither huge nor tiny numbers are lost."""
    check_maps(maps)
    sizes = maps.double().abs().flatten(1)
    largest = sizes.amax(1, keepdim=True)
    return sizes / torch.where(largest > 0, largest, 1.0)
