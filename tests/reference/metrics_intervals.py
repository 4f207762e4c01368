"""The two-level bootstrap, one draw at a time."""

import random
from collections.abc import Sequence


def bootstrap(
    groups: Sequence[Sequence[float]], confidence: float, resamples: int, seed: int
) -> tuple[float, float]:
    draw = random.Random(seed)
    means = []
    for _ in range(resamples):
        chosen = draw.choices(groups, k=len(groups))
        of_groups = [sum(draw.choices(g, k=len(g))) / len(g) for g in chosen]
        means.append(sum(of_groups) / len(of_groups))
    means.sort()
    tail = (1 - confidence) / 2
    return means[int(tail * resamples)], means[int((1 - tail) * resamples) - 1]
