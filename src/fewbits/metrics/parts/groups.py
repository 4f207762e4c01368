"""Parts that count as one, as the left and the right eye."""

import re
from collections.abc import Collection, Sequence

import torch
from jaxtyping import Bool
from torch import Tensor

from fewbits.errors import UsageError

SIDED = re.compile(r"(?<![^ _-])(?:left|right)[ _-]|[ _-](?:left|right)$", re.IGNORECASE)

Groups = Collection[Sequence[int]]


def merge_sides(names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Left and right parts made one: "left eye" and "right eye" become "eye".

    Words are parted by a blank, an underscore or a hyphen; names that are the same without the word
    left or right are merged.

    Returns:
        The merged parts' names, in the order of their first part, and which parts they are made
        of: its ``values()`` are groups for :func:`purity`.

    Raises:
        UsageError: no names, or one that comes twice.
    """
    if not names or len(set(names)) < len(names):
        raise UsageError(f"expected the names of parts, each once, got {list(names)}")
    merged: dict[str, tuple[int, ...]] = {}
    for place, name in enumerate(names):
        common = SIDED.sub("", name)
        merged[common] = (*merged.get(common, ()), place)
    return merged


def check_groups(groups: Groups | None, count: int) -> Groups:
    """The groups asked for, each part by itself without any; refuses parts that there are not."""
    groups = [(part,) for part in range(count)] if groups is None else groups
    asked = [part for group in groups for part in group]
    if not asked or not all(groups) or min(asked) < 0 or max(asked) >= count:
        raise UsageError(
            f"groups must hold at least one of the parts 0 to {count - 1} each, "
            f"got {[tuple(group) for group in groups]}"
        )
    return groups


def merge(found: Bool[Tensor, "*place part"], groups: Groups) -> Bool[Tensor, "*place group"]:
    """Whether any part of each group was found."""
    return torch.stack([found[..., list(group)].any(-1) for group in groups], -1)
