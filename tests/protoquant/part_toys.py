"""Feature maps with a known vocabulary: pictures made of a few directions and a little noise."""

import pytest
import torch
from torch import Tensor

from fewbits.report import Report

WORDS, FEATURES, CLASSES, GRID = 6, 10, 4, 3
OWN = torch.tensor([[0, 1], [1, 2], [2, 3], [4, 5]])
"""The two words that pictures of each class show; words 1 and 2 are shared."""


def words() -> Tensor:
    """Six directions at right angles, of length 3."""
    noise = torch.randn(FEATURES, FEATURES, generator=torch.Generator().manual_seed(7))
    return 3 * torch.linalg.qr(noise).Q[:WORDS]


def spoken_maps(count: int, seed: int, noise: float = 0.15) -> tuple[Tensor, Tensor]:
    """Maps [image feature 3 3] in whose places the two words of the class stand, and labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    which = torch.randint(2, (count, GRID * GRID), generator=generator)
    which[:, :2] = torch.tensor([0, 1])  # both are there
    said = words()[OWN[labels][torch.arange(count)[:, None], which]]
    said = said + noise * torch.randn(said.shape, generator=generator)
    return said.movedim(2, 1).reshape(count, FEATURES, GRID, GRID), labels


def flat(maps: Tensor) -> Tensor:
    """Maps as a table of vectors."""
    return maps.movedim(1, -1).reshape(-1, maps.shape[1])


def check_same_numbers(one: Report, other: Report) -> None:
    """Two reports of the same run: equal, attacks to a hundredth of a point.

    An attack goes by the sign of a gradient; where that is all but 0, where things lie in memory
    decides the last bits.
    """
    attacks = ("plc", "pac", "prc")
    exact = [
        {name: value for name, value in report.metrics.items() if name not in attacks}
        for report in (one, other)
    ]
    assert exact[0] == exact[1]
    for name in attacks:
        assert one.metrics[name] == pytest.approx(other.metrics[name], abs=0.01)
