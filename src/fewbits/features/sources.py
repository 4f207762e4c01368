"""Where pictures come from, a few at a time: a split in memory, or photographs on disk."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

from jaxtyping import UInt8
from torch import Tensor

from fewbits.data import Split
from fewbits.data.cub import Photos, read_pixels
from fewbits.errors import UsageError

MISSING = -1
"""Stands for the size of a file that is not there, until reading it says so."""


@runtime_checkable
class Pictures(Protocol):
    """Square pictures of one size, read a few at a time, so that no set has to fit in memory."""

    @property
    def count(self) -> int:
        """Number of pictures."""

    @property
    def side(self) -> int:
        """Height and width of each, in pixels."""

    @property
    def identity(self) -> str:
        """A fingerprint of the set that is the same wherever its files lie."""

    def read(self, start: int, stop: int) -> UInt8[Tensor, "image 3 side side"]:
        """Pictures ``start`` to ``stop - 1``.

        Raises:
            FewbitsError: a picture does not decode; the message names it.
        """

    def name(self, number: int) -> str:
        """What a message calls one picture."""


@dataclass(frozen=True)
class SplitPictures:
    """The colour pictures of a split that lies in memory.

    Raises:
        UsageError: they are grey, or not square.
    """

    split: Split

    def __post_init__(self) -> None:
        _, channels, height, width = self.split.images.shape
        if channels != 3 or height != width:
            raise UsageError(
                "expected squares of 3 channels, got images of "
                f"{channels} x {height} x {width}: a backbone takes red, green and blue"
            )

    @property
    def count(self) -> int:
        """Number of pictures."""
        return self.split.count

    @property
    def side(self) -> int:
        """Height and width of each, in pixels."""
        return self.split.images.shape[-1]

    @cached_property
    def identity(self) -> str:
        """A fingerprint of every pixel and label."""
        digest = hashlib.sha256(str(tuple(self.split.images.shape)).encode())
        for values in (self.split.images, self.split.labels.long()):
            digest.update(values.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def read(self, start: int, stop: int) -> UInt8[Tensor, "image 3 side side"]:
        """Pictures ``start`` to ``stop - 1``."""
        return self.split.images[start:stop]

    def name(self, number: int) -> str:
        """A picture in memory has no name but its number."""
        return f"of the split's {self.count}"


@dataclass(frozen=True)
class PhotoPictures:
    """Photographs, read as :func:`fewbits.data.cub.read_pixels` does when their turn comes.

    Attributes:
        size: height and width that they are resized to, in pixels.
        workers: threads that read at the same time; they change nothing but the time.
    """

    photos: Photos
    size: int
    workers: int = 1

    @property
    def count(self) -> int:
        """Number of pictures."""
        return self.photos.count

    @property
    def side(self) -> int:
        """Height and width that they are resized to, in pixels."""
        return self.size

    @cached_property
    def identity(self) -> str:
        """A fingerprint of all names, sizes in bytes and labels.

        Names count from the deepest folder that holds all pictures, so a set that was moved or
        copied is the same set. A picture replaced by another of as many bytes goes unnoticed.
        """
        paths = [path.absolute() for path in self.photos.paths]
        above = os.path.commonpath([path.parent for path in paths]) if paths else ""
        digest = hashlib.sha256(f"upright {self.photos.upright}\n".encode())
        for path, label in zip(paths, self.photos.labels.tolist(), strict=True):
            name = path.relative_to(above).as_posix()
            digest.update(f"{name}\0{_bytes_of(path)}\0{label}\n".encode())
        return digest.hexdigest()

    def read(self, start: int, stop: int) -> UInt8[Tensor, "image 3 side side"]:
        """Pictures ``start`` to ``stop - 1``.

        Raises:
            FewbitsError: a picture does not decode; the message names it.
        """
        chosen = self.photos.take(list(range(start, min(stop, self.count))))
        return read_pixels(chosen, self.size, workers=self.workers)

    def name(self, number: int) -> str:
        """The picture's file."""
        return str(self.photos.paths[number])


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return MISSING
