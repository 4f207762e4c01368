"""Splits without the pictures that do not decode, and what is known of those."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from fewbits.data.cub.birdset import Lost, Photos


def without(
    photos: Photos, positions: list[int], broken: Mapping[int, str], split: str
) -> tuple[Photos, dict[Path, Lost]]:
    """The pictures of one split that decode, and what is known of the others.

    Args:
        photos: of the whole set.
        positions: of the split's pictures among them, in the split's order.
        broken: positions of pictures that do not decode, and why.
        split: its name.
    """
    labels, kept = photos.labels.tolist(), list[int]()
    lost, before = dict[Path, Lost](), Counter[int]()
    for at in positions:
        label = labels[at]
        if at in broken:
            lost[photos.paths[at]] = Lost(broken[at], split, label, before[label])
        else:
            kept.append(at)
            before[label] += 1
    return photos.take(kept), lost
