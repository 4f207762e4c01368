"""A cache's manifest: what all of it holds. And how such files are sealed, so that damage shows."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fewbits.errors import FewbitsError
from fewbits.features.keys import CacheKey
from fewbits.report import read_json, write_json

FORMAT = 1
"""Counts the ways in which pictures became bytes: a cache of another number is not read."""

MANIFEST = "manifest.json"
SEAL = "sha256"
WIDTH = np.dtype(np.float16).itemsize
AGAIN = "extract the same features again: what is whole is kept, the rest is made anew"


@dataclass(frozen=True)
class Manifest:
    """What a whole cache holds, written before its first shard.

    Attributes:
        key: whose features these are.
        pictures: in the set, those that do not decode included.
        features: maps of each picture.
        high: cells of a map downwards.
        wide: cells of a map rightwards.
        per_shard: pictures that one shard is made of; the last one's may be fewer.
    """

    key: CacheKey
    pictures: int
    features: int
    high: int
    wide: int
    per_shard: int

    @property
    def views(self) -> list[str]:
        """Names of the views, each with shards of its own."""
        return self.key.views.split(",")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one picture's maps: features, high, wide."""
        return self.features, self.high, self.wide

    @property
    def shards(self) -> int:
        """Number of shards of each view."""
        return -(-self.pictures // self.per_shard)

    def span(self, number: int) -> tuple[int, int]:
        """The first picture of a shard, and the one after its last."""
        start = number * self.per_shard
        return start, min(start + self.per_shard, self.pictures)

    def bytes_of(self, number: int) -> int:
        """Bytes that a shard takes at most, all views together."""
        start, stop = self.span(number)
        return (stop - start) * self.features * self.high * self.wide * WIDTH * len(self.views)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Begin a cache.

    Raises:
        FewbitsError: the folder cannot be written.
    """
    write_sealed(asdict(manifest) | {"format": FORMAT}, folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest | None:
    """What the folder's cache holds; None if none was begun in it.

    Raises:
        FewbitsError: it is damaged, or of a version that wrote other bytes.
    """
    path = folder / MANIFEST
    if not path.exists():
        return None
    found = read_sealed(path)
    if found is None or found.pop("format", None) != FORMAT:
        raise FewbitsError(
            f"{path} is damaged, or of another version of fewbits: delete the folder and "
            "extract the features again"
        )
    return Manifest(**found | {"key": CacheKey(**found["key"])})


def _seal(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def write_sealed(value: dict[str, Any], path: Path) -> None:
    """Write a JSON object and, in it, the checksum of the rest.

    Raises:
        FewbitsError: the folder cannot be written.
    """
    plain = json.loads(json.dumps(value))
    write_json(plain | {SEAL: _seal(plain)}, path)


def read_sealed(path: Path) -> dict[str, Any] | None:
    """What was written; None if there is nothing or something else."""
    try:
        found = read_json(path)
    except FewbitsError:
        return None
    return found if found.pop(SEAL, None) == _seal(found) else None
