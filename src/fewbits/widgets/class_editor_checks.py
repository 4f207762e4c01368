"""What ClassEditor is given, checked: a model nobody has edited, sets of pictures, edits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.editing import Edit, replay
from fewbits.protoquant.model import PartModel

FIRST = -1  # in place of a code: the class's first one that still has a weight


def check_edited(model: PartModel, maps: Tensor, labels: Tensor) -> None:
    """A readable model whose codes compete, as it was before any edit, and maps that fit it.

    Raises:
        UsageError: it is none, or they do not.
    """
    if model.temperature is None:
        raise UsageError(
            "ClassEditor edits codes that share out each place: give a model with a temperature"
        )
    itself = torch.arange(model.codebook.count)
    if model.forbidden.any() or not torch.equal(model.belongs.cpu(), itself):
        raise UsageError("the model has been edited: give the fresh one, and its edits as edits")
    weights = model.head.weights
    if not weights.isfinite().all() or weights.min() < 0 or model.head.bias.any():
        raise UsageError(
            "the head must be readable, weights finite and at least 0 and no bias, as "
            "pipeline.explain fits it"
        )
    features = len(model.codebook.mapping.mean)
    if maps.ndim != 4 or maps.shape[1] != features or not maps.isfinite().all():
        raise UsageError(
            f"maps must be finite, of the shape (image, {features} features, high, wide), got "
            f"{tuple(maps.shape)}"
        )
    if len(labels) != len(maps):
        raise UsageError(f"expected a label for each of {len(maps)} maps, got {len(labels)}")


def check_sets(
    sets: Mapping[str, Int[Tensor, " row"]], count: int
) -> dict[str, Int[np.ndarray, " row"]]:
    """Named sets of pictures by their rows, at least one picture in each.

    Raises:
        UsageError: no set, an empty one, or a row that is not there.
    """
    if not sets:
        raise UsageError("sets must name at least one set of pictures to test with, got none")
    for name, rows in sets.items():
        if not len(rows) or not 0 <= int(rows.min()) <= int(rows.max()) < count:
            raise UsageError(
                f"set {name!r} must hold rows of pictures from 0 to {count - 1}, at least one"
            )
    return {str(name): rows.cpu().numpy().astype(np.int64) for name, rows in sets.items()}


def check_shown(shown: Sequence[int], count: int) -> list[int]:
    """Rows of the pictures that can be looked at.

    Raises:
        UsageError: none, or one that is not there.
    """
    rows = [int(row) for row in shown]
    if not rows or not 0 <= min(rows) <= max(rows) < count:
        raise UsageError(f"shown must be rows from 0 to {count - 1}, at least one, got {rows}")
    return rows


def check_place(value: Any, name: str, count: int, least: int = 0) -> int:
    """Return ``value`` if it is a whole number below ``count``.

    Raises:
        UsageError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < count:
        raise UsageError(
            f"{name} must be a whole number from {least} to {count - 1}, got {value!r}"
        )
    return value


def check_one_of(value: Any, name: str, known: Sequence[str]) -> str:
    """Return ``value`` if it is among the names.

    Raises:
        UsageError: it is not.
    """
    if value not in known:
        raise UsageError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    return str(value)


def check_edits(value: Any, model: PartModel) -> list[dict[str, Any]]:
    """Return edits as plain dictionaries, if they can be made one after the other.

    Raises:
        UsageError: no list of edits, or one that cannot be made.
    """
    if not isinstance(value, list | tuple):
        raise UsageError(f"edits must be a list, got {value!r}")
    found = []
    for edit in value:
        if not isinstance(edit, Edit):
            try:
                edit = Edit(**edit)
            except TypeError as error:
                raise UsageError(
                    f"edits must be of fewbits.protoquant.editing.Edit or its fields, got {edit!r}"
                ) from error
        found.append(edit)
    replay(model, found)
    return [asdict(edit) for edit in found]
