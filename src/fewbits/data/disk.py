"""Turn what a disk can refuse, to write or to read, into one line that says what to do."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fewbits.errors import FewbitsError

MEGABYTE = 10**6

_REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space and run the same command again, "
    "it goes on where it stopped",
    errno.EDQUOT: "your disk quota is used up: free some space and run the same command again, "
    "it goes on where it stopped",
    errno.EROFS: "the disk is read-only: choose another folder with --data DIR",
    errno.EACCES: "you may not write there: choose another folder with --data DIR",
    errno.EPERM: "you may not write there: choose another folder with --data DIR",
    errno.ENOTDIR: "part of this path is a file: choose another folder with --data DIR",
    errno.EEXIST: "part of this path is a file: choose another folder with --data DIR",
}

_NO_RIGHTS = "you may not read it: give yourself the right to, or take another folder: --data DIR"
_READING = {errno.EACCES: _NO_RIGHTS, errno.EPERM: _NO_RIGHTS}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Inside, an OSError becomes a FewbitsError that names ``path`` and says what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno or 0, f"{reason}: choose another folder with --data DIR")
        raise FewbitsError(f"{path}: cannot be written: {remedy}") from error


@contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """The same inside of which nothing is written: another remedy."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = _READING.get(error.errno or 0, f"{reason}: is the disk sound, and still there?")
        raise FewbitsError(f"{path}: cannot be read: {remedy}") from error


def nearest_folder(folder: Path) -> Path:
    """``folder`` itself, or the nearest one above it that exists."""
    return next(
        place for place in (folder.absolute(), *folder.absolute().parents) if place.exists()
    )


def free_bytes(folder: Path) -> int:
    """Free space where ``folder`` is or would be made."""
    return shutil.disk_usage(nearest_folder(folder)).free


def need_space(folder: Path, needed: int) -> None:
    """Make sure that ``needed`` bytes fit, before any of them is fetched.

    Raises:
        FewbitsError: there is less space.
    """
    free = free_bytes(folder)
    if free < needed:
        raise FewbitsError(
            f"{folder}: expected {needed / MEGABYTE:.0f} MB of free disk, there are "
            f"{free / MEGABYTE:.0f} MB: free some space or choose another folder with --data DIR"
        )
