"""Does a code hang on its part and on no other? Parts are taken out of a picture one at a time.

After FunnyBirds (Hesse, Schaub-Meyer and Roth 2023, ICCV, arXiv 2308.06248), which asks so of the
parts that an explanation names; here each code has one part, and its score answers.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from fewbits.errors import UsageError


@dataclass(frozen=True)
class Intervened:
    """What became of each code's score, NaN where nothing could be asked.

    Attributes:
        own: mean fall when its own part was taken away.
        other: mean change, up or down, when another part was.
        told: of all pairs of one picture, its own part gone and another, the share in which the
            score falls more without its own; equal falls count half. Chance is 1/2.
    """

    own: Float[Tensor, " code"]
    other: Float[Tensor, " code"]
    told: Float[Tensor, " code"]


def intervened(
    fell: Float[Tensor, "part image code"],
    gone: Bool[Tensor, "part image"],
    part: Int[Tensor, " code"],
    asked: Bool[Tensor, "image code"],
) -> Intervened:
    """Compare the loss of a code's own part with that of the others, picture by picture.

    Args:
        fell: score before less score after, with each part taken away.
        gone: which parts could be taken away, because the picture has them.
        part: of each code; -1 for a code of none, which is asked nothing.
        asked: which pictures count for which code.

    Raises:
        UsageError: shapes that do not belong together, or a part that there is not.
    """
    parts, images, codes = fell.shape
    if gone.shape != (parts, images) or part.shape != (codes,) or asked.shape != (images, codes):
        raise UsageError(
            f"expected gone {(parts, images)}, part {(codes,)} and asked {(images, codes)} for "
            f"falls of the shape {tuple(fell.shape)}, got {tuple(gone.shape)}, "
            f"{tuple(part.shape)} and {tuple(asked.shape)}"
        )
    if codes and not -1 <= int(part.min()) <= int(part.max()) < parts:
        raise UsageError(
            f"part must be from 0 to {parts - 1}, or -1 for none, got {int(part.min())} to "
            f"{int(part.max())}"
        )
    is_own = part == torch.arange(parts)[:, None]  # part x code
    counts = gone[:, :, None] & asked & (part >= 0)
    own, other = counts & is_own[:, None], counts & ~is_own[:, None]
    # At most one part is a code's own, so the sum picks its fall.
    mine = (fell * own).sum(0)
    wins = (mine > fell).double() + 0.5 * (mine == fell).double()
    pairs = other & own.any(0)
    return Intervened(_mean(fell, own), _mean(fell.abs(), other), _mean(wins.to(fell.dtype), pairs))


def _mean(
    values: Float[Tensor, "part image code"], counts: Bool[Tensor, "part image code"]
) -> Float[Tensor, " code"]:
    return torch.where(counts, values, 0).sum((0, 1)) / counts.sum((0, 1))
