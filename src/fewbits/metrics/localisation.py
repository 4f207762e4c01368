"""Does the map point at the object, where the truth is known (two digits on one canvas, say)?"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from fewbits.metrics.checks import check_maps, check_mask


def energy_inside(
    maps: Float[Tensor, "image height width"], truth: Bool[Tensor, "image height width"]
) -> Float[Tensor, " image"]:
    """Part of the map's positive mass inside the object: the energy-based pointing game.

    Wang et al. 2020 (Score-CAM), arXiv 1910.01279.

    Returns:
        0 to 1. A map without positive mass gets the object's share of the pixels: chance.

    Raises:
        UsageError: shapes differ, NaN, or an image without object.
    """
    check_maps(maps)
    check_mask(truth, maps, "truth")
    mass = maps.double().clamp_min(0)
    largest = mass.amax((1, 2), keepdim=True)
    mass = mass / torch.where(largest > 0, largest, 1.0)
    total = mass.sum((1, 2))
    part = (mass * truth).sum((1, 2)) / torch.where(total > 0, total, 1.0)
    return torch.where(total > 0, part, truth.double().mean((1, 2)))


def pointing_game(
    maps: Float[Tensor, "image height width"], truth: Bool[Tensor, "image height width"]
) -> Float[Tensor, " image"]:
    """Whether the map's largest value lies inside the object (Zhang et al. 2016, arXiv 1608.00507).

    Here without the paper's margin of 15 pixels, which is half of a digit's canvas.

    Returns:
        1 for a hit, 0 for a miss; tied maxima share: the part of them that lies inside. A
        constant map so gets the object's share of the pixels: chance.

    Raises:
        UsageError: shapes differ, NaN, or an image without object.
    """
    check_maps(maps)
    check_mask(truth, maps, "truth")
    largest = maps == maps.amax((1, 2), keepdim=True)
    return (largest & truth).sum((1, 2)).double() / largest.sum((1, 2))
