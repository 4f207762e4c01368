"""From cosines to scores: how much of each code a picture shows, and where most of it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError

CodeMaps = Float[Tensor, "image code high wide"]
Scores = Float[Tensor, "image code"]

TEMPERATURE = 0.1
"""Of the reference code. To score 0.1 a code's cosine must lead 2,047 equal others' by 0.54."""


@dataclass(frozen=True)
class Scored:
    """What is known of pictures once the backbone has seen them.

    Attributes:
        scores: the largest value of each code's map.
        cells: the place of it, counted along the rows of the grid; of equal ones the first.
        grid: rows and columns of the maps.
    """

    scores: Scores
    cells: Int[Tensor, "image code"]
    grid: tuple[int, int]


def check_temperature(temperature: float | None) -> None:
    """Refuse a temperature at which nothing can be divided.

    Raises:
        UsageError: it is not above 0.
    """
    if temperature is not None and not 0 < temperature < float("inf"):
        raise UsageError(
            f"temperature must be above 0, {TEMPERATURE} say, or none for plain cosines, got "
            f"{temperature:g}"
        )


def code_maps(cosines: CodeMaps, temperature: float | None = TEMPERATURE) -> CodeMaps:
    """At each place, shares of the codes that add up to 1; without temperature the cosines.

    Softmax over the codes, not over the places: codes compete for a place, so where one is
    removed the others rise.

    Raises:
        UsageError: the temperature is not above 0.
    """
    check_temperature(temperature)
    return cosines if temperature is None else (cosines / temperature).softmax(1)


def strongest(maps: CodeMaps) -> Scored:
    """The spatial maximum of each map, and where it is."""
    best = maps.flatten(2).max(2)
    return Scored(best.values, best.indices.int(), (maps.shape[2], maps.shape[3]))


@torch.no_grad()
def score(maps_of: Callable[[Tensor], CodeMaps], batches: Iterable[Tensor]) -> Scored:
    """Scores of all pictures, a batch of feature maps at a time; all that later steps need.

    Args:
        maps_of: from feature maps to code maps.
        batches: [image, feature, high, wide] each.

    Raises:
        UsageError: no pictures, or NaN in their maps.
    """
    found = []
    for maps in batches:
        part = strongest(maps_of(maps))  # batch by batch: an accelerator holds no table
        found.append(Scored(part.scores.cpu(), part.cells.cpu(), part.grid))
    if not found:
        raise UsageError("expected feature maps of at least one picture, got none")
    scores = torch.cat([part.scores for part in found])
    cells = torch.cat([part.cells for part in found])
    if scores.isnan().any():
        raise UsageError("feature maps hold NaN: look at the backbone's weights")
    return Scored(scores, cells, found[0].grid)
