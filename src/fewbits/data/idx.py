"""Read IDX files, the format of MNIST: a header of big-endian numbers, then unsigned bytes.

Every way in which such a file can be broken ends in one line that names it.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from fewbits.data.splits import SIDE
from fewbits.errors import FewbitsError

PARTS = {"train": "train", "test": "t10k"}
"""What the two official parts are called in file names."""

MAX_BYTES = 2 * 1024**3
"""No file may unpack to more than this, whatever its header says."""


def image_file(part: str) -> str:
    """Name of the image file of ``train`` or ``test``, as MNIST has it."""
    return f"{PARTS[part]}-images-idx3-ubyte"


def label_file(part: str) -> str:
    """Name of the label file of ``train`` or ``test``, as MNIST has it."""
    return f"{PARTS[part]}-labels-idx1-ubyte"


def find_file(folder: Path, name: str, remedy: str) -> Path:
    """The file ``name`` in ``folder``, plain or with ``.gz``.

    Raises:
        FewbitsError: neither is there; the message ends with ``remedy``.
    """
    if not folder.is_dir():
        what = "it is not a folder" if folder.exists() else "there is no such folder"
        raise FewbitsError(f"{folder}: expected a folder with {name} in it, but {what}; {remedy}")
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    held = "holds no such file" if any(folder.iterdir()) else "is empty"
    raise FewbitsError(f"{folder}: expected {name} or {name}.gz, but the folder {held}; {remedy}")


def _read_bytes(path: Path, remedy: str) -> bytes:
    """The bytes of ``path``, unpacked if its name ends in ``.gz``, at most ``MAX_BYTES``."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FewbitsError(
            f"{path}: expected a whole gzip archive, got: {error}; {remedy}"
        ) from error
    except OSError as error:
        raise FewbitsError(
            f"{path}: cannot be read ({error.strerror or error}); {remedy}"
        ) from error
    if len(data) > MAX_BYTES:
        raise FewbitsError(f"{path}: expected at most {MAX_BYTES:,} bytes, got more; {remedy}")
    return data


def _read_array(path: Path, dimensions: int, remedy: str) -> UInt8[np.ndarray, "..."]:
    """The array in an IDX file of unsigned bytes with ``dimensions`` axes."""
    data = _read_bytes(path, remedy)
    magic, start = bytes([0, 0, 8, dimensions]), 4 + 4 * dimensions
    if len(data) < start:
        raise FewbitsError(
            f"{path}: truncated: expected an IDX header of {start} bytes, "
            f"the file has {len(data)}; {remedy}"
        )
    if data[:4] != magic:
        raise FewbitsError(
            f"{path}: expected an IDX file of unsigned bytes with {dimensions} "
            f"dimension{'s' * (dimensions > 1)} (it begins 0x{magic.hex()}), "
            f"this one begins 0x{data[:4].hex()}; {remedy}"
        )
    shape = [int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4)]
    expected = start + math.prod(shape)
    if len(data) != expected:
        what = "truncated" if len(data) < expected else "too long"
        raise FewbitsError(
            f"{path}: {what}: its header ({' x '.join(map(str, shape))}) asks for "
            f"{expected:,} bytes, there are {len(data):,}; {remedy}"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def read_images(path: Path, remedy: str) -> UInt8[np.ndarray, "image 28 28"]:
    """The images of an IDX file, plain or ``.gz``, 0 to 255.

    Raises:
        FewbitsError: the file is no whole IDX file of 28 x 28 images.
    """
    images = _read_array(path, 3, remedy)
    if images.shape[1:] != (SIDE, SIDE):
        height, width = images.shape[1:]
        raise FewbitsError(
            f"{path}: expected images of {SIDE} x {SIDE} pixels, got {height} x {width}; "
            f"resize them to {SIDE} x {SIDE} first"
        )
    if not len(images):
        raise FewbitsError(f"{path}: expected at least one image, got none; {remedy}")
    return images


def read_part(
    folder: Path, part: str, remedy: str
) -> tuple[UInt8[np.ndarray, "image 28 28"], UInt8[np.ndarray, " image"]]:
    """Images and labels of ``train`` or ``test`` in ``folder``, in the files' order.

    Raises:
        FewbitsError: a file is missing or broken, or there are not as many labels as images.
    """
    image_path = find_file(folder, image_file(part), remedy)
    label_path = find_file(folder, label_file(part), remedy)
    images, labels = read_images(image_path, remedy), _read_array(label_path, 1, remedy)
    if len(images) != len(labels):
        raise FewbitsError(
            f"{label_path}: expected as many labels as {image_path.name} has images, "
            f"{len(images):,}, got {len(labels):,}; {remedy}"
        )
    return images, labels
