"""From photographs on disk to squares of pixels, and the truth about them moved along."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from fewbits.data.cub.birdset import Photos
from fewbits.data.cub.opening import open_picture
from fewbits.errors import UsageError

MARGIN = 0.1
"""A crop reaches so far beyond the box on each side, as a share of the box's longer side."""


def windows(
    photos: Photos, crop: bool = False, margin: float | int = MARGIN
) -> Float[Tensor, "image 4"]:
    """What of each picture is shown: left, top, width and height, in its pixels.

    Args:
        photos: whose sizes and boxes count.
        crop: a square around the box instead of the whole picture; it may reach out of it.
        margin: added on each side of a crop, as a share of the box's longer side.

    Raises:
        UsageError: a negative margin.
    """
    if margin < 0:
        raise UsageError(f"expected a margin of at least 0, got {margin}")
    if not crop:
        return torch.cat([torch.zeros(photos.count, 2), photos.sizes.float()], dim=1)
    corner, extent = photos.boxes[:, :2], photos.boxes[:, 2:]
    side = extent.amax(dim=1, keepdim=True) * (1 + 2 * margin)
    return torch.cat([corner + extent / 2 - side / 2, side, side], dim=1)


def place_parts(
    photos: Photos, size: int, crop: bool = False, margin: float | int = MARGIN
) -> Float[Tensor, "image part 2"]:
    """Where the parts lie in pictures of ``size`` x ``size`` as :func:`read_pixels` makes them.

    A part that is not visible stays at 0; a visible one can lie outside of a crop.
    """
    window = windows(photos, crop, margin)[:, None]
    moved = (photos.parts - window[..., :2]) * (size / window[..., 2:])
    return moved * photos.visible[..., None]


def place_boxes(
    photos: Photos, size: int, crop: bool = False, margin: float | int = MARGIN
) -> Float[Tensor, "image 4"]:
    """The boxes in pictures of ``size`` x ``size``: left, top, width and height."""
    window = windows(photos, crop, margin)
    corners = photos.boxes[:, :2] - window[:, :2]
    return torch.cat([corners, photos.boxes[:, 2:]], dim=1) * (size / window[:, 2:]).repeat(1, 2)


def read_pixels(
    photos: Photos, size: int, crop: bool = False, margin: float | int = MARGIN, workers: int = 1
) -> UInt8[Tensor, "image 3 size size"]:
    """The pictures as squares, resized bilinearly with antialiasing, red, green, blue of 0 to 255.

    Pictures of other kinds are converted as :func:`fewbits.data.cub.opening.open_picture` says. The
    result is written as it is read: no second copy of it is ever held.

    Args:
        photos: the pictures to read.
        size: height and width that come out, in pixels.
        crop: only a square around the box. What of it lies outside of the picture repeats the
            picture's edge.
        margin: of a crop, see :func:`windows`.
        workers: threads that read at the same time; they change nothing but the time.

    Raises:
        UsageError: a size or a number of workers below 1.
        FewbitsError: a picture does not decode; the message names it.
    """
    _check(size, workers)
    pixels = np.empty((photos.count, 3, size, size), dtype=np.uint8)
    shown = windows(photos, crop, margin).tolist()

    def read(row: int) -> None:
        picture = open_picture(photos.paths[row], upright=photos.upright)
        pixels[row] = np.moveaxis(np.asarray(_cut_out(picture, shown[row], size)), -1, 0)

    _read_all(read, photos.count, workers)
    return torch.from_numpy(pixels)


def read_masks(
    photos: Photos, size: int, crop: bool = False, margin: float | int = MARGIN, workers: int = 1
) -> UInt8[Tensor, "image size size"]:
    """How much of each pixel is bird, 0 to 255, in pictures as :func:`read_pixels` makes them.

    Raises:
        UsageError: as :func:`read_pixels`, or the set has no masks.
        FewbitsError: a mask does not decode; the message names it.
    """
    if photos.masks is None:
        raise UsageError("expected a set with segmentations/, got one without: unpack them first")
    _check(size, workers)
    masks, paths = np.empty((photos.count, size, size), dtype=np.uint8), photos.masks
    shown = windows(photos, crop, margin).tolist()

    def read(row: int) -> None:
        masks[row] = np.asarray(_cut_out(open_picture(paths[row], "L"), shown[row], size))

    _read_all(read, photos.count, workers)
    return torch.from_numpy(masks)


def _check(size: int, workers: int) -> None:
    if size < 1 or workers < 1:
        raise UsageError(f"expected a size and workers of at least 1, got {size} and {workers}")


def _read_all(read: Callable[[int], None], count: int, workers: int) -> None:
    """Read every row, several at a time if there are workers for it."""
    if workers == 1:
        for row in range(count):
            read(row)
        return
    with ThreadPoolExecutor(workers) as threads:
        for _ in threads.map(read, range(count)):
            pass  # an error in a thread is raised here


def _cut_out(picture: Image.Image, window: list[float], size: int) -> Image.Image:
    """A picture's window, resized; what of it lies outside repeats the edge."""
    left, top, wide, high = window
    right, low = left + wide, top + high
    out = max(0.0, -left, -top, right - picture.width, low - picture.height)
    if out > 0:
        rim = int(np.ceil(out))
        pixels = np.asarray(picture)
        pads = ((rim, rim), (rim, rim), (0, 0))[: pixels.ndim]
        picture = Image.fromarray(np.pad(pixels, pads, mode="edge"))
        left, top, right, low = (edge + rim for edge in (left, top, right, low))
    return picture.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, right, low))
