"""A cache's shards of maps, and beside each a record of its content.

A record is written after its shard. So a kill leaves a shard with its record, or one that is made
again; and what a disk did to either later is found by checksums.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float16

from fewbits.features.manifest import Manifest, read_sealed, write_sealed
from fewbits.report import write_whole


@dataclass(frozen=True)
class Shard:
    """What a shard's record says.

    Attributes:
        start: its first picture.
        stop: the picture after its last.
        broken: pictures among them that did not decode and have no row.
        files: bytes and SHA-256 of each view's file.
    """

    number: int
    start: int
    stop: int
    broken: tuple[int, ...]
    files: dict[str, dict[str, Any]]

    @property
    def rows(self) -> int:
        """Pictures that it holds."""
        return self.stop - self.start - len(self.broken)


def shard_file(folder: Path, view: str, number: int) -> Path:
    """Where a shard of a view lies, a NumPy file of [picture, feature, high, wide] in fp16."""
    return folder / f"{view}-{number:05d}.npy"


def record_file(folder: Path, number: int) -> Path:
    """Where a shard's record lies, one for all views."""
    return folder / f"{number:05d}.json"


def write_shard(
    folder: Path,
    manifest: Manifest,
    number: int,
    maps: Mapping[str, Float16[np.ndarray, "image feature high wide"]],
    broken: Sequence[int],
) -> None:
    """Write a shard's views, and then its record.

    Raises:
        FewbitsError: the folder cannot be written.
    """
    with suppress(OSError):  # an old record must not stand beside a new shard
        record_file(folder, number).unlink()
    files = {}
    for view, values in maps.items():
        path = write_whole(shard_file(folder, view, number), partial(_save, values))
        files[view] = {"bytes": path.stat().st_size, "sha256": _digest(path)}
    start, stop = manifest.span(number)
    record = Shard(number, start, stop, tuple(broken), files)
    write_sealed(asdict(record) | {"key": manifest.key.digest}, record_file(folder, number))


def read_shard(folder: Path, manifest: Manifest, number: int, verify: bool) -> Shard | None:
    """A shard's record, if the shard is whole and of this cache.

    Args:
        folder: the cache's.
        manifest: of the cache.
        number: of the shard.
        verify: reads the shard and compares its checksum; otherwise only its size is looked at.
    """
    found = read_sealed(record_file(folder, number))
    if found is None or found.pop("key", None) != manifest.key.digest:
        return None
    shard = Shard(**found | {"broken": tuple(found["broken"])})
    if (shard.start, shard.stop) != manifest.span(number):
        return None
    for view in manifest.views:
        path, told = shard_file(folder, view, number), shard.files[view]
        if not path.is_file() or path.stat().st_size != told["bytes"]:
            return None
        if verify and _digest(path) != told["sha256"]:
            return None
    return shard


def _save(values: Float16[np.ndarray, "image feature high wide"], part: Path) -> None:
    with part.open("wb") as file:  # given a path, np.save would add an ending to it
        np.save(file, values)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
