"""Heads of several lengths over the small codebooks, and the control over them."""

from dataclasses import replace
from functools import cache

from bird_samples import SPECIES
from code_samples import InMemory, maps_and_labels, trained

from fewbits.protoquant.budgets import Budgets, try_budgets
from fewbits.protoquant.head import HeadSettings
from fewbits.widgets import CodeBudget

COUNTS, TESTED = (1, 2, 3, 5, 12), 40
SETTINGS = HeadSettings(epochs=12, batch_size=20)


@cache
def budgets(place: int = 2, counts: tuple[int, ...] = COUNTS, tested: int = TESTED) -> Budgets:
    """Of the small codebook at this place: 0, 1 and 2 have 4, 7 and 12 codes."""
    maps, labels = maps_and_labels(60, 1)
    unseen, _ = maps_and_labels(tested, 2)
    seen, new = InMemory(maps), InMemory(unseen)
    found = try_budgets(trained()[place], seen, new, labels, counts, SETTINGS, seed=0)
    rarer = found.usage**3  # further apart, so that some are below the slider's end
    return replace(found, usage=rarer / rarer.sum())


def code_budget(lists=None, count=TESTED, class_names=SPECIES, **settings) -> CodeBudget:
    """The control over the codebooks of 12 and of 7 codes."""
    given = {"twelve": budgets(2), "seven": budgets(1)} if lists is None else lists
    labels = settings.pop("labels", maps_and_labels(count, 2)[1])
    return CodeBudget(given, labels, class_names, **settings)
