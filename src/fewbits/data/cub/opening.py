"""Open a picture file, whatever is in it, as 8 bits of red, green and blue, or of grey."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image

from fewbits.errors import BrokenPictureError

UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises for a file that is no whole picture."""

_REMEDY = "put a whole one in its place, or unpack the set again"

UNKNOWN = (2**20, 2**20)
"""Stands for the size of a picture that is none: annotations lie inside of it."""

ORIENTATION = 0x0112
_TURNS = {
    # EXIF 2.3, section 4.6.4, tag 0x0112: how the stored picture is turned to be looked at
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_CLEAR = ("LA", "La", "PA", "RGBA", "RGBa")
_SIXTEEN_IN_32 = ("PNG", "PPM")  # what Pillow opens as 32 bits there holds 16


def picture_size(path: Path, upright: bool = False) -> tuple[int, int]:
    """Width and height of a picture, from its header.

    Args:
        path: the file.
        upright: as it is looked at, turned as its EXIF orientation says, not as it is stored.

    Raises:
        BrokenPictureError: no such file, or no picture.
    """
    try:
        with Image.open(path) as file:
            sideways = upright and _orientation(file) in _SIDEWAYS
            width, height = file.size
    except FileNotFoundError:
        _broken(path, "the picture that the set names", "no such file")
    except UNREADABLE as error:
        _broken(path, "a picture", f"a file that does not decode ({error})")
    return (height, width) if sideways else (width, height)


def picture_sizes(
    paths: Sequence[Path], upright: bool = False, skip_broken: bool = False
) -> tuple[list[tuple[int, int]], dict[int, str]]:
    """Width and height of each picture, and why of those that have none: which are no pictures.

    Args:
        paths: the files.
        upright: as in :func:`picture_size`.
        skip_broken: gives those that are no pictures :data:`UNKNOWN`; they are not to be read.

    Raises:
        BrokenPictureError: a file is no picture and not to be skipped; the message names it.
    """
    sizes, why = [], dict[int, str]()
    for place, path in enumerate(paths):
        try:
            sizes.append(picture_size(path, upright))
        except BrokenPictureError as error:
            if not skip_broken:
                raise
            sizes.append(UNKNOWN)
            why[place] = str(error)
    return sizes, why


def open_picture(path: Path, mode: str = "RGB", upright: bool = False) -> Image.Image:
    """A picture decoded, in 8 bits a channel.

    Of 16 bits a channel the upper eight are kept, in grey as Pillow keeps them in colour, so black
    and white stay what they are. A palette becomes its colours. What is transparent lies on white,
    as most viewers show it; in grey (``L``, for masks) transparency counts for nothing.

    Args:
        path: the file.
        mode: ``RGB`` or ``L``.
        upright: turned as its EXIF orientation says.

    Raises:
        BrokenPictureError: it does not decode, or holds numbers of 32 bits, of which nothing says
            which is white.
    """
    try:
        with Image.open(path) as file:
            turn = _TURNS.get(_orientation(file)) if upright else None
            picture = _in_eight_bits(path, file, mode)
    except UNREADABLE as error:
        _broken(path, "a picture", f"a file that does not decode ({error})")
    return picture if turn is None else picture.transpose(turn)


def _broken(path: Path, expected: str, got: str, remedy: str = _REMEDY) -> NoReturn:
    raise BrokenPictureError(f"{path}: expected {expected}, got {got}; {remedy}")


def _orientation(file: Image.Image) -> int:
    """What of its turning is left to us, from the header: 1 is nothing."""
    if file.format == "TIFF":
        file.load()  # turns it, and only then do all versions of Pillow know its size
        return 1
    # A PNG's own getexif decodes the whole picture if its header has none.
    return int(Image.Image.getexif(file).get(ORIENTATION, 1))


def _in_eight_bits(path: Path, file: Image.Image, mode: str) -> Image.Image:
    held = file.mode
    if held.startswith("I;16") or (held == "I" and file.format in _SIXTEEN_IN_32):
        upper = np.asarray(file).astype(np.uint16) >> 8  # convert() would clip at 255 instead
        return Image.fromarray(upper.astype(np.uint8)).convert(mode)
    if held in ("I", "F"):
        _broken(
            path, "a picture of 8 or 16 bits a channel",
            f"one of 32 ({held}), of which nothing says where white is", "save it as 8 or 16 bits",
        )  # fmt: skip
    if mode == "RGB" and (held in _CLEAR or "transparency" in file.info):
        white = Image.new("RGBA", file.size, "white")
        return Image.alpha_composite(white, file.convert("RGBA")).convert("RGB")
    return file.convert(mode)
