"""What SaliencyCompare is given, checked: names that fit together, shapes, finite values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from fewbits.errors import UsageError

SIDE = 28
MOST_STEPS = 40
SHARES = (0.01, 0.5)  # of the pixels, the slider's ends

Nested = Mapping[str, Mapping[str, Float[Tensor, "..."]]]
Array = NDArray[np.float64]


def check_array(values: Tensor, name: str, shape: tuple[int | None, ...], means: str) -> Array:
    """Return ``values`` as float64, or say which shape was expected; None stands for any length.

    Raises:
        UsageError: another shape, or a NaN or an infinity in it.
    """
    array = values.detach().cpu().double().numpy()
    fits = array.ndim == len(shape) and all(
        want in (None, got) for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise UsageError(f"{name} must be {means}, got the shape {tuple(array.shape)}")
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise UsageError(
            f"{name} must be finite, but {bad} of its {array.size:,} values are NaN or infinite: "
            "find where they come from first"
        )
    return array


def check_range(array: Array, name: str) -> Array:
    """Return ``array`` if all of it lies in [0, 1].

    Raises:
        UsageError: a value below 0 or above 1.
    """
    if array.size and (array.min() < -1e-6 or array.max() > 1 + 1e-6):
        raise UsageError(
            f"{name} must be from 0 to 1, got values from {array.min():.3g} to {array.max():.3g}"
        )
    return array.clip(0, 1)


def check_names(given: Iterable[str], expected: Iterable[str], where: str, what: str) -> None:
    """Both are the same names, in whatever order.

    Raises:
        UsageError: one is missing, or one is too many.
    """
    have, want = list(given), list(expected)
    if missing := [name for name in want if name not in have]:
        raise UsageError(f"{where} lacks the {what} {missing[0]!r}: it has {', '.join(have)}")
    if extra := [name for name in have if name not in want]:
        raise UsageError(
            f"{where} has the {what} {extra[0]!r}, which is not in maps: expected {', '.join(want)}"
        )


def check_choice(value: object, known: Iterable[str], name: str) -> str:
    """Return ``value`` if it is one of the ``known`` names.

    Raises:
        UsageError: it is none of them.
    """
    names = list(known)
    if value not in names:
        raise UsageError(f"{name} must be one of {', '.join(names)}, got {value!r}")
    return str(value)


def check_part(value: object, low: float, high: float, name: str) -> float:
    """Return ``value`` if it is a share from ``low`` to ``high``.

    Raises:
        UsageError: no number, or one outside.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:  # type: ignore[operator]
        raise UsageError(
            f"{name} must be a share of the pixels from {low:g} to {high:g}, got {value!r}"
        )
    return float(value)  # type: ignore[arg-type]


def check_image(value: object, count: int) -> int:
    """Return ``value`` if it is the place of one of ``count`` images.

    Raises:
        UsageError: no whole number, or none of theirs.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise UsageError(f"image must be a whole number from 0 to {count - 1}, got {value!r}")
    return value


def check_seeds(seeds: tuple[str, str] | None, models: list[str]) -> tuple[str, str] | None:
    """The two models that differ by their seed alone, if any are named.

    Raises:
        UsageError: a name that is no model, or the same one twice.
    """
    if seeds is None:
        return None
    if len(set(seeds)) != 2:
        raise UsageError(f"seeds must be two different models, got {', '.join(map(repr, seeds))}")
    one, other = (check_choice(name, models, "seeds") for name in seeds)
    return one, other


def check_given(
    images: Tensor,
    labels: Tensor,
    maps: Nested,
    logits: Mapping[str, Tensor],
    curves: Nested,
    class_names: Sequence[str],
) -> dict[str, NDArray[Any]]:
    """All that SaliencyCompare is given as arrays, models and methods in the order of ``maps``.

    Raises:
        UsageError: names that do not fit together, a wrong shape, NaN, or an empty image.
    """
    if not maps or not next(iter(maps.values())):
        raise UsageError("maps must hold at least one model and one method: {model: {method: map}}")
    models, methods = list(maps), list(next(iter(maps.values())))
    check_names(logits, models, "logits", "model")
    check_names(curves, models, "curves", "model")
    for model in models:
        check_names(maps[model], methods, f"maps[{model!r}]", "method")
        check_names(curves[model], methods, f"curves[{model!r}]", "method")
    grey = _check_images(images)
    count, classes = len(grey), len(class_names)
    pixels = f"{count} maps of {SIDE} x {SIDE}, one an image"
    points = f"{count} curves of 2 to {MOST_STEPS + 1} points, all of the same length"
    length = _curve_length(curves[models[0]][methods[0]])
    return {
        "images": grey,
        "labels": _check_labels(labels, count, class_names),
        "maps": _stack(maps, "maps", models, methods, (count, SIDE, SIDE), pixels),
        "curves": check_range(
            _stack(curves, "curves", models, methods, (count, length), points), "curves"
        ),
        "logits": np.stack(
            [
                check_array(
                    logits[model],
                    f"logits[{model!r}]",
                    (count, classes),
                    f"{count} x {classes}, an image a row and a class a column",
                )
                for model in models
            ]
        ),
    }


def _check_images(images: Tensor) -> Array:
    means = f"images of 1 x {SIDE} x {SIDE}, shape (image, 1, {SIDE}, {SIDE})"
    grey = check_range(check_array(images, "images", (None, 1, SIDE, SIDE), means), "images")
    if not len(grey):
        raise UsageError("images must be at least one, got none")
    if blank := [place for place, image in enumerate(grey) if not image.any()]:
        raise UsageError(f"image {blank[0]} has no pixel above 0, so no foreground: leave it out")
    return grey


def _check_labels(labels: Tensor, count: int, class_names: Sequence[str]) -> Array:
    array = check_array(labels, "labels", (count,), f"{count} whole numbers, one an image")
    if array.min() < 0 or array.max() >= len(class_names):
        raise UsageError(
            f"labels must be from 0 to {len(class_names) - 1}, as there are {len(class_names)} "
            f"class_names, got {array.min():g} to {array.max():g}"
        )
    return array


def _curve_length(curve: Tensor) -> int:
    length = curve.shape[-1] if curve.ndim else 0
    return length if 2 <= length <= MOST_STEPS + 1 else -1  # -1 fits nothing


def _stack(
    nested: Nested,
    name: str,
    models: list[str],
    methods: list[str],
    shape: tuple[int, ...],
    means: str,
) -> Array:
    """[model, method, ...] of checked arrays."""
    return np.stack(
        [
            [
                check_array(nested[model][method], f"{name}[{model!r}][{method!r}]", shape, means)
                for method in methods
            ]
            for model in models
        ]
    )
