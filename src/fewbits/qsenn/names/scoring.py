"""How well a concept goes with a feature over pictures, and how well it would by chance."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError

DRAWS = 200
LEVEL = 0.95
ATOL = 1e-6


def correlations(
    features: Float[Tensor, "image feature"], presence: Float[Tensor, "image concept"]
) -> Float[Tensor, "feature concept"]:
    """Pearson's correlation of each feature with each concept, -1 to 1.

    A concept's own mean and spread drop out, so that one that a text encoder likes everywhere
    gains nothing by it; so do a feature's.

    Args:
        features: one column a feature.
        presence: how much of a concept is in a picture: a similarity, or 0 and 1.

    Returns:
        0 for a feature or a concept that never changes.

    Raises:
        UsageError: not the same pictures, fewer than three, or NaN or infinity among the numbers.
    """
    check_tables(features, presence)
    return _standard(features).T @ _standard(presence) / len(features)


def zero_shot(
    similarities: Float[Tensor, "image concept"], groups: Sequence[str], scale: float
) -> Float[Tensor, "image concept"]:
    """What a CLIP sees in each picture: its own classification, group by group.

    Values of one group exclude each other, so they share a softmax of the scaled similarities, as
    in Radford et al. (ICML 2021, 3.1). A concept alone in its group has nothing to be weighed
    against but itself in other pictures: a sigmoid around its mean.

    Args:
        groups: of the concepts.
        scale: the CLIP's own, by which it was trained to multiply similarities.

    Returns:
        0 to 1; the values of a group sum to 1.
    """
    seen = torch.empty_like(similarities)
    for group in dict.fromkeys(groups):
        places = [place for place, one in enumerate(groups) if one == group]
        scaled = scale * similarities[:, places]
        alone = len(places) == 1
        seen[:, places] = (scaled - scaled.mean(0)).sigmoid() if alone else scaled.softmax(1)
    return seen


def sight(seen: Float[Tensor, "image concept"]) -> Float[Tensor, " concept"]:
    """How clearly a CLIP tells each concept's presence: the spread of what it sees, widest as 1.

    Of a concept that it does not know it sees about equally much everywhere, and what little that
    differs by is an echo of concepts that it does know. A correlation takes that echo for as much
    as sight; a correlation times this does not.

    Returns:
        From 0, the same everywhere, to 1; all 0 where nothing differs.
    """
    spread = seen.double().std(0, correction=0)
    widest = spread.amax()
    return (spread / widest if widest > 0 else spread).float()


def chance_level(
    features: Float[Tensor, "image feature"],
    presence: Float[Tensor, "image concept"],
    seed: int,
    classes: Int[Tensor, " image"] | None = None,
    weight: Float[Tensor, " concept"] | None = None,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> float:
    """The strength that a feature's best concept reaches by chance: a permutation test.

    The pictures' features are dealt out anew ``draws`` times. What the strongest of all concepts
    then reaches is chance; ``level`` of those values lie below what is returned.

    Args:
        classes: deals whole classes instead of pictures: a picture gets the features of a picture
            of the class that is dealt to its own. Features that tell classes apart always go with
            whatever else differs between these classes, whichever way they are dealt; with few
            classes that is a lot, and single pictures do not show it.
        weight: of each concept's correlations, :func:`sight` for a CLIP's; 1 by default.

    Raises:
        UsageError: as :func:`correlations`, or a number out of range.
    """
    check_tables(features, presence)
    if draws < 1 or not 0 < level < 1:
        raise UsageError(f"expected at least 1 draw and a level in (0, 1), got {draws}, {level}")
    rows, columns = _standard(features), _standard(presence)
    if weight is not None:
        columns = columns * weight
    generator = torch.Generator().manual_seed(seed)
    best = []
    for _ in range(draws):
        dealt = _deal(len(rows), classes, generator)
        # Dealing classes repeats pictures, so that means and spreads change.
        moved = rows[dealt] if classes is None else _standard(features[dealt])
        best.append((moved.T @ columns / len(rows)).abs().amax(1))
    return torch.cat(best).quantile(level).item()


def _deal(
    count: int, classes: Int[Tensor, " image"] | None, generator: torch.Generator
) -> Int[Tensor, " image"]:
    if classes is None:
        return torch.randperm(count, generator=generator)
    kinds = classes.unique()
    other = kinds[torch.randperm(len(kinds), generator=generator)]
    dealt = torch.empty(count, dtype=torch.int64)
    for kind, source in zip(kinds, other, strict=True):
        (to,), (of,) = torch.where(classes == kind), torch.where(classes == source)
        dealt[to] = of[torch.randint(len(of), (len(to),), generator=generator)]
    return dealt


def check_tables(
    features: Float[Tensor, "image feature"], presence: Float[Tensor, "image concept"]
) -> None:
    """Refuse tables that nothing can be read from.

    Raises:
        UsageError: see :func:`correlations`.
    """
    if len(features) != len(presence):
        raise UsageError(
            f"features and concepts must be of the same pictures, got {len(features)} and "
            f"{len(presence)}"
        )
    if len(features) < 3 or not features.shape[1]:
        raise UsageError(
            f"expected at least three pictures and one feature that is used, got {len(features)} "
            f"and {features.shape[1]}"
        )
    for name, table in (("features", features), ("concepts", presence)):
        if not torch.isfinite(table).all():
            raise UsageError(f"the {name} hold NaN or infinity: look for it in what made them")


def _standard(table: Float[Tensor, "image column"]) -> Float[Tensor, "image column"]:
    """Mean 0 and spread 1; 0 where a column never changes."""
    table = table.double()
    centred = table - table.mean(0)
    spread = centred.pow(2).mean(0).sqrt()
    # What rounding leaves of a constant is no spread.
    steady = spread <= ATOL * table.abs().amax(0)
    return torch.where(steady, 0.0, centred / spread.clamp_min(1e-300)).float()
