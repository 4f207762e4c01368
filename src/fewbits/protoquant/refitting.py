"""A head fitted once more after edits: what was forbidden stays at 0, all else may come back."""

from collections.abc import Iterable
from dataclasses import replace

from jaxtyping import Bool, Int
from torch import Tensor

from fewbits.protoquant.head import HeadSettings, fit_linear, keep_strongest
from fewbits.protoquant.model import PartModel


def may_weigh(model: PartModel) -> Bool[Tensor, "class code"]:
    """The weights that a later fit may use: not forbidden, of codes that are still counted."""
    counted = model.belongs.new_zeros(model.codebook.count).bool()
    counted[model.belongs[model.present]] = True
    allowed: Bool[Tensor, "class code"] = ~model.forbidden & counted
    return allowed


def refit(
    model: PartModel,
    batches: Iterable[Tensor],
    labels: Int[Tensor, " image"],
    settings: HeadSettings,
    seed: int,
    per_class: int | None = None,
) -> PartModel:
    """The same codes under a head that is fitted again.

    Only what was forbidden is respected: a weight that was zeroed, or a code that was silenced,
    may come back, and the reason may come back through a code that nobody thought of.

    Args:
        model: the edited one; it stays as it is.
        batches: feature maps of training pictures, [image, feature, high, wide] each.
        labels: their classes.
        per_class: keep only so many codes a class, the strongest, and fit these once more.

    Raises:
        UsageError: no pictures, labels that do not fit, a class that is forbidden every code, or
            ``per_class`` below 1.
        FewbitsError: the loss became NaN.
    """
    scores, allowed = model.score(batches).scores, may_weigh(model)
    classes = len(allowed)
    head = fit_linear(scores, labels, classes, settings, seed, allowed=allowed)
    if per_class is not None:
        kept = keep_strongest(head, per_class) & allowed
        head = fit_linear(scores, labels, classes, settings, seed, allowed=kept)
    return replace(model, head=head)
