"""How much of what a feature does goes with a group that its pictures belong to."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError


def explained_by(
    features: Float[Tensor, "image feature"], groups: Int[Tensor, " n"]
) -> Float[Tensor, " feature"]:
    """The share of each feature's variance that lies between groups (eta squared).

    The spread of the groups' means over the spread of all pictures: 0 if every group has the same
    mean, 1 if a feature is the same on all pictures of a group (Pearson 1905, the correlation
    ratio). Groups drawn at random explain about (groups - 1) / (pictures - 1).

    Args:
        features: finite numbers.
        groups: of the same pictures, a number for each, the habitat it was taken in say.

    Returns:
        0 for a feature that never changes.

    Raises:
        UsageError: not the same pictures, fewer than two groups, or NaN or infinity.
    """
    if features.ndim != 2 or groups.ndim != 1 or len(features) != len(groups):
        raise UsageError(
            "features must be a table and groups a row of the same pictures, got the shapes "
            f"{tuple(features.shape)} and {tuple(groups.shape)}"
        )
    if not features.isfinite().all():
        raise UsageError("the features hold NaN or infinity: look for it in what made them")
    kinds, member = groups.unique(return_inverse=True)
    if len(kinds) < 2:
        raise UsageError(f"expected pictures of at least two groups, got {len(kinds)}")
    values = features.double()
    centred = values - values.mean(0)
    sums = centred.new_zeros(len(kinds), features.shape[1]).index_add_(0, member, centred)
    counts = member.bincount(minlength=len(kinds))[:, None]
    whole = centred.square().sum(0)
    between = (sums.square() / counts).sum(0)
    # What rounding leaves of a column that never changes is no spread.
    steady = (
        whole <= len(values) * (torch.finfo(features.dtype).eps * values.abs().amax(0)).square()
    )
    return torch.where(steady, 0.0, between / whole.clamp_min(1e-300)).to(features.dtype)
