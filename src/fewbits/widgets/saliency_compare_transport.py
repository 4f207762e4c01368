"""How the maps of SaliencyCompare travel: one small whole number a pixel, packed into one text."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int8, UInt8, UInt16
from numpy.typing import NDArray
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.widgets.packing import pack

# Codes run from -127 to 127; half a code is 0.8 % of the largest value there, and less below. Maps
# that hardly compress get fewer: even 8 x 5 x 6 maps of noise fit a page with codes up to 56.
LEVELS = (127, 100, 80, 56)
MOST_BYTES = 225_000  # of packed text: with code, style and still picture under a page's 300 KB


def removed_at(steps: int, pixels: int) -> NDArray[np.int64]:
    """How many pixels are gone at each of ``steps`` + 1 points of a deletion curve."""
    return np.array([round(step * pixels / steps) for step in range(steps + 1)])


def round_map(
    values: Float[np.ndarray, "height width"],
    ties: UInt16[np.ndarray, " pixel"],
    steps: int,
    levels: int = LEVELS[0],
) -> Int8[np.ndarray, "height width"]:
    """Round one map to codes, so that deletion removes the same pixels at every step as before.

    A code c stands for sign(c) (c / levels)^2 times the largest size in the map. Where two values
    round to one code and a step of the deletion divides them, the one further from 0 moves away
    from 0 by a code; values that were equal stay equal, and 0 stays 0.

    Args:
        values: one map, larger is more important.
        ties: each pixel's place in the fixed order in which deletion breaks ties.
        steps: of the deletion curve, at most 40.
        levels: the largest code.
    """
    flat = values.ravel()
    largest = np.abs(flat).max()
    shares = flat / (largest if largest > 0 else 1.0)
    codes = np.rint(np.sign(shares) * np.sqrt(np.abs(shares)) * levels).astype(np.int64)
    order = np.lexsort((ties, flat))  # least important first
    ranked, sorted_codes = flat[order], codes[order]
    cuts = flat.size - removed_at(steps, flat.size)[1:-1]
    # Where the codes must differ: at each cut, or at both ends of the equal values that it divides.
    starts = np.zeros(flat.size + 1, dtype=np.int64)
    starts[np.searchsorted(ranked, ranked[cuts], side="left")] = 1
    starts[np.searchsorted(ranked, ranked[cuts - 1], side="right")] = 1
    starts[[0, -1]] = 0
    up, down = ranked > 0, ranked < 0
    sorted_codes[up] = _rise(sorted_codes[up], starts[:-1][up], levels)
    # Below 0 the same, seen from the other end.
    sorted_codes[down] = -_rise(-sorted_codes[down][::-1], starts[1:][down][::-1], levels)[::-1]
    codes[order] = sorted_codes
    return codes.astype(np.int8).reshape(values.shape)


def _rise(codes: NDArray[np.int64], starts: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    """Rising codes of values above 0, at least one more at each start than just before it."""
    if not codes.size:
        return codes
    floor = starts.cumsum()  # the least there can be: 0 for the first, one more at each start
    raised = np.maximum.accumulate((codes - floor).clip(0)) + floor
    room = levels - (floor[-1] - floor)  # and never so high that those above find no code left
    return np.minimum(raised, room)


@dataclass(frozen=True)
class Cargo:
    """What the page gets, as the page gets it: the numbers shown are computed from this.

    Attributes:
        images: grey values from 0 to 255; foreground, any ink at all, stays above 0.
        labels: the class of each image.
        codes: of every map.
        scales: the largest size in each map.
        curves: deletion scores times 65,535.
        logits: of each model on each image.
        ties: each pixel's place in the order that breaks ties in deletion.
        levels: the largest code.
    """

    images: UInt8[np.ndarray, "image 28 28"]
    labels: UInt16[np.ndarray, " image"]
    codes: Int8[np.ndarray, "model method image 28 28"]
    scales: Float[np.ndarray, "model method image"]
    curves: UInt16[np.ndarray, "model method image point"]
    logits: Float[np.ndarray, "model image class"]
    ties: UInt16[np.ndarray, " pixel"]
    levels: int

    @property
    def steps(self) -> int:
        """Steps of the deletion curves."""
        return self.curves.shape[-1] - 1

    def image(self, image: int) -> Float[Tensor, "28 28"]:
        """One image, from 0 to 1."""
        return torch.from_numpy(self.images[image] / 255.0)

    def map(self, model: int, method: int, image: int) -> Float[Tensor, "28 28"]:
        """One map as it arrives."""
        parts = self.codes[model, method, image].astype(np.float64) / self.levels
        scale = float(self.scales[model, method, image])
        return torch.from_numpy(np.sign(parts) * parts**2 * scale)

    def curve(self, model: int, method: int, image: int) -> Float[Tensor, " point"]:
        """One deletion curve as it arrives."""
        return torch.from_numpy(self.curves[model, method, image] / 65535.0)


def load_cargo(
    arrays: Mapping[str, NDArray[Any]], ties: UInt16[np.ndarray, " pixel"], levels: int
) -> Cargo:
    """Round what the caller gave: images, labels, maps, logits and curves by name."""
    images, maps, curves = arrays["images"][:, 0], arrays["maps"], arrays["curves"]
    codes = np.zeros(maps.shape, dtype=np.int8)
    for place in np.ndindex(*maps.shape[:3]):
        codes[place] = round_map(maps[place], ties, curves.shape[-1] - 1, levels)
    grey = np.where(images > 0, np.rint(images * 255).clip(1), 0)
    return Cargo(
        images=grey.astype(np.uint8),
        labels=arrays["labels"].astype(np.uint16),
        codes=codes,
        scales=np.abs(maps).max(axis=(3, 4)),
        curves=np.rint(curves * 65535).astype(np.uint16),
        logits=arrays["logits"].astype(np.float32),
        ties=ties,
        levels=levels,
    )


def load_and_pack(
    arrays: Mapping[str, NDArray[Any]], ties: UInt16[np.ndarray, " pixel"]
) -> tuple[Cargo, dict[str, Any]]:
    """The cargo at the finest codes that fit a page, and its packed form.

    Raises:
        UsageError: it does not fit at the coarsest either.
    """
    steps = arrays["curves"].shape[-1] - 1
    # Each step can ask for two codes of its own, where it divides equal values.
    for levels in (levels for levels in LEVELS if levels >= 2 * (steps - 1)):
        cargo = load_cargo(arrays, ties, levels)
        packed = pack({f.name: getattr(cargo, f.name) for f in fields(cargo) if f.name != "levels"})
        if len(packed["data"]) <= MOST_BYTES:
            return cargo, packed | {"levels": levels}
    models, methods, images = arrays["maps"].shape[:3]
    raise UsageError(
        f"{images} images x {methods} methods x {models} models take "
        f"{len(packed['data']) / 1000:.0f} KB in the page, at most {MOST_BYTES / 1000:.0f} KB "
        "fit: give SaliencyCompare fewer images, methods or models"
    )
