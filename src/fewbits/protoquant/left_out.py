"""Which pictures a run went without because they do not decode."""

import os
from collections.abc import Mapping
from pathlib import Path

from fewbits.data.cub import BirdSet
from fewbits.errors import FewbitsError
from fewbits.features import FeatureCache


def left_out(known: BirdSet, caches: Mapping[str, FeatureCache]) -> dict[str, object]:
    """How many, and their names from the set's folder on.

    Args:
        known: the set; files that are no pictures at all are in none of its splits.
        caches: feature maps by split; pictures that do not decode have none.
    """
    lost = list(known.left_out)
    for name, cache in caches.items():
        paths, kept = getattr(known, name).paths, set(cache.kept.tolist())
        lost += [path for place, path in enumerate(paths) if place not in kept]
    names = sorted(Path(os.path.relpath(path, known.folder)).as_posix() for path in lost)
    return {"count": len(names), "pictures": names}


def check_classes(known: BirdSet, labels: set[int]) -> None:
    """Make sure that a picture of each class is left to train with.

    Args:
        known: the set.
        labels: of the pictures that are left.

    Raises:
        FewbitsError: of some class none is.
    """
    lost = [name for label, name in enumerate(known.class_names) if label not in labels]
    if lost:
        raise FewbitsError(
            f"{known.folder}: expected pictures of each class to train with, got none that decodes "
            f"of {', '.join(lost[:3])}; put some there, or leave the class out"
        )
