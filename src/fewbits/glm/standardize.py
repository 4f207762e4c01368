"""Columns of mean 0 and standard deviation 1, so that one penalty is fair to all of them."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from fewbits.errors import UsageError

SMALLEST_SCALE = 1e-5  # Q-SENN's floor (arXiv 2312.13839, reference code): z = (f - mu) / max(s, .)
LOOK_BYTES = 2**22  # looked at together: what is made for it is three times as large


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
        return (features - self.mean).div_(self.scale)


def standardize(
    features: Float[Tensor, "image feature"],
) -> tuple[Float[Tensor, "image feature"], Standardization]:
    """The columns standardised, and how.

    Raises:
        UsageError: as :func:`measure` does.
    """
    how = measure(features)
    return how.apply(features), how


def measure(features: Float[Tensor, "image feature"]) -> Standardization:
    """How the columns are to be standardised; nothing as large as the table is made.

    Raises:
        UsageError: fewer than two rows, NaN or infinity, or nothing but constant columns.
    """
    if features.ndim != 2 or len(features) < 2 or not features.shape[1]:
        raise UsageError(
            "features must be a table of at least two images and one feature, "
            f"got the shape {tuple(features.shape)}"
        )
    sound, constant = _look(features)
    if not sound.all():
        raise UsageError(
            f"feature {int((~sound).nonzero()[0])} holds NaN or infinity: find where it comes "
            "from, no weight of it means anything"
        )
    if constant.all():
        raise UsageError(
            f"all {len(constant)} features are constant: there is nothing to tell classes by"
        )
    scale = torch.where(constant, 1.0, features.std(0).clamp_min(SMALLEST_SCALE))
    return Standardization(torch.where(constant, features[0], features.mean(0)), scale, constant)


def _look(
    features: Float[Tensor, "image feature"],
) -> tuple[Bool[Tensor, " feature"], Bool[Tensor, " feature"]]:
    """Which columns are finite throughout, and which hold one value only.

    Rounding leaves a trace of deviation in a constant column; its values tell for certain.
    """
    sound = torch.ones_like(features[0], dtype=torch.bool)
    constant = sound.clone()
    for part in features.split(max(1, LOOK_BYTES // features[0].nbytes)):
        sound &= part.isfinite().all(0)
        constant &= (part == features[0]).all(0)
    return sound, constant
