"""Galleries: each code beside the patches of training pictures that are nearest to it.

A patch shows what a cell really sees, the square of its effective field, and no more. The whole
picture passed off as a part would let a reader see whatever part they expect.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.parts import patch_boxes
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.grounding import Patches, nearest_patches
from fewbits.protoquant.pipeline import BATCH, Batched

COUNT = 3  # patches a code


@runtime_checkable
class Gridded(Batched, Protocol):
    """Feature maps that also say how many cells they have, as a feature cache's do."""

    @property
    def grid(self) -> tuple[int, int]:
        """Cells downwards and rightwards."""


@dataclass(frozen=True)
class Gallery:
    """Patches of each code, the nearest first.

    Attributes:
        cosines: how near each is, -1 to 1.
        pixels: squares as large as a cell's effective field.
        images: the training picture that each was cut from.
        boxes: where in it: x0, y0, x1, y1 in pixels.
    """

    cosines: Float[Tensor, "code patch"]
    pixels: UInt8[Tensor, "code patch 3 field field"]
    images: Int[Tensor, "code patch"]
    boxes: Int[Tensor, "code patch 4"]


def cut_patches(
    patches: Patches,
    images: UInt8[Tensor, "image 3 side side"],
    grid: tuple[int, int],
    field: int,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Gallery:
    """Cut patches out of their pictures.

    Each has the middle of what its cell sees in its middle, and is moved inwards where it would
    leave the picture (:func:`fewbits.metrics.parts.patch_boxes`).

    Args:
        images: the pictures whose maps were searched, in the same order.
        grid: rows and columns of these maps.
        field: side of a patch, as :func:`fewbits.protoquant.grounding.effective_field` measures it.
        shift: as :func:`fewbits.backbones.field_shift` finds it.

    Raises:
        UsageError: a field as large as the picture, or patches of pictures that are not there.
    """
    side = images.shape[-1]
    if not 1 <= field < side:
        raise UsageError(
            f"a patch is part of a picture: field must be from 1 to {side - 1} pixels, got {field} "
            f"of {side}; where a cell sees everything, take maps from an earlier layer"
        )
    if patches.images.numel() and int(patches.images.max()) >= len(images):
        raise UsageError(
            f"patches are of pictures up to number {int(patches.images.max())}, got "
            f"{len(images)} pictures: pass those whose maps were searched"
        )
    boxes = patch_boxes(patches.cells, grid, side, field, shift)
    along = torch.arange(field)
    right, down = boxes[..., 0, None] + along, boxes[..., 1, None] + along
    colours_last = images.permute(0, 2, 3, 1)
    pixels = colours_last[
        patches.images[..., None, None], down[..., :, None], right[..., None, :]
    ].movedim(-1, 2)
    return Gallery(patches.cosines, pixels, patches.images, boxes)


def make_gallery(
    codebook: Codebook,
    maps: Gridded,
    images: UInt8[Tensor, "image 3 side side"],
    field: int,
    count: int = COUNT,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Gallery:
    """Search training maps for the patches nearest to each code, and cut them out.

    Args:
        maps: of the training pictures, a feature cache for example.
        images: these pictures, in the order of the maps' rows.

    Raises:
        UsageError: as :func:`cut_patches`, or fewer pictures than ``count``.
    """
    found = nearest_patches(codebook, maps.batches(BATCH), count)
    return cut_patches(found, images, maps.grid, field, shift)
