"""Small colour pictures on their way into a page: one WebP sheet, cut there by picture_sheet.js."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from fewbits.errors import UsageError

COLUMNS = 12
QUALITY = 80  # of 100: at 64 pixels a side a drawn bird takes a kilobyte

Pixels = UInt8[np.ndarray, "image side side 3"]


@dataclass(frozen=True)
class Sheet:
    """Pictures in rows of :data:`COLUMNS`, compressed as one.

    Attributes:
        data: the WebP file.
        side: height and width of each, in pixels.
        count: how many there are.
    """

    data: UInt8[np.ndarray, " byte"]
    side: int
    count: int

    def shape(self) -> dict[str, int]:
        """How the page cuts it."""
        return {"side": self.side, "count": self.count, "columns": COLUMNS}


def check_pictures(images: UInt8[Tensor, "image channel height width"], name: str) -> None:
    """Pictures of three colours, as high as wide, at least one.

    Raises:
        UsageError: they are not.
    """
    count, channels, height, width = images.shape
    if not count:
        raise UsageError(f"{name} must be at least one picture, got none")
    if channels != 3 or height != width:
        raise UsageError(
            f"{name} must be squares of three colours, shape (image, 3, side, side), "
            f"got {tuple(images.shape)}"
        )


def shrink(images: UInt8[Tensor, "image 3 height width"], side: int) -> Pixels:
    """The same pictures at ``side`` x ``side`` pixels, colours last."""
    found = np.empty((len(images), side, side, 3), dtype=np.uint8)
    for place, image in enumerate(images.cpu().permute(0, 2, 3, 1).numpy()):
        whole = Image.fromarray(np.ascontiguousarray(image))
        found[place] = np.asarray(whole.resize((side, side), Image.Resampling.LANCZOS))
    return found


def make_sheet(pixels: Pixels) -> Sheet:
    """One sheet of pictures that have their size already."""
    count, side = pixels.shape[:2]
    rows = -(-count // COLUMNS)
    blank = np.zeros((rows * COLUMNS - count, side, side, 3), dtype=np.uint8)
    grid = np.concatenate([pixels, blank]).reshape(rows, COLUMNS, side, side, 3)
    whole = grid.transpose(0, 2, 1, 3, 4).reshape(rows * side, COLUMNS * side, 3)
    return Sheet(np.frombuffer(_webp(whole), dtype=np.uint8), side, count)


def picture_url(pixels: UInt8[np.ndarray, "height width 3"]) -> str:
    """One picture as an address that holds it, for a page without scripts."""
    return f"data:image/webp;base64,{base64.b64encode(_webp(pixels)).decode('ascii')}"


def _webp(pixels: UInt8[np.ndarray, "height width 3"]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=QUALITY, method=6)
    return file.getvalue()
