"""What PerturbationProbe stores: every score before, and what a patch at every place does to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int16, UInt8
from numpy.typing import NDArray
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.pipeline import Explained
from fewbits.widgets.perturbation_probe_checks import Probes

STEP = 0.001  # what scores are rounded to
LARGEST = 30  # a score that 16 bits can hold in such steps


@dataclass(frozen=True)
class StoredModel:
    """One vocabulary's scores of all pictures.

    Attributes:
        before: of the pictures as they are, in units of :data:`STEP`.
        changed: what is added to them with each patch at each place, in the same units.
        cells: where each code scored before.
        slopes: what each code is worth to each class.
        reach: how far a patch lay at most that changed something at a code's own cell.
    """

    before: Int16[np.ndarray, "image code"]
    changed: Int16[np.ndarray, "patch image code place"]
    cells: UInt8[np.ndarray, "image code"]
    slopes: Float32[np.ndarray, "class code"]
    reach: int

    @property
    def count(self) -> int:
        """Number of codes."""
        return len(self.slopes[0])


def store_model(name: str, model: Explained, probes: Probes) -> StoredModel:
    """Round one model's scores with every patch.

    Raises:
        UsageError: scores larger than 16 bits can hold, or more cells than 8 bits can count.
    """
    found = [by_model[name] for by_model in probes.values()]
    before, cells = found[0].before, found[0].cells
    most = max(float(probed.after.abs().max()) for probed in found)
    if max(most, float(before.abs().max())) > LARGEST or len(found[0].after) > 256:
        raise UsageError(
            f"{name}: scores up to {LARGEST} at up to 256 places fit a page, got {most:.3g} at "
            f"{len(found[0].after)}: PerturbationProbe is made for shares or cosines"
        )
    start = _rounded(before)
    after = np.stack([_rounded(probed.after).transpose(1, 2, 0) for probed in found])
    return StoredModel(
        before=start,
        changed=after - start[None, :, :, None],
        cells=cells.cpu().numpy().astype(np.uint8),
        slopes=model.head.slope.detach().cpu().float().numpy(),
        reach=max(probed.reach() for probed in found),
    )


def arrays_of(models: Mapping[str, StoredModel]) -> dict[str, NDArray[Any]]:
    """All models' numbers, one after the other; of 16 bits the halves apart: they pack better."""
    joined = {
        "before": np.concatenate([model.before.ravel() for model in models.values()]),
        "changed": np.concatenate([model.changed.ravel() for model in models.values()]),
    }
    halves = {
        f"{name}_{half}": values
        for name, whole in joined.items()
        for half, values in (
            ("low", (whole & 255).astype(np.uint8)),
            ("high", (whole >> 8).astype(np.int8)),
        )
    }
    return halves | {
        "cells": np.concatenate([model.cells.ravel() for model in models.values()]),
        "slopes": np.concatenate([model.slopes.ravel() for model in models.values()]),
    }


def _rounded(values: Float[Tensor, "..."]) -> Int16[np.ndarray, "..."]:
    return np.rint(values.detach().cpu().double().numpy() / STEP).astype(np.int16)
