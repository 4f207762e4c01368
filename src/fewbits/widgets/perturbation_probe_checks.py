"""What PerturbationProbe is given, checked: models, patches and probes that belong together."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxtyping import Float, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.pipeline import Explained
from fewbits.protoquant.probing import Probed
from fewbits.widgets.base import as_whole

STRONGEST = -1  # in place of a code: that of the largest contribution
Probes = Mapping[str, Mapping[str, Probed]]


def check_models(models: Mapping[str, Explained]) -> int:
    """How many classes the models' heads have.

    Raises:
        UsageError: no models, a name that is empty, heads of different classes, not finite, or of
            another number of words than their vocabulary.
    """
    if not models or "" in models:
        raise UsageError(
            f"models must be at least one vocabulary with its head, by name, got {list(models)}"
        )
    classes = len(next(iter(models.values())).head.weights)
    for name, model in models.items():
        shape = (classes, model.vocabulary.count)
        if model.head.weights.shape != shape or not model.head.slope.isfinite().all():
            raise UsageError(
                f"{name}: a finite head of {classes} classes over {shape[1]} codes is expected, "
                f"got {' x '.join(map(str, model.head.weights.shape))}"
            )
        if model.head.bias.any():
            raise UsageError(
                f"{name}: the head must be readable and have no bias, as pipeline.explain fits it"
            )
    return classes


def check_patches(
    patches: Mapping[str, UInt8[Tensor, "3 high wide"]], grid: tuple[int, int], side: int
) -> None:
    """Patches by name, each as large as a cell.

    Raises:
        UsageError: none, or one of another size.
    """
    size = (3, side // grid[0], side // grid[1])
    if not patches or "" in patches:
        raise UsageError(f"patches must be at least one, by name, got {list(patches)}")
    for name, patch in patches.items():
        if tuple(patch.shape) != size:
            raise UsageError(
                f"patch {name} must be as large as a cell, {size}, got {tuple(patch.shape)}"
            )


def check_probes(
    probes: Probes, models: Mapping[str, Explained], patches: Sequence[str], images: int
) -> tuple[int, int]:
    """A probe of every model with every patch, all of these pictures and one grid.

    Raises:
        UsageError: one is missing, or of other pictures, codes or cells.
    """
    if list(probes) != list(patches) or any(set(models) - set(by) for by in probes.values()):
        raise UsageError(
            f"probes must hold, for each patch ({', '.join(patches)}), what probe() found for "
            f"each model ({', '.join(models)}), got { ({k: list(v) for k, v in probes.items()}) }"
        )
    grid = probes[patches[0]][next(iter(models))].grid
    for by_model in probes.values():
        for name, model in models.items():
            found = by_model[name]
            shape = (grid[0] * grid[1], images, model.vocabulary.count)
            if tuple(found.after.shape) != shape or found.grid != grid:
                raise UsageError(
                    f"{name}: expected scores of the shape {shape}, as places, pictures and "
                    f"codes, got {tuple(found.after.shape)}: probe the pictures you give"
                )
            _check_finite(found.after, name)
    return grid


def check_name(value: Any, name: str, known: Sequence[str]) -> str:
    """Return ``value`` if it is one of the names.

    Raises:
        UsageError: it is none.
    """
    if value not in known:
        raise UsageError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    return str(value)


def check_place(value: Any, name: str, count: int) -> int:
    """Return ``value`` if it is a row's or a column's number, from 0.

    Raises:
        UsageError: it is none.
    """
    place = as_whole(value)
    if place is None or not 0 <= place < count:
        raise UsageError(f"{name} must be a whole number from 0 to {count - 1}, got {value!r}")
    return place


def check_chosen(value: Any, name: str, count: int) -> int:
    """Return ``value`` if it is the number of a code, or :data:`STRONGEST`.

    Raises:
        UsageError: it is neither.
    """
    code = as_whole(value)
    if code is None or not STRONGEST <= code < count:
        raise UsageError(
            f"{name} must be a code's number from 0 to {count - 1}, or {STRONGEST} for the one of "
            f"the largest contribution, got {value!r}"
        )
    return code


def _check_finite(scores: Float[Tensor, "place image code"], name: str) -> None:
    if not scores.isfinite().all():
        raise UsageError(f"{name}: scores hold NaN or infinity: look at the backbone's weights")
