"""Names against the truth: how many are right, and how many would be by chance."""

from collections import Counter
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.names.naming import Naming


@dataclass(frozen=True)
class Rate:
    """How often names are right, 0 to 1.

    Attributes:
        of_used: right names among all features; a feature without a name is not right.
        of_named: among those that have a name; None if none has.
        chance: how often a concept drawn at random is right.
        swapped: how often the name of a feature drawn at random is right, with a name or not.
            Larger than ``chance`` where many features have the same name.
    """

    of_used: float
    of_named: float | None
    chance: float
    swapped: float


@dataclass(frozen=True)
class Match:
    """Names against the truth in three strictnesses.

    Attributes:
        first: the name is the attribute that the feature truly goes with best.
        among_three: one of the three that it goes with best.
        group: of the same group as the best, another colour of the same part say.
    """

    first: Rate
    among_three: Rate
    group: Rate


def match(
    naming: Naming,
    truth: Float[Tensor, "feature concept"],
    threshold: float | int,
    floor: float | int = 0,
) -> Match:
    """Ask whether features are called what they truly go with.

    The truth is asked of pictures that took no part in the naming: there, a feature's correlation
    with who truly has an attribute ranks the attributes. A name is right if its attribute is first
    in that order, among the first three, or of the first one's group. Names are of what is there
    when a feature is loud, so the order is by the correlation, not by its size. What goes with a
    feature no better than ``floor`` is no true name of it, wherever it stands in the order.

    Args:
        naming: of the same features in the same order, out of the same concepts.
        truth: :func:`fewbits.qsenn.names.scoring.correlations` of the features with who truly has
            each concept, on other pictures.
        threshold: from which score on a feature has a name.
        floor: what the best attribute reaches by chance, from
            :func:`fewbits.qsenn.names.scoring.chance_level`.

    Raises:
        UsageError: other features or concepts than were named, or a threshold outside of 0 to 1.
    """
    has_name, best = naming.named(threshold), naming.best

    def rate(right: Bool[Tensor, "feature concept"]) -> Rate:
        own = right.gather(1, best[:, None])[:, 0] & has_name
        return Rate(
            _mean(own),
            _mean(own[has_name]) if has_name.any() else None,
            _mean(right),
            _mean(right[:, best]),
        )

    return Match(*map(rate, right_names(naming, truth, floor)))


def best_by_group(
    naming: Naming,
    truth: Float[Tensor, "feature concept"],
    threshold: float | int,
    floor: float | int = 0,
) -> dict[str, dict[str, int]]:
    """Which groups features truly go with best, and how many of these are called rightly.

    Tells a CLIP that is blind to a group from features that answer to nothing.

    Args:
        naming, truth, threshold, floor: as :func:`match` has them.

    Returns:
        For each group that any feature goes with best, the number of these ``features`` and of
        those that are ``right`` as ``Match.first`` has it; the largest groups first.

    Raises:
        UsageError: as :func:`match`.
    """
    first, *_ = right_names(naming, truth, floor)
    right = first.gather(1, naming.best[:, None])[:, 0] & naming.named(threshold)
    groups = [naming.concepts.groups[best] for best in truth.argmax(1).tolist()]
    good = Counter(group for group, so in zip(groups, right.tolist(), strict=True) if so)
    counts = Counter(groups).most_common()
    return {group: {"features": count, "right": good[group]} for group, count in counts}


def right_names(
    naming: Naming, truth: Float[Tensor, "feature concept"], floor: float | int = 0
) -> tuple[Bool[Tensor, "feature concept"], ...]:
    """Which concepts would be right names of each feature, whether it is called so or not.

    Args:
        naming, truth, floor: as :func:`match` has them.

    Returns:
        Three tables, by the strictnesses of :class:`Match`, in their order.

    Raises:
        UsageError: other features or concepts than were named.
    """
    if truth.shape != naming.scores.shape:
        raise UsageError(
            f"expected the truth of the {len(naming.scores)} features and {naming.concepts.count} "
            f"concepts that were named, got {truth.shape[0]} and {truth.shape[1]}"
        )
    order = truth.argsort(dim=1, descending=True, stable=True)
    first, three = (torch.zeros_like(truth, dtype=torch.bool) for _ in range(2))
    first.scatter_(1, order[:, :1], True)
    three.scatter_(1, order[:, :3], True)
    given = naming.concepts.groups
    numbers = {group: number for number, group in enumerate(dict.fromkeys(given))}
    groups = torch.tensor([numbers[group] for group in given])
    group = (groups[None] == groups[order[:, :1]]) & (truth.amax(1, keepdim=True) > floor)
    return first & (truth > floor), three & (truth > floor), group


def _mean(values: Bool[Tensor, "..."]) -> float:
    return values.double().mean().item()
