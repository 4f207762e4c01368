"""How fast a disk takes bytes and gives them back, and how fast pictures are read from it."""

import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import IO

from fewbits.data.cub import read_pixels
from fewbits.data.cub.imagefolder import some_pictures
from fewbits.data.disk import free_bytes, nearest_folder
from fewbits.errors import FewbitsError
from fewbits.features.folder import SPARE

BLOCK = 2**24
MOST = 2**32  # bytes written at the most, however fast a disk is
PICTURES, AT_ONCE = 1024, 32


def disk_rates(folder: Path, seconds: float | int) -> tuple[float | None, float | None]:
    """Bytes a second written to the disk of a folder, and read from it; nothing is left there.

    Blocks are flushed one by one, and their checksum is made, as the cache does with its shards.
    Before it is read, what was written is dropped from memory. Of a folder that is itself in
    memory (tmpfs) nothing can be dropped, and the rate is that of memory.

    Returns:
        None for both where not even a trial fits; None for reading where memory cannot be told
        to forget a file.

    Raises:
        FewbitsError: nothing can be written there.
    """
    room = min(free_bytes(folder) - SPARE, MOST)
    if room < BLOCK:
        return None, None
    try:
        with tempfile.TemporaryFile(dir=nearest_folder(folder)) as file:
            return _written(file, seconds, room), _read_back(file, seconds)
    except OSError as error:
        raise FewbitsError(
            f"{folder}: cannot be written ({error.strerror or error}): choose another --out"
        ) from error


def decode_rate(folder: Path, side: int, seconds: float | int, workers: int) -> float:
    """Pictures a second read from their files as the extraction reads them.

    Each is read once, so that only those read lately come from memory.

    Raises:
        FewbitsError: there are none, or one does not decode; the message names it.
    """
    if not folder.is_dir():
        raise FewbitsError(f"--pictures {folder}: there is no such folder")
    photos = some_pictures(folder, PICTURES)
    done, started = 0, time.perf_counter()
    while done < photos.count and (not done or time.perf_counter() - started < seconds):
        some = list(range(done, min(done + AT_ONCE, photos.count)))
        read_pixels(photos.take(some), side, workers=workers)
        done += len(some)
    return done / (time.perf_counter() - started)


def _written(file: IO[bytes], seconds: float | int, room: int) -> float:
    block, done, started = os.urandom(BLOCK), 0, time.perf_counter()
    while done + BLOCK <= room and (not done or time.perf_counter() - started < seconds):
        file.write(block)
        file.flush()
        os.fsync(file.fileno())
        hashlib.sha256(block)
        done += BLOCK
    return done / (time.perf_counter() - started)


def _read_back(file: IO[bytes], seconds: float | int) -> float | None:
    if not hasattr(os, "posix_fadvise"):
        return None
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    file.seek(0)
    done, started = 0, time.perf_counter()
    while (not done or time.perf_counter() - started < seconds) and (got := len(file.read(BLOCK))):
        done += got
    return done / (time.perf_counter() - started)
