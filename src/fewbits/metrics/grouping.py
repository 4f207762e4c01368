"""How much of what a feature does goes with a group that its pictures belong to."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError

ATOL = 1e-12


def explained_by(
    features: Float[Tensor, "image feature"], groups: Int[Tensor, " n"]
) -> Float[Tensor, " feature"]:
    """The share of each feature's variance that lies between groups (eta squared).

    The spread of the groups' means over the spread of all pictures: 0 if every group has the same
    mean, 1 if a feature is the same on all pictures of a group (Pearson 1905, the correlation
    ratio). Groups drawn at random explain about (groups - 1) / (pictures - 1).

    Args:
        groups: of the same pictures, a number for each, the habitat it was taken in say.

    Returns:
        0 for a feature that never changes.

    Raises:
        UsageError: not the same pictures, or fewer than two groups.
    """
    if len(features) != len(groups):
        raise UsageError(
            f"features and groups must be of the same pictures, got {len(features)} and "
            f"{len(groups)}"
        )
    kinds, member = groups.unique(return_inverse=True)
    if len(kinds) < 2:
        raise UsageError(f"expected pictures of at least two groups, got {len(kinds)}")
    centred = features.double() - features.double().mean(0)
    sums = centred.new_zeros(len(kinds), features.shape[1]).index_add_(0, member, centred)
    counts = member.bincount(minlength=len(kinds))[:, None]
    whole = centred.square().sum(0)
    between = (sums.square() / counts).sum(0)
    steady = whole <= ATOL * features.double().square().sum(0)
    return torch.where(steady, 0.0, between / whole.clamp_min(1e-300)).to(features.dtype)
