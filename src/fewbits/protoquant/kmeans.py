"""Spherical k-means: the codebook that costs no gradient, and that any learned one has to beat."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError

ROUNDS = 8
AT_ONCE = 2048
"""Vectors whose cosines with all codes are in memory together: more is slower on a CPU, too."""


@torch.no_grad()
def nearest(
    vectors: Float[Tensor, "vector mapped"], codes: Float[Tensor, "code mapped"]
) -> tuple[Int[Tensor, " vector"], Float[Tensor, " vector"]]:
    """The code with the largest product for each vector, and that product.

    Of equal ones the first. Memory for :data:`AT_ONCE` vectors at a time, whatever their number.
    """
    found = [(part @ codes.T).max(1) for part in vectors.split(AT_ONCE)]
    return torch.cat([best.indices for best in found]), torch.cat([best.values for best in found])


@torch.no_grad()
def spherical_kmeans(
    vectors: Float[Tensor, "vector mapped"],
    count: int,
    generator: torch.Generator,
    rounds: int = ROUNDS,
) -> Int[Tensor, " vector"]:
    """Put unit vectors into ``count`` groups by direction (Dhillon and Modha 2001).

    Begins with vectors drawn without repetition. A group that nobody is nearest to begins again
    at the vector that lies farthest from its own centre, so none ends empty.

    Args:
        vectors: of length one.
        count: of groups, at most as many as there are different vectors.

    Returns:
        Each vector's group.

    Raises:
        UsageError: more groups than vectors, or fewer than one group or round.
    """
    if not 1 <= count <= len(vectors):
        raise UsageError(
            f"codes must be from 1 to the number of vectors, {len(vectors):,}, got {count:,}: "
            "keep fewer codes or sample more vectors"
        )
    if rounds < 1:
        raise UsageError(f"rounds must be at least 1, got {rounds}")
    centres = vectors[torch.randperm(len(vectors), generator=generator)[:count]]
    groups = torch.zeros(len(vectors), dtype=torch.long)
    for _ in range(rounds):
        groups, closeness = nearest(vectors, centres)
        _fill_empty(groups, closeness, count)
        sums = torch.zeros_like(centres).index_add_(0, groups, vectors)
        centres = torch.nn.functional.normalize(sums, dim=1)
    return groups


def _fill_empty(
    groups: Int[Tensor, " vector"], closeness: Float[Tensor, " vector"], count: int
) -> None:
    """Give each empty group one vector, the farthest that does not stand alone; in place."""
    sizes = groups.bincount(minlength=count)
    empty = (sizes == 0).nonzero()[:, 0].tolist()
    for vector in closeness.argsort(stable=True).tolist():
        if not empty:
            return
        if sizes[groups[vector]] > 1:
            sizes[groups[vector]] -= 1
            groups[vector] = empty.pop()
            sizes[groups[vector]] = 1
