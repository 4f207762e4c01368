"""Feature maps with a known vocabulary: pictures made of a few directions and a little noise."""

from collections.abc import Mapping
from typing import Any

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
    measured = [_split(report.metrics) for report in (one, other)]
    rivals = [_split(report.metrics["baselines"]["channels"]) for report in (one, other)]
    for (plain, attacked), (its_plain, its_attacked) in (measured, rivals):
        assert plain == its_plain
        assert attacked == pytest.approx(its_attacked, abs=0.01)


def _split(block: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
    """What does not go by an attack (but for the channels', in ``baselines``), and what does."""
    attacks = ("plc", "pac", "prc")
    plain = {name: value for name, value in block.items() if name not in attacks}
    if "baselines" in plain:
        others = dict(plain["baselines"])
        others["channels"] = _split(others["channels"])[0]
        plain["baselines"] = others
    return plain, {name: block[name] for name in attacks}
