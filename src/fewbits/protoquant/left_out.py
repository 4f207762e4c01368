"""Which pictures a run went without because they do not decode."""

import os
from collections.abc import Mapping
from pathlib import Path

from fewbits.data.cub import BirdSet, Lost
from fewbits.features import FeatureCache

READ = ("train", "test")
"""Splits that a run looks at: what is broken in others is not missed."""


def missed(known: BirdSet) -> dict[Path, Lost]:
    """Files that the run would have looked at, were they pictures."""
    return {path: lost for path, lost in known.left_out.items() if lost.split in READ}


def left_out(known: BirdSet, caches: Mapping[str, FeatureCache]) -> dict[str, object]:
    """How many, and their names from the set's folder on.

    Args:
        known: the set; files that are no pictures at all are in none of its splits.
        caches: feature maps by split; pictures that do not decode have none.
    """
    lost = list(missed(known))
    for name, cache in caches.items():
        paths, kept = getattr(known, name).paths, set(cache.kept.tolist())
        lost += [path for place, path in enumerate(paths) if place not in kept]
    names = sorted(Path(os.path.relpath(path, known.folder)).as_posix() for path in lost)
    return {"count": len(names), "pictures": names}
