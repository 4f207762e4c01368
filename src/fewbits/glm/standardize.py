"""Columns of mean 0 and standard deviation 1, so that one penalty is fair to all of them."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from fewbits.errors import UsageError

SMALLEST_SCALE = 1e-5  # Q-SENN's floor (arXiv 2312.13839, reference code): z = (f - mu) / max(s, .)


@dataclass(frozen=True)
class Standardization:
    """How columns were moved and scaled.

    Attributes:
        mean, scale: z = (f - mean) / scale. A constant column has the scale 1.
        constant: columns that hold one value only: their z is 0 on the data seen, so no penalised
            fit gives them a weight.
    """

    mean: Float[Tensor, " feature"]
    scale: Float[Tensor, " feature"]
    constant: Bool[Tensor, " feature"]

    def apply(self, features: Float[Tensor, "image feature"]) -> Float[Tensor, "image feature"]:
        """Standardise other rows of the same columns."""
        return (features - self.mean) / self.scale


def standardize(
    features: Float[Tensor, "image feature"],
) -> tuple[Float[Tensor, "image feature"], Standardization]:
    """The columns standardised, and how.

    Raises:
        UsageError: fewer than two rows, NaN or infinity, or nothing but constant columns.
    """
    if features.ndim != 2 or len(features) < 2 or not features.shape[1]:
        raise UsageError(
            "features must be a table of at least two images and one feature, "
            f"got the shape {tuple(features.shape)}"
        )
    broken = ~torch.isfinite(features).all(0)
    if broken.any():
        raise UsageError(
            f"feature {int(broken.nonzero()[0])} holds NaN or infinity: find where it comes from, "
            "no weight of it means anything"
        )
    mean, deviation = features.mean(0), features.std(0)
    # Rounding leaves a trace of deviation in a constant column; its values tell for certain.
    constant = (features == features[:1]).all(0)
    if constant.all():
        raise UsageError(
            f"all {len(constant)} features are constant: there is nothing to tell classes by"
        )
    scale = torch.where(constant, 1.0, deviation.clamp_min(SMALLEST_SCALE))
    how = Standardization(torch.where(constant, features[0], mean), scale, constant)
    return how.apply(features), how
