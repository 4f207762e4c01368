"""How many codes explain a decision, how many a network, and how many classes share one.

A head is ``[class, code]`` of weights from 0 up; a weight of 0 or below means that the class does
not use the code.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError

SHARE = 0.95
ROUNDING = 1e-9  # of a sum: ten tenths make a whole

Weights = Float[Tensor, "class code"]


def classes_per_code(weights: Weights) -> Int[Tensor, " code"]:
    """How many classes use each code: 0 for a dead one, 1 for a class's own, more if shared.

    Raises:
        UsageError: weights of another shape or with NaN.
    """
    return _uses(weights).sum(0)


def local_size(weights: Weights, predicted: Int[Tensor, " image"]) -> Int[Tensor, " image"]:
    """Codes that the predicted class uses: the length of each picture's explanation.

    Raises:
        UsageError: weights of another shape or with NaN, or a class that there is not.
    """
    used = _uses(weights).sum(1)
    if predicted.ndim != 1 or not ((predicted >= 0) & (predicted < len(used))).all():
        limits = f", {int(predicted.min())} to {int(predicted.max())}" if predicted.numel() else ""
        raise UsageError(
            f"predicted must be one of the classes 0 to {len(used) - 1} for each image, "
            f"got the shape {tuple(predicted.shape)}{limits}"
        )
    return used[predicted.long()]


def global_size(weights: Weights) -> int:
    """Codes that any class uses: what a person has to know to read the whole network.

    Raises:
        UsageError: weights of another shape or with NaN.
    """
    return int(_uses(weights).any(0).sum())


def carrying(
    contributions: Float[Tensor, "image code"], share: float = SHARE
) -> Int[Tensor, " image"]:
    """How many of the largest contributions together carry ``share`` of the logit.

    A class may use many codes and yet decide by a few: read it beside :func:`local_size`.

    Args:
        contributions: score times weight of the predicted class. Those below 0 speak against it;
            they lower the logit, and the largest have to carry a share of what is left.
        share: above 0 and up to 1.

    Returns:
        0 where the logit, the sum of all, is not above 0: nothing is carried.

    Raises:
        UsageError: contributions of another shape or with NaN, or ``share`` out of range.
    """
    _check_table(contributions, "contributions", "[image, code]")
    if not 0 < share <= 1:
        raise UsageError(f"share must be a part of the logit, above 0 and up to 1, got {share:g}")
    carried = contributions.double().sort(dim=1, descending=True).values.cumsum(1)
    logit = carried[:, -1:]
    enough = carried >= share * logit * (1 - ROUNDING)
    return torch.where(logit[:, 0] > 0, enough.int().argmax(1) + 1, 0)


def _uses(weights: Weights) -> Tensor:
    _check_table(weights, "weights", "[class, code]")
    return weights > 0


def _check_table(values: Tensor, name: str, axes: str) -> None:
    if values.ndim != 2 or not values.numel():
        raise UsageError(
            f"{name} must have the shape {axes} and not be empty, got {tuple(values.shape)}"
        )
    if not torch.isfinite(values).all():
        raise UsageError(f"the {name} hold NaN or infinity: look for it in what made them")
