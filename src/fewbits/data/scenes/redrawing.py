"""A picture of the set drawn once more with something changed, and all else as it was."""

from collections.abc import Collection

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from fewbits.data.cub import Photos
from fewbits.data.scenes.drawing import draw_scene

ELSEWHERE = 100_000
"""Added to a picture's number: the backdrop of a picture that no set holds."""


def redraw(
    photos: Photos,
    side: int,
    without: Collection[str] = (),
    *,
    other_backdrop: bool = False,
    seed: int = 0,
) -> UInt8[Tensor, "image 3 side side"]:
    """The same scenes without some parts, or in front of another backdrop.

    Where nothing was changed each pixel is that of :func:`fewbits.data.cub.read_pixels`.

    Args:
        photos: of the set ``scenes``; file names tell which picture of its thing each is.
        side: height and width that come out, in pixels.
        without: parts that are left out.
        other_backdrop: whether what is behind the thing is another picture's.
        seed: that the set was drawn with.

    Raises:
        UsageError: an unknown part.
    """
    pictures = np.empty((photos.count, 3, side, side), dtype=np.uint8)
    for row, (path, thing) in enumerate(zip(photos.paths, photos.labels.tolist(), strict=True)):
        n = int(path.stem)
        behind = n + ELSEWHERE if other_backdrop else None
        drawn = draw_scene(thing, n, seed, without, behind)
        small = Image.fromarray(drawn.pixels).resize((side, side), Image.Resampling.BILINEAR)
        pictures[row] = np.moveaxis(np.asarray(small), -1, 0)
    return torch.from_numpy(pictures)
